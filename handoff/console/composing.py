"""The composer: what helps an operator write, the gate before sending, photos and files, and who is typing."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from aiohttp import web

from handoff.console.frame import Frame, Visit
from handoff.console.http import clean, fault_of
from handoff.console.uploading import MOST_FILES, Posted, read_posted
from handoff.console.words import FORGED, listed, media_path, remaining
from handoff.desk import MATTER, ActionKind, Enclosure, Operator, Thread
from handoff.tongue import later, say
from handoff.writing import PLACEHOLDERS, Doubt, FileRefused, Help, Warning, Writing, unfilled

_LONGEST_MATTER = 40
_GONE = later("上传的文件已失效，没有发送。请重新选择。")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What an operator wrote, and what is to be said about it before it may go."""

    text: str = ""
    enclosed: tuple[tuple[Enclosure, str], ...] = ()
    """Each with its grant, by which a later form names it."""
    problem: str = ""
    """It cannot be sent."""
    notice: str = ""
    warnings: tuple[Warning, ...] = ()
    """It may be sent by a second press."""
    sure: str = ""
    """Names this very text in that second press."""
    dropped: str = ""
    """The matter that is no ticket and is let go with a closing, by its key."""

    @property
    def goes(self) -> bool:
        """Nothing holds it back."""
        return not (self.problem or self.notice or self.warnings)

    @property
    def enclosures(self) -> tuple[Enclosure, ...]:
        """What goes with the words."""
        return tuple(enclosure for enclosure, _ in self.enclosed)


