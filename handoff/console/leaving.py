"""The way out of the desk: whoever still holds conversations is asked first, and they go back to the queue with him."""

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Sequence

from aiohttp import web

from handoff.console.auth import IDLE_SECONDS
from handoff.console.frame import LEFT, Frame, Visit
from handoff.console.http import read_form, see_other
from handoff.console.words import FORGED
from handoff.desk import ActionKind, OperatorAction, ThreadHead

Gone = Callable[[str], Awaitable[None]]
"""Told of an operator who left."""


class Leaving:
    """The logout."""

    def __init__(self, frame: Frame, gone: Gone) -> None:
        self._frame = frame
        self._desk = frame.desk
        self._gone = gone

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """Out; an address that was kept or typed leads back to the desk."""
        return [
            web.post("/desk/logout", self._frame.inside(self._leave, None)),
            web.get("/desk/logout", self._frame.inside(self._stay, None)),
        ]

    async def _leave(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        form, me = await read_form(request), visit.operator
        if not await self._frame.is_ours(visit, form, "logout"):
            return self._frame.inner_page(visit, "desk_refused.html", 403, problem=FORGED)
        held = await self._desk.held(me.name)
        elsewhere = await self._is_elsewhere(visit)
        sure, seen = form.get("sure", ""), _seen(held)
        if held and sure != seen and not (sure == "here" and elsewhere):
            await self._frame.note(visit, "logout_asked", str(len(held)))
            await self._frame.note_look(visit, "list_opened", "")  # citizens' last words stand in it
            return self._frame.inner_page(visit, "desk_leaving.html", 200, held=held, sure=seen, elsewhere=elsewhere)
        if not (elsewhere and (not held or sure == "here")):
            await self._gone(me.name)  # first, so that citizens are told truly whether anybody is left
            for head in held:
                await self._put_back(visit, head)
        response = see_other(f"/desk/login?{LEFT}=1")
        self._frame.sessions.clear(response)
        await self._desk.people.end_session(me.name, visit.session.key)
        await self._frame.note(visit, "logout", request.remote or "")
        return response

    async def _stay(self, _request: web.Request, _visit: Visit) -> web.StreamResponse:
        return see_other("/desk")

    async def _is_elsewhere(self, visit: Visit) -> bool:
        """Whether another browser of his is logged in, where he may go on."""
        sessions = await self._desk.people.sessions(visit.operator.name)
        since = self._frame.clock() - IDLE_SECONDS
        return any(each.key != visit.session.key and each.seen_at > since for each in sessions)

    async def _put_back(self, visit: Visit, head: ThreadHead) -> None:
        """Back to the queue, once for each time that he had it; who took it meanwhile keeps it."""
        me = visit.operator
        parts = f"left {head.conversation_id} {me.name} {head.since}"
        await self._desk.act(
            OperatorAction(
                id=hashlib.sha256(parts.encode()).hexdigest()[:32],
                conversation_id=head.conversation_id,
                operator=me.name,
                operator_name=me.display_name,
                kind=ActionKind.LEAVE,
                at=self._frame.clock(),
            )
        )


def _seen(held: Sequence[ThreadHead]) -> str:
    """What he saw when he was asked: one that came since is asked for again."""
    return hashlib.sha256("\n".join(sorted(head.conversation_id for head in held)).encode()).hexdigest()[:16]
