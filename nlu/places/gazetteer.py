"""The place names of a city: official names, aliases, short and misheard forms, found by longest match."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path as File

from nlu.interpretation import PlaceCandidate
from nlu.normalize import respelled, words
from nlu.places import nearby
from nlu.search import Spotter

COLUMNS = ("name", "aliases", "level", "code", "parent", "lat", "lon", "datum")
LEVELS = ("city", "district", "street", "community", "village", "road", "compound", "landmark")


class GazetteerError(ValueError):
    """The place file cannot be used; the message names file and line."""


class Strength(IntEnum):
    """How surely a stretch of text is a name: misheard, short form, other ending, alias or official name."""

    MISHEARD = 0
    STEM = 1
    VARIANT = 2
    NAME = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of places.csv."""

    name: str
    level: str
    code: str
    parent: str = ""
    aliases: tuple[str, ...] = ()
    lat: float | None = None
    lon: float | None = None
    datum: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A stretch of text that may be one of these entries."""

    start: int
    end: int
    entries: tuple[Entry, ...]
    strength: Strength


# Characters of place names that sound alike (or nearly look alike), by which dictation and hurried typing go wrong.
_SOUND_ALIKE = (
    "疃瞳潼 塘唐堂糖棠 远圆园元苑源原院 桥乔 鳌螯熬 沱坨砣 驿译易 垓该 硐洞 堌固崮 峪裕浴 庄装桩 屯囤 "
    "铺埔 堡保宝 营盈 寨砦 "
    "岞柞祚 廒敖 垛剁 埠部步阜 岔叉 沟勾 岭领 湾弯 坪平评 溪西希 塅段 垅拢龙陇 冲充 甸店殿佃 台抬 柳刘 "
    "李里理 张章 王汪 "
    "杨阳扬洋 陈臣辰 胡湖 徐许 朱珠 孟梦 宁凝 郭国 高皋 梁良粮 曹槽 霄肖萧 丰风峰锋枫 昌常长 兴星 和河荷合 永勇 胜圣盛 "
    "泉全 建健 新心辛 光广 友有 达大 繁凡 沙砂 齐奇 灵林 曙署 双霜 立力利 深申 汤烫 哈蛤 析西 牌排 感赣 英应鹰 耿梗 "
    "温文 腾藤 望旺 接结 孤姑 响享 洸光 邱丘 旺王 寅银 康抗 义议 白百 军君 嘉加家 纸止 疃团 满曼 黄皇 仲众 卧我 "
    "奎魁 聚巨 围维 饮引 龙隆 卜补 枧简 伏扶付 茅毛 杉山衫 扶符"
)


def _sound_table() -> dict[int, str]:
    """Each character to one that stands for its sound; where groups share a character, the first group has it."""
    table: dict[int, str] = {}
    for group in _SOUND_ALIKE.split():
        for char in group:
            table.setdefault(ord(char), group[0])
    return table


_SOUND = _sound_table()

# Short forms that are everyday words too: no place unless what stands around them says so.
_EVERYDAY = words(
    "人民 民政 第二 建设 第三 安全 第四 第一 第五 交通 工程 资源 地方 发展 建筑 公安 中华 共和 文化 市场 "
    "土地 劳动 开发 "
    "计划 会同 健康 统一 集体 公民 合作 平台 民族 创新 海洋 人和 通运 湿地 工业 治安 城镇 铁路 航空 公园 "
    "联合 中小 中心 "
    "港口 重新 电力 水土 上海 河南 湖南 广东 更新 矿山 北京 机场 河流 先进 公平 和安 园林 下水 黄河 民主 "
    "化工 公正 平等 "
    "创业 草原 煤矿 车站 保安 长期 福利 新区 码头 长江 民生 广场 重庆 城区 永久 护国 工人 高新 运河 十字 "
    "石油 向上 古城 "
    "爱国 青岛 和义 府城 解放 和村 海岛 青年 采石 超越 口头 后方 矿区 源头 和谐 洛阳 市中 团结 卫星 和平 "
    "洪水 振兴 新和 "
    "开封 泰山 路口 海南 太湖 英雄 普惠 城墙 西湖 旧城 太阳 大陆 新兴 学院 大坝 上街 水口 道口 东大 电厂 "
    "故城 路桥 新中 "
    "共青 平安 渡口 上游 宜居 长城 河口 泉水 沿河 和睦 新生 葡萄 林场 门楼 草坪 上方 高地 友好 安边 联盟 "
    "繁荣 平原 天鹅 "
    "龙门 荒地 大街 农场 红旗 商店 滨河 开通 礼让 合水 淮河 酒店 高峰 吉利 郊区 水道 正和 活水 新城 临河 "
    "枣庄 自立 文景 "
    "前进 沙滩 流水 南阳 舟山 奋斗 信阳 响水 苗圃 新农 浮桥 敬业 胜利 曙光 光明 永乐 兴隆 太平 白马 金石 "
    "启明 温泉 滨湖 "
    "朝阳 向阳 东风 永安 幸福 友谊 文明 富强 自由 光荣 光复 光辉 前营 中街 南街 北街 东街 西街 站前 东门 "
    "西门 南门 北门 "
    "大学 学校 医院 法院 银行 供电 供水 煤气 热电 钢铁 化肥 水泥 纺织 机械 石灰 药山 洋河 龙潭 响堂 八里 "
    "三家 "
    "灵山 双山 沙河 深沟 东四 西四 中都 大安 书院 金城 观音 鼓楼 龙桥 钢山 千泉 安居 清河 杨柳 水泊 "
    "太白 双河 "
    "兴海 海州 响水 山南 台东 台南 台北 红岭 汪峪 钢城 新安 永发 达牛 富家 偏岭 孤山 荷塘 龙塘 安平 安定 "
    "安康 大屯 新台 "
    "甘泉 王庙 大束 看庄 香城 城前 化雨 司马 羊山 鱼山 高河 济河 泗河 白石 南站 义桥 马坡 留庄"
)

_STREET_ENDINGS = ("街道办事处", "街道办", "地区办事处", "街道", "地区", "办事处", "镇", "乡", "满族乡", "回族乡")
_STREET_FORMS = ("街道", "镇", "乡", "办事处", "街道办", "街道办事处")
_VILLAGE_ENDINGS = ("村民委员会", "社区居委会", "居民委员会", "村委会", "居委会", "社区", "村")
_GENERIC_END = re.compile(
    r"(?:[路街巷道站场园店厂院校]|市场|小区|中心|学校|医院|花园|家园|公园|广场|车站|大院|宿舍|小学|中学|"
    r"农场|林场|生活区)$"
)
_ETHNIC = re.compile(r"(?:[满回蒙藏苗侗壮彝土瑶白]族|土家族|蒙古族|朝鲜族|维吾尔)+自治[县州旗区]$")
# In names that differ by one of these, the difference is the whole point (前李村 and 后李村 are two villages).
_TELLING = frozenset("东西南北前后上下大小中新老一二三四五六七八九十")


class Gazetteer:
    """Finds names of one city; without entries it finds nothing and says so politely."""

    def __init__(self, entries: tuple[Entry, ...] = ()) -> None:
        self._entries = entries
        self._located = tuple(entry for entry in entries if entry.lat is not None and entry.lon is not None)
        self._by_code = {entry.code: entry for entry in entries}
        surfaces: dict[str, dict[Strength, list[Entry]]] = defaultdict(lambda: defaultdict(list))
        for entry in entries:
            # An alias may be a form that is known anyway: one place is one choice.
            for surface, strength in dict.fromkeys(_surfaces(entry)):
                surfaces[respelled(surface)][strength].append(entry)
        self._surfaces = {
            surface: (max(found), tuple(found[max(found)])) for surface, found in surfaces.items() if surface
        }
        by_sound: dict[str, list[str]] = defaultdict(list)
        for surface in self._surfaces:
            by_sound[surface.translate(_SOUND)].append(surface)
        self._sounds = Spotter({sound: (len(sound), tuple(same)) for sound, same in by_sound.items()})
        self._masks = self._one_off()

    @classmethod
    def load(cls, file: File) -> Gazetteer:
        """Read `name,aliases,level,code,parent,lat,lon,datum`; aliases are separated by `|` or by spaces.

        `parent` is the code of the parent. A fault names file and line.
        """
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            missing = [name for name in COLUMNS[:5] if name not in (reader.fieldnames or [])]
            if missing:
                raise GazetteerError(f"{file}:1: missing column {', '.join(missing)}")
            entries: list[tuple[int, Entry]] = [(reader.line_num, _entry(row, file, reader.line_num)) for row in reader]
        codes: dict[str, int] = {}
        for line, entry in entries:
            if entry.code in codes:
                raise GazetteerError(f"{file}:{line}: {entry.code} is on line {codes[entry.code]} already")
            codes[entry.code] = line
        for line, entry in entries:
            if entry.parent and entry.parent not in codes:
                raise GazetteerError(f"{file}:{line}: parent {entry.parent} is nowhere in the file")
        return cls(tuple(entry for _, entry in entries))

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def entries(self) -> tuple[Entry, ...]:
        return self._entries

    def by_code(self, code: str) -> Entry | None:
        return self._by_code.get(code)

    def find(self, text: str) -> list[Hit]:
        """Every name in a normalized text, overlapping ones included; the reader of the context chooses."""
        hits: list[Hit] = []
        for last, (length, surfaces) in self._sounds.spot(text.translate(_SOUND)):
            start, end = last + 1 - length, last + 1
            said = text[start:end]
            if said in self._surfaces:
                strength, entries = self._surfaces[said]
                hits.append(Hit(start, end, entries, strength))
                continue
            misheard = tuple(entry for surface in surfaces for entry in self._sounding_like(surface, said))
            if misheard:
                hits.append(Hit(start, end, misheard, Strength.MISHEARD))
        return hits

    def _sounding_like(self, surface: str, said: str) -> tuple[Entry, ...]:
        strength, entries = self._surfaces[surface]
        if any(a != b and a in _TELLING for a, b in zip(surface, said, strict=True)):
            return ()
        if strength is Strength.STEM:
            # A short form that is misheard besides is believed only for a town or street.
            return tuple(entry for entry in entries if entry.level in {"district", "street"})
        return entries if len(surface) > 2 else ()

    def nearest(self, name: str) -> tuple[Entry, ...]:
        """Entries whose name differs in one character from a name that is not in the list."""
        if name in self._surfaces:
            return self._surfaces[name][1]
        found: dict[str, Entry] = {}
        for position in range(len(name)):
            if name[position] in _TELLING:
                continue
            for entry in self._masks.get(name[:position] + "*" + name[position + 1 :], ()):
                found[entry.code] = entry
        return tuple(found.values())

    def around(self, lat: float, lon: float, datum: str) -> tuple[tuple[PlaceCandidate, float], ...]:
        """The known places nearest to a point, each with the metres between; none where the list has no coordinates
        of this datum."""
        return tuple(
            (self.candidate(entry), distance) for entry, distance in nearby.nearest(self._located, lat, lon, datum)
        )

    def _one_off(self) -> dict[str, list[Entry]]:
        masks: dict[str, list[Entry]] = defaultdict(list)
        for entry in self._entries:
            shortest = {"street": 2, "community": 3, "village": 3}.get(entry.level)
            stem = _stem(entry)
            if shortest is None or stem is None or len(stem) < shortest:
                continue
            for position, char in enumerate(stem):
                if char not in _TELLING:
                    masks[entry.name[:position] + "*" + entry.name[position + 1 :]].append(entry)
        return masks

    def candidate(self, entry: Entry) -> PlaceCandidate:
        """The entry with the district, street and community that it lies in."""
        above = {up.level: up.name for up in self.line(entry)}
        return PlaceCandidate(
            name=entry.name,
            level=entry.level,
            code=entry.code,
            district=above.get("district"),
            street=above.get("street"),
            community=above.get("community") or above.get("village"),
        )

    def line(self, entry: Entry) -> tuple[Entry, ...]:
        """The entry and what it lies in, smallest first."""
        line = [entry]
        while (parent := self._by_code.get(line[-1].parent)) and parent not in line:
            line.append(parent)
        return tuple(line)


def everyday(word: str) -> bool:
    """True when a short form is an everyday word too (解放, 和平, 中心)."""
    return word in _EVERYDAY


def short_name(entry: Entry) -> str:
    """站前街道 → 站前; the whole name where nothing that can stand alone would be left."""
    return _stem(entry) or entry.name


def _entry(row: dict[str, str | None], file: File, line: int) -> Entry:
    cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
    if not cells["name"] or not cells["code"]:
        raise GazetteerError(f"{file}:{line}: empty name or code")
    if cells["level"] not in LEVELS:
        raise GazetteerError(f"{file}:{line}: level {cells['level']!r} is none of {', '.join(LEVELS)}")
    try:
        lat, lon = (float(cells[name]) if cells[name] else None for name in ("lat", "lon"))
    except ValueError as wrong:
        raise GazetteerError(f"{file}:{line}: lat or lon is no number") from wrong
    aliases = tuple(word for word in re.split(r"[|\s]+", cells["aliases"]) if word)
    return Entry(cells["name"], cells["level"], cells["code"], cells["parent"], aliases, lat, lon, cells["datum"])


def _stem(entry: Entry) -> str | None:
    """站前街道 → 站前, 岫岩满族自治县 → 岫岩, 判甲炉村 → 判甲炉; None when nothing that can stand alone is left."""
    name = _ETHNIC.sub("县", entry.name)
    endings: tuple[str, ...]
    match entry.level:
        case "city" | "district":
            endings = ("高新技术产业开发区", "经济技术开发区", "经济开发区", "地区", "市", "区", "县", "旗")
        case "street":
            endings = _STREET_ENDINGS
        case "community" | "village":
            endings = _VILLAGE_ENDINGS
        case _:
            return None
    ending = next((ending for ending in sorted(endings, key=len, reverse=True) if name.endswith(ending)), "")
    stem = name[: len(name) - len(ending)]
    return stem if ending and len(stem) >= 2 else None


def _surfaces(entry: Entry) -> list[tuple[str, Strength]]:
    """All ways of saying an entry, with how sure each is."""
    found = [(entry.name, Strength.NAME), *((alias, Strength.NAME) for alias in entry.aliases)]
    stem = _stem(entry)
    match entry.level:
        case "city" | "district":
            if "高新技术产业开发区" in entry.name:
                found += [("高新区", Strength.NAME), (f"{stem}高新区", Strength.NAME)]
            elif entry.name.endswith(("经济开发区", "经济技术开发区")):
                found += [("经开区", Strength.NAME), (f"{stem}经开区", Strength.NAME)]
            elif stem:
                found += [(stem, Strength.STEM)]
                found += [(f"{stem}县", Strength.VARIANT)] if "自治县" in entry.name else []
        case "street" if stem:
            found += [(stem + ending, Strength.VARIANT) for ending in _STREET_FORMS]
            # 七星街 is a town before it is a street, but nothing that ends in 路 is.
            plain = len(stem) < 3 or stem.endswith(("路", "场", "园", "区"))
            found += [] if plain and _GENERIC_END.search(stem) else [(stem, Strength.STEM)]
        case "community" | "village" if stem:
            found += [(stem + ending, Strength.VARIANT) for ending in ("村", "社区", "居委会", "村委会")]
            # Of two characters only 张庄 or 李屯: a short form must not fall out of any sentence.
            if not _GENERIC_END.search(stem):
                found += [(stem, Strength.STEM)]
        case _:
            pass
    return found
