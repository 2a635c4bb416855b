"""A menu that WeChat would refuse is refused before it is sent."""

import pytest

from channels.wechat.menu import Button, checked_menu, labels_of

NEW: Button = {"name": "我要反映", "type": "click", "key": "new"}
PAGE: Button = {"name": "网页", "type": "view", "url": "https://example.org"}


def test_a_menu_is_taken_and_its_words_are_known_by_key() -> None:
    menu: list[Button] = [NEW, PAGE, {"name": "更多", "sub_button": [{**NEW, "key": "more"}]}]

    assert checked_menu(menu) == tuple(menu)
    assert labels_of(menu) == {"new": "我要反映", "more": "我要反映"}


@pytest.mark.parametrize(
    ("menu", "faults"),
    [
        ([NEW] * 4, ["4 buttons"]),
        ([{"name": "更多", "sub_button": [NEW] * 6}], ["6 buttons under 更多"]),
        ([{"type": "click", "key": "k"}, {"name": "空", "type": "click"}], ["without a name", "空 does nothing"]),
        ([{"name": "更多", "sub_button": [{"name": "里", "type": "view"}]}], ["里 does nothing"]),
        ([{"name": "更多", "sub_button": "odd"}], ["更多 does nothing"]),
    ],
)
def test_every_fault_of_a_menu_is_named(menu: list[Button], faults: list[str]) -> None:
    with pytest.raises(ValueError, match="menu") as caught:
        checked_menu(menu)

    assert all(fault in str(caught.value) for fault in faults)
