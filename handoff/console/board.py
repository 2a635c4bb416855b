"""The desk at `/desk`: operators see who waits, take a conversation over, answer, and give it back."""

import hashlib
import json
import re
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, replace

from aiohttp import web

from handoff.console.composing import Composing, Written, named
from handoff.console.door import Door
from handoff.console.frame import REFRESH, Frame, Visit
from handoff.console.http import (
    LONGEST_REPLY,
    clean,
    fault_of,
    media_response,
    read_form,
    see_other,
)
from handoff.console.leaving import Leaving
from handoff.console.lists import NO_WISH, RECENT, Wish, link_behind
from handoff.console.queue import AT_ONCE, Given, QueuePages
from handoff.console.refusing import PARTING, Refused, is_his
from handoff.console.reveal import Revealing, is_open
from handoff.console.uploading import Posted, read_posted
from handoff.console.words import DONE, FILTERS, FORGED, KINDS, USUAL, Waits, done_of, file_subject, path_of, refusal
from handoff.desk import ActionKind, ActionResult, Operator, OperatorAction, Outcome, Thread, ThreadHead
from handoff.tongue import say
from handoff.writing import Help

_ELSEWHERE = (ActionKind.LOSE, ActionKind.LEAVE, ActionKind.AMEND, ActionKind.SUBMIT)
"""That an operator is lost is found by the service; the logout and forms have pages of their own."""
_ACTS = tuple(kind for kind in ActionKind if kind not in _ELSEWHERE)
"""What a person does here."""
_STAYS = (ActionKind.CLAIM, ActionKind.REPLY, ActionKind.WHISPER, ActionKind.ASSIGN, ActionKind.PART)
"""Acts after which the conversation stays on the screen."""

_ACTION_ID = re.compile(r"[0-9a-f]{32}\Z")

ReadMedia = Callable[[str], Awaitable[tuple[bytes, str]]]
"""Content and MIME type of what a citizen sent; raises LookupError when there is no such key."""

Beside = Callable[[Visit, Thread], Awaitable[Mapping[str, object] | None]]
"""Values for the aside of a conversation's page."""


