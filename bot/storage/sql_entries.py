"""The knowledge base in the SQL record: versions of entries, their use, and what was not answered."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from sqlalchemy import Connection, and_, case, exists, func, or_, select

from bot.storage import rules
from bot.storage.dialect import add
from bot.storage.entries import EntryUse, EntryVersion, LateEdit, Unanswered
from bot.storage.rows import AnyRow
from bot.storage.schema import faq_versions as kept
from bot.storage.schema import questions as asked


def keep_entries(connection: Connection, versions: Sequence[EntryVersion]) -> None:
    """Write versions down, all or none. LateEdit when one is not exactly the next of its entry."""
    for version in versions:
        newest = _newest(connection, version.entry_id)
        if version.version != (newest.version if newest else 0) + 1:
            raise LateEdit(version.entry_id, newest)
        if add(connection, kept, asdict(version)) is None:
            # Another node wrote it between our look and our write.
            raise LateEdit(version.entry_id, _newest(connection, version.entry_id))


def newest_entries(connection: Connection) -> Sequence[EntryVersion]:
    """The newest version of each entry, in the order in which entries were first kept."""
    newest = select(func.max(kept.c.seq), func.min(kept.c.seq).label("first")).group_by(kept.c.entry_id).subquery()
    rows = connection.execute(select(kept).join(newest, kept.c.seq == newest.c[0]).order_by(newest.c.first))
    return [_version_of(row) for row in rows]


def entry_history(connection: Connection, entry_id: str) -> Sequence[EntryVersion]:
    """All versions of an entry, newest first."""
    mine = select(kept).where(kept.c.entry_id == entry_id).order_by(kept.c.version.desc())
    return [_version_of(row) for row in connection.execute(mine)]


def count_entries(connection: Connection) -> int:
    """How many versions there are."""
    return connection.scalar(select(func.count()).select_from(kept)) or 0


def entry_uses(connection: Connection, since: float) -> Mapping[str, EntryUse]:
    """Answers and votes per entry."""
    answered = and_(asked.c.decision.in_(rules.ANSWERED), asked.c.vote == "")
    counted = select(
        asked.c.entry_id,
        func.sum(case((answered, 1), else_=0)).label("answers"),
        func.sum(case((asked.c.vote == rules.USEFUL, 1), else_=0)).label("useful"),
        func.sum(case((asked.c.vote == rules.USELESS, 1), else_=0)).label("useless"),
    ).where(asked.c.at >= since, asked.c.entry_id != "")
    found = {
        row.entry_id: EntryUse(answers=int(row.answers), useful=int(row.useful), useless=int(row.useless))
        for row in connection.execute(counted.group_by(asked.c.entry_id))
    }
    return {entry_id: use for entry_id, use in found.items() if use != EntryUse()}


def unanswered(connection: Connection, since: float, limit: int) -> Sequence[Unanswered]:
    """Questions without an answer that was of use, latest first."""
    later = asked.alias()
    same = and_(later.c.conversation_id == asked.c.conversation_id, later.c.text == asked.c.text)
    settled = exists().where(same, later.c.id > asked.c.id, later.c.decision == rules.CLARIFIED)
    open_ones = or_(
        asked.c.decision == "none",
        and_(asked.c.decision == "clarify", ~settled),
        asked.c.vote == rules.USELESS,
    )
    chosen = select(asked).where(asked.c.at >= since, asked.c.text != "", open_ones)
    rows = connection.execute(chosen.order_by(asked.c.id.desc()).limit(limit))
    return [Unanswered(text=r.text, at=r.at, entry_id=r.entry_id if r.vote == rules.USELESS else "") for r in rows]


def _newest(connection: Connection, entry_id: str) -> EntryVersion | None:
    mine = select(kept).where(kept.c.entry_id == entry_id).order_by(kept.c.version.desc()).limit(1)
    row = connection.execute(mine).one_or_none()
    return _version_of(row) if row else None


def _version_of(row: AnyRow) -> EntryVersion:
    return EntryVersion(
        entry_id=row.entry_id,
        version=row.version,
        fields=row.fields,
        author=row.author,
        at=row.at,
        note=row.note,
    )
