"""The ticket draft beside a conversation: its form and what stands around it, the searches it needs, and tickets."""

import hashlib
import json
import re
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields

from aiohttp import web

from handoff.console.frame import Frame, Visit
from handoff.console.http import clean, read_form, see_other
from handoff.console.reveal import is_open
from handoff.console.words import DONE, FORGED, path_of, refusal
from handoff.desk import ActionKind, OperatorAction, Outcome, Thread
from handoff.drafting import (
    APPEAL_TYPES,
    AS_TYPED,
    LONGEST,
    CategoryOption,
    Checked,
    Drafting,
    Fields,
    PlaceOption,
    Sheet,
)
from handoff.people import Right, may
from handoff.ticket_form import Secrecy, TicketForm
from handoff.tongue import later, say

_ACTION_ID = re.compile(r"[0-9a-f]{32}\Z")
_ONE_LINE = ("category_words", "place", "occurred", "title", "name", "phone", "reason")
_GONE = later("会话不存在。")
_LARGEST_FORM = 256 * 1024
"""Bytes: a form brings what stood in it at first along with what was typed."""
_MENDED = later("这段时间市民也改了，已标出。您填的没有动；看过后请再按一次。")


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What stands beside a conversation: what is known, and the form of its draft with all that it needs."""

    sheet: Sheet
    holds: bool
    """Whether who looks may change the draft."""
    supervises: bool
    fields: Fields | None
    """As they stand in the form; None where there is no draft."""
    begun: Fields | None
    """As they stood in it at first."""
    begun_form: str
    """The same, as the form carries it."""
    typed: bool
    """Whether somebody typed them, so that they must not be lost."""
    faults: Mapping[str, str]
    clashes: Sequence[str]
    """What was changed here and by the citizen."""
    categories: Sequence[CategoryOption]
    places: Sequence[PlaceOption]
    parts: Sequence[tuple[str, str]]
    action: str
    state: str
    """Another one means that the form must be drawn anew."""


class DraftPages:
    """The pages over a `Drafting`, in the frame of the desk."""

    def __init__(self, frame: Frame, drafting: Drafting) -> None:
        self._frame = frame
        self._desk = frame.desk
        self._drafting = drafting
        frame.teach(
            {"recorded": _recorded},
            appeal_types=APPEAL_TYPES,
            usual_type=Fields().appeal_type,
            longest=LONGEST,
            secrecies=_SECRECIES,
            as_typed=AS_TYPED,
        )

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """Everybody at the desk may look; only who holds the conversation changes its draft."""
        inside, conversation = self._frame.inside, "/desk/c/{conversation}"
        return [
            web.get(f"{conversation}/ticket", inside(self._page)),
            web.post(f"{conversation}/amend", inside(self._acting(ActionKind.AMEND))),
            web.post(f"{conversation}/submit", inside(self._acting(ActionKind.SUBMIT))),
            web.get("/desk/categories", inside(self._categories)),
            web.post("/desk/places", inside(self._places)),
            web.get("/desk/t/{ticket}", inside(self._ticket)),
        ]

    async def beside(self, visit: Visit, thread: Thread) -> Beside | None:
        """What the aside of a conversation shows."""
        sheet = await self._sheet(visit, thread)
        if sheet is None:
            return None
        await self._note_linked(visit, sheet)
        return _beside(visit, thread, sheet)

    async def _note_linked(self, visit: Visit, sheet: Sheet) -> None:
        """His tickets of other channels are shown with their titles, though nobody opens those conversations."""
        for other in sheet.linked:
            if other.conversation_id:
                await self._frame.note_look(visit, "linked_seen", other.conversation_id)

    async def _sheet(self, visit: Visit, thread: Thread) -> Sheet | None:
        conversation = thread.head.conversation_id
        plain = thread.hidden and await is_open(self._frame, visit, conversation)
        return await self._drafting.sheet(conversation, plain=plain)

    # The page for small screens, and for what could not be done

    async def _page(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        conversation = request.match_info["conversation"]
        thread = await self._thread(conversation)
        if thread is None:
            return self._frame.inner_page(visit, "desk_gone.html", 404, words=_GONE)
        notice = DONE.get(request.query.get("done", ""), "")
        return self._frame.keep(request, visit, await self._show(visit, thread, notice=notice))

    async def _show(
        self,
        visit: Visit,
        thread: Thread,
        *,
        typed: Fields | None = None,
        checked: Checked | None = None,
        problem: str = "",
        notice: str = "",
        status: int = 200,
    ) -> web.Response:
        sheet = await self._sheet(visit, thread)
        assert sheet is not None, "a conversation with a thread has a sheet"
        await self._frame.note_look(visit, "draft_opened", thread.head.conversation_id)
        await self._note_linked(visit, sheet)
        beside = _beside(visit, thread, sheet, typed, checked)
        page = {"thread": thread, "beside": beside, "problem": problem, "notice": notice}
        return self._frame.inner_page(visit, "desk_draft.html", status, **page)

    async def _thread(self, conversation: str) -> Thread | None:
        return await self._desk.thread(conversation) if conversation.isprintable() else None

    # What an operator does

    def _acting(self, kind: ActionKind) -> Callable[[web.Request, Visit], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request, visit: Visit) -> web.StreamResponse:
            conversation = request.match_info["conversation"]
            form = await read_form(request, _LARGEST_FORM)
            thread = await self._thread(conversation)
            if thread is None:
                return self._frame.inner_page(visit, "desk_gone.html", 404, words=_GONE)
            typed = _typed(form)
            if not await self._frame.is_ours(visit, form, conversation):
                return await self._show(visit, thread, typed=typed, problem=FORGED, status=403)
            page = form.get("action", "")
            if not _ACTION_ID.match(page):
                raise web.HTTPBadRequest(text=say("表单不完整，请刷新页面后再试。"))
            whole, take = kind is ActionKind.SUBMIT, form.get("take", "")
            plain = thread.hidden and await is_open(self._frame, visit, conversation)
            checked = await self._drafting.check(
                conversation, typed, whole=whole, begun=_begun(form), take=take, plain=plain
            )
            if take or form.get("do") == "look":
                return await self._show(visit, thread, typed=typed, checked=checked)
            if checked.form is None:
                if "reason" in checked.faults:
                    await self._frame.note(visit, f"{kind.value}_{Outcome.UNEXPLAINED}", conversation)
                problem = (
                    later("工单没有提交，请改正标出的地方。") if whole else later("草稿没有保存，请改正标出的地方。")
                )
                problem = problem if checked.faults else _MENDED
                return await self._show(visit, thread, typed=typed, checked=checked, problem=problem, status=422)
            result = await self._desk.act(self._action(kind, conversation, visit, (page, typed), checked.form))
            if result.outcome is not Outcome.DONE:
                await self._frame.note(visit, f"{kind.value}_{result.outcome.value}", conversation)
                status = 404 if result.outcome is Outcome.GONE else 409
                late = Checked(form=None, begun=_begun(form))
                return await self._show(
                    visit, thread, typed=typed, checked=late, problem=refusal(result), status=status
                )
            small = "/ticket" if form.get("from") == "ticket" and not whole else ""
            return see_other(f"{path_of(conversation)}{small}?done={kind.value}")

        return answer

    def _action(
        self, kind: ActionKind, conversation: str, visit: Visit, sent: tuple[str, Fields], form: TicketForm
    ) -> OperatorAction:
        me, (page, typed) = visit.operator, sent
        # The same page sent twice with the same words is one thing; changed words from a page gone back to are another.
        parts = json.dumps([page, kind.value, conversation, me.name, asdict(typed)])
        return OperatorAction(
            id=hashlib.sha256(parts.encode()).hexdigest()[:32],
            conversation_id=conversation,
            operator=me.name,
            operator_name=me.display_name,
            kind=kind,
            at=self._frame.clock(),
            form=form,
        )

    # What the form asks for while it is being filled in

    async def _categories(self, request: web.Request, _visit: Visit) -> web.StreamResponse:
        found = await self._drafting.categories(clean(request.query.get("q", "")))
        return _json([{**asdict(option), "words": " > ".join(option.path)} for option in found])

    async def _places(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        form = await read_form(request)  # posted, since an address in a URL would end in somebody's log
        if not await self._frame.is_ours(visit, form, "places"):
            raise web.HTTPForbidden(text=say(FORGED))
        checked = await self._drafting.places(_line(form.get("place", "")))
        return _json(
            {
                "parts": [(say(label), value) for label, value in checked.parts],
                "places": [asdict(option) for option in checked.places],
            }
        )

    # A ticket

    async def _ticket(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        number = request.match_info["ticket"]
        ticket = await self._drafting.ticket(number) if number.isprintable() else None
        if ticket is None:
            return self._frame.inner_page(visit, "desk_gone.html", 404, words=later("没有这张工单。"))
        if ticket.hidden and await is_open(self._frame, visit, ticket.conversation_id):
            ticket = await self._drafting.ticket(number, plain=True) or ticket
        await self._frame.note_look(visit, "ticket_opened", ticket.ticket_no)
        return self._frame.keep(request, visit, self._frame.inner_page(visit, "desk_ticket.html", ticket=ticket))


_SECRECIES = (
    (Secrecy.NONE.value, later("不保密")),
    (Secrecy.CONFIDENTIAL.value, later("保密（承办单位看不到身份）")),
    (Secrecy.ANONYMOUS.value, later("匿名（不留姓名电话）")),
)


def _recorded(begun: Fields, thing: str) -> str:
    """What the record says of a thing of the form, in words."""
    match thing:
        case "category":
            words = begun.category_words
        case "place":
            words = begun.place or (say("没有具体地点") if begun.no_place else "")
        case "urgent":
            words = say("紧急") if begun.urgent else say("不紧急")
        case "secrecy":
            words = say(dict(_SECRECIES).get(begun.secrecy, ""))
        case "appeal_type":
            words = say(begun.appeal_type)
        case _:
            words = getattr(begun, thing)
    return words or say("（空）")


def _beside(
    visit: Visit, thread: Thread, sheet: Sheet, typed: Fields | None = None, checked: Checked | None = None
) -> Beside:
    holds = thread.head.is_held_by(visit.operator.name)
    state = json.dumps([holds, sheet.filing, asdict(sheet.fields) if sheet.fields else None])
    begun = checked.begun if checked else sheet.fields
    return Beside(
        sheet=sheet,
        holds=holds,
        supervises=may(visit.operator, Right.SUPERVISE),
        fields=(checked and checked.fields) or typed or sheet.fields,
        begun=begun,
        begun_form=_dump(asdict(begun)) if begun else "",
        typed=typed is not None,
        faults=checked.faults if checked else {},
        clashes=checked.clashes if checked else (),
        categories=checked.categories if checked else (),
        places=checked.places if checked else (),
        parts=checked.parts if checked else sheet.parts,
        action=uuid.uuid4().hex,
        state=hashlib.sha256(state.encode()).hexdigest()[:16],
    )


def _typed(form: Mapping[str, str]) -> Fields:
    """What was typed, whatever of it is wrong."""
    words = {field.name: clean(form.get(field.name, "")) for field in fields(Fields)}
    return Fields(**{**words, **{name: _line(words[name]) for name in _ONE_LINE}})


def _begun(form: Mapping[str, str]) -> Fields | None:
    """What stood in the form when it was opened; None in one that begins a draft."""
    if not form.get("begun"):
        return None
    try:
        known = json.loads(form["begun"])
    except ValueError:
        known = None
    if not isinstance(known, dict) or not all(isinstance(value, str) for value in known.values()):
        raise web.HTTPBadRequest(text=say("表单不完整，请刷新页面后再试。"))
    return _typed(known)


def _line(text: str) -> str:
    return " ".join(clean(text).split())


def _json(value: object) -> web.Response:
    return web.json_response(value, headers={"Cache-Control": "no-store"}, dumps=_dump)


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
