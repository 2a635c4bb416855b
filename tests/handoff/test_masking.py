"""What is hidden of a citizen who asked for it, and what is not."""

import pytest

from handoff.masking import mask_name, mask_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("打13900002471找我", "打139******71找我"),
        ("139 0000 2471", "139******71"),
        ("１３９００００２４７１", "１３９******７１"),
        ("+86 139-0000-2471。", "861********71。"),
        ("座机0412-5536312", "座机041******12"),
        ("身份证21030219900101123X", "身份证210*************3X"),
        ("3号楼2单元501，12345热线，110", "3号楼2单元501，12345热线，110"),
        ("在41.10812345，122.99412345这里", "在（定位已隐藏）这里"),
        (
            "https://uri.amap.com/marker?position=122.99412,41.10812",
            "https://uri.amap.com/marker?position=（定位已隐藏）",
        ),
        ("长 12.5,宽 3.25", "长 12.5,宽 3.25"),
        ("没有号码", "没有号码"),
        ("打\u202a139\u202c0000\u202a2471\u202c", "打139******71"),
        ("打139\u200b0000\u200b2471", "打139******71"),
        ("AS20261123-7K3QF8MD 到哪了，打13900002471", "AS20261123-7K3QF8MD 到哪了，打139******71"),
        ("查as20261123-23456789，13900002471", "查as20261123-23456789，139******71"),
        ("微信vx13900002471，vx20261123-2345", "微信vx139******71，vx202*******45"),
        ("AS20261123-7K3QF8MD13900002471", "AS202****37K3QF8MD139******71"),
        ("", ""),
    ],
)
def test_numbers_that_reach_somebody_keep_only_their_ends(text: str, shown: str) -> None:
    assert mask_text(text) == shown


def test_names_are_hidden_wherever_they_were_written_the_longest_first() -> None:
    assert mask_text("我是张伟明，不是张伟", {"张伟", "张伟明", ""}) == "我是张**，不是张**"
    assert mask_text("李家村", {"李"}) == "李家村", "one character is in too many words"
    assert (mask_name("张先生"), mask_name("")) == ("张**", "")
