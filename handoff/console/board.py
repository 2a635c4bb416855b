"""The desk at `/desk`: operators see who waits, take a conversation over, answer, and give it back."""

import asyncio
import hashlib
import json
import re
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from dataclasses import replace

from aiohttp import web

from handoff.console.door import Door
from handoff.console.frame import Frame, Visit
from handoff.console.http import (
    LONGEST_REPLY,
    clean,
    fault_of,
    media_response,
    read_form,
    see_other,
)
from handoff.console.reveal import Revealing
from handoff.console.words import DONE, FILTERS, FORGED, KINDS, path_of, refusal
from handoff.desk import ActionKind, ActionResult, Operator, OperatorAction, Outcome, Thread

NOTED_SECONDS = 1800.0

_ACTION_ID = re.compile(r"[0-9a-f]{32}\Z")

ReadMedia = Callable[[str], Awaitable[tuple[bytes, str]]]
"""Content and MIME type of what a citizen sent; raises LookupError when there is no such key."""


class Console:
    """The web console over a `Desk`, the one of its frame."""

    def __init__(self, frame: Frame, media: ReadMedia) -> None:
        self._frame = frame
        self._desk = frame.desk
        self._media = media
        self._clock = frame.clock
        self._door = Door(frame)
        self._revealing = Revealing(frame)
        self._streams: set[asyncio.Task[None]] = set()
        self._looks: dict[tuple[str, str], float] = {}
        frame.teach(FILTERS, kinds=KINDS, longest_reply=LONGEST_REPLY)

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """What the desk answers; everything but the login asks for a session."""
        conversation = "/desk/c/{conversation}"
        return [
            *self._door.routes(),
            *self._revealing.routes(),
            web.get("/desk", self._frame.inside(self._list)),
            web.get(conversation, self._frame.inside(self._conversation)),
            *(web.post(f"{conversation}/{kind.value}", self._acting(kind)) for kind in ActionKind),
            web.get("/desk/live", self._frame.inside(self._live), allow_head=False),
            web.get("/desk/media/{key:.+}", self._frame.inside(self._show_media)),
        ]

    async def stop(self) -> None:
        """End the live connections, which would otherwise hold up the server's stop."""
        for stream in self._streams:
            stream.cancel()
        await asyncio.gather(*self._streams, return_exceptions=True)

    # The pages

    async def _list(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        done = DONE.get(request.query.get("done", ""), "")
        return self._frame.keep(request, visit, await self._board(visit, None, notice=done))

    async def _conversation(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        conversation = request.match_info["conversation"]
        thread = await self._thread(conversation)
        if thread is None:
            await self._frame.note(visit, "gone", conversation)
            gone = refusal(ActionResult(outcome=Outcome.GONE))
            return self._frame.keep(request, visit, await self._board(visit, None, problem=gone, status=404))
        done = DONE.get(request.query.get("done", ""), "")
        return self._frame.keep(request, visit, await self._board(visit, thread, notice=done))

    async def _thread(self, conversation: str) -> Thread | None:
        # An id of ours can be printed; a NUL would only upset the database.
        return await self._desk.thread(conversation) if conversation.isprintable() else None

    async def _board(
        self,
        visit: Visit,
        thread: Thread | None,
        *,
        problem: str = "",
        notice: str = "",
        text: str = "",
        status: int = 200,
    ) -> web.Response:
        revealed = False
        if thread:
            await self._note_look(visit, thread.head.conversation_id)
            thread, revealed = await self._revealing.shown(visit, thread)
        waiting = await self._desk.waiting()
        mine = await self._desk.held(visit.operator.name)
        listed = {head.conversation_id for head in (*waiting, *mine)}
        recent = [head for head in await self._desk.recent() if head.conversation_id not in listed]
        return self._frame.inner_page(
            visit,
            "desk_board.html",
            status,
            action=uuid.uuid4().hex,
            now=self._clock(),
            waiting=waiting,
            mine=mine,
            recent=recent,
            thread=thread,
            revealed=revealed,
            problem=problem,
            notice=notice,
            text=text,
        )

    async def _note_look(self, visit: Visit, conversation: str) -> None:
        """Write down who reads what: once per session and half an hour, not at every refresh of an open page."""
        now, look = self._clock(), (visit.session.id, conversation)
        if now - self._looks.get(look, 0.0) < NOTED_SECONDS:
            return
        self._looks = {key: at for key, at in self._looks.items() if now - at < NOTED_SECONDS} | {look: now}
        await self._desk.note(visit.operator.name, "thread_opened", conversation)

    # What an operator does

    def _acting(self, kind: ActionKind) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request, visit: Visit) -> web.StreamResponse:
            conversation = request.match_info["conversation"]
            form = await read_form(request)
            if not await self._frame.is_ours(visit, form, conversation):
                return await self._forged(visit)
            text = clean(form.get("text", "")) if kind is ActionKind.REPLY else ""
            if kind is ActionKind.REPLY and (fault := fault_of(text)):
                return await self._board(visit, await self._thread(conversation), problem=fault, text=text, status=422)
            action = self._action(kind, conversation, visit.operator, form.get("action", ""), text)
            result = await self._act(action)
            if result.outcome is Outcome.DONE:
                stays = kind in (ActionKind.CLAIM, ActionKind.REPLY)
                return see_other(f"{path_of(conversation) if stays else '/desk'}?done={kind.value}")
            await self._frame.note(visit, f"{kind.value}_{result.outcome.value}", conversation)
            status = 404 if result.outcome is Outcome.GONE else 409
            thread = await self._thread(conversation)
            return await self._board(visit, thread, problem=refusal(result), text=text, status=status)

        return self._frame.inside(answer)

    def _action(self, kind: ActionKind, conversation: str, me: Operator, page: str, text: str) -> OperatorAction:
        if not _ACTION_ID.match(page):
            raise web.HTTPBadRequest(text="表单不完整，请刷新页面后再试。")
        # The page's id alone would swallow other words sent from the same page after a step back in the browser;
        # with the words in it, only the very same thing done twice is one thing.
        parts = json.dumps([page, kind.value, conversation, me.name, text])
        return OperatorAction(
            id=hashlib.sha256(parts.encode()).hexdigest()[:32],
            conversation_id=conversation,
            operator=me.name,
            operator_name=me.display_name,
            kind=kind,
            at=self._clock(),
            text=text,
        )

    async def _act(self, action: OperatorAction) -> ActionResult:
        thread = await self._thread(action.conversation_id)
        if thread is None:
            return ActionResult(outcome=Outcome.GONE)
        if action.kind is ActionKind.REPLY and thread.head.holder == "waiting":
            # An operator's first word takes a conversation that waits.
            claim = replace(action, id=f"{action.id}-claim", kind=ActionKind.CLAIM, text="")
            claimed = await self._desk.act(claim)
            if claimed.outcome is not Outcome.DONE:
                return claimed
        return await self._desk.act(action)

    async def _forged(self, visit: Visit) -> web.Response:
        return await self._board(visit, None, problem=FORGED, status=403)

    # What comes by itself, and what citizens sent

    async def _live(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        response.content_type = "text/event-stream"
        await response.prepare(request)
        # A task of its own, so that `stop` can end it without touching the server's task for this connection.
        stream = asyncio.create_task(self._tell(response, visit), name="desk-live")
        self._streams.add(stream)
        try:
            await asyncio.wait({stream})
        finally:
            self._streams.discard(stream)
            stream.cancel()
        if not stream.cancelled() and (fault := stream.exception()) and not isinstance(fault, OSError):
            raise fault  # an OSError, TimeoutError included, only says that the browser went away
        return response

    async def _tell(self, response: web.StreamResponse, visit: Visit) -> None:
        changes = self._desk.changes()
        greeted = False
        try:
            async for conversation in changes:
                if not await self._frame.welcome(visit):
                    await _send(response, b"event: expired\ndata: {}\n\n")
                    return
                if not greeted:  # from now on nothing is missed: the page fetches once what it may have missed
                    await _send(response, b"retry: 2000\nevent: hello\ndata: {}\n\n")
                    greeted = True
                data = json.dumps({"conversation": conversation})
                await _send(response, f"event: change\ndata: {data}\n\n".encode() if conversation else b": warm\n\n")
        finally:
            if isinstance(changes, AsyncGenerator):
                await changes.aclose()

    async def _show_media(self, request: web.Request, _visit: Visit) -> web.StreamResponse:
        key = request.match_info["key"]
        try:
            content, mime = await self._media(key)
        except LookupError:
            raise web.HTTPNotFound(text="没有这个文件，或仍在取回。") from None
        return media_response(request, content, mime)


async def _send(response: web.StreamResponse, event: bytes) -> None:
    async with asyncio.timeout(20):  # a browser that reads nothing for so long is gone; it will come back by itself
        await response.write(event)
