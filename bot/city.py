"""A city pack, loaded and checked as a whole: names, hours, numbers, and where its lists are."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone, tzinfo
from itertools import combinations
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import chinese_calendar

from bot.pack import Once, Pack, PackFault, Table, shortened
from bot.texts import find_faults
from faq.knowledge import Knowledge, KnowledgeError
from faq.notation import strange_districts
from handoff.clock import Clocks
from nlu.interpretation import EmergencyKind
from nlu.places.gazetteer import COLUMNS as PLACE_COLUMNS
from nlu.places.gazetteer import LEVELS
from nlu.taxonomy import CODE as CATEGORY_CODE
from nlu.taxonomy import COLUMNS as CATEGORY_COLUMNS

DATUMS = ("WGS-84", "GCJ-02", "BD-09")
_UNIT_COLUMNS = ("code", "name", "phone")
_MONDAY = 1
_KEYWORD_GAP = re.compile(r"[|\s]+")
_CLOCK_TIME = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")
_MIDNIGHT = 24 * 60


class CityError(Exception):
    """The pack cannot be served; `faults` are all that is wrong with it."""

    def __init__(self, faults: Iterable[PackFault]) -> None:
        self.faults = tuple(faults)
        lines = "\n".join(f"  - {fault}" for fault in shortened(self.faults))
        super().__init__(f"城市包有 {len(self.faults)} 处错误：\n{lines}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When operators are there, on these days of the week."""

    days: frozenset[int]
    """1 is Monday."""
    open: int
    """Minutes after midnight."""
    close: int
    """Minutes after midnight, 1440 at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CityUnit:
    """A body that handles matters."""

    code: str
    name: str
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """What the service knows of its city."""

    id: str
    """The folder's name."""
    folder: Path
    name: str
    full_name: str
    province: str
    hotline_name: str
    hotline: str
    ticket_prefix: str
    timezone: tzinfo
    service_area: tuple[str, ...]
    privacy_url: str
    """Empty: the service's own page."""
    hours: tuple[Hours, ...]
    """Empty: nobody sits at a desk."""
    human_on_holidays: bool
    groups: tuple[str, ...]
    """Groups of operators that a conversation can be passed on to; most packs have none."""
    emergency: Mapping[str, str]
    """Number by kind: fire, gas, crime, medical, suicide, traffic, other."""
    units: tuple[CityUnit, ...]
    texts: Mapping[str, str]
    """The city's own sentences, by the names of `bot.texts`."""
    categories: Path
    places: Path | None
    """None: this pack has no gazetteer."""
    clocks: Path
    faq: Path | None
    boundaries: Path | None
    districts: tuple[str, ...]
    unit_of: Mapping[str, str]
    """Category code → the unit's name."""
    fast_lanes: frozenset[str]
    """Codes of categories with a faster clock."""
    placeless: tuple[tuple[str, ...], ...]
    """Beginnings of category paths whose matters have no place."""
    assumed: tuple[str, ...]
    """Values of clocks.toml that nobody has checked against the law yet."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """Rows by file, for `suda doctor`."""

    @classmethod
    def load(cls, folder: Path) -> City:
        """Read and check every file of a pack; CityError names all faults by file and line."""
        pack = Pack(folder)
        city = _city(pack)
        if pack.faults:
            raise CityError(sorted(pack.faults, key=lambda fault: (fault.file, fault.line)))
        return city

    @classmethod
    def find(cls, name: str, root: Path) -> City:
        """The pack of that name; an unknown name is answered with those that exist."""
        known = packs(root)
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"是不是 {near[0]}？" if near else ""
            there = "、".join(known) if known else "一个也没有"
            raise CityError([PackFault(file=root / name, line=0, what=f"没有这个城市包。{hint}现有：{there}")])
        return cls.load(root / name)

    @property
    def always_human(self) -> bool:
        """Operators are there day and night."""
        return self.human_on_holidays and all(
            any(day in row.days and (row.open, row.close) == (0, _MIDNIGHT) for row in self.hours)
            for day in range(1, 8)
        )

    def human_now(self, now: datetime) -> bool:
        """Whether operators are there."""
        local = now.astimezone(self.timezone)
        minute = local.hour * 60 + local.minute
        return any(row.open <= minute < row.close for row in self._rows_of(local.date()))

    def next_human(self, now: datetime) -> str:
        """When an operator will look, in words: 随时, 今天 14:00, 明天 8:30, 11月30日 8:30, 尽快 (no hours)."""
        if self.human_now(now):
            return "随时"
        local = now.astimezone(self.timezone)
        minute = local.hour * 60 + local.minute
        for ahead in range(31):
            day = local.date() + timedelta(days=ahead)
            opens = [row.open for row in self._rows_of(day) if ahead or row.open > minute]
            if opens:
                return f"{_day_word(day, ahead)} {min(opens) // 60}:{min(opens) % 60:02d}"
        return "尽快"

    def _rows_of(self, day: date) -> list[Hours]:
        weekday = day.isoweekday()
        if self.human_on_holidays:
            return [row for row in self.hours if weekday in row.days]
        match _kind_of_day(day):
            case "holiday":
                return []
            case "made_up":
                return [row for row in self.hours if _MONDAY in row.days]
            case _:
                return [row for row in self.hours if weekday in row.days]


def packs(root: Path) -> list[str]:
    """Names of the packs in a folder."""
    return sorted(folder.parent.name for folder in root.glob("*/city.toml")) if root.is_dir() else []


def _day_word(day: date, ahead: int) -> str:
    return {0: "今天", 1: "明天", 2: "后天"}.get(ahead, f"{day.month}月{day.day}日")


def _kind_of_day(day: date) -> str:
    """`holiday` by statute, `made_up` for a weekend that is worked (调休), else `usual`."""
    try:
        free, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        # that year's holidays are not announced yet: `suda doctor` says how far the calendar reaches
        return "usual"
    if free and name is not None:
        return "holiday"
    return "made_up" if not free and day.isoweekday() > 5 else "usual"


def _city(pack: Pack) -> City:
    table = pack.table("city.toml")
    human = table.part("human")
    units = _units(pack)
    categories = _categories(pack, {unit.name for unit in units})
    districts = _places(pack)
    assumed = _clocks(pack)
    _faq(pack, districts)
    _boundaries(pack)
    return City(
        id=pack.folder.name,
        folder=pack.folder,
        name=table.text("name"),
        full_name=table.text("full_name"),
        province=table.text("province", needed=False),
        hotline_name=table.text("hotline_name"),
        hotline=table.text("hotline", r"\d{3,12}(-\d+)?", "应是电话号码"),
        ticket_prefix=table.text("ticket_prefix", r"[A-Z]{2,4}", "应是 2 到 4 个大写字母"),
        timezone=_timezone(table),
        service_area=_service_area(table, districts),
        privacy_url=table.text("privacy_url", r"(https?:/)?/\S*", "应是网址，或留空用服务自带的说明页", needed=False),
        hours=_hours(human),
        human_on_holidays=human.flag("holidays", True),
        groups=_groups(human),
        emergency=_emergency(table.part("emergency")),
        units=units,
        texts=MappingProxyType(_texts(pack)),
        categories=pack.folder / "categories.csv",
        places=pack.optional("places.csv"),
        clocks=pack.folder / "clocks.toml",
        faq=pack.optional("faq.jsonl"),
        boundaries=pack.optional("boundaries.geojson"),
        districts=districts,
        unit_of=MappingProxyType({row["code"]: row["unit"] for row in categories if row["unit"]}),
        fast_lanes=frozenset(row["code"] for row in categories if row["fast_lane"]),
        placeless=_placeless(table, categories),
        assumed=assumed,
        counts=MappingProxyType(pack.counts),
    )


def _timezone(table: Table) -> tzinfo:
    name = table.text("timezone")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        if name != "Asia/Shanghai":
            table.fault("timezone", f"没有时区 {name!r}，应形如 Asia/Shanghai")
        # a slim system may come without tzdata; China has one offset
        return timezone(timedelta(hours=8), "Asia/Shanghai")


def _service_area(table: Table, districts: tuple[str, ...]) -> tuple[str, ...]:
    area = table.words("service_area")
    for name in area:
        if districts and name not in districts:
            table.fault("service_area", f"{name} 不是 places.csv 里的区县（level 为 district）")
    return area


def _groups(human: Table) -> tuple[str, ...]:
    groups = human.words("groups")
    if any(not group.strip() or len(group) > 20 for group in groups) or len(set(groups)) < len(groups):
        human.fault("groups", "坐席组应是不重复的名称，每个不超过 20 字")
    return groups


def _hours(human: Table) -> tuple[Hours, ...]:
    rows = human.raw("hours")
    if not isinstance(rows, list):
        human.fault("hours", '缺少人工时段，写成 hours = [{ days = [1,2,3,4,5], open = "08:30", close = "17:30" }]')
        return ()
    hours = [row for row in (_hour(human, row) for row in rows) if row is not None]
    for one, other in combinations(hours, 2):
        if one.days & other.days and one.open < other.close and other.open < one.close:
            human.fault("hours", "同一天的两段时段重叠了")
    return tuple(hours)


def _hour(human: Table, row: object) -> Hours | None:
    if not isinstance(row, dict):
        human.fault("hours", "每一项应是 { days = …, open = …, close = … }")
        return None
    days, opens, closes = row.get("days"), _minutes(row.get("open")), _minutes(row.get("close"))
    if not isinstance(days, list) or not days or not all(day in range(1, 8) for day in days):
        human.fault("hours", "days 应是 1（周一）到 7（周日）的列表")
    elif opens is None or closes is None or opens >= closes:
        human.fault("hours", "open 与 close 应形如 08:30 与 17:30，且 open 在前；过夜分两项写，到 24:00 为止")
    else:
        return Hours(days=frozenset(days), open=opens, close=closes)
    return None


def _minutes(text: object) -> int | None:
    match = _CLOCK_TIME.fullmatch(text) if isinstance(text, str) else None
    minutes = int(match[1]) * 60 + int(match[2]) if match else _MIDNIGHT + 1
    return minutes if minutes <= _MIDNIGHT else None


def _emergency(table: Table) -> Mapping[str, str]:
    kinds = [kind.value for kind in EmergencyKind]
    for extra in sorted(set(table.names) - set(kinds)):
        table.fault(extra, f"没有这种紧急情况，可选：{'、'.join(kinds)}")
    return MappingProxyType({kind: table.text(kind, r"\d{3,12}", "应是电话号码") for kind in kinds})


def _placeless(table: Table, categories: Sequence[Mapping[str, str]]) -> tuple[tuple[str, ...], ...]:
    paths = {(row["l1"], row["l2"], row["l3"])[:depth] for row in categories for depth in (1, 2, 3)}
    found = []
    for text in table.words("placeless"):
        path = tuple(text.split("/"))
        if path not in paths:
            table.fault("placeless", f"类别 {text} 不在 categories.csv 里，应形如 一级/二级")
        found.append(path)
    return tuple(found)


def _units(pack: Pack) -> tuple[CityUnit, ...]:
    units = []
    codes, names = Once(pack, "units.csv", "编号"), Once(pack, "units.csv", "名称")
    for line, row in pack.rows("units.csv", _UNIT_COLUMNS, needed=("code", "name")):
        codes.see(row["code"], line)
        names.see(row["name"], line)
        units.append(CityUnit(code=row["code"], name=row["name"], phone=row["phone"]))
    return tuple(units)


def _categories(pack: Pack, units: set[str]) -> list[dict[str, str]]:
    rows = []
    codes, paths = Once(pack, "categories.csv", "编号"), Once(pack, "categories.csv", "类别")
    for line, row in pack.rows("categories.csv", CATEGORY_COLUMNS, needed=CATEGORY_COLUMNS[:4]):
        codes.see(row["code"], line)
        paths.see("/".join((row["l1"], row["l2"], row["l3"])), line)
        for what in _category_faults(row, units):
            pack.fault("categories.csv", line, what)
        rows.append(row)
    return rows


def _category_faults(row: Mapping[str, str], units: set[str]) -> Iterator[str]:
    if not CATEGORY_CODE.fullmatch(row["code"]):
        yield f"编号 {row['code']!r} 应是 1 到 20 个字母、数字、点或连字符"
    if row["unit"] and row["unit"] not in units:
        yield f"单位 {row['unit']} 不在 units.csv 里"
    if row["fast_lane"] not in ("", "1"):
        yield f"fast_lane {row['fast_lane']!r} 应是 1 或空"
    short = [word for word in _KEYWORD_GAP.split(row["keywords"]) if len(word) == 1]
    if short:
        yield f"关键词 {'、'.join(short)} 只有一个字，到处都会碰上"


def _places(pack: Pack) -> tuple[str, ...]:
    if pack.optional("places.csv") is None:
        return ()
    rows = list(pack.rows("places.csv", PLACE_COLUMNS, needed=("name", "level", "code"), columns=PLACE_COLUMNS[:5]))
    codes = Once(pack, "places.csv", "编号")
    for line, row in rows:
        codes.see(row["code"], line)
    level_of = {row["code"]: row["level"] for _, row in rows}
    for line, row in rows:
        for what in _place_faults(row, level_of):
            pack.fault("places.csv", line, what)
    return tuple(row["name"] for _, row in rows if row["level"] == "district")


def _place_faults(row: Mapping[str, str], level_of: Mapping[str, str]) -> Iterator[str]:
    level, parent = row["level"], row["parent"]
    if level not in LEVELS:
        yield f"级别 {level!r} 不对，可选：{'、'.join(LEVELS)}"
    if not parent and level != "city":
        yield "缺少上级 parent，只有 city 可以没有"
    elif parent and parent not in level_of:
        yield f"上级 {parent} 不在本文件里"
    elif parent and level in LEVELS and level_of[parent] in LEVELS and _rank(level_of[parent]) >= _rank(level):
        yield f"上级 {parent} 的级别（{level_of[parent]}）不比自己（{level}）高"
    if bool(row["lat"]) != bool(row["lon"]):
        yield "lat 与 lon 要么都写，要么都不写"
    elif row["lat"]:
        if not _between(row["lat"], -90, 90) or not _between(row["lon"], -180, 180):
            yield "lat 或 lon 不是经纬度（lat 纬度在前，lon 经度在后）"
        if row["datum"].upper().replace("-", "") not in {datum.replace("-", "") for datum in DATUMS}:
            yield f"有经纬度就要写坐标系 datum，可选：{'、'.join(DATUMS)}"


def _rank(level: str) -> int:
    # what lies in a street may lie in a community too, and a landmark in a compound
    return {"city": 0, "district": 1, "street": 2, "community": 3, "village": 3, "road": 4, "compound": 4}.get(level, 5)


def _between(text: str, low: float, high: float) -> bool:
    try:
        return low <= float(text) <= high
    except ValueError:
        return False


def _clocks(pack: Pack) -> tuple[str, ...]:
    text = pack.text("clocks.toml")
    if text is None:
        return ()
    file = pack.folder / "clocks.toml"
    try:
        pack.counts["clocks.toml"] = len(Clocks.load(file).rules)
    except ValueError as error:
        for what in str(error).splitlines():
            what = what.removeprefix(f"{file}: ")
            pack.fault("clocks.toml", _line_of_clock(text, what), what)
        return ()
    rows = tomllib.loads(text).get("clock", [])
    return tuple(f"{row.get('name', row.get('law', ''))}: {word}" for row in rows for word in row.get("assumed", ()))


def _line_of_clock(text: str, what: str) -> int:
    """The line of `clock 2, stage 3`, or of TOML's own `(at line 4, …)`."""
    if match := re.search(r"at line (\d+)", what):
        return int(match[1])
    lines = text.splitlines()
    clocks = [number for number, line in enumerate(lines, 1) if line.strip() == "[[clock]]"]
    match = re.match(r"clock (\d+)(?:, stage (\d+))?", what)
    if match is None or int(match[1]) > len(clocks):
        return 0
    start = clocks[int(match[1]) - 1]
    stages = [n for n, line in enumerate(lines, 1) if n > start and line.strip() == "[[clock.stage]]"]
    return stages[int(match[2]) - 1] if match[2] and int(match[2]) <= len(stages) else start


