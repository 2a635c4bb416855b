"""What operators do to a conversation: here a posted form becomes an `OperatorAction`."""

import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field

from aiohttp import web

from handoff.console.board import Board, Said
from handoff.console.composing import Composing, Written, named
from handoff.console.frame import Frame, Visit
from handoff.console.http import clean, fault_of, read_form, see_other
from handoff.console.queue import Given, QueuePages
from handoff.console.refusing import PARTING, Refused
from handoff.console.uploading import Posted, read_posted
from handoff.console.words import FORGED, done_of, path_of, refusal
from handoff.desk import ActionKind, ActionResult, OperatorAction, Outcome, Thread
from handoff.tongue import say

_ELSEWHERE = (ActionKind.LOSE, ActionKind.LEAVE, ActionKind.AMEND, ActionKind.SUBMIT)
"""That an operator is lost is found by the service; the logout and forms have pages of their own."""
_ACTS = tuple(kind for kind in ActionKind if kind not in _ELSEWHERE)
"""What a person does here."""
_STAYS = (ActionKind.CLAIM, ActionKind.REPLY, ActionKind.WHISPER, ActionKind.ASSIGN, ActionKind.PART)
"""Acts after which the conversation stays on the screen."""

_ACTION_ID = re.compile(r"[0-9a-f]{32}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a form orders, as far as it could be read."""

    kind: ActionKind
    conversation: str
    written: Written = field(default_factory=Written)
    """For the citizen."""
    given: Given = field(default_factory=Given)
    """For colleagues, and to whom it goes."""
    to: str = ""
    """Whom the form names, as it names him."""

    @property
    def unfit(self) -> Said | None:
        """Why it cannot be done as it is; None when it can."""
        if not self.written.goes:
            status = 200 if self.written.notice else 422
            return Said(
                problem=self.written.problem, notice=self.written.notice, refused=self.without_effect, status=status
            )
        if self.given.fault:
            return Said(problem=self.given.fault, refused=self.without_effect, status=self.given.status)
        return None

    @property
    def without_effect(self) -> Refused:
        """What was typed, to be given back."""
        return Refused(self.kind, self.written, self.given.note, self.to)


class Acting:
    """Reads the forms of the conversation's page, has them done, and says what had no effect."""

    def __init__(self, frame: Frame, queue: QueuePages, board: Board, composing: Composing) -> None:
        self._frame = frame
        self._desk = frame.desk
        self._queue = queue
        self._board = board
        self._composing = composing

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """One for each act."""
        return [
            web.post(f"/desk/c/{{conversation}}/{kind.value}", self._frame.inside(self._acting(kind))) for kind in _ACTS
        ]

    def _acting(self, kind: ActionKind) -> Callable[[web.Request, Visit], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request, visit: Visit) -> web.StreamResponse:
            conversation = request.match_info["conversation"]
            posted = await read_posted(request) if kind is ActionKind.REPLY else Posted(await read_form(request))
            if not await self._frame.is_ours(visit, posted.fields, conversation):
                return await self._show(request, visit, None, Said(problem=FORGED, status=403))
            await self._queue.here(visit)
            thread = (await self._board.read(conversation)).thread
            order = await self._read(kind, conversation, visit, thread, posted)
            if unfit := order.unfit:
                if order.given.noted:
                    await self._frame.note(visit, order.given.noted, conversation)
                return await self._show(request, visit, conversation, unfit)
            action = self._action(order, visit, posted.fields.get("action", ""))
            result = await self._desk.act(action) if thread else ActionResult(outcome=Outcome.GONE)
            if result.outcome is Outcome.DONE:
                return see_other(f"{path_of(conversation) if kind in _STAYS else '/desk'}?done={done_of(action)}")
            await self._frame.note(visit, f"{kind.value}_{result.outcome.value}", conversation)
            status = 404 if result.outcome is Outcome.GONE else 409
            said = Said(problem=refusal(result, kind), refused=order.without_effect, status=status)
            return await self._show(request, visit, conversation, said)

        return answer

    async def _show(self, request: web.Request, visit: Visit, conversation: str | None, said: Said) -> web.Response:
        return await self._board.show(request, visit, await self._board.read(conversation), said)

    async def _read(
        self, kind: ActionKind, conversation: str, visit: Visit, thread: Thread | None, posted: Posted
    ) -> Order:
        form = posted.fields
        if kind is ActionKind.REPLY:
            return Order(kind=kind, conversation=conversation, written=await self._reply(visit, thread, posted))
        if kind in PARTING:
            written = await self._parting(kind, visit, thread, form)
            return Order(kind=kind, conversation=conversation, written=written)
        given = await self._queue.read(kind, form, visit.operator)
        return Order(kind=kind, conversation=conversation, given=given, to=form.get("to", ""))

    async def _reply(self, visit: Visit, thread: Thread | None, posted: Posted) -> Written:
        if thread and thread.head.hears(visit.operator.name):
            return await self._composing.read(visit, thread, posted)
        text = clean(posted.fields.get("text", ""))  # he is told who holds it, and nothing else
        return Written(text=text, problem=fault_of(text))

    async def _parting(self, kind: ActionKind, visit: Visit, thread: Thread | None, form: Mapping[str, str]) -> Written:
        if thread and thread.head.is_held_by(visit.operator.name):
            return await self._composing.part(visit, thread, kind, form)
        return Written(text=clean(form.get("text", "")))

    def _action(self, order: Order, visit: Visit, page: str) -> OperatorAction:
        if not _ACTION_ID.match(page):
            raise web.HTTPBadRequest(text=say("表单不完整，请刷新页面后再试。"))
        me, written, given = visit.operator, order.written, order.given
        # The page's id alone would swallow other words sent from the same page after a step back in the browser;
        # with the words in it, only the very same thing done twice is one thing.
        ordered = [
            written.text,
            written.dropped,
            given.note,
            given.target,
            given.group,
            given.later,
            *named(written.enclosures),
        ]
        parts = json.dumps([page, order.kind.value, order.conversation, me.name, *ordered])
        return OperatorAction(
            id=hashlib.sha256(parts.encode()).hexdigest()[:32],
            conversation_id=order.conversation,
            operator=me.name,
            operator_name=me.display_name,
            kind=order.kind,
            at=self._frame.clock(),
            text=written.text,
            note=given.note,
            target=given.target,
            target_name=given.target_name,
            later=given.later,
            group=given.group,
            dropped=written.dropped,
            enclosures=written.enclosures,
        )
