"""The people of the desk in the SQL record. Each function is a transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

from sqlalchemy import Column, ColumnElement, Connection, delete, func, or_, select, update

from bot.storage.chain import HEAD, ChainReport, Head, follow, link
from bot.storage.dialect import add, alone_with, put
from bot.storage.rows import AnyRow
from bot.storage.schema import (
    audit_log,
    desk_sessions,
    kept_values,
    legible,
    login_failures,
    operators,
    recovery_codes,
    second_factors,
)
from bot.storage.schema import reveals as reveal_rows
from handoff.desk import Operator
from handoff.people import ANYTHING, FORGOTTEN_AFTER, Entered, Noted, OpenSession, Person, Reveal, Sought, after_failure

_LATEST = audit_log.c.number.desc()


def operator(connection: Connection, name: str) -> Operator | None:
    """The account of that name."""
    row = connection.execute(select(operators).where(operators.c.name == name)).one_or_none()
    return Operator(**row._mapping) if row else None


def people(connection: Connection) -> Sequence[Person]:
    """All accounts, by name."""
    last = select(desk_sessions.c.operator, func.max(desk_sessions.c.seen_at)).group_by(desk_sessions.c.operator)
    seen = {row[0]: row[1] for row in connection.execute(last)}
    armed = frozenset(connection.scalars(select(second_factors.c.operator)))
    accounts = [Operator(**row._mapping) for row in connection.execute(select(operators))]
    # Sorted here: databases disagree on the order of letters.
    return [
        Person(operator=each, second_factor=each.name in armed, seen_at=seen.get(each.name, 0.0))
        for each in sorted(accounts, key=lambda account: account.name)
    ]


def add_operator(connection: Connection, account: Operator) -> bool:
    """Make an account."""
    return add(connection, operators, asdict(account)) is not None


def save_operator(connection: Connection, account: Operator) -> None:
    """Add or change an account."""
    known = operator(connection, account.name)
    put(connection, operators, asdict(account), key=("name",))
    if account.disabled or (known and known.password_hash != account.password_hash):
        connection.execute(delete(desk_sessions).where(desk_sessions.c.operator == account.name))


def choose_language(connection: Connection, name: str, language: str) -> None:
    """In which language he reads the desk; one column, so that nobody's other change of the account is undone."""
    connection.execute(update(operators).where(operators.c.name == name).values(language=language))


def open_session(connection: Connection, session: OpenSession) -> None:
    """Keep a session."""
    put(connection, desk_sessions, asdict(session), key=("key",))


def entered(connection: Connection, key: str) -> Entered | None:
    """The session and its account."""
    row = connection.execute(select(desk_sessions).where(desk_sessions.c.key == key)).one_or_none()
    account = operator(connection, row.operator) if row else None
    if row is None or account is None or account.disabled:
        return None
    return Entered(session=_session_of(row), operator=account)


def session_seen(connection: Connection, key: str, at: float) -> None:
    """The session was used."""
    connection.execute(update(desk_sessions).where(desk_sessions.c.key == key).values(seen_at=at))


def sessions(connection: Connection, name: str) -> Sequence[OpenSession]:
    """An account's sessions, latest used first."""
    mine = select(desk_sessions).where(desk_sessions.c.operator == name)
    return [_session_of(row) for row in connection.execute(mine.order_by(desk_sessions.c.seen_at.desc(), "key"))]


def end_session(connection: Connection, name: str, key: str) -> bool:
    """End a session of this account."""
    mine = delete(desk_sessions).where(desk_sessions.c.operator == name, desk_sessions.c.key == key)
    return connection.execute(mine).rowcount > 0


def drop_sessions(connection: Connection, seen_before: float) -> None:
    """Forget sessions that were not used since."""
    connection.execute(delete(desk_sessions).where(desk_sessions.c.seen_at < seen_before))


def charge(connection: Connection, patience: Mapping[str, int], now: float) -> float:
    """Count a failure for each key, unless one of them has to wait."""
    # Two nodes that count the same key at once would otherwise count one.
    alone_with(connection, "suda login")
    if wait := login_wait(connection, tuple(patience), now):
        return wait
    found = _failures(connection, tuple(patience))
    for key, patient in patience.items():
        count, until = after_failure(*found.get(key, (0, 0.0)), patient, now)
        put(connection, login_failures, {"key": key, "failures": count, "until": until}, key=("key",))
    connection.execute(delete(login_failures).where(login_failures.c.until <= now - FORGOTTEN_AFTER))
    return 0.0


def login_wait(connection: Connection, keys: Sequence[str], now: float) -> float:
    """How long the next try has to wait."""
    return max(0.0, *(until - now for _, until in _failures(connection, keys).values()), 0.0)


def refund(connection: Connection, key: str, now: float) -> None:
    """Take one failure back."""
    alone_with(connection, "suda login")
    mine = login_failures.c.key == key
    connection.execute(update(login_failures).where(mine).values(failures=login_failures.c.failures - 1, until=now))
    connection.execute(delete(login_failures).where(mine, login_failures.c.failures <= 0))


def forgive(connection: Connection, key: str) -> None:
    """Forget the failures of a key."""
    connection.execute(delete(login_failures).where(login_failures.c.key == key))


def second_factor(connection: Connection, name: str) -> str | None:
    """The sealed secret."""
    return connection.scalar(select(second_factors.c.sealed).where(second_factors.c.operator == name))


def set_second_factor(connection: Connection, name: str, sealed: str, recovery: Sequence[str], step: int) -> None:
    """Keep a secret and the digests of its recovery codes."""
    drop_second_factor(connection, name)
    put(connection, second_factors, {"operator": name, "sealed": sealed, "last_step": step}, key=("operator",))
    for digest in recovery:
        add(connection, recovery_codes, {"operator": name, "digest": digest})


