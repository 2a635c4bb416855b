"""The desk at `/desk`: operators see who waits, take a conversation over, answer, and give it back."""

import asyncio
import hashlib
import json
import re
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from math import ceil

from aiohttp import web

from handoff.console.auth import Gate, Refused
from handoff.console.frame import Frame, Visit
from handoff.console.http import (
    LONGEST_REPLY,
    clean,
    fault_of,
    media_response,
    page_after_login,
    read_form,
    see_other,
)
from handoff.console.words import DONE, FILTERS, FORGED, KINDS, path_of, refusal
from handoff.desk import ActionKind, ActionResult, Operator, OperatorAction, Outcome, Thread

NOTED_SECONDS = 1800.0

OF_FORMS = (ActionKind.AMEND, ActionKind.SUBMIT)
"""Done on the page of the ticket draft."""

_ACTION_ID = re.compile(r"[0-9a-f]{32}\Z")

ReadMedia = Callable[[str], Awaitable[tuple[bytes, str]]]
"""Content and MIME type of what a citizen sent; raises LookupError when there is no such key."""

Beside = Callable[[Visit, Thread], Awaitable[Mapping[str, object] | None]]
"""Values for the aside of a conversation's page."""


class Console:
    """The web console over a `Desk`, the one of its frame."""

    def __init__(self, frame: Frame, media: ReadMedia, beside: Beside | None = None) -> None:
        """`beside` tells what stands beside a conversation; without it only what the thread itself knows does."""
        self._beside = beside
        self._frame = frame
        self._desk = frame.desk
        self._media = media
        self._clock = frame.clock
        self._sessions = frame.sessions
        self._gate = Gate(frame.desk, frame.clock)
        self._streams: set[asyncio.Task[None]] = set()
        self._looks: dict[tuple[str, str], float] = {}
        frame.teach(FILTERS, kinds=KINDS, longest_reply=LONGEST_REPLY)

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """What the desk answers; everything but the login asks for a session."""
        conversation = "/desk/c/{conversation}"
        return [
            web.get("/desk/login", self._login_page),
            web.post("/desk/login", self._login),
            web.post("/desk/logout", self._frame.inside(self._logout)),
            web.get("/desk", self._frame.inside(self._list)),
            web.get(conversation, self._frame.inside(self._conversation)),
            *(
                web.post(f"{conversation}/{kind.value}", self._acting(kind))
                for kind in ActionKind
                if kind not in OF_FORMS
            ),
            web.get("/desk/live", self._frame.inside(self._live), allow_head=False),
            web.get("/desk/media/{key:.+}", self._frame.inside(self._show_media)),
        ]

    async def stop(self) -> None:
        """End the live connections, which would otherwise hold up the server's stop."""
        for stream in self._streams:
            stream.cancel()
        await asyncio.gather(*self._streams, return_exceptions=True)

    # The door

    async def _login_page(self, request: web.Request) -> web.StreamResponse:
        if await self._frame.visit(request):
            raise web.HTTPSeeOther(page_after_login(request.query.get("next", "")))
        return self._show_login(request, request.query.get("next", ""), expired="expired" in request.query)

    async def _login(self, request: web.Request) -> web.StreamResponse:
        form = await read_form(request)
        name, onward = form.get("name", "").strip(), form.get("next", "")
        session = self._sessions.read(request)
        if session is None or not self._sessions.csrf_holds(session, form.get("csrf", "")):
            await self._desk.note("", "csrf_refused", "login")
            return self._show_login(request, onward, name, "页面放得太久了，请再登录一次。", status=403)
        operator = await self._gate.enter(name, form.get("password", ""), request.remote or "")
        if isinstance(operator, Refused):
            if operator.wait:
                problem = f"错误次数过多，请在 {_duration(operator.wait)}后再试。"
                return self._show_login(request, onward, name, problem, status=429)
            return self._show_login(request, onward, name, "用户名或密码不对。", status=401)
        response = see_other(page_after_login(onward))
        self._sessions.write(response, self._sessions.open(operator))
        return response

    async def _logout(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        form = await read_form(request)
        if not await self._frame.is_ours(visit, form, "logout"):
            return await self._forged(visit)
        response = see_other("/desk/login")
        self._sessions.end(response, visit.session)
        await self._desk.note(visit.operator.name, "logout", request.remote or "")
        return response

    def _show_login(
        self,
        request: web.Request,
        onward: str,
        name: str = "",
        problem: str = "",
        *,
        expired: bool = False,
        status: int = 200,
    ) -> web.Response:
        session = self._sessions.read(request)
        # A session of an account that may not enter (any more) is not good for the form either.
        session = session if session and not session.operator else self._sessions.open()
        response = self._frame.page(
            "desk_login.html",
            status,
            csrf=self._sessions.csrf(session),
            onward=page_after_login(onward),
            name=name,
            problem=problem,
            expired=expired,
        )
        self._sessions.write(response, session)
        return response

    # The pages

    async def _list(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        done = DONE.get(request.query.get("done", ""), "")
        return self._frame.keep(request, visit, await self._board(visit, None, notice=done))

    async def _conversation(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        conversation = request.match_info["conversation"]
        thread = await self._thread(conversation)
        if thread is None:
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
        if thread:
            await self._note_look(visit, thread.head.conversation_id)
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
            problem=problem,
            notice=notice,
            text=text,
            beside=await self._beside(visit, thread) if self._beside and thread else None,
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
                if not await self._still_welcome(visit, thorough=not conversation):
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

    async def _still_welcome(self, visit: Visit, *, thorough: bool) -> bool:
        if not self._sessions.alive(visit.session):
            return False
        return not thorough or self._sessions.belongs(visit.session, await self._desk.operator(visit.operator.name))

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


def _duration(seconds: float) -> str:
    return f"{ceil(seconds)} 秒" if seconds < 60 else f"{ceil(seconds / 60)} 分钟"
