"""What is hidden of a 保密 or 匿名 citizen, shown for a while to who writes down why."""

from collections.abc import Iterable

from aiohttp import web

from handoff.console.frame import Frame, Visit
from handoff.console.http import clean, read_form, see_other
from handoff.console.words import FORGED, path_of, refusal
from handoff.desk import ActionResult, Outcome, Thread
from handoff.drafting import REASON
from handoff.people import Reveal, Right
from handoff.tongue import say

SHOWN_SECONDS = 600.0
"""For so long one reason lasts."""
SHORTEST_REASON, LONGEST_REASON = REASON


async def is_open(frame: Frame, visit: Visit, conversation: str) -> bool:
    """Whether this colleague has written down why he looks, a short while ago."""
    since = frame.clock() - SHOWN_SECONDS
    return await frame.desk.people.revealed(visit.operator.name, conversation, since)


class Revealing:
    """The form with the reason, and what it opens. The audit log holds that there was one; its words stand apart."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        frame.teach({}, shortest_reason=SHORTEST_REASON, longest_reason=LONGEST_REASON)

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """One form."""
        return [web.post("/desk/c/{conversation}/reveal", self._frame.inside(self._reveal, Right.REVEAL))]

    async def shown(self, visit: Visit, thread: Thread, before: int | None = None) -> tuple[Thread, bool]:
        """The conversation as this colleague may see it now, and whether that is all of it."""
        conversation = thread.head.conversation_id
        if not thread.hidden or not await is_open(self._frame, visit, conversation):
            return thread, False
        return await self._frame.desk.thread(conversation, before, plain=True) or thread, True

    async def _reveal(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        conversation = request.match_info["conversation"]
        form = await read_form(request)
        if not await self._frame.is_ours(visit, form, conversation):
            return self._refuse(visit, FORGED, 403)
        reason = clean(form.get("reason", ""))
        if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
            await self._frame.note(visit, "reveal_refused", conversation)
            problem = say("没有显示：请写明理由（{least} 到 {most} 个字）。").format(
                least=SHORTEST_REASON, most=LONGEST_REASON
            )
            return self._refuse(visit, problem, 422)
        if not conversation.isprintable() or await self._frame.desk.thread(conversation) is None:
            await self._frame.note(visit, "gone", conversation)
            return self._refuse(visit, refusal(ActionResult(outcome=Outcome.GONE)), 404)
        now = self._frame.clock()
        # First written down, then shown.
        await self._frame.note(visit, "revealed", conversation)
        await self._frame.desk.people.keep_reveal(
            Reveal(conversation_id=conversation, operator=visit.operator.name, reason=reason, at=now)
        )
        return see_other(f"{path_of(conversation)}?done=reveal")

    def _refuse(self, visit: Visit, problem: str, status: int) -> web.Response:
        return self._frame.inner_page(visit, "desk_refused.html", status, problem=problem)
