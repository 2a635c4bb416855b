"""The clerk's pages: who may see them, what they show, and that a form does one step once."""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from handoff.sandbox import Sandbox
from handoff.ticket import CaseEvent, CaseEventKind, TicketAttachment, TicketStatus
from tests.handoff.sandbox_rig import Front, serving, until
from tests.handoff.tickets import TICKET, ticket, update

PAGE = f"/sandbox/tickets/{TICKET.ticket_no}"


@dataclass
class Clerk:
    """A browser at the sandbox."""

    session: aiohttp.ClientSession
    server: TestServer
    sandbox: Sandbox
    front: Front

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
        async with self.session.get(self.server.make_url(path), headers=headers) as answer:
            return answer.status, await answer.text()

    async def post(self, fields: Mapping[str, str], path: str = PAGE) -> tuple[int, str]:
        async with self.session.post(self.server.make_url(path), data=fields) as answer:
            return answer.status, await answer.text()

    async def form(self, status: TicketStatus) -> dict[str, str]:
        """The hidden fields of a step's form."""
        _, page = await self.get(PAGE)
        token = re.search(r'name="token" value="(\w+)"', page)
        seen = re.search(r'name="seen" value="(\d+)"', page)
        assert token
        assert seen
        return {"token": token[1], "seen": seen[1], "status": status.value}


@pytest.fixture
async def clerk() -> AsyncIterator[Clerk]:
    front = Front()
    jar = aiohttp.CookieJar(unsafe=True)
    async with serving(":memory:", front) as (sandbox, server), aiohttp.ClientSession(cookie_jar=jar) as session:
        await sandbox.submit(TICKET)
        yield Clerk(session, server, sandbox, front)


async def test_the_list_shows_open_and_done_tickets_apart(clerk: Clerk) -> None:
    marked = ticket(ticket_no="AS2", title="", urgency="urgent", confidential=True, anonymous=True, category=None)
    await clerk.sandbox.submit(replace(marked, place=None, supervision_rounds=1, urge_count=2))

    _, page = await clerk.get("/sandbox")
    assert TICKET.title in page
    for mark in ("紧急", "保密", "匿名", "二次督办", "催办 2 次", "（没有标题）"):
        assert mark in page
    assert "还没有工单" in (await clerk.get("/sandbox?list=done"))[1]
    assert TICKET.title in (await clerk.get("/sandbox?list=all"))[1]
    assert TICKET.title in (await clerk.get("/sandbox?list=nonsense"))[1]


async def test_a_ticket_shows_all_that_was_handed_over_and_what_happened(clerk: Clerk) -> None:
    for number, kind in enumerate(CaseEventKind):
        await clerk.sandbox.send(
            CaseEvent(
                id=f"c{number}",
                ticket_no=TICKET.ticket_no,
                kind=kind,
                at="2026-11-25T09:00:00+08:00",
                text="<b>三天了</b>",
                rating="满意",
                attachments=(TicketAttachment(id="p", kind="image", url="https://media.example/p.jpg"),),
            )
        )

    _, page = await clerk.get(PAGE)

    for shown in (
        TICKET.content,
        "修好楼道灯",
        "城乡建设 › 公共照明 › 楼道灯（05-02-11）",
        "铁东区 和平街道",
        "经度 122.99，纬度 41.11（gcj02）",
        "13800001111",
        "2026年12月3日 23:59",
        "暂定",
        "AS2026112300003",
        "市民催办",
        "市民补充",
        "市民评价：满意",
        "您已撤回",
        '<img src="https://media.example/p.jpg"',
        "&lt;b&gt;三天了",
        "3 句",
    ):
        assert shown in page
    assert "<b>三天了" not in page
    assert "javascript:" not in page


async def test_a_bare_confidential_ticket_is_shown_without_empty_parts(clerk: Clerk) -> None:
    bare = ticket(
        ticket_no="AS2",
        place=None,
        category=None,
        clocks=(),
        related=(),
        transcript=(),
        attachments=(),
        confidential=True,
    )
    await clerk.sandbox.submit(bare)

    _, page = await clerk.get("/sandbox/tickets/AS2")

    assert "市民要求保密，没有提供给承办系统" in page
    assert not any(heading in page for heading in ("办理时限", "对话记录", ">地点<", "关联工单", ">附件<"))


async def test_the_buttons_are_those_of_the_state_table(clerk: Clerk) -> None:
    assert "确定受理" in (await clerk.get(PAGE))[1]
    await clerk.sandbox.take_step(update(TicketStatus.RESOLVED, "s1"))

    _, page = await clerk.get(PAGE)

    assert "确定受理" not in page
    assert all(f"确定{button}" in page for button in ("登记回访", "重新办理", "归档"))


