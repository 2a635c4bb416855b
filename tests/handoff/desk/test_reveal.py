"""保密 and 匿名: hidden from everybody at the desk, and shown for a while to who writes down why."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest
from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer

from bot.appeal import Appeal
from bot.bus.local import LocalBus
from bot.desk.change_feed import ChangeFeed
from bot.desk.queue import DeskQueue
from bot.inbox import Inbox
from bot.operator_desk import OperatorDesk
from bot.storage.memory import MemoryStorage
from bot.turn import Event, EventKind, Outcomes, Turn
from channels.message import Address, Message, MessageKind
from handoff.console.board import Console
from handoff.console.frame import Frame
from handoff.console.people import PeoplePages
from handoff.console.queue import QueuePages
from handoff.desk import Operator
from handoff.states import StateTable
from handoff.ticket import Contact
from tests.bot.storage.makers import ticket
from tests.handoff.desk.conftest import Browser, Clock

CITIZEN = Address(channel="web", account="main", user="u1")
SAID = "我叫薛桂芳，电话13900002471，举报楼下饭店油烟，保密"
HIDDEN = ("薛桂芳", "13900002471", "芳芳")


@dataclass
class Hall:
    """The desk over a real record."""

    desk: OperatorDesk
    storage: MemoryStorage
    clock: Clock
    browser: Browser

    async def tells(self, draft: Appeal | None) -> None:
        """What the machine has of the matter."""
        conversation = replace((await self.storage.load(CITIZEN.key)).conversation, draft=draft)
        await self.storage.commit(Turn(conversation=conversation, events=(), outcome=Outcomes.TOLD), self.clock.now)


@pytest.fixture
async def hall(password_hash: str) -> AsyncIterator[Hall]:
    clock, storage, bus = Clock(), MemoryStorage(), LocalBus()
    inbox = Inbox(storage, bus, clock=clock, count_message=lambda _: None)
    feed = ChangeFeed(storage, bus.changes)
    desk = OperatorDesk(storage, inbox, states=StateTable.load(), clock=clock, changes=feed.follow, limits=_no_limits)
    for name, shown in (("wangli", "王丽"), ("zhaoqiang", "赵强")):
        account = Operator(name=name, display_name=shown, role="operator", password_hash=password_hash)
        await storage.add_operator(account)
    body = Message(id="m", address=CITIZEN, kind=MessageKind.TEXT, sent_at=clock.now, text=SAID, name="芳芳")
    await storage.append(Event(id="m", conversation_id=CITIZEN.key, kind=EventKind.MESSAGE, body=body, at=clock.now))
    frame = Frame(desk, b"a secret of the tests", False, "鞍山 8890", clock=clock)
    app = web.Application()
    app.add_routes(
        [
            *frame.routes(),
            *Console(frame, _no_media, QueuePages(frame, DeskQueue(storage, (), clock))).routes(),
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


async def _no_limits(_: Address) -> str:
    return ""


async def _no_media(key: str) -> tuple[bytes, str]:
    raise LookupError(key)


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
