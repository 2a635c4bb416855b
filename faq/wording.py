"""Everyday words and the matter they stand for, so that 房本 finds 不动产权证书 and 杨老保险 finds 养老保险."""

import csv
import unicodedata
from collections.abc import Iterable
from pathlib import Path

# Characters that dictation and pinyin keyboards mix up, by sound without tone; common in words of public services.
_SOUNDS = (
    "额鹅饿恶 注住驻著助主 户护互沪 费废肺飞非 燃然染 回会汇惠慧 狗够构购 工公功共供宫攻 养杨阳样扬洋 "
    "正证政症整征郑 待侍持 到道倒 升生声省胜圣剩 藏葬脏 曾增赠 抱报保宝包 而儿二尔 申身深伸神 请情清青轻庆 残惨参 "
    "级及集急极即几己挤记计济纪继 暖软 气汽器期其奇起 卡咖 社设射涉舍 医一衣依移以已意易议义 疗料辽 险显县线现限 "
    "失师施市事是式视室试时实识十使始 业夜页叶 金今津斤紧近进 退推腿 休修 补不部布步 贴铁帖 低底抵地第弟 "
    "产场厂长常 权全圈泉 电店殿点 水睡税 表标 检见件建健间简减 测册侧厕 办班板版半伴 理里力利离历例立丽 登灯等邓 "
    "记寄 驾家加价假架嘉佳 车撤 照招找赵 牌排派 迁签千前钱 转专砖 学雪血 校效笑小晓消销 教交叫较角脚 "
    "育玉预遇与于雨语域 园院员原元源远圆 房防方放 屋务物无五误 租组阻足 售受收手首守 贷代带戴袋 款宽 银引音因印 "
    "行型形性姓星 赔陪培 偿尝 投头偷 诉速素 举据局居具剧句拒距 仲种中终众重 裁材才财采彩菜 律绿率旅 结洁节接街借界 "
    "婚混昏 死四司私思丝寺 亡忘望王网往旺 丧桑 火货获伙活 化花话华画 殡宾 仪疑宜 墓木目母牧 烟严言延岩研沿盐 爆暴 "
    "竹逐 禁仅尽 噪造早枣 垃拉 运云 拖托脱 资自字子紫 薪新心辛欣 通同统童 续需须许序 换还 领另令零灵 优有右友又由 "
    "独读毒都 奖讲将 就旧久九酒 备被背倍 案按暗安 复付父副负富服福扶府 核合何河和 查茶 询寻训 匿逆 名明命 撤彻 "
    "催崔 评平苹凭 度肚渡 幼右 "
)

WORDS = Path(__file__).with_name("wording.csv")
"""The words that ship with this package."""
_LONGEST_WORD = 8


def clean(text: str) -> str:
    """Letters and digits only, narrow and small: what two people typing the same thing have in common."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if char.isalnum())


def sound(text: str) -> str:
    """The text with each character replaced by one that stands for its sound."""
    return text.translate(_SOUND)


def _sound_table() -> dict[int, str]:
    table: dict[int, str] = {}
    for group in _SOUNDS.split():
        for char in group:
            table.setdefault(ord(char), group[0])
    return table


_SOUND = _sound_table()


class Wording:
    """Finds the matters that a text speaks of, by longest match."""

    def __init__(self, concepts: Iterable[tuple[str, Iterable[str]]] = ()) -> None:
        self._exact: dict[str, set[str]] = {}
        self._heard: dict[str, set[str]] = {}
        for concept, words in concepts:
            for word in map(clean, words):
                self._exact.setdefault(word, set()).add(concept)
                # Two characters alone sound like too many other things.
                if len(word) > 2:
                    self._heard.setdefault(sound(word), set()).add(concept)

    @classmethod
    def load(cls) -> "Wording":
        """The words that ship with this package."""
        lines = WORDS.read_text(encoding="utf-8").splitlines()
        return cls([(row["concept"], row["words"].split("|")) for row in csv.DictReader(lines)])

    def concepts(self, cleaned: str) -> frozenset[str]:
        """The matters in a cleaned text."""
        found: set[str] = set()
        start, heard = 0, sound(cleaned)
        while start < len(cleaned):
            start += self._step(cleaned, heard, start, found)
        return frozenset(found)

    def _step(self, cleaned: str, heard: str, start: int, found: set[str]) -> int:
        for length in range(min(_LONGEST_WORD, len(cleaned) - start), 0, -1):
            concepts = self._exact.get(cleaned[start : start + length]) or self._heard.get(
                heard[start : start + length]
            )
            if concepts:
                found |= concepts
                return length
        return 1