async def test_a_form_takes_a_step_and_the_same_form_again_takes_none(clerk: Clerk) -> None:
    fields = {**await clerk.form(TicketStatus.DISPATCHED), "unit": "市照明管理处", "promised_date": "2026-12-01"}

    status, page = await clerk.post(fields)
    assert status == 200
    assert "已转办至市照明管理处办理。预计在12月1日前答复您。" in page
    again, page = await clerk.post(fields)

    assert again == 409
    assert "刚刚变了" in page
    await until(lambda: len(clerk.front.updates) == 1)
    told = clerk.front.updates[0]
    assert (told.status, told.unit, told.actor) == (TicketStatus.DISPATCHED, "市照明管理处", "sandbox")
    assert "已送达 suda" in (await clerk.get(PAGE))[1]


@pytest.mark.parametrize(
    ("status", "fields", "fault"),
    [
        (TicketStatus.REJECTED_OUT_OF_SCOPE, {"reason": "正在诉讼中"}, "请填写“依据”"),
        (TicketStatus.RESOLVED, {"text": "  "}, "请填写“告诉市民的话”"),
        (TicketStatus.RESOLVED, {"text": "我们会尽快处理"}, "“尽快”没有说清时间"),
        (TicketStatus.RESOLVED, {"text": "长" * 4001}, "太长了"),
        (TicketStatus.ACCEPTED, {"promised_date": "明天"}, "日期要写成"),
    ],
)
async def test_a_form_that_would_leave_the_citizen_guessing_is_shown_again_with_its_words(
    clerk: Clerk, status: TicketStatus, fields: dict[str, str], fault: str
) -> None:
    code, page = await clerk.post({**await clerk.form(status), **fields})

    assert code == 422
    assert fault in page
    assert next(iter(fields.values())).strip() in page
    assert not clerk.front.updates


async def test_a_form_from_another_place_is_refused(clerk: Clerk) -> None:
    fields = await clerk.form(TicketStatus.ACCEPTED)

    assert (await clerk.post({**fields, "token": "0" * 64}))[0] == 403
    clerk.session.cookie_jar.clear()
    assert (await clerk.post(fields))[0] == 403
    assert not clerk.front.updates


async def test_a_step_that_is_not_offered_is_not_taken(clerk: Clerk) -> None:
    assert (await clerk.post(await clerk.form(TicketStatus.ARCHIVED)))[0] == 409


async def test_unknown_tickets_are_not_found(clerk: Clerk) -> None:
    fields = await clerk.form(TicketStatus.ACCEPTED)

    assert (await clerk.get("/sandbox/tickets/AS9"))[0] == 404
    assert (await clerk.post(fields, "/sandbox/tickets/AS9"))[0] == 404


async def test_a_step_that_waits_or_failed_says_so(clerk: Clerk) -> None:
    clerk.front.closed = True
    await clerk.sandbox.take_step(update(TicketStatus.ACCEPTED, "s1"))
    await clerk.sandbox.take_step(update(TicketStatus.IN_PROGRESS, "s2"))
    await until(lambda: clerk.front.calls >= 2)

    _, page = await clerk.get(PAGE)

    assert "会再次发送：suda answered 503" in page
    assert "正在送往 suda" in page
    assert "2 步待送达" in (await clerk.get("/sandbox"))[1]


async def test_a_store_that_does_not_work_is_said_plainly(clerk: Clerk) -> None:
    await clerk.sandbox.stop()

    assert (await clerk.get("/sandbox"))[0] == 503


async def test_the_pages_allow_no_script_and_no_framing(clerk: Clerk) -> None:
    async with clerk.session.get(clerk.server.make_url(PAGE)) as answer:
        page = await answer.text()
        policy = answer.headers["Content-Security-Policy"]
        cookie = answer.headers.get("Set-Cookie", "")

    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "<script" not in page
    assert "style=" not in page
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    status, style = await clerk.get("/sandbox/sandbox.css")
    assert (status, ":focus-visible" in style) == (200, True)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.9"},
        {"Forwarded": "for=203.0.113.9"},
        {"Host": "evil.example"},
        {"Host": "203.0.113.9:8080"},
    ],
)
async def test_without_a_login_only_this_machine_is_answered(clerk: Clerk, headers: dict[str, str]) -> None:
    assert (await clerk.get("/sandbox", headers))[0] == 403
    assert (await clerk.get("/sandbox", {"Host": "localhost:8080"}))[0] == 200
    assert (await clerk.get("/sandbox", {"Host": "[::1]:8080"}))[0] == 200


async def test_with_a_login_everybody_has_to_know_it() -> None:
    async with serving(":memory:", Front(), login=("办件员", "geheim")) as (_, server), aiohttp.ClientSession() as web:
        url = server.make_url("/sandbox")
        for headers in (
            {},
            {"Authorization": aiohttp.encode_basic_auth("办件员", "falsch", "utf-8")},
            {"Authorization": "Basic ###"},
            {"Authorization": "Bearer x"},
        ):
            async with web.get(url, headers=headers) as answer:
                assert answer.status == 401
                assert answer.headers["WWW-Authenticate"].startswith("Basic")
        right = {
            "Authorization": aiohttp.encode_basic_auth("办件员", "geheim", "utf-8"),
            "X-Forwarded-For": "203.0.113.9",
        }
        async with web.get(url, headers=right) as answer:
            assert answer.status == 200
