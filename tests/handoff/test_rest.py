"""The REST case system over a real loopback server: what is sent, what an answer means, what is tried again."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import aiohttp
import pytest

from handoff.errors import CaseSystemRefused, CaseSystemUnavailable
from handoff.rest import RestCaseSystem
from handoff.schemas import ticket_json
from handoff.ticket import CaseEvent, CaseEventKind, TicketStatus
from tests.fakes.case_system import FakeCaseSystem, Fault
from tests.handoff.sandbox_rig import SECRET
from tests.handoff.tickets import TICKET, ticket

EVENT = CaseEvent(
    id="u1", ticket_no=TICKET.ticket_no, kind=CaseEventKind.URGE, at="2026-11-24T09:00:00+08:00", text="请看看"
)

MAPPING = """
[paths]
submit = "POST /api/orders"
event = "PUT /api/orders/{external_no}/events/{event_id}?kind={kind}"
lookup = "GET /api/orders/{ticket_no}"

[headers]
X-Tenant = "210300"

[submit]
"order.no" = "ticket_no"
"order.type" = { from = "appeal_type", values = "appeal_type" }
"order.level" = { from = "urgency", values = "urgency" }
"order.class" = { from = "category.path", join = "/" }
"order.class1" = "category.path.0"
"order.when" = { from = "accepted_at", time = "%Y-%m-%d %H:%M:%S" }
"order.from" = { constant = "chat" }
"order.house" = { from = "place.label", default = "无" }
"order.rating" = "rating"
"order.files" = { from = "attachments", each = { name = "filename", href = "url" } }
raw = "*"

[event]
what = "kind"
words = "text"

[values.appeal_type]
"求助" = 2

[values.urgency]
urgent = "1"
"*" = "0"

[values.status]
"10" = "submitted"
"20" = "in_progress"

