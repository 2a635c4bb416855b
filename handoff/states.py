"""The life of a ticket: which step may follow which, who may take it, and what the citizen then reads."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from handoff.clock import chinese_date
from handoff.errors import StepRefused
from handoff.ticket import Clock, StatusUpdate, Ticket, TicketStatus

_TABLE = Path(__file__).with_name("states.toml")
_FIELDS = ("text", "unit", "reason", "legal_basis", "promised_date", "merged_into")
_PLACEHOLDERS = {"matter", "ticket_no", *_FIELDS}
_PLACEHOLDER = re.compile(r"\{(\w*)\}")
_OPTIONAL = re.compile(r"\[([^\[\]|]*)(?:\|([^\[\]|]*))?\]")
# A clerk's words may end with a mark of their own before the table's full stop.
_DOUBLED_STOP = re.compile(r"([。!?;\uff01\uff1f\uff1b…])。")
_TITLE_LENGTH = 24


class Who(StrEnum):
    """Who takes a step."""

    CASE_SYSTEM = "case_system"
    CLERK = "clerk"
    CITIZEN = "citizen"
    SUDA = "suda"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One allowed step."""

    origin: TicketStatus
    target: TicketStatus
    who: frozenset[Who]
    sentence: str
    quiet: bool = False
    """Not sent to the chat: it only confirms what the citizen did or was just told."""
    button: str = ""
    """What a clerk presses; empty when no clerk takes this step."""
    asks: tuple[str, ...] = ()
    """Fields of the update that a clerk must fill."""
    may_ask: tuple[str, ...] = ()
    """Fields of the update that a clerk may fill."""


class StateTable:
    """The reviewed table of states, read once from its data file."""

    def __init__(self, labels: Mapping[TicketStatus, str], steps: Sequence[Step]) -> None:
        self._labels = dict(labels)
        self._steps = {(step.origin, step.target): step for step in steps}

    @classmethod
    def load(cls, path: Path | None = None) -> "StateTable":
        """Read the table; every fault is named at once."""
        source = path or _TABLE
        data = tomllib.loads(source.read_text("utf-8"))
        faults: list[str] = []
        labels = _read_labels(data.get("labels", {}), faults)
        steps: list[Step] = []
        for number, row in enumerate(data.get("step", []), start=1):
            steps.extend(_read_row(row, f"step {number}", faults))
        faults.extend(_find_doubles(steps))
        if faults:
            raise ValueError(f"{source}: " + "; ".join(faults))
        return cls(labels, steps)

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every allowed step, in the order of the file."""
        return tuple(self._steps.values())

    def label(self, status: TicketStatus) -> str:
        """The status in the citizen's words."""
        return self._labels[status]

    def step(self, origin: TicketStatus, target: TicketStatus, who: Who | str) -> Step:
        """The step from one status to another, or `StepRefused`."""
        step = self._steps.get((origin, target))
        if step is None:
            raise StepRefused(f"no step leads from {origin} to {target}")
        if who not in step.who:
            raise StepRefused(f"the step from {origin} to {target} is not for {who}")
        return step

    def allowed(self, origin: TicketStatus, who: Who | str) -> tuple[Step, ...]:
        """The steps open to somebody, in the order of the file."""
        return tuple(step for step in self.steps if step.origin == origin and who in step.who)

    def apply(self, ticket: Ticket, update: StatusUpdate, who: Who | str) -> Ticket:
        """The ticket after an update; the same event told twice changes nothing."""
        if update.ticket_no != ticket.ticket_no:
            raise StepRefused(f"an update for {update.ticket_no} does not fit {ticket.ticket_no}")
        if any(past.event_id == update.event_id for past in ticket.history):
            return ticket
        self.step(ticket.status, update.status, who)
        reopens = update.status is TicketStatus.REOPENED and ticket.status is not TicketStatus.REOPENED
        return replace(
            ticket,
            status=update.status,
            history=(*ticket.history, update),
            external_no=update.external_no or ticket.external_no,
            unit=update.unit or ticket.unit,
            clocks=_with_promise(ticket.clocks, update),
            supervision_rounds=ticket.supervision_rounds + reopens,
        )

    def is_quiet(self, ticket_before: Ticket, update: StatusUpdate) -> bool:
        """Whether the step only confirms what the citizen knows, so that no message is spent on it."""
        return self._find(ticket_before, update).quiet

    def sentence(self, ticket_before: Ticket, update: StatusUpdate) -> str:
        """What the citizen reads about this step."""
        template = self._find(ticket_before, update).sentence
        return _DOUBLED_STOP.sub(r"\1", _fill(template, _words(ticket_before, update)))

    def _find(self, ticket_before: Ticket, update: StatusUpdate) -> Step:
        step = self._steps.get((ticket_before.status, update.status))
        if step is None:
            raise StepRefused(f"no step leads from {ticket_before.status} to {update.status}")
        return step


