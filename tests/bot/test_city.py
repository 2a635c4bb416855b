"""What a city pack tells, and how it is told what is wrong with it."""

import json
import shutil
from datetime import datetime, timedelta, timezone
from pathlib import Path
from time import process_time

import pytest

from bot.city import City, CityError, packs

CITIES = Path(__file__).parents[2] / "cities"
CHINA = timezone(timedelta(hours=8))

CITY = """\
name = "平湖"
full_name = "平湖市"
hotline_name = "平湖热线"
hotline = "12345"
ticket_prefix = "PH"
timezone = "Asia/Shanghai"
service_area = ["东区"]
privacy_url = ""
placeless = ["社会保障", "社会保障/养老"]

[human]
holidays = false
hours = [
    { days = [1, 2, 3, 4, 5], open = "8:30", close = "12:00" },
    { days = [1, 2, 3, 4, 5], open = "14:00", close = "17:30" },
]

[emergency]
fire = "119"
gas = "119"
crime = "110"
medical = "120"
suicide = "12356"
traffic = "122"
other = "110"
"""
CATEGORIES = (
    "code,l1,l2,l3,keywords,unit,fast_lane\n010101,城建,道路,坑洼,坑洼|水坑,路政,\n020101,社会保障,养老,待遇,,,1\n"
)
PLACES = """\
name,aliases,level,code,parent,lat,lon,datum
平湖市,,city,1,,,,
东区,,district,2,1,,,
大桥街道,,street,3,2,30.1,120.2,GCJ-02
"""
UNITS = "code,name,phone\nU1,路政,\n"
CLOCKS = """\
[[clock]]
law = "平湖的办法"
valid_from = 2020-01-01

[[clock.stage]]
name = "一"
length = 3
unit = "工作日"
"""
FAQ = {
    "id": "1",
    "question": "热线几点上班？",
    "variants": ["几点上班"],
    "answer": "机器人一直在。",
    "valid_from": "2026-01-01",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A right pack, to be spoilt."""
    folder = tmp_path / "pinghu"
    folder.mkdir()
    for name, text in (
        ("city.toml", CITY),
        ("categories.csv", CATEGORIES),
        ("places.csv", PLACES),
        ("units.csv", UNITS),
        ("clocks.toml", CLOCKS),
        ("texts.toml", 'goodbye = "再会。"\n'),
        ("faq.jsonl", json.dumps(FAQ, ensure_ascii=False) + "\n\n"),
        ("boundaries.geojson", '{"type": "FeatureCollection", "features": []}'),
    ):
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def _change(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def _faults(folder: Path) -> list[str]:
    with pytest.raises(CityError) as caught:
        City.load(folder)
    return [str(fault).removeprefix(f"{folder}/") for fault in caught.value.faults]


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def test_a_case_named_by_no_district_of_the_city_is_a_fault(folder: Path) -> None:
    district = City.load(folder).districts[0]
    cases = [{"label": label, "answer": "去那里。"} for label in (district, "没有这个区")]
    entry = FAQ | {"condition": {"ask": "您在哪个区？", "by_district": True, "cases": cases}}
    (folder / "faq.jsonl").write_text(json.dumps(entry), encoding="utf-8")

    (fault,) = _faults(folder)

    assert "没有这个区 不是 places.csv 里的区县" in fault
    assert district not in fault


@pytest.mark.parametrize("name", packs(CITIES))
def test_every_shipped_pack_is_right_and_quickly_checked(name: str) -> None:
    start = process_time()
    city = City.find(name, CITIES)

    # 0.05 s at most on an idle machine; this leaves room for a traced run on a busy one
    assert process_time() - start < 3.0
    assert city.counts["categories.csv"] == 517
    assert city.emergency["suicide"] == "12356"
    assert city.categories.exists()


def test_anshan_has_people_day_and_night_and_generic_has_no_gazetteer() -> None:
    anshan, generic = City.find("anshan", CITIES), City.find("generic", CITIES)

    assert anshan.always_human
    assert anshan.next_human(_at("2026-10-01T03:00")) == "随时"
    assert "铁东区" in anshan.districts
    assert generic.places is None
    assert generic.districts == ()


def test_a_pack_is_read_whole(folder: Path) -> None:
    city = City.load(folder)

    assert (city.id, city.full_name, city.ticket_prefix, city.hotline) == ("pinghu", "平湖市", "PH", "12345")
    assert city.emergency["gas"] == "119"
    assert city.units[0].name == "路政"
    assert city.unit_of == {"010101": "路政"}
    assert city.fast_lanes == {"020101"}
    assert city.placeless == (("社会保障",), ("社会保障", "养老"))
    assert city.texts == {"goodbye": "再会。"}
    assert city.districts == ("东区",)
    assert city.places == folder / "places.csv"
    assert city.counts["faq.jsonl"] == 1
    assert not city.always_human


def test_only_what_a_pack_needs_has_to_be_there(folder: Path) -> None:
    for name in ("places.csv", "faq.jsonl", "texts.toml", "boundaries.geojson"):
        (folder / name).unlink()

    city = City.load(folder)

    assert (city.places, city.faq, city.boundaries, dict(city.texts)) == (None, None, None, {})


@pytest.mark.parametrize(
    ("now", "there", "when"),
    [
        ("2026-11-23T09:00", True, "随时"),
        ("2026-11-23T07:59", False, "今天 8:30"),
        ("2026-11-23T12:00", False, "今天 14:00"),
        ("2026-11-23T17:30", False, "明天 8:30"),
        ("2026-11-20T18:00", False, "11月23日 8:30"),
        ("2026-11-21T10:00", False, "后天 8:30"),
        ("2026-10-01T10:00", False, "10月8日 8:30"),  # National Day
        ("2026-02-14T10:00", True, "随时"),  # a Saturday worked for the Spring Festival
        ("2031-10-01T10:00", True, "随时"),  # a Wednesday that no calendar knows yet
    ],
)
def test_the_hours_of_people_follow_the_week_and_the_holidays(folder: Path, now: str, there: bool, when: str) -> None:
    city = City.load(folder)

    assert city.human_now(_at(now)) is there
    assert city.next_human(_at(now)) == when


def test_a_city_without_operators_promises_no_hour(folder: Path) -> None:
    text = (folder / "city.toml").read_text("utf-8")
    start, end = text.index("hours = ["), text.index("[emergency]")
    (folder / "city.toml").write_text(text[:start] + "hours = []\n" + text[end:], encoding="utf-8")
    city = City.load(folder)

    assert not city.human_now(_at("2026-11-23T09:00"))
    assert city.next_human(_at("2026-11-23T09:00")) == "尽快"


def test_what_nobody_has_checked_in_the_clocks_is_told(folder: Path) -> None:
    _change(folder / "clocks.toml", "law = ", 'name = "usual"\nassumed = ["law", "unit"]\nlaw = ')

    assert City.load(folder).assumed == ("usual: law", "usual: unit")


def test_hours_are_those_of_the_city_whatever_the_zone_of_the_moment(folder: Path) -> None:
    assert City.load(folder).human_now(datetime.fromisoformat("2026-11-23T01:00+00:00"))


def test_a_holiday_with_people_is_an_ordinary_day(folder: Path) -> None:
    _change(folder / "city.toml", "holidays = false", "holidays = true")

    assert City.load(folder).human_now(_at("2026-10-01T10:00"))


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("city.toml", 'hotline = "12345"\n', "", "city.toml: hotline："),
        ("city.toml", '"PH"', '"ph"', "city.toml:5: ticket_prefix："),
        ("city.toml", '"Asia/Shanghai"', '"Mars/Base"', "city.toml:6: timezone："),
        ("city.toml", '["东区"]', '"东区"', "city.toml:7: service_area："),
        ("city.toml", 'privacy_url = ""', 'privacy_url = "see there"', "city.toml:8: privacy_url："),
        ("city.toml", '"社会保障"', '"天文"', "city.toml:9: placeless："),
        ("city.toml", "holidays = false", 'holidays = "no"', "city.toml:12: holidays："),
        ("city.toml", 'close = "12:00"', 'close = "7:00"', "city.toml:13: hours："),
        ("city.toml", 'open = "8:30"', 'open = "24:30"', "city.toml:13: hours："),
        ("city.toml", "[1, 2, 3, 4, 5], open", "[1, 8], open", "city.toml:13: hours："),
        ("city.toml", "hours = [", "times = [", "city.toml: hours："),
        ("city.toml", "[human]", "[people]", "city.toml: human："),
        ("city.toml", 'gas = "119"', 'gas = "call"', "city.toml:20: gas："),
        ("city.toml", 'gas = "119"', 'fog = "119"', "city.toml:20: fog："),
        ("city.toml", 'name = "平湖"', "name = 3", "city.toml:1: name："),
        ("city.toml", 'name = "平湖"', "name = 平湖", "city.toml:1: 不是正确的 TOML"),
        ("city.toml", '["东区"]', '["西区"]', "city.toml:7: service_area："),
        ("city.toml", 'open = "14:00"', 'open = "11:00"', "city.toml:13: hours：同一天"),
        ("city.toml", "{ days = [1, 2, 3, 4, 5], open", '"always", { days = [1], open', "city.toml:13: hours：每一项"),
        ("texts.toml", '"再会。"', '"{who}再会。"', "texts.toml:1: goodbye："),
        ("texts.toml", "goodbye", "farewell", "texts.toml:1: farewell："),
        ("categories.csv", "020101", "02_01", "categories.csv:3: 编号 '02_01' 应是 1 到 20 个字母"),
        ("categories.csv", "020101", "2" * 21, "categories.csv:3: 编号 '222"),
        ("categories.csv", "待遇", "待\0遇", "categories.csv:3: 有 NUL 字符"),
        ("places.csv", "东区", "东\0区", "places.csv:3: 有 NUL 字符"),
        ("city.toml", "平湖市", "平湖\0市", "city.toml:2: 有 NUL 字符"),
        ("categories.csv", ",1\n", ",yes\n", "categories.csv:3: fast_lane"),
        ("categories.csv", "水坑", "坑", "categories.csv:2: 关键词 坑"),
        ("places.csv", "district,2,1", "district,2,", "places.csv:3: 缺少上级"),
        ("texts.toml", '"再会。"', "3", "texts.toml:1: goodbye："),
        ("categories.csv", "l2,l3", "l2,leaf", "categories.csv:1: 缺少列 l3"),
        ("categories.csv", "020101", "010101", "categories.csv:3: 编号 010101 与第 2 行重复"),
        (
            "categories.csv",
            "社会保障,养老,待遇",
            "城建,道路,坑洼",
            "categories.csv:3: 类别 城建/道路/坑洼 与第 2 行重复",
        ),
        ("categories.csv", "养老,待遇", "养老,", "categories.csv:3: l3 是空的"),
        ("categories.csv", "路政", "不明单位", "categories.csv:2: 单位 不明单位 不在 units.csv 里"),
        ("categories.csv", "路政,", "路政,,,", "categories.csv:2: 比表头多出列"),
        ("categories.csv", "坑洼|水坑", '"坑洼"|水坑', "categories.csv:2: 不是正确的 CSV"),
        ("places.csv", "大桥街道,,street,3", "大桥街道,,street,2", "places.csv:4: 编号 2 与第 3 行重复"),
        ("places.csv", ",street,", ",block,", "places.csv:4: 级别 'block' 不对"),
        ("places.csv", ",3,2,", ",3,9,", "places.csv:4: 上级 9 不在本文件里"),
        ("places.csv", "district,2,1", "district,2,3", "places.csv:3: 上级 3 的级别"),
        ("places.csv", "30.1,", ",", "places.csv:4: lat 与 lon"),
        ("places.csv", "30.1,120.2", "120.2,30.1", "places.csv:4: lat 或 lon 不是经纬度"),
        ("places.csv", "30.1", "north", "places.csv:4: lat 或 lon 不是经纬度"),
        ("places.csv", "GCJ-02", "", "places.csv:4: 有经纬度就要写坐标系"),
        ("units.csv", "U1,路政,", "U1,路政,\nU1,水务,", "units.csv:3: 编号 U1 与第 2 行重复"),
        ("units.csv", "\nU1,路政,", "", "units.csv:1: 一行也没有"),
        ("clocks.toml", 'unit = "工作日"', 'unit = "年"', "clocks.toml:5: clock 1, stage 1: unit"),
        ("clocks.toml", 'law = "平湖的办法"\n', "", "clocks.toml:1: clock 1: law is missing"),
        ("clocks.toml", "length = 3", "length =", "clocks.toml:7:"),
        ("faq.jsonl", '"answer": "机器人一直在。"', '"answer": ""', "faq.jsonl:1: answer:"),
        ("faq.jsonl", "2026-01-01", "1月1日", "faq.jsonl:1: valid_from:"),
        ("faq.jsonl", "\n\n", "\n{\n", "faq.jsonl:2: "),
        ("boundaries.geojson", "FeatureCollection", "Point", "boundaries.geojson:1: 应是 GeoJSON"),
        ("boundaries.geojson", "}", "", "boundaries.geojson:1: 不是 JSON"),
    ],
)
def test_a_fault_is_named_with_its_file_and_line(folder: Path, file: str, old: str, new: str, said: str) -> None:
    _change(folder / file, old, new)

    assert any(fault.startswith(said) for fault in _faults(folder)), _faults(folder)


def test_a_row_told_twice_in_the_faq_is_a_fault(folder: Path) -> None:
    file = folder / "faq.jsonl"
    file.write_text(file.read_text("utf-8").strip() + "\n" + file.read_text("utf-8"), encoding="utf-8")

    assert _faults(folder) == ["faq.jsonl:2: id: '1' is on line 1 already"]


def test_a_citys_own_codes_are_taken_as_they_are(folder: Path) -> None:
    _change(folder / "categories.csv", "010101", "DL-1.KW")
    _change(folder / "categories.csv", "020101", "A" * 20)

    city = City.load(folder)
    assert (dict(city.unit_of), set(city.fast_lanes)) == ({"DL-1.KW": "路政"}, {"A" * 20})


def test_ten_faults_of_a_file_are_told_and_how_many_more_there_are(folder: Path) -> None:
    rows = "".join(f"1_{number},甲,乙,{number}号,,,\n" for number in range(3_720))
    (folder / "categories.csv").write_text("code,l1,l2,l3,keywords,unit,fast_lane\n" + rows, "utf-8")
    _change(folder / "city.toml", '"PH"', '"ph"')
    _change(folder / "city.toml", 'placeless = ["社会保障", "社会保障/养老"]', "placeless = []")

    with pytest.raises(CityError) as caught:
        City.load(folder)
    told = str(caught.value).splitlines()

    assert told[0] == "城市包有 3721 处错误："
    assert sum("编号" in line for line in told) == 10
    assert told[-2].endswith("categories.csv: 还有 3710 处错误，没有一一列出")
    assert "ticket_prefix" in told[-1]


def test_all_faults_of_all_files_are_named_at_once(folder: Path) -> None:
    _change(folder / "city.toml", '"PH"', '"ph"')
    _change(folder / "places.csv", ",street,", ",block,")
    _change(folder / "clocks.toml", "length = 3", "length = 0")

    assert [fault.split(":")[0] for fault in _faults(folder)] == ["city.toml", "clocks.toml", "places.csv"]


@pytest.mark.parametrize("name", ["city.toml", "categories.csv", "units.csv", "clocks.toml"])
def test_a_missing_file_is_one_fault_of_that_file(folder: Path, name: str) -> None:
    (folder / name).unlink()

    assert [fault for fault in _faults(folder) if fault.startswith(name)] == [
        f"{name}: 读不出来：No such file or directory"
    ]


def test_a_list_saved_by_excel_in_gbk_is_told_how_to_save_it(folder: Path) -> None:
    (folder / "units.csv").write_bytes("code,name,phone\nU1,路政,\n".encode("gbk"))

    (fault, *_) = [fault for fault in _faults(folder) if fault.startswith("units.csv")]
    assert fault.startswith("units.csv:2: 不是 UTF-8")


def test_a_list_with_a_mark_at_its_start_and_windows_lines_is_read_too(folder: Path) -> None:
    (folder / "units.csv").write_bytes(("\ufeff" + UNITS.replace("\n", "\r\n")).encode())

    assert City.load(folder).units[0].code == "U1"


def test_an_unknown_city_is_answered_with_those_that_exist(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "tonglu")

    with pytest.raises(CityError, match=r"是不是 pinghu？现有：pinghu、tonglu"):
        City.find("pinhu", tmp_path)
    with pytest.raises(CityError, match="一个也没有"):
        City.find("pinghu", tmp_path / "nowhere")
