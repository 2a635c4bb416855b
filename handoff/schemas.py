"""What goes over the wire: the published JSON Schemas, and tickets and status updates as JSON."""

import json
import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec

from handoff.errors import MalformedCallback
from handoff.ticket import CaseEvent, Contact, StatusUpdate, Ticket

_ROOM = Path(__file__).parent
_BASE = "https://suda.example/schemas/"
SCHEMAS: Mapping[str, type[Any]] = {
    "ticket.schema.json": Ticket,
    "case_event.schema.json": CaseEvent,
    "status.schema.json": StatusUpdate,
}
"""The published files and what they describe."""

HIDDEN = "[已隐去]"
"""What stands where a name or a telephone number stood."""

_LONGEST = {"event_id": 200, "ticket_no": 64, "external_no": 128, "unit": 200, "actor": 200, "text": 20_000}
_YEARS = range(2000, 2200)
# Line ends and tabs may stand in a text; the rest can be stored in no database and shown in no chat.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NUMBER = r"(?:1[3-9]\d(?:[-\s]?\d){8}|0\d{2,3}[-\s]?\d{7,8})(?!\d)"
# 我的电话是…, 联系电话:…, 打给我 …; but not 接到诈骗电话 … and not 他的联系电话 …
_OWN_NUMBER = re.compile(
    r"(?:(?:我|本人)的?(?:联系)?(?:电话|手机|号码|方式|微信)|(?<!的)联系(?:电话|方式|我|人)|回电|(?:打|找|给)我)"
    rf"[^\d,\uff0c。;\uff1b\n]{{0,8}}({_NUMBER})"
)
_ASKS_NUMBER = re.compile(r"电话|手机|联系方式|号码")
_ANY_NUMBER = re.compile(rf"(?<!\d){_NUMBER}|(?<!\d)\d{{7,8}}(?!\d)")
_IDENTITY_CARD = r"(?<!\d)\d{17}[\dXx](?!\d)"
_OWN_NAME = re.compile(
    r"(?:我叫|本人叫|我的名字是|我的名字叫)\s*([\u4e00-\u9fff]{2,4}?)(?=[,\uff0c。.、;\uff1b!\uff01\s]|$)"
)


def field_names() -> dict[str, dict[str, str]]:
    """The Chinese name of each field, by type."""
    return {
        type_name: {field: notes[0] for field, notes in fields.items()} for type_name, fields in _read_names().items()
    }