class Composing:
    """The composer's part of the conversation's page, and the few requests of its script."""

    def __init__(self, frame: Frame, writing: Writing, secret: bytes) -> None:
        self._frame = frame
        self._writing = writing
        # A key of its own: what signs a file must never sign a session.
        self._key = hmac.new(secret, b"files of the composer", hashlib.sha256).digest()
        frame.teach({"remaining": remaining}, placeholders=PLACEHOLDERS, most_files=MOST_FILES)

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """Uploads of the script, and typing both ways."""
        conversation = "/desk/c/{conversation}"
        return [
            web.post(f"{conversation}/files", self._frame.inside(self._upload)),
            web.post(f"{conversation}/typing", self._frame.inside(self._tell_typing)),
            web.get(f"{conversation}/typing", self._frame.inside(self._ask_typing), allow_head=False),
        ]

    async def help(self, visit: Visit, thread: Thread) -> Help | None:
        """What the composer shows, for one who may write: the first word takes what no operator holds."""
        return await self._writing.help(thread, visit.operator) if thread.head.hears(visit.operator.name) else None

    async def read(self, visit: Visit, thread: Thread, posted: Posted) -> Written:
        """What was written, checked: the words, the files, the gate."""
        form = posted.fields
        written = Written(text=clean(form.get("text", "")))
        written = await self._enclosing(visit, thread.head.conversation_id, written, posted)
        if written.problem:
            return written
        if "canned" in form or "suggestion" in form:
            return await self._inserted(visit, thread, written, form)
        if fault := fault_of(written.text) if written.text or not written.enclosed else "":
            return replace(written, problem=fault)
        if open_places := unfilled(written.text):
            return replace(written, problem=_still_open(open_places))
        return await self._through_gate(visit, thread, written, form.get("sure", ""), "reply_sent")

    async def part(self, visit: Visit, thread: Thread, kind: ActionKind, form: Mapping[str, str]) -> Written:
        """The word with which a conversation is given back or closed, checked like a reply. It may be left out."""
        written = Written(text=clean(form.get("text", "")))
        if fault := fault_of(written.text) if written.text else "":
            return replace(written, problem=fault)
        if open_places := unfilled(written.text):
            return replace(written, problem=_still_open(open_places))
        closes = kind is ActionKind.CLOSE
        written = replace(written, dropped=thread.unfiled if closes else "")
        return await self._through_gate(visit, thread, written, form.get("sure", ""), kind.value)

    async def _through_gate(self, visit: Visit, thread: Thread, written: Written, sure: str, done: str) -> Written:
        """A doubt holds the words back once; the second press of the same words is the operator's own decision."""
        conversation = thread.head.conversation_id
        doubts = await self._writing.warnings(conversation, written.text) if written.text else ()
        warnings = (*_about_unfiled(thread, written), *doubts)
        if not warnings:
            return written
        # Each by itself: a word that nobody doubts may be changed between the two presses.
        decided = [_digest(written.dropped)] * bool(written.dropped) + [_digest(written.text)] * bool(doubts)
        if not set(decided) <= set(sure.split("+")):
            return replace(written, warnings=warnings, sure="+".join(decided))
        kinds = "+".join(dict.fromkeys(str(warning.doubt) for warning in warnings))
        await self._frame.note(visit, f"{done}_despite:{kinds}", conversation)
        return written

    async def _inserted(self, visit: Visit, thread: Thread, written: Written, form: Mapping[str, str]) -> Written:
        """Without the script a press on a canned reply or a suggestion comes here: the words are laid in, not sent."""
        shown = await self.help(visit, thread)
        chosen = ""
        if shown and "canned" in form:
            chosen = next((reply.text for reply in shown.replies if str(reply.id) == form["canned"]), "")
        elif shown and form.get("suggestion", "").isascii() and form.get("suggestion", "").isdigit():
            chosen = next((one.answer for one in shown.suggestions[int(form["suggestion"]) :]), "")
        if not chosen:
            return replace(written, problem=say("这一条已不在了，没有填入。"))
        text = f"{written.text}\n{chosen}".strip()
        open_places = unfilled(text)
        notice = say("已填入，还没有发送。")
        if open_places:
            notice = say("已填入，还没有发送。待填：{names}").format(names=listed(open_places))
        return replace(written, text=text, notice=notice)

    # Photos and files

    async def _enclosing(self, visit: Visit, conversation: str, written: Written, posted: Posted) -> Written:
        grants = [posted.fields[name] for number in range(MOST_FILES) if (name := f"file{number}") in posted.fields]
        enclosed = [(self._granted(visit.operator, conversation, grant), grant) for grant in grants]
        known = tuple((enclosure, grant) for enclosure, grant in enclosed if enclosure is not None)
        written = replace(written, enclosed=known)
        if len(known) < len(grants):
            return replace(written, problem=_GONE)
        if posted.problem:
            await self._frame.note(visit, "file_refused", conversation)
            return replace(written, problem=posted.problem)
        if len(known) + len(posted.files) > MOST_FILES:
            return replace(written, problem=say("一次最多发 {most} 个文件，没有发送。").format(most=MOST_FILES))
        for file in posted.files:
            try:
                enclosure = await self._writing.enclose(conversation, file.filename, file.content)
            except FileRefused as refused:
                await self._frame.note(visit, "file_refused", conversation)
                return replace(written, problem=str(refused))
            grant = self._grant(visit.operator, conversation, enclosure)
            written = replace(written, enclosed=(*written.enclosed, (enclosure, grant)))
        return written

    async def _upload(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        conversation = request.match_info["conversation"]
        posted = await read_posted(request)
        if not await self._frame.is_ours(visit, posted.fields, conversation):
            return _problem(403, FORGED)
        if posted.problem or "refused" in posted.fields:  # too large to be read, or for the page to send at all
            await self._frame.note(visit, "file_refused", conversation)
            return _problem(413, posted.problem)
        if await self._frame.desk.thread(conversation) is None or len(posted.files) != 1:
            return _problem(404, later("会话不存在，文件没有上传。"))
        (file,) = posted.files
        try:
            enclosure = await self._writing.enclose(conversation, file.filename, file.content)
        except FileRefused as refused:
            await self._frame.note(visit, "file_refused", conversation)
            return _problem(422, str(refused))
        grant = self._grant(visit.operator, conversation, enclosure)
        shown = {"grant": grant, "kind": enclosure.kind, "name": enclosure.filename, "size": enclosure.size}
        return web.json_response(shown | {"url": media_path(enclosure.key)})

    def _grant(self, operator: Operator, conversation: str, enclosure: Enclosure) -> str:
        """Names a file in a form, so that nobody can send what he did not upload himself."""
        body = json.dumps([operator.name, conversation, asdict(enclosure)]).encode()
        return f"{urlsafe_b64encode(body).decode()}.{hmac.new(self._key, body, hashlib.sha256).hexdigest()}"

    def _granted(self, operator: Operator, conversation: str, grant: str) -> Enclosure | None:
        encoded, _, seal = grant.partition(".")
        try:
            body = urlsafe_b64decode(encoded.encode())
        except ValueError:
            return None
        if not hmac.compare_digest(hmac.new(self._key, body, hashlib.sha256).hexdigest().encode(), seal.encode()):
            return None
        name, where, fields = json.loads(body)
        return Enclosure(**fields) if (name, where) == (operator.name, conversation) else None

    # Typing

    async def _tell_typing(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        conversation = request.match_info["conversation"]
        posted = await read_posted(request)
        if not await self._frame.is_ours(visit, posted.fields, conversation):
            return _problem(403, FORGED)
        await self._writing.typing(conversation, visit.operator)
        return web.Response(status=204)

    async def _ask_typing(self, request: web.Request, _visit: Visit) -> web.StreamResponse:
        typing = self._writing.is_typing(request.match_info["conversation"])
        return web.json_response({"typing": typing}, headers={"Cache-Control": "no-store"})


def _digest(decided: str) -> str:
    return hashlib.sha256(decided.encode()).hexdigest()[:32]


def _about_unfiled(thread: Thread, written: Written) -> Iterator[Warning]:
    """What the citizen told and nobody filed is not lost by a press."""
    if written.dropped:
        what = dict(thread.understood).get(MATTER, "")
        what = what if len(what) <= _LONGEST_MATTER else what[: _LONGEST_MATTER - 1] + "…"
        words = say("“{what}”还没有提交成工单。要办的请先提交；再按一次就结束，不登记，并告诉市民没有登记。")
        yield Warning(Doubt.UNFILED, words.format(what=what))


def _still_open(places: Sequence[str]) -> str:
    return say("还有没填的：{names}。请填好再发送。").format(names=listed(places))


def named(enclosures: Sequence[Enclosure]) -> list[str]:
    """What makes an action with these files another than one without."""
    return [enclosure.key for enclosure in enclosures]


def _problem(status: int, words: str) -> web.Response:
    return web.json_response({"problem": say(words)}, status=status)