[answer]
ok = { from = "code", is = [0, 200], later = [503] }
message = "msg"
external_no = "data.orders.0.no"
status = { from = "data.state", values = "status" }
unit = "data.dept"
"""


@pytest.fixture
async def fake() -> AsyncIterator[FakeCaseSystem]:
    fake = FakeCaseSystem(SECRET)
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def ours(fake: FakeCaseSystem) -> AsyncIterator[RestCaseSystem]:
    system = RestCaseSystem(fake.url, SECRET, timeout=5)
    await system.start()
    yield system
    await system.stop()


@pytest.fixture
async def mapped(fake: FakeCaseSystem, tmp_path: Path) -> AsyncIterator[RestCaseSystem]:
    file = tmp_path / "mapping.toml"
    file.write_text(MAPPING, "utf-8")
    fake.answer = {"code": 0, "data": {"orders": [{"no": "T-1"}], "state": 20, "dept": "照明处"}}
    async with aiohttp.ClientSession() as session:
        system = RestCaseSystem(fake.url + "/", SECRET, file, session=session)
        await system.start()
        yield system
        await system.stop()
        assert not session.closed


async def test_a_ticket_arrives_signed_whole_and_with_its_number_as_key(
    fake: FakeCaseSystem, ours: RestCaseSystem
) -> None:
    update = await ours.submit(TICKET)

    assert ours.name == "rest"
    assert (update.status, update.external_no) == (TicketStatus.SUBMITTED, f"X-{TICKET.ticket_no}")
    assert fake.tickets == {TICKET.ticket_no: json.loads(json.dumps(ticket_json(TICKET)))}
    assert fake.paths == ["POST /tickets"]


async def test_what_the_citizen_did_arrives_with_its_id_as_key(fake: FakeCaseSystem, ours: RestCaseSystem) -> None:
    await ours.send(EVENT)
    await ours.send(EVENT)

    assert fake.events["u1"]["text"] == "请看看"
    assert fake.seen["u1"] == 2
    assert fake.order == ["u1"]


async def test_a_look_up_tells_the_status_or_that_nobody_knows_the_ticket(
    fake: FakeCaseSystem, ours: RestCaseSystem
) -> None:
    assert await ours.lookup(TICKET.ticket_no) is None
    await ours.submit(TICKET)

    found = await ours.lookup(TICKET.ticket_no)

    assert found is not None
    assert found.external_no == f"X-{TICKET.ticket_no}"


async def test_name_and_number_of_a_confidential_citizen_are_not_sent(
    fake: FakeCaseSystem, ours: RestCaseSystem
) -> None:
    await ours.submit(ticket(confidential=True))

    sent = json.dumps(fake.tickets, ensure_ascii=False)
    assert "王小明" not in sent
    assert "138" not in sent


@pytest.mark.parametrize(
    ("told", "seconds"),
    [("7", 7.0), ("", None), ("later", None), ("date", 60.0), ("Mon, 01 Jan 2024 00:00:00 -0000", 0.0)],
)
async def test_a_busy_system_is_tried_again_when_it_says(
    fake: FakeCaseSystem, ours: RestCaseSystem, told: str, seconds: float | None
) -> None:
    fake.retry_after = format_datetime(datetime.now(UTC) + timedelta(seconds=60)) if told == "date" else told
    fake.faults = [Fault.BUSY]

    with pytest.raises(CaseSystemUnavailable, match="503") as caught:
        await ours.submit(TICKET)

    assert caught.value.retry_after == (seconds if seconds is None else pytest.approx(seconds, abs=3))
    assert (await ours.submit(TICKET)).external_no


async def test_a_silent_or_absent_system_is_tried_again(fake: FakeCaseSystem) -> None:
    fake.faults = [Fault.SILENT]
    system = RestCaseSystem(fake.url, SECRET, timeout=0.2)
    with pytest.raises(CaseSystemUnavailable, match="not open"):
        await system.submit(TICKET)
    await system.start()

    with pytest.raises(CaseSystemUnavailable, match="TimeoutError"):
        await system.submit(TICKET)
    await fake.stop()
    with pytest.raises(CaseSystemUnavailable, match="did not answer"):
        await system.submit(TICKET)
    await system.stop()
    await system.stop()


async def test_a_connection_cut_after_the_ticket_was_taken_leads_to_one_ticket(
    fake: FakeCaseSystem, ours: RestCaseSystem
) -> None:
    fake.faults = [Fault.CUT]
    with pytest.raises(CaseSystemUnavailable):
        await ours.submit(TICKET)

    await ours.submit(TICKET)

    assert fake.order == [TICKET.ticket_no]
    assert fake.seen[TICKET.ticket_no] >= 2


async def test_a_refusal_is_for_good(fake: FakeCaseSystem, ours: RestCaseSystem) -> None:
    fake.faults = [Fault.REFUSED]
    with pytest.raises(CaseSystemRefused, match="422"):
        await ours.submit(TICKET)

    stranger = RestCaseSystem(fake.url, "another secret")
    await stranger.start()
    with pytest.raises(CaseSystemRefused, match="401"):
        await stranger.submit(TICKET)
    await stranger.stop()
    assert fake.forged == 1


async def test_a_conflict_of_keys_means_that_they_have_it(fake: FakeCaseSystem, ours: RestCaseSystem) -> None:
    fake.faults = [Fault.CONFLICT]

    assert (await ours.submit(TICKET)).status is TicketStatus.SUBMITTED


async def test_an_answer_that_cannot_be_read_or_is_for_another_ticket_is_tried_again(
    fake: FakeCaseSystem, ours: RestCaseSystem
) -> None:
    fake.faults = [Fault.GARBAGE]
    with pytest.raises(CaseSystemUnavailable, match="cannot be read"):
        await ours.submit(TICKET)

    fake.answer = {"event_id": "e", "ticket_no": "AS9", "status": "submitted", "at": "2026-11-24T09:00:00+08:00"}
    with pytest.raises(CaseSystemUnavailable, match="for AS9"):
        await ours.submit(TICKET)


async def test_their_format_is_filled_as_the_mapping_says(fake: FakeCaseSystem, mapped: RestCaseSystem) -> None:
    update = await mapped.submit(TICKET)

    sent = fake.tickets[TICKET.ticket_no]
    assert sent["order"] == {
        "no": TICKET.ticket_no,
        "type": 2,
        "level": "0",
        "class": "城乡建设/公共照明/楼道灯",
        "class1": "城乡建设",
        "when": "2026-11-23 17:20:05",
        "from": "chat",
        "house": "无",
        "files": [
            {"name": "楼道.jpg", "href": "/media/k1?s=1"},
            {"name": "语音.amr"},
            {"name": "坏.html", "href": "javascript:alert(1)"},
        ],
    }
    assert sent["raw"]["ticket_no"] == TICKET.ticket_no
    assert fake.headers[0]["X-Tenant"] == "210300"
    assert (update.external_no, update.status, update.unit) == ("T-1", TicketStatus.IN_PROGRESS, "照明处")
    found = await mapped.lookup(TICKET.ticket_no)
    assert found is not None
    assert found.event_id == update.event_id


async def test_their_paths_are_filled_and_quoted(fake: FakeCaseSystem, mapped: RestCaseSystem) -> None:
    await mapped.send(EVENT)

    assert fake.paths == [f"PUT /api/orders/{TICKET.ticket_no}/events/u1?kind=urge"]
    assert fake.events["u1"] == {"what": "urge", "words": "请看看"}


async def test_a_refusal_inside_a_good_answer_is_seen(fake: FakeCaseSystem, mapped: RestCaseSystem) -> None:
    fake.answer = {"code": 4, "msg": "区划错误"}
    with pytest.raises(CaseSystemRefused, match="code = 4: 区划错误"):
        await mapped.submit(TICKET)

    fake.answer = {"code": 503}
    with pytest.raises(CaseSystemUnavailable, match="code = 503"):
        await mapped.submit(TICKET)

    fake.faults = [Fault.GARBAGE]
    with pytest.raises(CaseSystemUnavailable, match="no JSON"):
        await mapped.submit(TICKET)

    fake.faults = [Fault.REFUSED]
    with pytest.raises(CaseSystemRefused, match="422: 字段不全"):
        await mapped.submit(TICKET)


async def test_a_word_that_the_mapping_does_not_know_is_refused_by_name(
    fake: FakeCaseSystem, mapped: RestCaseSystem
) -> None:
    with pytest.raises(CaseSystemRefused, match=r"order\.type = '表扬'"):
        await mapped.submit(ticket(appeal_type="表扬"))

    fake.answer = {"code": 0, "data": {"state": 99}}
    with pytest.raises(CaseSystemRefused, match="status = '99'"):
        await mapped.submit(TICKET)


async def test_an_answer_without_what_the_mapping_looks_for_is_a_plain_receipt(
    fake: FakeCaseSystem, mapped: RestCaseSystem
) -> None:
    fake.answer = {"code": 0, "data": {"orders": []}}

    update = await mapped.submit(TICKET)

    assert (update.status, update.external_no) == (TicketStatus.SUBMITTED, "")


async def test_the_case_system_of_the_tests_calls_back_as_a_real_one_does(fake: FakeCaseSystem) -> None:
    other = FakeCaseSystem(SECRET, answer={})
    await other.start()

    status = await fake.tell(other.url + "/handoff/status", "AS1", TicketStatus.ACCEPTED, text="好")

    await other.stop()
    # the other has no idempotency header to look at: it shows only that the signature was right
    assert (status, other.forged) == (500, 0)


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("[paths", ["mapping.toml"]),
        (
            """