class Console:
    """The web console over a `Desk`, the one of its frame."""

    def __init__(
        self,
        frame: Frame,
        media: ReadMedia,
        queue: QueuePages,
        composing: Composing | None = None,
        beside: Beside | None = None,
        waits: Waits = USUAL,
    ) -> None:
        """`composing` helps to write and looks at what was written; without it only plain words are sent.

        `beside` tells what stands beside a conversation; without it only what the thread itself knows does. `waits`
        says which waits stand out.
        """
        self._beside = beside
        self._frame = frame
        self._queue = queue
        self._desk = frame.desk
        self._media = media
        self._composing = composing
        self._clock = frame.clock
        self._door = Door(frame)
        self._leaving = Leaving(frame, queue.gone)
        self._revealing = Revealing(frame)
        frame.teach({**FILTERS, "patience": waits.of}, marks_of_waits=waits, kinds=KINDS, longest_reply=LONGEST_REPLY)

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """What the desk answers; everything but the login asks for a session."""
        conversation = "/desk/c/{conversation}"
        return [
            *self._door.routes(),
            *self._leaving.routes(),
            *self._revealing.routes(),
            web.get("/desk", self._frame.inside(self._list)),
            web.get(conversation, self._frame.inside(self._conversation)),
            *self._queue.routes(),
            *(web.post(f"{conversation}/{kind.value}", self._acting(kind)) for kind in _ACTS),
            web.get("/desk/media/{key:.+}", self._frame.inside(self._show_media)),
        ]

    # The pages

    async def _list(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        done = DONE.get(request.query.get("done", ""), "")
        return await self._show(request, visit, None, notice=done, wish=Wish.of(request.query))

    async def _conversation(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        conversation = request.match_info["conversation"]
        wish = Wish.of(request.query)
        change = await self._desk.latest_change()
        thread = await self._thread(conversation, wish.before)
        if thread is None:
            await self._frame.note(visit, "gone", conversation)
            gone = refusal(ActionResult(outcome=Outcome.GONE))
            return await self._show(request, visit, None, problem=gone, status=404)
        done = DONE.get(request.query.get("done", ""), "")
        return await self._show(request, visit, thread, notice=done, wish=wish, change=change)

    async def _show(
        self,
        request: web.Request,
        visit: Visit,
        thread: Thread | None,
        *,
        problem: str = "",
        notice: str = "",
        wish: Wish = NO_WISH,
        change: int | None = None,
        status: int = 200,
    ) -> web.StreamResponse:
        if REFRESH not in request.headers:
            await self._queue.here(visit)
        response = await self._board(
            request, visit, thread, problem=problem, notice=notice, wish=wish, change=change, status=status
        )
        self._queue.remember(request, response)
        return self._frame.keep(request, visit, response)

    async def _thread(self, conversation: str, before: int | None = None) -> Thread | None:
        # An id of ours can be printed; a NUL would only upset the database.
        return await self._desk.thread(conversation, before) if conversation.isprintable() else None

    async def _board(
        self,
        request: web.Request,
        visit: Visit,
        thread: Thread | None,
        *,
        problem: str = "",
        notice: str = "",
        refused: Refused | None = None,
        status: int = 200,
        wish: Wish = NO_WISH,
        change: int | None = None,
    ) -> web.Response:
        # Asked for before anything is read: what changes meanwhile is told again, and not missed.
        change = await self._desk.latest_change() if change is None else change
        revealed = False
        if thread:
            await self._frame.note_look(visit, "thread_opened", thread.head.conversation_id)
            thread, revealed = await self._revealing.shown(visit, thread, wish.before)
        await self._frame.note_look(visit, "list_opened", "")  # citizens' last words stand in it
        shown = await self._queue.shown(request, visit)
        group = self._queue.chosen(request) or None
        waiting = await self._desk.waiting(AT_ONCE * self._queue.pages(request), group)
        counts = await self._desk.queue_lengths()
        total = sum(number for name, number in counts.items() if group in (None, name))
        mine = await self._desk.held(visit.operator.name)
        held = {head.conversation_id for head in mine}
        latest = await self._desk.recent(RECENT, wish.behind)
        found = await self._search(visit, wish.words) if wish.words else None
        return self._frame.inner_page(
            visit,
            "desk_board.html",
            status,
            action=uuid.uuid4().hex,
            now=self._clock(),
            waiting=waiting,
            waiting_total=max(total, len(waiting)),
            news=await self._news(waiting, total, group),
            mine=mine,
            recent=[head for head in latest if head.holder != "waiting" and head.conversation_id not in held],
            older=link_behind(latest[-1]) if len(latest) == RECENT else "",
            found=found,
            wish=wish,
            change=change,
            thread=thread,
            revealed=revealed,
            problem=problem,
            notice=notice,
            help=await self._help(visit, thread, wish),
            **(refused or Refused()).shown(thread, visit.operator),
            counts=counts,
            **shown,
            beside=await self._beside(visit, thread) if self._beside and thread else None,
        )

    async def _help(self, visit: Visit, thread: Thread | None, wish: Wish) -> Help | None:
        """What helps to answer what he said last, also while an earlier page is read."""
        if thread and wish.before is not None:
            thread = await self._thread(thread.head.conversation_id)
        return await self._composing.help(visit, thread) if self._composing else None

    async def _news(self, waiting: Sequence[ThreadHead], total: int, group: str | None) -> Sequence[ThreadHead]:
        """Who waits, as far as a notice may tell of him: newcomers stand behind the end of a list that is cut."""
        if total <= len(waiting):
            return waiting
        listed = {head.conversation_id for head in waiting}
        latest = [head for head in await self._desk.recent(RECENT) if head.holder == "waiting"]
        newcomers = [head for head in latest if head.conversation_id not in listed and group in (None, head.group)]
        return [*waiting, *newcomers]

    async def _search(self, visit: Visit, words: str) -> Sequence[ThreadHead]:
        found = await self._desk.search(words)
        await self._frame.note(visit, "searched", str(len(found)))  # the words may be a citizen's name
        return found

    # What an operator does

    def _acting(self, kind: ActionKind) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request, visit: Visit) -> web.StreamResponse:
            conversation = request.match_info["conversation"]
            posted = await read_posted(request) if kind is ActionKind.REPLY else Posted(await read_form(request))
            form = posted.fields
            if not await self._frame.is_ours(visit, form, conversation):
                return await self._forged(request, visit)
            await self._queue.here(visit)
            written, given = Written(), Given()
            if kind is ActionKind.REPLY:
                written = await self._written(visit, conversation, posted)
                if not written.goes:
                    return await self._kept_back(request, visit, conversation, written)
                given = Given(text=written.text)
            elif kind in PARTING:
                written = await self._parting(visit, conversation, kind, form)
                if not written.goes:
                    return await self._kept_back(request, visit, conversation, written, kind)
                given = Given(text=written.text, dropped=written.dropped)
            else:
                given = await self._queue.read(kind, form, visit.operator)
            action = self._action(kind, conversation, visit.operator, form.get("action", ""), given, written)
            result = None if given.fault else await self._act(action)
            if result and result.outcome is Outcome.DONE:
                return see_other(f"{path_of(conversation) if kind in _STAYS else '/desk'}?done={done_of(action)}")
            if given.status == web.HTTPForbidden.status_code:
                await self._frame.note(visit, "role_refused", conversation)
            elif result:
                await self._frame.note(visit, f"{kind.value}_{result.outcome.value}", conversation)
            status = given.status if result is None else 404 if result.outcome is Outcome.GONE else 409
            return await self._board(
                request,
                visit,
                await self._thread(conversation),
                problem=refusal(result, kind) if result else given.fault,
                refused=Refused(kind, written, given.note, form.get("to", "")),
                status=status,
            )

        return self._frame.inside(answer)

    async def _parting(self, visit: Visit, conversation: str, kind: ActionKind, form: Mapping[str, str]) -> Written:
        thread = await self._thread(conversation)
        if self._composing and thread and is_his(thread, visit.operator):
            return await self._composing.part(visit, thread, kind, form)
        return Written(text=clean(form.get("text", "")))  # he is told who holds it, and nothing else

    async def _written(self, visit: Visit, conversation: str, posted: Posted) -> Written:
        thread = await self._thread(conversation)
        held_by_another = thread and thread.head.holder == "operator" and thread.head.operator != visit.operator.name
        if self._composing and thread and not held_by_another:  # he is told who holds it, and nothing else
            return await self._composing.read(visit, thread, posted)
        text = clean(posted.fields.get("text", ""))
        return Written(text=text, problem=fault_of(text))

    async def _kept_back(
        self,
        request: web.Request,
        visit: Visit,
        conversation: str,
        written: Written,
        kind: ActionKind = ActionKind.REPLY,
    ) -> web.Response:
        """The page again, with all that was written, and why it has not gone."""
        return await self._board(
            request,
            visit,
            await self._thread(conversation),
            problem=written.problem,
            notice=written.notice,
            refused=Refused(kind, written),
            status=200 if written.notice else 422,
        )

    def _action(
        self, kind: ActionKind, conversation: str, me: Operator, page: str, given: Given, written: Written
    ) -> OperatorAction:
        if not _ACTION_ID.match(page):
            raise web.HTTPBadRequest(text=say("表单不完整，请刷新页面后再试。"))
        # The page's id alone would swallow other words sent from the same page after a step back in the browser;
        # with the words in it, only the very same thing done twice is one thing.
        parts = json.dumps([page, kind.value, conversation, me.name, *astuple(given), *named(written.enclosures)])
        return OperatorAction(
            id=hashlib.sha256(parts.encode()).hexdigest()[:32],
            conversation_id=conversation,
            operator=me.name,
            operator_name=me.display_name,
            kind=kind,
            at=self._clock(),
            text=given.text,
            note=given.note,
            target=given.target,
            target_name=given.target_name,
            later=given.later,
            group=given.group,
            dropped=given.dropped,
            enclosures=written.enclosures,
        )

    async def _act(self, action: OperatorAction) -> ActionResult:
        thread = await self._thread(action.conversation_id)
        if thread is None:
            return ActionResult(outcome=Outcome.GONE)
        if action.kind is ActionKind.REPLY and thread.head.holder == "waiting":
            # An operator's first word takes a conversation that waits.
            claim = replace(action, id=f"{action.id}-claim", kind=ActionKind.CLAIM, text="", enclosures=())
            claimed = await self._desk.act(claim)
            if claimed.outcome is not Outcome.DONE:
                return claimed
        return await self._desk.act(action)

    async def _forged(self, request: web.Request, visit: Visit) -> web.Response:
        return await self._board(request, visit, None, problem=FORGED, status=403)

    # What citizens sent

    async def _show_media(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        key = request.match_info["key"]
        whose = await self._desk.file_owners(key)
        at = [each for each in whose.conversations if not whose.hidden or await is_open(self._frame, visit, each)]
        if whose.hidden and not at:
            await self._frame.note(visit, "file_hidden", file_subject(whose.conversations[0], key))
            raise web.HTTPForbidden(text=say("市民要求保密或匿名：请先在会话里写明理由，再看照片和文件。"))
        try:
            content, mime = await self._media(key)
        except LookupError:
            raise web.HTTPNotFound(text=say("没有这个文件，或仍在取回。")) from None
        if at:
            await self._frame.note_look(visit, "file_opened", file_subject(at[0], key))
        return media_response(request, content, mime, kept=not whose.hidden)
