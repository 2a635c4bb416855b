"""保密 and 匿名: hidden from everybody at the desk, and shown for a while to who writes down why."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest
from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer

from bot.appeal import Appeal, PlaceSlot
from bot.bus.local import LocalBus
from bot.desk.change_feed import ChangeFeed
from bot.desk.queue import DeskQueue
from bot.inbox import Inbox
from bot.operator_desk import OperatorDesk
from bot.storage.memory import MemoryStorage
from bot.turn import Event, EventKind, Outcomes, Turn
from channels.message import Address, Attachment, Message, MessageKind, Pin
from handoff.console.composing import Composing
from handoff.console.console import Console
from handoff.console.drafting import DraftPages
from handoff.console.frame import Frame
from handoff.console.people import PeoplePages
from handoff.console.queue import QueuePages
from handoff.desk import ActionKind, Operator, OperatorAction
from handoff.states import StateTable
from handoff.ticket import Contact
from tests.bot.storage.makers import ticket
from tests.handoff.desk.conftest import Browser, Clock
from tests.handoff.desk.memory_drafting import MemoryDrafting
from tests.handoff.desk.memory_writing import MemoryWriting

CITIZEN = Address(channel="web", account="main", user="u1")
SAID = "我叫薛桂芳，电话13900002471，举报楼下饭店油烟，保密"
PHOTO = "ab" * 32 + ".jpg"
HIDDEN = ("薛桂芳", "13900002471", "芳芳")


@dataclass
class Hall:
    """The desk over a real record."""

    desk: OperatorDesk
    storage: MemoryStorage
    clock: Clock
    browser: Browser

    async def hears(self, number: int, address: Address = CITIZEN, text: str = "", **more: object) -> None:
        """A message."""
        given = {"kind": MessageKind.TEXT, "name": "芳芳", **more}
        body = Message(id=f"{address.user}{number}", address=address, sent_at=self.clock.now, text=text, **given)  # type: ignore[arg-type]  # a message's own fields
        event = Event(
            id=body.id, conversation_id=address.key, kind=EventKind.MESSAGE, body=body, at=self.clock.now + number
        )
        await self.storage.append(event)

    async def log(self) -> list[tuple[str, str, str]]:
        """The audit log, oldest first: who did what to what."""
        return [(line.who, line.action, line.subject) for line in await self.storage.noted()][::-1]

    async def reveal(self) -> None:
        """Write down why one looks."""
        form = {"csrf": self.browser.hidden("csrf"), "reason": "承办单位退单，需电话核实"}
        await self.browser.post(f"/desk/c/{CITIZEN.key}/reveal", form)

    async def tells(self, draft: Appeal | None) -> None:
        """What the machine has of the matter."""
        conversation = replace((await self.storage.load(CITIZEN.key)).conversation, draft=draft)
        await self.storage.commit(Turn(conversation=conversation, events=(), outcome=Outcomes.TOLD), self.clock.now)


@pytest.fixture
async def hall(password_hash: str) -> AsyncIterator[Hall]:
    clock, storage, bus = Clock(), MemoryStorage(), LocalBus()
    inbox = Inbox(storage, bus, clock=clock, count_message=lambda _: None)
    feed = ChangeFeed(storage, bus.changes)
    desk = OperatorDesk(storage, inbox, states=StateTable.load(), clock=clock, changes=feed.follow)
    for name, shown in (("wangli", "王丽"), ("zhaoqiang", "赵强")):
        account = Operator(name=name, display_name=shown, role="operator", password_hash=password_hash)
        await storage.add_operator(account)
    body = Message(id="m", address=CITIZEN, kind=MessageKind.TEXT, sent_at=clock.now, text=SAID, name="芳芳")
    await storage.append(Event(id="m", conversation_id=CITIZEN.key, kind=EventKind.MESSAGE, body=body, at=clock.now))
    frame = Frame(desk, b"a secret of the tests", False, "鞍山 8890", clock=clock)
    composing = Composing(frame, MemoryWriting({}), b"a secret of the tests")
    drafts = DraftPages(frame, MemoryDrafting(desk))
    app = web.Application()
    app.add_routes(
        [
            *frame.routes(),
            *Console(
                frame, _media, QueuePages(frame, DeskQueue(storage, (), clock)), composing, drafts.beside
            ).routes(),
            *PeoplePages(frame).routes(),
        ]
    )
    server = TestServer(app)
    await server.start_server()
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:
        browser = Browser(http, f"http://127.0.0.1:{server.port}")
        await browser.log_in("wangli")
        yield Hall(desk, storage, clock, browser)
    await server.close()


async def _media(key: str) -> tuple[bytes, str]:
    if key != PHOTO:
        raise LookupError(key)
    return b"a photo", "image/jpeg"


def seen(page: str) -> list[str]:
    """What of the hidden can be read on a page."""
    return [word for word in HIDDEN if word in page]


SECRET = Appeal(said=(SAID,), name="薛桂芳", phone="13900002471", confidential=True)


@pytest.mark.parametrize("draft", [SECRET, replace(SECRET, confidential=False, anonymous=True)])
async def test_names_and_numbers_are_hidden_in_lists_lines_and_facts(hall: Hall, draft: Appeal) -> None:
    await hall.tells(draft)

    await hall.browser.get("/desk")
    listed = seen(hall.browser.page)
    await hall.browser.get(f"/desk/c/{CITIZEN.key}")

    assert listed == []
    assert seen(hall.browser.page) == []
    assert "我叫薛**，电话139******71" in hall.browser.page
    assert "要求保密或匿名" in hall.browser.page


async def test_a_ticket_that_was_confidential_hides_the_conversation_later_too(hall: Hall) -> None:
    conversation = (await hall.storage.load(CITIZEN.key)).conversation
    kept = replace(ticket("7", title="薛桂芳举报油烟"), contact=Contact(name="薛桂芳"), confidential=True)
    turn = Turn(conversation=conversation, events=(), outcome=Outcomes.TICKET, tickets=(kept,))
    await hall.storage.commit(turn, hall.clock.now)

    await hall.browser.get(f"/desk/c/{CITIZEN.key}")

    assert seen(hall.browser.page) == []
    assert "薛**举报油烟" in hall.browser.page


async def test_without_such_a_wish_nothing_is_hidden(hall: Hall) -> None:
    await hall.tells(replace(SECRET, confidential=False))

    await hall.browser.get(f"/desk/c/{CITIZEN.key}")

    assert seen(hall.browser.page) == list(HIDDEN)
    assert "要求保密" not in hall.browser.page


async def test_a_reason_shows_it_to_one_for_ten_minutes_and_stands_apart_from_the_audit_log(hall: Hall) -> None:
    await hall.tells(SECRET)
    await hall.browser.get(f"/desk/c/{CITIZEN.key}")
    form = {"csrf": hall.browser.hidden("csrf"), "reason": "承办单位退单，需电话核实"}

    await hall.browser.post(f"/desk/c/{CITIZEN.key}/reveal", form)
    shown = seen(hall.browser.page)
    colleague = Browser(ClientSession(cookie_jar=CookieJar(unsafe=True)), hall.browser.base)
    await colleague.log_in("zhaoqiang")
    await colleague.get(f"/desk/c/{CITIZEN.key}")
    await colleague.http.close()
    hall.clock.now += 601
    await hall.browser.get(f"/desk/c/{CITIZEN.key}")

    assert shown == list(HIDDEN)
    assert seen(colleague.page) == []
    assert seen(hall.browser.page) == []
    assert [(each.operator, each.reason) for each in await hall.storage.reveals()] == [("wangli", form["reason"])]
    log = [(line.who, line.action, line.subject) for line in await hall.storage.noted()]
    assert ("wangli", "revealed", CITIZEN.key) in log
    assert form["reason"] not in repr(log)
    assert (await hall.storage.follow_notes()).bad_row == 0


@pytest.mark.parametrize("reason", ["", "   ", "看看", "长" * 201])
async def test_without_a_reason_worth_the_name_nothing_is_shown(hall: Hall, reason: str) -> None:
    await hall.tells(SECRET)
    await hall.browser.get(f"/desk/c/{CITIZEN.key}")

    response = await hall.browser.post(
        f"/desk/c/{CITIZEN.key}/reveal", {"csrf": hall.browser.hidden("csrf"), "reason": reason}
    )

    assert response.status == 422
    assert "请写明理由" in hall.browser.page
    await hall.browser.get(f"/desk/c/{CITIZEN.key}")
    assert seen(hall.browser.page) == []
    assert ("wangli", "reveal_refused", CITIZEN.key) in [
        (line.who, line.action, line.subject) for line in await hall.storage.noted()
    ]


async def test_each_act_stands_in_the_log_with_the_act_itself(hall: Hall) -> None:
    await hall.browser.get(f"/desk/c/{CITIZEN.key}")
    await hall.browser.act("claim", CITIZEN.key)
    await hall.browser.act("reply", CITIZEN.key, text="您好")

    log = [(line.who, line.action) for line in await hall.storage.noted()]
    assert ("wangli", "claim") in log
    assert ("wangli", "reply") in log


async def _with_photo_and_pin(hall: Hall, draft: Appeal = SECRET) -> None:
    photo = Attachment(id="p", kind=MessageKind.IMAGE, key=PHOTO, filename="薛桂芳家.jpg")
    await hall.hears(1, kind=MessageKind.IMAGE, attachments=(photo,))
    pin = Pin(latitude=41.11234, longitude=122.99432, datum="gcj02", label="芳芳家楼下")
    await hall.hears(2, kind=MessageKind.LOCATION, pin=pin)
    await hall.hears(3, text="就在 https://uri.amap.com/marker?position=122.99432,41.11234")
    await hall.tells(replace(draft, place=PlaceSlot(text="", district="铁东区", pin=pin)))


async def test_photos_files_and_pins_are_hidden_until_there_is_a_reason(hall: Hall) -> None:
    await _with_photo_and_pin(hall)

    await hall.browser.get("/desk")
    listed = hall.browser.page
    await hall.browser.get(f"/desk/c/{CITIZEN.key}")
    before = hall.browser.page
    await hall.reveal()

    for secret in (PHOTO, "薛桂芳家.jpg", "41.11234", "122.99432", "芳芳家"):
        assert secret not in listed
        assert secret not in before
    assert "保密：照片已隐藏" in before
    assert "保密：定位已隐藏" in before
    assert "铁东区" in before
    assert PHOTO in hall.browser.page
    assert "41.11234, 122.99432" in hall.browser.page


async def test_a_hidden_file_is_given_only_to_who_wrote_down_why_and_each_try_is_noted(hall: Hall) -> None:
    await _with_photo_and_pin(hall)
    path, subject = f"/desk/media/{PHOTO}", f"{CITIZEN.key} {PHOTO[:12]}"

    refused = await hall.browser.get(path)
    words = hall.browser.page
    await hall.browser.get(f"/desk/c/{CITIZEN.key}")
    await hall.reveal()
    given = await hall.browser.get(path)
    hall.clock.now += 601
    late = await hall.browser.get(path)

    assert (refused.status, given.status, late.status) == (403, 200, 403)
    assert "写明理由" in words
    assert given.headers["Cache-Control"] == "no-store"
    files = [line for line in await hall.log() if line[1].startswith("file_")]
    assert [act for _, act, _ in files] == ["file_hidden", "file_opened", "file_hidden"]
    assert {(who, what) for who, _, what in files} == {("wangli", subject)}


async def test_a_file_is_noted_once_in_half_an_hour_and_hidden_by_nobody_elses_wish(hall: Hall) -> None:
    await _with_photo_and_pin(hall)
    neighbour = Address(channel="web", account="main", user="u2")
    shared = Attachment(id="q", kind=MessageKind.IMAGE, key=PHOTO)
    await hall.hears(4, neighbour, kind=MessageKind.IMAGE, attachments=(shared,))

    path = f"/desk/media/{PHOTO}"
    answers = [(await hall.browser.get(path)).status for _ in range(3)]
    hall.clock.now += 1801
    answers.append((await hall.browser.get(path)).status)

    assert answers == [200] * 4
    opened = [line for line in await hall.log() if line[1] == "file_opened"]
    assert len(opened) == 2


async def test_a_file_that_is_nobodys_is_shown_and_noted_for_nobody(hall: Hall) -> None:
    answer = await hall.browser.get(f"/desk/media/{PHOTO}")

    assert answer.status == 200
    assert not [line for line in await hall.log() if line[1].startswith("file_")]


async def test_the_chat_nickname_is_masked_in_lists_title_lines_and_search(hall: Hall) -> None:
    await hall.hears(1, text="你们叫我芳芳就行")
    conversation = replace((await hall.storage.load(CITIZEN.key)).conversation, draft=SECRET, called=("芳芳",))
    await hall.storage.commit(Turn(conversation=conversation, events=(), outcome=Outcomes.TOLD), hall.clock.now)

    pages = []
    for path in ("/desk", f"/desk/c/{CITIZEN.key}", "/desk?q=你们叫我"):
        await hall.browser.get(path)
        pages.append(hall.browser.page)
    await hall.browser.get("/desk?q=芳芳")
    by_name = hall.browser.page
    await hall.browser.get("/desk?q=2471")

    assert [seen(page) for page in pages] == [[], [], []]
    assert "你们叫我芳**就行" in pages[0]
    assert "<title>芳**" in pages[1]
    assert "你们叫我芳**就行" in pages[2]
    assert "没有搜到“芳芳”" in by_name
    assert "没有搜到“2471”" in hall.browser.page


async def test_notes_among_colleagues_hide_what_they_say_of_him(hall: Hall) -> None:
    await hall.tells(SECRET)
    zhao = {"operator": "zhaoqiang", "operator_name": "赵强", "conversation_id": CITIZEN.key, "at": hall.clock.now}
    note = "薛桂芳的电话 13900002471，请回电"
    await hall.desk.act(OperatorAction(id="a1", kind=ActionKind.WHISPER, note=note, **zhao))  # type: ignore[arg-type]  # same
    await hall.desk.act(OperatorAction(id="a2", kind=ActionKind.CLAIM, **zhao))  # type: ignore[arg-type]  # same
    passed = OperatorAction(id="a3", kind=ActionKind.TRANSFER, note=note, group="住建组", **zhao)  # type: ignore[arg-type]  # same
    await hall.desk.act(passed)

    await hall.browser.get(f"/desk/c/{CITIZEN.key}")

    assert seen(hall.browser.page) == []
    assert hall.browser.page.count("薛**的电话 139******71") == 2
