"""A whole service read in English: all it says of a real conversation, and nothing Chinese but what people wrote."""

import re
from html.parser import HTMLParser

from channels.message import MessageKind, Pin
from tests.flows.test_draft_pages import HEATING, WORDS, Desk, desk, opened, said
from tests.flows.town import at_rest, tickets_of

__all__ = ["desk"]

HAN = re.compile(r"[\u3400-\u9fff，。、；：？！（）]")
SPOKEN = ("aria-label", "title", "placeholder", "alt")
VOID = {"area", "br", "hr", "img", "input", "link", "meta", "source"}


class Unsaid(HTMLParser):
    """Chinese on a page that is not marked as such."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """What is marked holds for all within."""
        given = dict(attrs)
        theirs = any(self._open[-1:]) or given.get("lang") == "zh" or tag in ("script", "title")
        if tag not in VOID:
            self._open.append(theirs)
        if not theirs:
            self.found += [words for name in SPOKEN if HAN.search(words := given.get(name) or "")]

    def handle_endtag(self, tag: str) -> None:
        """Back to what it stands in."""
        if tag not in VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        """Words."""
        if HAN.search(data) and not any(self._open[-1:]):
            self.found.append(data.strip())


def chinese(page: str) -> list[str]:
    unsaid = Unsaid()
    unsaid.feed(page)
    return unsaid.found


async def speak_english(desk: Desk) -> None:
    await desk.get("/desk/me")
    await desk.post("/desk/language", {"csrf": desk.value("csrf"), "to": "en"})


async def test_a_conversation_its_draft_and_its_ticket_are_read_in_english(desk: Desk) -> None:
    path = await opened(desk, "u1", WORDS, "我姓李，电话13900001111，请保密")
    pin = Pin(latitude=41.108, longitude=122.994, datum="gcj02")
    await desk.service.inbox.receive(said(8, "u1", kind=MessageKind.LOCATION, pin=pin))
    await at_rest(desk.service)
    await speak_english(desk)

    page = await desk.get(path)
    assert chinese(page) == []
    for words in ("Machine reading", "Confidential", "Last message", "The citizen asked to stay confidential"):
        assert words in re.sub("<[^>]+>", "", page)
    page = await desk.get(f"{path}/ticket")
    assert chinese(page) == []
    wrong = desk.form(category_words="qqqqqq", place="", phone="139x", title="长" * 80, secrecy="", reason="")
    page = await desk.post(f"{path}/submit", wrong)
    assert (desk.status, chinese(page)) == (422, [])
    assert "The phone number is incomplete" in page
    page = await desk.post(f"{path}/amend", desk.form(category_words="djcn", place="团结社区3号楼", do="look"))
    assert chinese(page) == []
    await desk.get(f"{path}/ticket")
    page = await desk.post(f"{path}/submit", desk.form(category_words=HEATING, category="010208"))
    assert "Ticket submitted." in page
    await at_rest(desk.service)
    (ticket,) = await tickets_of(desk.service, "web:main:u1")
    page = await desk.get(f"/desk/t/{ticket.ticket_no}")
    assert chinese(page) == []
    assert ("Details" in page, "Answer due" in page) == (True, True)


async def test_what_the_gate_and_the_acts_say_is_english(desk: Desk) -> None:
    path = await opened(desk, "u1", WORDS)
    await speak_english(desk)

    async def sent(act: str, **fields: str) -> str:
        await desk.get(path)
        form = {name: desk.value(name) for name in ("csrf", "action")}
        return await desk.post(f"{path}/{act}", form | fields)

    for act, fields, words in (
        ("reply", {"text": "我们会尽快处理。"}, "names no day"),
        ("reply", {"text": "您好，{日期}"}, "Still to fill in"),
        ("reply", {"text": ""}, "Nothing has been typed yet."),
        ("close", {}, "has not been filed as a ticket"),
        ("assign", {"to": "to:wangli"}, "Only supervisors may do this"),
        ("transfer", {"to": "to:nobody"}, "Please choose who takes it."),
        ("give_back", {}, "Handed back to the bot."),
        ("give_back", {}, "You do not hold this conversation."),
    ):
        page = await sent(act, **fields)
        assert words in re.sub("<[^>]+>", "", page)
        assert chinese(page) == [], act
