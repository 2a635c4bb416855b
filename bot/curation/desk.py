"""The knowledge base as its keepers see it: `handoff.library.Library` over the record and the index in use."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date
from itertools import count

from bot.agent import Ask
from bot.curation.draft import draft_of, entry_of, fault_of_new_id, marks_of
from bot.curation.gaps import open_gaps
from bot.curation.shelf import Shelf, fits
from bot.curation.table import compare, parcel_of, put_by, read_table, taken_out, written_table
from bot.knowledge_base import KnowledgeBase
from bot.storage.base import Storage
from bot.storage.entries import EntryVersion, LateEdit
from channels.message import Reply
from faq.entry import Answer, Decision, Entry, is_withheld
from handoff.desk import Operator
from handoff.library import (
    Draft,
    Ending,
    Fault,
    Filed,
    Gap,
    Listing,
    Mark,
    Near,
    Parcel,
    Rehearsal,
    TakenIn,
    Told,
    Volume,
)
from handoff.tongue import later

WINDOW = 30 * 86400.0
"""Seconds of the past over which use is counted, and gaps are gathered."""

_TRIES = 3
_NOT_KEPT = "draft"
"""The id of a draft that has none yet, while it is tried."""

Rehearse = Callable[[str, Ask], Awaitable[tuple[Reply, ...]]]
"""What a citizen would read who writes this, were that the knowledge base."""


class KnowledgeDesk:
    """Implements `handoff.library.Library`."""

    def __init__(
        self,
        storage: Storage,
        base: KnowledgeBase,
        *,
        refresh: Callable[[], Awaitable[None]],
        rehearse: Rehearse,
        today: Callable[[], date],
        clock: Callable[[], float],
        districts: Sequence[str] = (),
    ) -> None:
        """`refresh` returns when what was kept is in force on this node; `districts` are those of the city."""
        self._storage = storage
        self._base = base
        self._refresh = refresh
        self._rehearse = rehearse
        self._today = today
        self._clock = clock
        self._districts = tuple(districts)
        self._shelf = Shelf(storage, base, today)

    # reading

    async def listing(self, search: str, mark: Mark | None, page: int) -> Listing:
        """Entries that fit the search and the filter, 50 a page."""
        return await self._shelf.listing(search, mark, page, self._clock() - WINDOW)

    async def volume(self, entry_id: str) -> Volume | None:
        """An entry with its history."""
        return await self._shelf.volume(entry_id, self._clock() - WINDOW)

    async def gaps(self) -> Sequence[Gap]:
        """Groups of like questions that still find no answer of use."""
        asked = await self._storage.unanswered(self._clock() - WINDOW)
        changed = {version.entry_id: version.at for version in await self._storage.newest_entries()}
        return await asyncio.to_thread(open_gaps, asked, changed, self._base.ask, self._base.encode)

    async def find(self, text: str, limit: int) -> Sequence[Near]:
        """Entries that hold these words, then those that mean nearly this."""

        def look() -> list[Near]:
            worded = [Near(id=e.id, question=e.question) for e in self._base.knowledge if fits(e, text)]
            meant = [_near(match.entry, match.score) for match in self._base.ask(text).matches]
            return list({near.id: near for near in (*worded[:limit], *meant)}.values())[:limit]

        return await asyncio.to_thread(look) if text.strip() else []

    async def rehearse(self, draft: Draft, question: str) -> Rehearsal:
        """What a citizen would get if the draft were in force."""
        entry, faults = entry_of(replace(draft, id=draft.id or _NOT_KEPT), self._districts)
        if entry is None:
            return Rehearsal(faults=faults)
        text = question.strip() or entry.question
        ask = await asyncio.to_thread(self._base.trying, entry)
        answer = await asyncio.to_thread(ask, text, None)
        replies = await self._rehearse(text, ask)
        return Rehearsal(
            decision=str(answer.decision),
            matches=tuple(_near(match.entry, match.score) for match in answer.choices or answer.matches[:3]),
            replies=tuple(reply.text for reply in replies),
            choices=tuple(choice.label for reply in replies for choice in reply.choices),
            cases=_told(answer, replies),
            heeded=_heeds(answer, replies),
            marks=marks_of(entry, self._today()),
        )

    async def export(self, ending: str) -> bytes:
        """All entries in use as a file."""
        return await asyncio.to_thread(written_table, self._base.knowledge, ending)

    # changing

    async def add(self, draft: Draft, by: Operator) -> Filed:
        """Make a new entry; the same one sent twice is one."""
        entry_id = draft.id or await self._free_id(draft, by)
        entry, faults = entry_of(replace(draft, id=entry_id), self._districts)
        held = self._shelf.held(entry_id, await self._storage.entry_history(entry_id))
        if words := fault_of_new_id(entry_id):
            faults = (*faults, Fault(field="id", words=words))
        elif held and held.entry == entry and not held.withdrawn:
            return Filed(ending=Ending.DONE, entry_id=entry_id, version=held.version)
        elif held:
            faults = (*faults, Fault(field="id", words=later("已经有这个编号的条目了（可能已撤下）；请换一个，或留空")))
        if entry is None or faults:
            return Filed(ending=Ending.FAULTY, entry_id=entry_id, faults=faults)
        return await self._file(EntryVersion.of(entry, 1, by.name, self._clock(), "新建"))

    async def keep(self, draft: Draft, version: int, by: Operator) -> Filed:
        """Change an entry."""
        held = self._shelf.held(draft.id, await self._storage.entry_history(draft.id))
        if held is None:
            return Filed(ending=Ending.GONE, entry_id=draft.id)
        entry, faults = entry_of(draft, self._districts)
        if entry is None:
            return Filed(ending=Ending.FAULTY, entry_id=draft.id, version=held.version, faults=faults)
        if (held.entry, held.version, held.withdrawn) == (entry, version, False):
            return Filed(ending=Ending.DONE, entry_id=draft.id, version=version)
        return await self._file(EntryVersion.of(entry, version + 1, by.name, self._clock()))

    async def withdraw(self, entry_id: str, version: int, by: Operator) -> Filed:
        """Take an entry out of use."""
        held = self._shelf.held(entry_id, await self._storage.entry_history(entry_id))
        if held is None:
            return Filed(ending=Ending.GONE, entry_id=entry_id)
        if held.withdrawn:
            return Filed(ending=Ending.DONE, entry_id=entry_id, version=held.version)
        gone = EntryVersion(
            entry_id=entry_id, version=version + 1, fields="", author=by.name, at=self._clock(), note="撤下"
        )
        return await self._file(gone)

    async def restore(self, entry_id: str, wanted: int, version: int, by: Operator) -> Filed:
        """Make an older version the newest again."""
        history = await self._storage.entry_history(entry_id)
        old = next((each.entry for each in history if each.version == wanted), None)
        entry = self._shelf.of_files(entry_id) if wanted == 0 else old
        if entry is None:
            return Filed(ending=Ending.GONE, entry_id=entry_id)
        return await self._file(EntryVersion.of(entry, version + 1, by.name, self._clock(), f"恢复版本 {wanted}"))

    async def add_variants(self, entry_id: str, wordings: Sequence[str], by: Operator) -> Filed:
        """Let an entry be found by these wordings too."""
        filed = Filed(ending=Ending.GONE, entry_id=entry_id)
        # Whoever changes the entry meanwhile is not in the way: the wordings are added to what he wrote.
        for _ in range(_TRIES):
            held = self._shelf.held(entry_id, await self._storage.entry_history(entry_id))
            if held is None or held.withdrawn:
                return Filed(ending=Ending.GONE, entry_id=entry_id)
            draft = draft_of(held.entry)
            entry, faults = entry_of(replace(draft, variants="\n".join([draft.variants, *wordings])))
            if entry is None:
                return Filed(ending=Ending.FAULTY, entry_id=entry_id, faults=faults)
            if entry == held.entry:
                return Filed(ending=Ending.DONE, entry_id=entry_id, version=held.version)
            kept = EntryVersion.of(entry, held.version + 1, by.name, self._clock(), "加相似问法")
            filed = await self._file(kept)
            if filed.ending is not Ending.LATE:
                break
        return filed

    # tables

    async def unpack(self, name: str, content: bytes, by: Operator) -> Parcel:
        """Read an uploaded table, and put it by."""
        entries, faults = await asyncio.to_thread(read_table, name, content, self._districts)
        if faults:
            return Parcel(name=name, faults=faults)
        return await self._show(name, entries, by)

    async def take_in(self, token: str, by: Operator) -> TakenIn:
        """Keep all of the table that was shown, or nothing."""
        kept = taken_out(await self._storage.value(put_by(by.name)) or "")
        if kept is None or kept.token != token:
            return TakenIn(ending=Ending.GONE)
        now, note = self._clock(), f"导入 {kept.name}"
        versions = [EntryVersion.of(entry, after + 1, by.name, now, note) for entry, after in kept.entries]
        try:
            await self._storage.keep_entries(versions)
        except LateEdit as late:
            parcel = await self._show(kept.name, [entry for entry, _ in kept.entries], by)
            return TakenIn(ending=Ending.LATE, parcel=parcel, first=await self._shelf.name_of(late.newest))
        await self._storage.set_value(put_by(by.name), "")
        await self._refresh()
        return TakenIn(ending=Ending.DONE, parcel=Parcel(name=kept.name))

    async def _show(self, name: str, entries: Sequence[Entry], by: Operator) -> Parcel:
        newest = {version.entry_id: version for version in await self._storage.newest_entries()}
        held = {}
        for entry in entries:
            version = newest.get(entry.id)
            gone = version is not None and version.withdrawn
            history = await self._storage.entry_history(entry.id) if gone else [version] if version else []
            if there := self._shelf.held(entry.id, history):
                held[entry.id] = (there.entry, there.version, there.withdrawn)
        brought = compare(entries, held)
        kept, parcel = parcel_of(name, brought)
        if parcel.token:
            await self._storage.set_value(put_by(by.name), kept)
        return parcel

    # how it is looked up, kept and told

    async def _free_id(self, draft: Draft, by: Operator) -> str:
        """An id made of the question, so that a form sent twice makes one entry; another when it is taken."""
        for number in count():
            seed = f"{draft.question}\n{by.name}\n{number}"
            entry_id = f"desk-{hashlib.sha256(seed.encode('utf-8', 'replace')).hexdigest()[:8]}"
            held = self._shelf.held(entry_id, await self._storage.entry_history(entry_id))
            if held is None or (held.entry == entry_of(replace(draft, id=entry_id))[0] and not held.withdrawn):
                return entry_id
        raise AssertionError("count() has no end")

    async def _file(self, version: EntryVersion) -> Filed:
        try:
            await self._storage.keep_entries([version])
        except LateEdit as late:
            newest = late.newest
            if newest and (newest.author, newest.fields) == (version.author, version.fields):
                # The same form, sent twice.
                return Filed(ending=Ending.DONE, entry_id=version.entry_id, version=newest.version)
            there, first = newest.version if newest else 0, await self._shelf.name_of(newest)
            return Filed(ending=Ending.LATE, entry_id=version.entry_id, version=there, first=first)
        await self._refresh()
        return Filed(ending=Ending.DONE, entry_id=version.entry_id, version=version.version)


def _heeds(answer: Answer, replies: Sequence[Reply]) -> bool:
    """What is read is what the knowledge base decided."""
    match answer.decision:
        case Decision.ANSWER:
            entry = answer.matches[0].entry
            condition = entry.condition
            said = [entry.answer, *((condition.ask, *(case.answer for case in condition.cases)) if condition else ())]
            return any(words in reply.text for words in said for reply in replies)
        case Decision.CLARIFY:
            offered = {choice.label for reply in replies for choice in reply.choices}
            return any(match.entry.question in offered for match in answer.choices)
        case Decision.NONE:
            return True


def _told(answer: Answer, replies: Sequence[Reply]) -> tuple[Told, ...]:
    """What follows when the citizen is asked for his case."""
    best = answer.best
    condition = best.asks if best else None
    choices = [choice for reply in replies for choice in reply.choices if choice.value.startswith("case:")]
    if best is None or condition is None or not choices:
        return ()
    cases = [Told(case=c.label, answer=best.answer_in(c), withheld=is_withheld(c)) for c in condition.cases]
    return (*cases, Told(case=choices[-1].label, answer=best.answer))


def _near(entry: Entry, score: float) -> Near:
    return Near(id=entry.id, question=entry.question, score=score)
