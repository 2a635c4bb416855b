"""How our fields become theirs: the mapping file of a case system that has a JSON format of its own."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import inspect

from handoff.errors import CaseSystemRefused
from handoff.ticket import CaseEvent, StatusUpdate, Ticket, TicketStatus

_ENDPOINT = re.compile(r"(GET|POST|PUT|PATCH) (/\S*)")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_SECTION = re.compile(r"\s*\[([^\[\]]+)\]")
_RULE_KEYS = {"from", "constant", "values", "default", "time", "join", "each"}
_PATHS = {
    "submit": {"ticket_no"},
    "event": {"ticket_no", "external_no", "event_id", "kind"},
    "lookup": {"ticket_no"},
}
_ANSWER = {name for name in StatusUpdate.__dataclass_fields__ if name != "attachments"} | {"ok", "message"}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A method and a path, which may hold `{ticket_no}` and the like."""

    method: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Where one of their fields comes from."""

    path: str = ""
    constant: Any = None
    values: Mapping[str, Any] | None = None
    default: Any = None
    time: str = ""
    join: str | None = None
    each: Mapping[str, "Rule"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Success:
    """How an answer says inside that all went well, for systems that answer 200 to everything."""

    path: str
    good: tuple[str, ...]
    later: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldMapping:
    """A mapping file, read and checked. Without rules our own JSON is sent as it is."""

    submit: Endpoint = Endpoint("POST", "/tickets")
    event: Endpoint = Endpoint("POST", "/tickets/{ticket_no}/events")
    lookup: Endpoint = Endpoint("GET", "/tickets/{ticket_no}")
    ticket_rules: Mapping[str, Rule] = field(default_factory=dict)
    event_rules: Mapping[str, Rule] = field(default_factory=dict)
    answer: Mapping[str, Rule] = field(default_factory=dict)
    success: Success | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def load_mapping(path: Path) -> FieldMapping:
    """Read a mapping file; every fault is named at once, with its line."""
    text = path.read_text("utf-8")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path}: {error}") from error
    reader = _Reader(path, text, data)
    mapping = reader.read()
    if reader.faults:
        raise ValueError("\n".join(reader.faults))
    return mapping


def shape(plain: Mapping[str, Any], rules: Mapping[str, Rule]) -> dict[str, Any]:
    """Our plain JSON values in their shape; without rules as they are."""
    if not rules:
        return dict(plain)
    shaped: dict[str, Any] = {}
    for target, rule in rules.items():
        value = evaluate(plain, rule, target)
        if value is None:
            continue
        *parents, last = target.split(".")
        place = shaped
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    return shaped


def evaluate(plain: Any, rule: Rule, name: str) -> Any:
    """What a rule makes of a document; `CaseSystemRefused` when its value table has no word for it."""
    if rule.constant is not None:
        return rule.constant
    value = pick(plain, rule.path)
    if value is None or value == "":
        return rule.default
    if rule.each:
        return [shape(item, rule.each) for item in value]
    if rule.values is not None:
        key = str(value)
        if key not in rule.values and "*" not in rule.values:
            raise CaseSystemRefused(f"the mapping has no value for {name} = {key!r}")
        return rule.values.get(key, rule.values.get("*"))
    if rule.time:
        return datetime.fromisoformat(value).strftime(rule.time)
    if rule.join is not None:
        return rule.join.join(str(item) for item in value)
    return value


def pick(document: Any, path: str) -> Any:
    """The value at a dotted path such as `data.orders.0.no`; None when there is none. `*` is the whole document."""
    if path == "*":
        return document
    for part in path.split("."):
        if isinstance(document, Mapping):
            document = document.get(part)
        elif isinstance(document, list | tuple) and part.isdigit() and int(part) < len(document):
            document = document[int(part)]
        else:
            return None
    return document


class _Reader:
    def __init__(self, path: Path, text: str, data: Mapping[str, Any]) -> None:
        self._path = path
        self._lines = text.splitlines()
        self._data = data
        self.faults: list[str] = []

    def read(self) -> FieldMapping:
        for name in sorted(set(self._data) - {"paths", "submit", "event", "answer", "values", "headers"}):
            self._fault(name, "", "is no part of a mapping file")
        ends = {name: self._endpoint(name) for name in _PATHS}
        default = FieldMapping()
        return FieldMapping(
            submit=ends["submit"] or default.submit,
            event=ends["event"] or default.event,
            lookup=ends["lookup"] or default.lookup,
            ticket_rules=self._rules("submit", Ticket),
            event_rules=self._rules("event", CaseEvent),
            answer=self._answer(),
            success=self._success(),
            headers={name: str(value) for name, value in self._table("headers").items()},
        )

    def _table(self, name: str) -> Mapping[str, Any]:
        table = self._data.get(name, {})
        if isinstance(table, dict):
            return table
        self._fault(name, "", "must be a table")
        return {}

    def _endpoint(self, name: str) -> Endpoint | None:
        paths = self._table("paths")
        if name == "submit":
            for other in sorted(set(paths) - set(_PATHS)):
                self._fault("paths", other, f"is no path; there are {', '.join(_PATHS)}")
        if name not in paths:
            return None
        match = _ENDPOINT.fullmatch(str(paths[name]))
        if match is None:
            self._fault("paths", name, "must be a method and a path, such as 'POST /orders'")
            return None
        for placeholder in sorted(set(_PLACEHOLDER.findall(match.group(2))) - _PATHS[name]):
            self._fault("paths", name, f"{{{placeholder}}} is not known here")
        return Endpoint(match.group(1), match.group(2))

    def _rules(self, section: str, source: type[Any]) -> Mapping[str, Rule]:
        known = inspect.type_info(source)
        return {target: self._rule(section, target, raw, known) for target, raw in self._table(section).items()}

    def _rule(self, section: str, target: str, raw: Any, known: inspect.Type | None) -> Rule:
        row = raw if isinstance(raw, dict) else {"from": raw}
        for key in sorted(set(row) - _RULE_KEYS):
            self._fault(section, target, f"{key!r} is not known; there are {', '.join(sorted(_RULE_KEYS))}")
        if ("from" in row) == ("constant" in row):
            self._fault(section, target, "needs either from or constant")
            return Rule()
        path = row.get("from", "")
        found = known
        if not isinstance(path, str):
            self._fault(section, target, "must name one of our fields")
            path = ""
        elif known is not None and "from" in row:
            found = _find_type(known, path)
            if found is None:
                self._fault(section, target, f"we have no field {path!r}")
        each = row.get("each", {})
        item = _item_type(found)
        return Rule(
            path=path,
            constant=row.get("constant"),
            values=self._values(section, target, row.get("values")),
            default=row.get("default"),
            time=str(row.get("time", "")),
            join=row.get("join"),
            each={name: self._rule(section, target, inner, item) for name, inner in each.items()},
        )

    def _values(self, section: str, target: str, name: Any) -> Mapping[str, Any] | None:
        if name is None:
            return None
        table = self._table("values").get(name)
        if not isinstance(table, dict):
            self._fault(section, target, f"there is no [values.{name}]")
            return None
        return table

    def _answer(self) -> Mapping[str, Rule]:
        table = self._table("answer")
        for name in sorted(set(table) - _ANSWER):
            self._fault("answer", name, f"is not known; there are {', '.join(sorted(_ANSWER))}")
        rules = {name: self._rule("answer", name, raw, None) for name, raw in table.items() if name in _ANSWER - {"ok"}}
        status = rules.get("status")
        if status is not None and status.values is not None:
            for word in sorted({str(word) for word in status.values.values()} - set(TicketStatus)):
                self._fault("answer", "status", f"{word!r} is no status of ours")
        return rules

    def _success(self) -> Success | None:
        raw = self._table("answer").get("ok")
        if raw is None:
            return None
        if not isinstance(raw, dict) or not isinstance(raw.get("from"), str) or not isinstance(raw.get("is"), list):
            self._fault("answer", "ok", "must be such as { from = 'code', is = [0], later = [503] }")
            return None
        return Success(path=raw["from"], good=_as_words(raw["is"]), later=_as_words(raw.get("later", [])))

    def _fault(self, section: str, key: str, what: str) -> None:
        name = f"[{section}] {key}" if key else f"[{section}]"
        self.faults.append(f"{self._path}:{self._line_of(section, key)}: {name} {what}")

    def _line_of(self, section: str, key: str) -> int:
        here = ""
        found = 1
        for number, line in enumerate(self._lines, start=1):
            header = _SECTION.match(line)
            if header is not None:
                here = header.group(1).strip()
                if here.split(".")[0] == section:
                    found = number
            elif here == (section if key else "") and line.split("=")[0].strip().strip("\"'") == (key or section):
                return number
        return found


def _as_words(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(str(value) for value in values)


def _find_type(known: inspect.Type, path: str) -> inspect.Type | None:
    if path == "*":
        return known
    found: inspect.Type | None = known
    for part in path.split("."):
        found = _step_into(found, part)
        if found is None:
            return None
    return found


def _step_into(known: inspect.Type | None, part: str) -> inspect.Type | None:
    known = _without_none(known)
    if isinstance(known, inspect.DataclassType):
        return next((each.type for each in known.fields if each.name == part), None)
    return _item_type(known) if part.isdigit() else None


def _item_type(known: inspect.Type | None) -> inspect.Type | None:
    known = _without_none(known)
    return known.item_type if isinstance(known, inspect.VarTupleType) else None


def _without_none(known: inspect.Type | None) -> inspect.Type | None:
    if isinstance(known, inspect.UnionType):
        return next(each for each in known.types if not isinstance(each, inspect.NoneType))
    return known
