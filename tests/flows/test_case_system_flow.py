"""A case system by REST that is away, refuses, and calls back: every ticket arrives once, every step is told."""

from pathlib import Path

from bot.turn import Fate
from handoff.ticket import TicketStatus
from tests.fakes.case_system import Fault
from tests.flows.node import Node, until_true
from tests.flows.town import a_case_system, at_rest, fetched, on_wechat, tickets_of

ME = "wechat:main:oCitizen1"
MATTER = ("铁东区幸福小区5号楼下水井堵了，污水外冒", "不留", "确认")


async def test_a_ticket_survives_an_outage_and_arrives_once(tmp_path: Path) -> None:
    async with a_case_system() as case, on_wechat(tmp_path, case=case) as (wx, service):
        case.retry_after = "1"
        case.faults += [Fault.BUSY, Fault.CUT, Fault.GARBAGE]
        citizen = wx.citizen("oCitizen1")
        for text in MATTER:
            await citizen.says(text)
        await citizen.sees("已为您登记")

        async def told_their_number() -> bool:
            return (await tickets_of(service, ME))[0].external_no != ""

        await until_true(told_their_number)
        await at_rest(service)

        (number,) = case.tickets
        assert case.seen[number] == 3, "cut and garbled after it was taken, so it came again with the same key"
        assert not await service.storage.deliveries((Fate.PENDING, Fate.REFUSED, Fate.UNKNOWN))


async def test_what_the_case_system_tells_reaches_the_citizen_and_what_he_says_reaches_it(tmp_path: Path) -> None:
    async with a_case_system() as case, on_wechat(tmp_path, case=case) as (wx, service):
        citizen = wx.citizen("oCitizen1")
        url = f"{service.base_url}/handoff/status"
        for text in MATTER:
            await citizen.says(text)
        await at_rest(service)
        (number,) = case.tickets

        assert await case.tell(url, number, TicketStatus.ACCEPTED, event_id="e1") == 200
        assert await case.tell(url, number, TicketStatus.ACCEPTED, event_id="e1") == 200
        await citizen.sees("已受理")
        await citizen.says("催办")
        await citizen.says("补充一下，井盖也碎了")
        await case.tell(url, number, TicketStatus.RESOLVED, text="已疏通。")
        await citizen.sees("已疏通")
        await citizen.says("满意")
        await citizen.sees("谢谢您的评价")
        await at_rest(service)

        assert sum("【系统】" in text and "已受理" in text for text in citizen.texts) == 1, "told twice, read once"
        assert [event["kind"] for event in case.events.values()] == ["urge", "supplement", "rating"]
        assert {event["external_no"] for event in case.events.values()} == {f"X-{number}"}


async def test_a_forged_or_aimless_callback_changes_nothing(tmp_path: Path) -> None:
    async with a_case_system() as case, on_wechat(tmp_path, case=case) as (_, service):
        url = f"{service.base_url}/handoff/status"

        assert await case.tell(url, "AS20260101-00000000", TicketStatus.ACCEPTED) == 200
        case.secret = "guessed"
        assert await case.tell(url, "AS20260101-00000000", TicketStatus.ACCEPTED) == 403

        assert len(await service.storage.dead_letters()) == 1, "the signed one is kept for a person"
        metrics = (await fetched(f"{service.base_url}/metrics"))[1].decode()
        assert [line for line in metrics.splitlines() if "forged" in line and line.endswith(" 1.0")]


async def test_a_refused_ticket_is_listed_and_can_be_sent_again_by_command(tmp_path: Path) -> None:
    async with a_case_system() as case, on_wechat(tmp_path, case=case) as (wx, service):
        case.faults.append(Fault.REFUSED)
        citizen = wx.citizen("oCitizen1")
        for text in MATTER:
            await citizen.says(text)

        async def refused() -> bool:
            return bool(await service.storage.deliveries((Fate.REFUSED,)))

        await until_true(refused)
        desk = Node(tmp_path)
        listed = desk.run("outbox", "list")
        (ticket,) = await tickets_of(service, ME)
        again = desk.run("outbox", "replay", f"ticket:{ticket.ticket_no}")
        nothing = desk.run("outbox", "replay", "ticket:unheard-of")

        async def arrived() -> bool:
            return bool(case.tickets)

        await until_true(arrived)
        assert "refused" in listed.stdout
        assert f"ticket:{ticket.ticket_no}" in listed.stdout
        assert "422" in listed.stdout
        assert again.returncode == 0
        assert nothing.returncode == 2
        assert list(case.tickets) == [ticket.ticket_no]


async def test_a_ticket_withdrawn_before_the_case_system_answered_is_no_fault(tmp_path: Path) -> None:
    async with a_case_system() as case, on_wechat(tmp_path, case=case) as (wx, service):
        case.retry_after = "3"
        case.faults.append(Fault.BUSY)
        citizen = wx.citizen("oCitizen1")

        for text in (*MATTER, "撤回", "确定撤回"):
            await citizen.says(text)
        await citizen.sees("已撤回")

        async def all_there() -> bool:
            return len(case.order) == 2

        await until_true(all_there)
        await at_rest(service)

        (ticket,) = await tickets_of(service, ME)
        assert case.order[0] == ticket.ticket_no, "the ticket first, then its withdrawal"
        assert ticket.status is TicketStatus.WITHDRAWN
        assert ticket.external_no, "their number is kept all the same"
        assert (await service.storage.audit()).put_aside == ()
