"""Where each entry of the knowledge base stands: in use or not, at which version, where it comes from."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil

from bot.curation.draft import draft_of, fields_that_differ, marks_of
from bot.knowledge_base import KnowledgeBase
from bot.storage.base import Storage
from bot.storage.entries import EntryUse, EntryVersion
from faq.entry import Entry
from faq.notation import write_text
from handoff.library import Card, Listing, Mark, Origin, Revision, Use, Volume

PAGE = 50
"""Entries on a page of the list."""


@dataclass(frozen=True, slots=True)
class Held:
    """An entry, and where it stands."""

    entry: Entry
    """As it is in use, or as it was last."""
    version: int
    """The newest; 0 when only the files have it."""
    withdrawn: bool


class Shelf:
    """The entries of the record over those of the files."""

    def __init__(self, storage: Storage, base: KnowledgeBase, today: Callable[[], date]) -> None:
        self._storage = storage
        self._base = base
        self._today = today

    async def listing(self, search: str, mark: Mark | None, page: int, since: float) -> Listing:
        """Entries that fit the search and the filter, 50 a page, with their use since a moment."""
        newest = {version.entry_id: version for version in await self._storage.newest_entries()}
        uses = await self._storage.entry_uses(since)
        gone = [await self._last(version) for version in newest.values() if version.withdrawn]
        shut = {entry.id for entry in gone if entry}
        held = [Held(entry, 0, withdrawn=False) for entry in self._base.knowledge if entry.id not in shut]
        held += [Held(entry, 0, withdrawn=True) for entry in gone if entry]
        return await asyncio.to_thread(self._page_of, held, newest, uses, search, mark, page)

    async def volume(self, entry_id: str, since: float) -> Volume | None:
        """An entry with its history, and its use since a moment."""
        history = list(await self._storage.entry_history(entry_id))
        held = self.held(entry_id, history)
        if held is None:
            return None
        use = (await self._storage.entry_uses(since)).get(entry_id, EntryUse())
        return Volume(
            draft=draft_of(held.entry),
            version=held.version,
            origin=self._origin(entry_id, changed=bool(history)),
            marks=marks_of(held.entry, self._today(), withdrawn=held.withdrawn),
            use=_use(use),
            history=await self._revisions(entry_id, history),
        )

    def held(self, entry_id: str, history: Sequence[EntryVersion]) -> Held | None:
        """Where an entry stands by the record, which may know more than the index of this node."""
        entries = [*(version.entry for version in history), self.of_files(entry_id)]
        last = next((entry for entry in entries if entry is not None), None)
        if last is None:
            return None
        return Held(last, history[0].version if history else 0, bool(history) and history[0].withdrawn)

    async def _last(self, version: EntryVersion) -> Entry | None:
        held = self.held(version.entry_id, await self._storage.entry_history(version.entry_id))
        return held.entry if held else None

    def of_files(self, entry_id: str) -> Entry | None:
        """The entry as the files have it."""
        found = (layer.by_id(entry_id) for layer in reversed(self._base.layers))
        return next((entry for entry in found if entry is not None), None)

    def _origin(self, entry_id: str, *, changed: bool) -> Origin:
        if self.of_files(entry_id) is None:
            return Origin.CITY
        if changed:
            return Origin.CHANGED
        # The first file is the one that all cities share.
        own = any(layer.by_id(entry_id) for layer in self._base.layers[1:])
        return Origin.CITY if own else Origin.SHARED

    async def name_of(self, version: EntryVersion | None) -> str:
        """What colleagues call its author; empty for no version."""
        if version is None:
            return ""
        author = await self._storage.operator(version.author)
        return author.display_name if author else version.author

    async def _revisions(self, entry_id: str, history: Sequence[EntryVersion]) -> tuple[Revision, ...]:
        names = {version.author: await self.name_of(version) for version in {v.author: v for v in history}.values()}
        ground = self.of_files(entry_id)
        before = [*(version.entry for version in history[1:]), ground]
        revisions = [
            Revision(
                version=version.version,
                author=names[version.author],
                at=version.at,
                note=version.note,
                draft=draft_of(version.entry) if version.entry else None,
                changed=fields_that_differ(old, version.entry) if old and version.entry else (),
            )
            for version, old in zip(history, before, strict=False)  # the files' entry is older than each of them
        ]
        if ground:
            revisions.append(Revision(version=0, author="", at=0.0, note="随程序或城市包提供", draft=draft_of(ground)))
        return tuple(revisions)

    def _page_of(
        self,
        held: Sequence[Held],
        newest: Mapping[str, EntryVersion],
        uses: Mapping[str, EntryUse],
        search: str,
        mark: Mark | None,
        page: int,
    ) -> Listing:
        today = self._today()
        fitting = [(each, marks_of(each.entry, today, withdrawn=each.withdrawn)) for each in held]
        fitting = [(each, marks) for each, marks in fitting if fits(each.entry, search)]
        counts = {str(kind): sum(_has(marks, kind) for _, marks in fitting) for kind in Mark}
        counts[""] = sum(not each.withdrawn for each, _ in fitting)
        chosen = [(each, marks) for each, marks in fitting if (_has(marks, mark) if mark else not each.withdrawn)]
        pages = max(1, ceil(len(chosen) / PAGE))
        page = min(max(1, page), pages)
        cards = tuple(
            Card(
                id=each.entry.id,
                question=each.entry.question,
                department=each.entry.department,
                origin=self._origin(each.entry.id, changed=each.entry.id in newest),
                marks=marks,
                variants=len(each.entry.variants),
                use=_use(uses.get(each.entry.id, EntryUse())),
                review_by=each.entry.review_by.isoformat() if each.entry.review_by else "",
                valid_until=each.entry.valid_until.isoformat() if each.entry.valid_until else "",
            )
            for each, marks in chosen[(page - 1) * PAGE : page * PAGE]
        )
        return Listing(cards=cards, page=page, pages=pages, total=len(chosen), counts=counts)


def fits(entry: Entry, search: str) -> bool:
    """Every word of the search stands somewhere in the entry."""
    words = search.casefold().split()
    if not words:
        return True
    told = (entry.answer, write_text(entry.condition), entry.source, entry.department, entry.region)
    parts = (entry.id, *entry.wordings, *told, *entry.tags)
    text = "\n".join(parts).casefold()
    return all(word in text for word in words)


def _use(use: EntryUse) -> Use:
    return Use(answers=use.answers, useful=use.useful, useless=use.useless)


def _has(marks: Collection[Mark], wanted: Mark) -> bool:
    """Whether an entry belongs on the page of a mark: who fills gaps in looks for those of cases too."""
    return wanted in marks or (wanted is Mark.GAP and Mark.CASE_GAP in marks)