def make_schema(filename: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of one of the published files, made from the values themselves."""
    described = SCHEMAS[filename]
    (_,), components = msgspec.json.schema_components([described], ref_template="#/$defs/{name}")
    names = _read_names()
    for type_name, component in components.items():
        _annotate(component, names[type_name])
    main = components.pop(described.__name__)
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": _BASE + filename, **main}
    if components:
        schema["$defs"] = components
    return schema


def render_schema(filename: str) -> str:
    """The text of the published file."""
    return json.dumps(make_schema(filename), ensure_ascii=False, indent=2) + "\n"


def publish_schemas(folder: Path = _ROOM) -> None:
    """Write the published files anew, after a value has changed."""
    for filename in SCHEMAS:
        (folder / filename).write_text(render_schema(filename), "utf-8")


def ticket_json(ticket: Ticket) -> dict[str, Any]:
    """The ticket as plain JSON values, as `ticket.schema.json` describes it."""
    plain: dict[str, Any] = msgspec.to_builtins(ticket)
    return plain


def event_json(event: CaseEvent) -> dict[str, Any]:
    """The event as plain JSON values, as `case_event.schema.json` describes it."""
    plain: dict[str, Any] = msgspec.to_builtins(event)
    return plain


def status_json(update: StatusUpdate) -> dict[str, Any]:
    """The update as plain JSON values, as `status.schema.json` describes it."""
    plain: dict[str, Any] = msgspec.to_builtins(update)
    return plain


def parse_status(body: bytes) -> StatusUpdate:
    """Read a status update; `MalformedCallback` says what is wrong, and where."""
    try:
        update = msgspec.json.decode(body, type=StatusUpdate)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedCallback(f"not a status update: {error}") from error
    faults = list(_find_faults(update))
    if faults:
        raise MalformedCallback("not a status update: " + "; ".join(faults))
    return update


def outgoing(ticket: Ticket) -> Ticket:
    """The ticket as it may leave the house: anonymous and confidential ones without the citizen's name and number."""
    if not (ticket.anonymous or ticket.confidential):
        return ticket
    mask = _Mask(ticket)
    return replace(
        ticket,
        contact=Contact(),
        title=mask(ticket.title),
        content=mask(ticket.content),
        claim=mask(ticket.claim),
        occurred_at=None if ticket.occurred_at is None else mask(ticket.occurred_at),
        place=None if ticket.place is None else replace(ticket.place, text=mask(ticket.place.text)),
        transcript=tuple(replace(line, text=mask(line.text)) for line in ticket.transcript),
        history=tuple(replace(update, text=mask(update.text), reason=mask(update.reason)) for update in ticket.history),
    )


def outgoing_event(event: CaseEvent, ticket: Ticket) -> CaseEvent:
    """What the citizen adds to a ticket, as it may leave the house."""
    if not (ticket.anonymous or ticket.confidential):
        return event
    return replace(event, text=_Mask(ticket, event.text)(event.text))


class _Mask:
    """Takes the citizen's own name and number out of a text.

    Only his own: the number of a swindler whom he reports must reach the case system.
    """

    def __init__(self, ticket: Ticket, *more: str) -> None:
        texts = [ticket.content, ticket.claim, *more]
        numbers = set()
        asked = False
        for line in ticket.transcript:
            if line.who == "citizen":
                texts.append(line.text)
                if asked:
                    numbers.update(_ANY_NUMBER.findall(_plain(line.text)))
            asked = line.who != "citizen" and bool(_ASKS_NUMBER.search(line.text))
        numbers.update(number for text in texts for number in _OWN_NUMBER.findall(_plain(text)))
        if ticket.contact.phone:
            numbers.add(ticket.contact.phone)
        names = {name for text in texts for name in _OWN_NAME.findall(text)}
        # A single character would take the same character out of every other word.
        if ticket.contact.name and len(ticket.contact.name) > 1:
            names.add(ticket.contact.name)
        digits = sorted({re.sub(r"\D", "", number) for number in numbers} - {""}, key=len, reverse=True)
        # However the number is spaced out: 138 0000 0000, 138-0000-0000, or with the country's code.
        spaced = [r"(?:\+?86[-\s]?)?" + r"[-\s]?".join(map(_either_width, number)) for number in digits]
        longest_first = sorted(names, key=len, reverse=True)
        self._pattern = re.compile("|".join([_IDENTITY_CARD, *spaced, *map(re.escape, longest_first)]))

    def __call__(self, text: str) -> str:
        return self._pattern.sub(HIDDEN, text)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _either_width(digit: str) -> str:
    return f"[{digit}{chr(ord(digit) + 0xFEE0)}]"


def _find_faults(update: StatusUpdate) -> list[str]:
    faults = [f"{name} is empty" for name in ("event_id", "ticket_no") if not getattr(update, name).strip()]
    faults.extend(
        f"{name} is longer than {most} characters"
        for name, most in _LONGEST.items()
        if len(getattr(update, name)) > most
    )
    faults.extend(
        f"{name} holds a control character"
        for name in StatusUpdate.__dataclass_fields__
        if isinstance(value := getattr(update, name), str) and _CONTROL.search(value)
    )
    try:
        at = datetime.fromisoformat(update.at)
        if at.tzinfo is None:
            faults.append("at has no offset from UTC")
        if at.year not in _YEARS:
            faults.append("at lies in no year that can be meant")
    except ValueError:
        faults.append("at is no ISO 8601 time")
    try:
        promised = date.fromisoformat(update.promised_date) if update.promised_date else None
        if promised is not None and promised.isoformat() != update.promised_date:
            faults.append("promised_date is not written YYYY-MM-DD")
        if promised is not None and promised.year not in _YEARS:
            faults.append("promised_date lies in no year that can be meant")
    except ValueError:
        faults.append("promised_date is no date")
    return faults


def _read_names() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads((_ROOM / "fields.toml").read_text("utf-8"))


def _annotate(component: dict[str, Any], names: Mapping[str, list[str]]) -> None:
    _describe(component, names[""])
    for field, schema in component.get("properties", {}).items():
        _describe(schema, names[field])


def _describe(schema: dict[str, Any], notes: list[str]) -> None:
    # The docstrings speak to our own programmers; who connects a case system reads the Chinese notes.
    schema.pop("description", None)
    for key, note in zip(("title", "description", "format"), notes, strict=False):
        schema[key] = note