def drop_second_factor(connection: Connection, name: str) -> None:
    """Forget secret and recovery codes."""
    connection.execute(delete(second_factors).where(second_factors.c.operator == name))
    connection.execute(delete(recovery_codes).where(recovery_codes.c.operator == name))


def use_step(connection: Connection, name: str, step: int) -> bool:
    """Use up a time step."""
    unused = update(second_factors).where(second_factors.c.operator == name, second_factors.c.last_step < step)
    return connection.execute(unused.values(last_step=step)).rowcount > 0


def use_recovery(connection: Connection, name: str, digest: str) -> bool:
    """Use up a recovery code."""
    mine = delete(recovery_codes).where(recovery_codes.c.operator == name, recovery_codes.c.digest == digest)
    return connection.execute(mine).rowcount > 0


def keep_reveal(connection: Connection, reveal: Reveal) -> None:
    """Keep why somebody looks."""
    given = {"conversation_id": reveal.conversation_id, "operator": reveal.operator}
    connection.execute(reveal_rows.insert().values(**given, reason=reveal.reason, at=reveal.at))


def revealed(connection: Connection, name: str, conversation_id: str, since: float) -> bool:
    """Whether he gave a reason since then."""
    mine = select(reveal_rows.c.id).where(
        reveal_rows.c.conversation_id == conversation_id, reveal_rows.c.operator == name, reveal_rows.c.at > since
    )
    return connection.scalar(mine.limit(1)) is not None


def reveals(connection: Connection, limit: int, sought: Sought) -> Sequence[Reveal]:
    """Reasons that are sought, latest first."""
    columns = reveal_rows.c
    chosen = select(reveal_rows).where(*_sought(columns.operator, columns.conversation_id, columns.at, sought))
    if sought.before is not None:
        chosen = chosen.where(columns.id < sought.before)
    return [
        Reveal(conversation_id=r.conversation_id, operator=r.operator, reason=r.reason, at=r.at, number=r.id)
        for r in connection.execute(chosen.order_by(columns.id.desc()).limit(limit))
    ]


def note(connection: Connection, who: str, action: str, subject: str, at: float) -> None:
    """A line at the end of the audit log's chain."""
    # One at a time over all nodes, or two lines would follow the same one.
    alone_with(connection, "suda audit")
    # It follows the head that is kept beside the log: if the log's end was cut off, the gap stays and shows.
    head = Head.parse(connection.scalar(select(kept_values.c.value).where(kept_values.c.name == HEAD)))
    # Lines that somebody added behind our back, or a head that he took away, hold nobody up: the log goes on after
    # the last line there is, and does not fit it, which shows too.
    before, last = head or Head(), connection.scalar(select(func.max(audit_log.c.number))) or 0
    number = max(before.number, last) + 1
    words = {"who": legible(who), "action": legible(action), "subject": legible(subject)}
    line = Noted(number=number, at=at, **words)
    digest = link(line, before.hash)
    connection.execute(audit_log.insert().values(number=number, at=at, **words, hash=digest))
    put(connection, kept_values, {"name": HEAD, "value": str(Head(number, digest))}, key=("name",))


def notes(connection: Connection, limit: int) -> Sequence[tuple[float, str, str, str]]:
    """(at, who, action, subject), latest first."""
    return [(line.at, line.who, line.action, line.subject) for line in noted(connection, limit, ANYTHING)]


def noted(connection: Connection, limit: int, sought: Sought) -> Sequence[Noted]:
    """Those that are sought, with their numbers."""
    columns = audit_log.c
    chosen = select(audit_log).where(*_sought(columns.who, columns.subject, columns.at, sought))
    if sought.action:
        begun, starred = sought.action.removesuffix("*"), sought.action.endswith("*")
        of_it = columns.action.startswith(begun, autoescape=True) if starred else columns.action == begun
        chosen = chosen.where(of_it)
    if sought.before is not None:
        chosen = chosen.where(columns.number < sought.before)
    return [_noted_of(row) for row in connection.execute(chosen.order_by(_LATEST).limit(limit))]


def follow_notes(connection: Connection, anchor: Head | None) -> ChainReport:
    """Follow the chain of the audit log, however long it is."""
    kept = Head.parse(connection.scalar(select(kept_values.c.value).where(kept_values.c.name == HEAD)))
    in_order = select(audit_log).order_by(audit_log.c.number).execution_options(yield_per=1000)
    with connection.execute(in_order) as rows:
        return follow(((_noted_of(row), row.hash) for row in rows), kept, anchor)


def _failures(connection: Connection, keys: Sequence[str]) -> dict[str, tuple[int, float]]:
    rows = connection.execute(select(login_failures).where(login_failures.c.key.in_(keys)))
    return {row.key: (row.failures, row.until) for row in rows}


def _noted_of(row: AnyRow) -> Noted:
    return Noted(number=row.number, at=row.at, who=row.who, action=row.action, subject=row.subject)


def _session_of(row: AnyRow) -> OpenSession:
    return OpenSession(
        key=row.key,
        operator=row.operator,
        opened_at=row.opened_at,
        seen_at=row.seen_at,
        peer=row.peer,
        browser=row.browser,
    )


def _sought(who: Column[str], subject: Column[str], at: Column[float], sought: Sought) -> Iterable[ColumnElement[bool]]:
    if sought.who is not None:
        yield who == sought.who
    if sought.subject:
        # Not by LIKE, which knows no capitals in SQLite.
        mine = f"{sought.subject} "
        yield or_(subject == sought.subject, func.substr(subject, 1, len(mine)) == mine)
    if sought.since:
        yield at >= sought.since
    if sought.until:
        yield at < sought.until