def _words(ticket: Ticket, update: StatusUpdate) -> dict[str, str]:
    title = ticket.title if len(ticket.title) <= _TITLE_LENGTH else ticket.title[:_TITLE_LENGTH] + "…"
    name = f"您反映的“{title}”" if title else "您反映的事项"
    told_units = [past.unit for past in ticket.history if past.unit]
    return {
        "matter": f"{name}（编号{ticket.ticket_no}）",
        "ticket_no": ticket.ticket_no,
        # The unit on a fresh ticket is only our suggestion; the citizen reads what the case system said.
        "unit": update.unit or (told_units[-1] if told_units else ""),
        "text": update.text.strip(),
        "reason": update.reason.strip(),
        "legal_basis": update.legal_basis.strip(),
        "promised_date": chinese_date(update.promised_date, update.at) if update.promised_date else "",
        "merged_into": update.merged_into,
    }


def _fill(template: str, words: Mapping[str, str]) -> str:
    def choose(match: re.Match[str]) -> str:
        inner, otherwise = match.group(1), match.group(2) or ""
        names = _PLACEHOLDER.findall(inner)
        return inner if all(words[name] for name in names) else otherwise

    return _PLACEHOLDER.sub(lambda match: words[match.group(1)], _OPTIONAL.sub(choose, template))


def _with_promise(clocks: tuple[Clock, ...], update: StatusUpdate) -> tuple[Clock, ...]:
    """A date that the case system promises takes the place of the one promised before, which stays on record."""
    if not update.promised_date:
        return clocks
    due_at = f"{update.promised_date}T23:59:59+08:00"
    if any(clock.promised and clock.due_at == due_at for clock in clocks):
        return clocks
    promise = Clock(name="承办单位承诺", due_at=due_at, law=update.legal_basis, promised=True)
    return (*(replace(clock, promised=False) for clock in clocks), promise)


def _read_labels(data: Mapping[str, object], faults: list[str]) -> dict[TicketStatus, str]:
    labels: dict[TicketStatus, str] = {}
    for status in TicketStatus:
        label = data.get(status.value)
        if isinstance(label, str) and label:
            labels[status] = label
        else:
            faults.append(f"labels: {status} has no name")
    faults.extend(f"labels: {name} is no status" for name in sorted(set(data) - set(TicketStatus)))
    return labels


def _read_row(row: Mapping[str, object], place: str, faults: list[str]) -> list[Step]:
    before = len(faults)
    origins, who, asks = (_as_names(row.get(part, [])) for part in ("from", "who", "asks"))
    target, sentence, button = (str(row.get(part, "")) for part in ("to", "sentence", "button"))
    faults.extend(f"{place}: {name!r} is no status" for name in (*origins, target) if name not in set(TicketStatus))
    faults.extend(f"{place}: {name!r} may take no steps" for name in who if name not in set(Who))
    faults.extend(f"{place}: {name!r} is no field" for name in asks if name.rstrip("?") not in _FIELDS)
    unknown = set(_PLACEHOLDER.findall(sentence)) - _PLACEHOLDERS
    faults.extend(f"{place}: {{{name}}} is no placeholder" for name in sorted(unknown))
    faults.extend(
        f"{place}: {part} is missing"
        for part, there in (("from", origins), ("who", who), ("sentence", sentence))
        if not there
    )
    if (Who.CLERK in who) != bool(button):
        faults.append(f"{place}: a clerk's step has a button, and no other has one")
    if len(faults) > before:
        return []
    return [
        Step(
            origin=TicketStatus(origin),
            target=TicketStatus(target),
            who=frozenset(Who(name) for name in who),
            sentence=sentence,
            quiet=row.get("quiet") is True,
            button=button,
            asks=tuple(name for name in asks if not name.endswith("?")),
            may_ask=tuple(name.rstrip("?") for name in asks if name.endswith("?")),
        )
        for origin in origins
    ]


def _as_names(value: object) -> list[str]:
    return [str(name) for name in value] if isinstance(value, list) else [str(value)]


def _find_doubles(steps: Sequence[Step]) -> list[str]:
    seen: set[tuple[TicketStatus, TicketStatus]] = set()
    faults = []
    for step in steps:
        pair = (step.origin, step.target)
        if pair in seen:
            faults.append(f"the step from {step.origin} to {step.target} stands there twice")
        seen.add(pair)
    return faults
