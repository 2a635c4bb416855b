"""The published schemas, what is read from the wire, and what never leaves the house."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped] # the package ships no types
import msgspec
import pytest

from handoff import schemas
from handoff.errors import MalformedCallback
from handoff.schemas import (
    HIDDEN,
    SCHEMAS,
    event_json,
    make_schema,
    outgoing,
    outgoing_event,
    parse_status,
    publish_schemas,
    render_schema,
    status_json,
    ticket_json,
)
from handoff.ticket import CaseEvent, CaseEventKind, Contact, TicketStatus, TranscriptLine
from tests.handoff.tickets import TICKET, ticket, update

ROOM = Path(schemas.__file__).parent


@pytest.mark.parametrize("filename", SCHEMAS)
def test_the_published_file_is_what_the_code_makes(filename: str, tmp_path: Path) -> None:
    publish_schemas(tmp_path)

    assert (ROOM / filename).read_text("utf-8") == render_schema(filename)
    assert (tmp_path / filename).read_bytes() == (ROOM / filename).read_bytes()


@pytest.mark.parametrize("filename", SCHEMAS)
def test_the_schemas_are_valid_and_name_every_field_in_chinese(filename: str) -> None:
    schema = make_schema(filename)

    jsonschema.Draft202012Validator.check_schema(schema)
    for each in (schema, *schema.get("$defs", {}).values()):
        assert each["title"]
        for properties in each.get("properties", {}).values():
            assert any("\u4e00" <= letter <= "\u9fff" for letter in properties["title"])


def test_what_is_sent_fits_the_published_schemas() -> None:
    event = CaseEvent(
        id="u1", ticket_no="AS1", kind=CaseEventKind.RATING, at="2026-11-24T09:00:00+08:00", rating="满意"
    )
    full = ticket(history=(update(TicketStatus.ACCEPTED),), status=TicketStatus.ACCEPTED)

    for filename, plain in (
        ("ticket.schema.json", ticket_json(full)),
        ("case_event.schema.json", event_json(event)),
        ("status.schema.json", status_json(update(TicketStatus.ACCEPTED))),
    ):
        jsonschema.validate(json.loads(json.dumps(plain)), make_schema(filename))


def test_a_status_update_is_read_and_fields_of_later_versions_are_let_pass() -> None:
    told = update(TicketStatus.EXTENDED, promised_date="2026-11-30", unit="市照明管理处")
    body = json.dumps({**status_json(told), "later": 1}).encode()

    assert parse_status(body) == told


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"status": "lost"}, r"lost.*\$\.status"),
        ({"event_id": " "}, "event_id is empty"),
        ({"ticket_no": ""}, "ticket_no is empty"),
        ({"event_id": "x" * 201}, "event_id is longer"),
        ({"at": "yesterday"}, "at is no ISO"),
        ({"at": "2026-11-24T09:00:00"}, "at has no offset"),
        ({"promised_date": "soon"}, "promised_date is no date"),
        ({"promised_date": "20261130"}, "YYYY-MM-DD"),
        ({"at": "9999-12-31T23:59:59-12:00"}, "at lies in no year"),
        ({"promised_date": "0001-01-01"}, "promised_date lies in no year"),
        ({"text": "\x00"}, "text holds a control character"),
        ({"text": None}, r"\$\.text"),
        ({"attachments": [{}]}, "attachments"),
    ],
)
def test_a_wrong_status_update_is_refused_with_its_fault(changes: dict[str, Any], fault: str) -> None:
    body = json.dumps({**status_json(update(TicketStatus.ACCEPTED)), **changes}).encode()

    with pytest.raises(MalformedCallback, match=fault):
        parse_status(body)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"\xff\xfe", b"null", b'{"status":"\xff"}', b"[" * 100_000, b'{"later":' + b"[" * 100_000],
)
def test_what_is_no_status_update_at_all_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedCallback):
        parse_status(body)


def test_several_faults_are_told_together() -> None:
    body = msgspec.json.encode(update(TicketStatus.ACCEPTED, at="x", promised_date="y"))

    with pytest.raises(MalformedCallback, match=r"at is no ISO.*promised_date is no date"):
        parse_status(body)


@pytest.mark.parametrize("how", ["anonymous", "confidential"])
def test_name_and_number_of_an_anonymous_or_confidential_citizen_never_leave_the_house(how: str) -> None:
    told = ticket(
        **{how: True},
        title="王小明家楼道灯坏了",
        content="我的电话是13800001111，也可以打给我：+86 138-0000-1111。我叫王小明。备用联系电话 139 2222 3333。",
        claim="请回电 13800001111，座机我家电话 0412-5551234",
        occurred_at="王小明说是昨天",
        place=replace(TICKET.place, text="王小明家") if TICKET.place else None,
        history=(update(TicketStatus.NEED_INFO, text="请问13800001111是您的电话吗？", reason="王小明"),),
    )

    plain = json.dumps(ticket_json(outgoing(told)), ensure_ascii=False)

    for secret in ("王小明", "13800001111", "138 0000 1111", "138-0000-1111", "139 2222 3333"):
        assert secret not in plain
    assert outgoing(told).contact == Contact()
    assert getattr(outgoing(told), how)
    assert HIDDEN in outgoing(told).content


def test_the_number_of_somebody_else_stays_in_a_confidential_report() -> None:
    told = ticket(
        confidential=True, content="我接到诈骗电话13912345678，对方的联系电话还有13912345679。", contact=Contact()
    )

    assert outgoing(told).content == told.content


def test_a_number_given_when_asked_is_hidden_even_if_no_contact_was_kept() -> None:
    told = ticket(
        anonymous=True,
        contact=Contact(),
        occurred_at=None,
        place=None,
        transcript=(
            TranscriptLine(who="bot", text="方便留个电话吗？", at="2026-11-23T17:18:02+08:00"),
            TranscriptLine(who="citizen", text="13700001234", at="2026-11-23T17:19:00+08:00"),
            TranscriptLine(who="citizen", text="还是匿名吧", at="2026-11-23T17:19:30+08:00"),
        ),
    )

    assert outgoing(told).transcript[1].text == HIDDEN
    assert outgoing(told).place is None


def test_a_name_of_one_character_and_an_open_ticket_are_left_as_they_are() -> None:
    told = ticket(confidential=True, contact=Contact(name="王"), content="王府小区的灯坏了", transcript=())

    assert outgoing(told).content == "王府小区的灯坏了"
    assert outgoing(TICKET) is TICKET


def test_what_a_confidential_citizen_adds_is_masked_too() -> None:
    event = CaseEvent(
        id="s1",
        ticket_no=TICKET.ticket_no,
        kind=CaseEventKind.SUPPLEMENT,
        at="2026-11-24T09:00:00+08:00",
        text="我的手机13655556666，或者138 0000 1111",
    )

    masked = outgoing_event(event, ticket(confidential=True))

    assert masked.text == f"我的手机{HIDDEN}，或者{HIDDEN}"
    assert outgoing_event(event, TICKET) is event


def test_wide_digits_identity_cards_and_local_numbers_given_when_asked_are_hidden_too() -> None:
    told = ticket(
        anonymous=True,
        content="１３８００００１１１１打不通的话，身份证21030219900101123X",
        transcript=(
            TranscriptLine(who="bot", text="方便留个电话吗", at="2026-11-23T17:18:02+08:00"),
            TranscriptLine(who="citizen", text="5551234", at="2026-11-23T17:19:00+08:00"),
        ),
    )

    assert outgoing(told).content == f"{HIDDEN}打不通的话，身份证{HIDDEN}"
    assert outgoing(told).transcript[1].text == HIDDEN
