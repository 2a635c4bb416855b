"""One spelling for many ways of typing: width, case, traditional characters, noise, with a map back to the original."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# Only characters whose simplified form does not depend on the word they stand in (so no 後, 裡, 乾, 髮).
_TRADITIONAL = (
    "請問題們個這還沒說話電車來開關門戶區縣鄉鎮鄰醫院學業務員樓層號碼機構辦證費錢買賣價貴質檢產廠場環境污噪聲響鬧擾"
    "壞損裝設備線網絡費繳納補償遷違規舊據當時間點鐘週過現見視覺親兒媽爺書記長領導幹部隊組織黨國華東龍馬魚鳥鹽麥糧農"
    "園廣橋港灣灘溝渠塊壩塵煙熱凍溫濕氣燈電纜軌車輛運輸載貨轉彎駕駛罰單據詢訴舉報謝對錯漲潰堵漏灑掃垃圾桶樹"
    "傷殘優撫養險醫療藥勞動資壓榨騙詐賭賣偷盜歲爺媽婦嬰幼兒園讀課師試錄選舉議權責會計帳財稅務銀貸債"
)
_SIMPLIFIED = (
    "请问题们个这还没说话电车来开关门户区县乡镇邻医院学业务员楼层号码机构办证费钱买卖价贵质检产厂场环境污噪声响闹扰"
    "坏损装设备线网络费缴纳补偿迁违规旧据当时间点钟周过现见视觉亲儿妈爷书记长领导干部队组织党国华东龙马鱼鸟盐麦粮农"
    "园广桥港湾滩沟渠块坝尘烟热冻温湿气灯电缆轨车辆运输载货转弯驾驶罚单据询诉举报谢对错涨溃堵漏洒扫垃圾桶树"
    "伤残优抚养险医疗药劳动资压榨骗诈赌卖偷盗岁爷妈妇婴幼儿园读课师试录选举议权责会计帐财税务银贷债"
)
_FOLD = {ord(old): new for old, new in zip(_TRADITIONAL, _SIMPLIFIED, strict=True)}

_DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_SPOKEN = str.maketrans("零〇一幺二三四五六七八九", "001123456789")


@dataclass(frozen=True, slots=True)
class Normalized:
    """Text in one spelling; `offsets[i]` is where character i stood in the original."""

    text: str
    offsets: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the original that a stretch of the normalized text came from."""
        if start >= end:
            here = self.offsets[start] if start < len(self.offsets) else 0
            return here, here
        return self.offsets[start], self.offsets[end - 1] + 1


def normalize(text: str) -> Normalized:
    """Fold width, case and script; drop invisible characters; turn emoji and control characters into spaces."""
    plain = respelled(text)
    if len(plain) == len(text):
        return Normalized(plain, tuple(range(len(text))))
    return Normalized(plain, tuple(position for position, char in enumerate(text) if _fold(char)))


def respelled(text: str) -> str:
    """The text that `normalize` gives, for those who need no way back to the original."""
    return _FOLDING.sub(lambda found: _fold_once(found.group()), text)


def _fold(char: str) -> str:
    if "\u4e00" <= char <= "\u9fff":
        return _FOLD.get(ord(char), char)
    if char.isascii() and char.isprintable():
        return char.lower()
    kind = unicodedata.category(char)
    if kind in {"Cf", "Mn", "Me", "Cs"}:  # zero-width joiners, variation selectors, lone surrogates
        return ""
    if kind in {"Cc", "Co", "Cn", "So", "Sk", "Zs", "Zl", "Zp"} and char not in "①②③④⑤⑥⑦⑧⑨":
        return "\n" if char == "\n" else " "
    wide = unicodedata.normalize("NFKC", char)
    # A character that unfolds into several stays as it is: the map back must remain one to one.
    return wide.lower() if len(wide) == 1 and len(wide.lower()) == 1 else char


def words(line: str) -> frozenset[str]:
    """A word list as it reads best in code: one line, parted by spaces."""
    return frozenset(line.split())


def chinese_number(words: str) -> int | None:
    """十三 → 13, 二百零五 → 205, 一一 → 11; None when it is no number below ten thousand."""
    if not words or any(char not in "十百千" and char not in _DIGITS for char in words):
        return None
    if not any(char in "十百千" for char in words):
        return int("".join(str(_DIGITS[char]) for char in words))
    total, digit = 0, 0
    for char in words:
        if char in _DIGITS:
            digit = _DIGITS[char]
            continue
        total += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[char]
        digit = 0
    return total + digit


def spoken_digits(text: str) -> str:
    """一三八零零 → 13800, where two or more digit words stand together; the length does not change."""
    return re.sub(r"[零〇一幺二三四五六七八九]{2,}", lambda run: run.group().translate(_SPOKEN), text)


# What does not stay as it is: all but Chinese and plain ASCII, and of these what has a simpler form. A message has few
# of such characters, and each is looked at once.
_FOLDING = re.compile(rf"[^\u4e00-\u9fff\x20-\x7e\n]|[A-Z{_TRADITIONAL}]")
_fold_once = lru_cache(maxsize=4096)(_fold)