extra = 1
submit = 1
[paths]
event = "POST /x/{colour}"
lookup = "FETCH /x"
more = "GET /"
[event]
"a.b" = "nothing"
c = { from = "kind", constant = 1 }
d = { from = "kind", value = "x" }
e = { from = 3 }
f = { from = "kind", values = "missing" }
g = "attachments.x"
h = { from = "attachments", each = { i = "colour" } }
j = "ticket_no.x"
[answer]
ok = 1
colour = "x"
status = { from = "s", values = "status" }
[values.status]
a = "lost"
""",
            [
                ":2: [extra] is no part",
                "[submit] must be a table",
                ":5: [paths] event {colour}",
                ":6: [paths] lookup must be a method",
                ":7: [paths] more is no path",
                ":9: [event] a.b we have no field 'nothing'",
                ":10: [event] c needs either",
                ":11: [event] d 'value' is not known",
                ":12: [event] e must name",
                ":13: [event] f there is no [values.missing]",
                ":14: [event] g we have no field",
                ":15: [event] h we have no field 'colour'",
                ":16: [event] j we have no field",
                ":18: [answer] ok must be",
                ":19: [answer] colour is not known",
                ":20: [answer] status 'lost' is no status",
            ],
        ),
    ],
)
def test_a_wrong_mapping_names_all_its_faults_with_their_lines(tmp_path: Path, text: str, faults: list[str]) -> None:
    file = tmp_path / "mapping.toml"
    file.write_text(text, "utf-8")

    with pytest.raises(ValueError, match=r"mapping\.toml") as caught:
        RestCaseSystem("https://case.example", SECRET, file)

    for fault in faults:
        assert fault in str(caught.value)


def test_a_wrong_address_is_named() -> None:
    with pytest.raises(ValueError, match="http"):
        RestCaseSystem("case.example", SECRET)
