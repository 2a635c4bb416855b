"""The written corpus: marks become offsets, labels are what the writer said, and a slip is named by file and line."""

from __future__ import annotations

from pathlib import Path as File

import pytest

from nlu.interpretation import AppealType, EmergencyKind, Intent, Path
from nlu.training.corpus import CorpusError, Example, read, read_groups, unmark, without_near_duplicates

HEAT: Path = ("城乡建设", "城市建设和市政管理", "冬季采暖")
NOISE: Path = ("环境保护", "环境污染", "噪音污染")


def write(folder: File, text: str, name: str = "w1_01.txt") -> list[Example]:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return read([file], [HEAT, NOISE])


def test_marks_become_offsets_of_the_plain_text() -> None:
    text, spans, cuts = unmark("我住〈铁西〉，〔双山小区3号楼〕不热‖另外〔南门〕也黑")

    assert text == "我住铁西，双山小区3号楼不热另外南门也黑"
    assert [(text[s.start : s.end], s.main) for s in spans] == [
        ("铁西", False),
        ("双山小区3号楼", True),
        ("南门", True),
    ]
    assert [text[cut:] for cut in cuts] == ["另外南门也黑"]


def test_a_line_says_type_urgency_place_and_what_else_would_be_right(tmp_path: File) -> None:
    (example,) = write(
        tmp_path,
        "# city: anshan\n# 城乡建设/城市建设和市政管理/冬季采暖\n"
        "求! 〔立山区双山小区〕整栋楼没气 ~ 投 @ 立山区 ≈ 环境保护/环境污染/噪音污染\n",
    )

    assert (example.text, example.path, example.also) == ("立山区双山小区整栋楼没气", HEAT, (NOISE,))
    assert (example.appeal_type, example.types_ok) == (AppealType.HELP, (AppealType.COMPLAINT,))
    assert (example.urgent, example.city, example.district) == (True, "anshan", "立山区")
    assert example.as_json()["locations"] == [{"start": 0, "end": 7, "text": "立山区双山小区", "main": True}]


def test_a_question_is_told_from_a_matter_by_its_code(tmp_path: File) -> None:
    asked, told = write(tmp_path, "# 城乡建设/城市建设和市政管理/冬季采暖\n问 采暖费咋算\n咨 我家的采暖费咋多算了\n")

    assert (asked.intent, told.intent) == (Intent.FAQ, Intent.APPEAL)
    assert asked.appeal_type is told.appeal_type is AppealType.INQUIRY


def test_turns_and_emergencies_are_labelled_by_their_heading(tmp_path: File) -> None:
    thanks, fire = write(tmp_path, "# intent: thanks\n谢谢\n# emergency: fire\n着火了\n")

    assert thanks.intent is Intent.THANKS
    assert (fire.intent, fire.emergency, fire.urgent) == (Intent.EMERGENCY, EmergencyKind.FIRE, True)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("投 没有标题\n", "before the first"),
        ("# 没有/这个/类别\n投 什么\n", "no category"),
        ("# intent: nothing\n什么\n", "nothing"),
        ("# 环境保护/环境污染/噪音污染\n太吵了\n", "begins with one of"),
        ("# 环境保护/环境污染/噪音污染\n投 〔西门太吵\n", "not closed"),
        ("# 环境保护/环境污染/噪音污染\n投 西门〕太吵\n", "closes nothing"),
        ("# 环境保护/环境污染/噪音污染\n投 〔西〈门〉〕太吵\n", "inside"),
    ],
)
def test_a_slip_is_named_with_its_file_and_line(tmp_path: File, text: str, what: str) -> None:
    with pytest.raises(CorpusError, match=rf"w1_01\.txt:\d+: .*{what}"):
        write(tmp_path, text)


def test_what_is_said_twice_is_kept_once(tmp_path: File) -> None:
    kept = without_near_duplicates(
        write(
            tmp_path,
            "# 环境保护/环境污染/噪音污染\n投 楼下烧烤店天天吵到后半夜睡不着\n"
            "投 楼下烧烤店天天吵到后半夜睡不着觉\n投 工地半夜打桩\n# intent: greet\n你好\n你好。\n您好\n",
        )
    )

    assert [e.text for e in kept] == ["楼下烧烤店天天吵到后半夜睡不着", "工地半夜打桩", "你好", "您好"]


def test_what_is_measured_with_is_not_trained_on(tmp_path: File) -> None:
    measured = write(
        tmp_path, "# 环境保护/环境污染/噪音污染\n投 楼下烧烤店天天吵到后半夜睡不着\n# intent: greet\n你好。\n"
    )
    written = write(
        tmp_path,
        "# 环境保护/环境污染/噪音污染\n投 楼下烧烤店天天吵到后半夜睡不着觉\n投 工地半夜打桩\n"
        "# intent: greet\n你好\n您好\n",
    )

    assert [e.text for e in without_near_duplicates(written, measured)] == ["工地半夜打桩", "您好"]


def test_paraphrases_stand_in_groups_of_neighbours(tmp_path: File) -> None:
    file = tmp_path / "f1.txt"
    file.write_text("## 身份证\n= 身份证丢了怎么补\n证让人偷了咋整\n= 到期换领\n证过期了\n", encoding="utf-8")
    first, second = read_groups([file])

    assert first.field == second.field == "身份证"
    assert first.texts == ("身份证丢了怎么补", "证让人偷了咋整")


def test_a_question_without_paraphrases_is_named(tmp_path: File) -> None:
    file = tmp_path / "f1.txt"
    file.write_text("## 身份证\n= 身份证丢了怎么补\n= 到期换领\n证过期了\n", encoding="utf-8")

    with pytest.raises(CorpusError, match=r"f1\.txt:3: no paraphrases of 身份证丢了怎么补"):
        read_groups([file])