def _faq(pack: Pack, districts: tuple[str, ...]) -> None:
    file = pack.optional("faq.jsonl")
    if file is None or pack.text("faq.jsonl") is None:
        return
    try:
        knowledge = Knowledge.load(file)
        pack.counts["faq.jsonl"] = len(knowledge)
    except KnowledgeError as error:
        for what in error.faults:
            line, _, words = what.removeprefix(f"{file}:").partition(": ")
            pack.fault("faq.jsonl", int(line) if line.isdecimal() else 0, words)
        return
    for entry in knowledge:
        for label in strange_districts(entry.condition, districts):
            pack.fault(
                "faq.jsonl", 0, f"{entry.id}：适用条件里的 {label} 不是 places.csv 里的区县（level 为 district）"
            )


def _boundaries(pack: Pack) -> None:
    if pack.optional("boundaries.geojson") is None:
        return
    try:
        shape = json.loads(pack.text("boundaries.geojson") or "")
    except ValueError as error:
        pack.fault("boundaries.geojson", getattr(error, "lineno", 0), f"不是 JSON：{error}")
        return
    if not isinstance(shape, dict) or shape.get("type") != "FeatureCollection":
        pack.fault("boundaries.geojson", 1, "应是 GeoJSON 的 FeatureCollection")


def _texts(pack: Pack) -> dict[str, str]:
    if pack.optional("texts.toml") is None:
        return {}
    table = pack.table("texts.toml")
    texts = {key: table.text(key) for key in table.names}
    for what in find_faults(texts):
        name = next((key for key in texts if key in what), "")
        table.fault(name, what)
    return texts
