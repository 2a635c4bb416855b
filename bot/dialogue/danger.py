"""While somebody is in danger: the number and what to say there, everything noted silently, no form and no card."""

import re
from dataclasses import replace

from bot.appeal import Appeal
from bot.conversation import Stage
from bot.dialogue.amending import amend
from bot.dialogue.asking import watch
from bot.dialogue.errands import in_common
from bot.dialogue.filling import fill, open_appeal
from bot.dialogue.heard import Heard
from bot.dialogue.matters import is_own_matter, share
from bot.dialogue.saying import is_further
from bot.dialogue.scene import Scene
from bot.dialogue.ticketing import make_ticket
from bot.texts import DANGER_WORDS, EMERGENCY_ADVICE
from bot.turn import Outcomes
from channels.message import MessageKind
from handoff.ticket import Ticket
from nlu.interpretation import EmergencyKind, Intent

_OVER = 2 * 3600.0
"""Seconds of silence after which what comes is not about the danger any more."""
_CALLED = "called"
"""In the stage's subject: the citizen has called, or help is there."""
_HELP_COMES = re.compile(
    r"(?:打|拨|报|叫|喊)(?:过|了|啦|哒|完|通)?(?:电话)?(?:给)?(?:119|110|120|122|警|火警|救护车)"
    r"|(?:119|110|120|122|电话)(?:我)?(?:已经|都)?(?:打|拨|叫)(?:过|了|通|完)"
    r"|(?:警察|民警|消防|救护车|医生|大夫|他们|救援).{0,4}(?:来|到|在路上)"
)
_NOT_CALLED = re.compile(
    r"(?:没有?|冇|未|不敢|不会|不能|没法|忘|还没来得及|来不及)(?:去)?(?:打|拨|报|叫)"
    r"|(?:打|拨|叫|报)(?:哪|几|多少|什么|啥|么子|谁)|打不通|占线|(?:哪|什么|啥)个?(?:电话|号)"
    r"|(?:怎么|咋|如何|怎样)(?:办|整|弄|说|搞|讲)|啷个办|(?:说|讲)不(?:清|明|上来|好)|说(?:啥|什么|么子)|慌|急死|更大|越来越"
)
_SAFE = re.compile(
    r"(?:火|事|险|人)(?:已经|都)?(?:灭|扑灭|救)(?:了|出来|上来)|没事(?:儿)?了|安全了|脱险|解决了|得救|控制住了|送(?:到)?医院"
)
_PARTS = re.compile(r"谢|再见|再会|拜|回头|先这样|麻烦了|辛苦|88|挂了|没事")
_PERSON = re.compile(r"人工|真人|坐席|客服|转接")
_LEAVES = frozenset({Intent.STATUS, Intent.WITHDRAW, Intent.RATE})
_SUDDEN = frozenset({EmergencyKind.FIRE, EmergencyKind.TRAFFIC})
"""They break out; the other dangers grow out of what was being told (a smell, a quarrel, a fall)."""
_WATER = re.compile(r"水|河|塘|湖|江|井|淹|溺")
_SHUT = re.compile(
    r"门.{0,6}(?:开不|打不开|锁|进不|撬|反锁)|(?:开不了|打不开|进不去|谁给开).{0,3}(?:门|屋|家)|困(?:在|住)"
)


def is_known(scene: Scene, kind: str) -> bool:
    """This danger, or a mere cry for help in one, has had its number already."""
    conversation = scene.conversation
    fresh = scene.now - conversation.last_message_at <= _OVER
    return conversation.stage is Stage.DANGER and fresh and kind in (_of(scene), "other")


def warning(scene: Scene, kind: str, text: str) -> str:
    """The number, and what to do until they come."""
    advice = kind
    if kind == "other":
        advice = "water" if _WATER.search(text) else "shut" if _SHUT.search(text) else kind
    what, words = EMERGENCY_ADVICE[advice]
    number = scene.rules.emergency_numbers.get(kind, "110")
    told = scene.texts("emergency", number=number, what=what, advice=words)
    door = kind == "medical" and _SHUT.search(text)
    return f"{told}\n{scene.texts('emergency_door')}" if door else told


def take_danger(scene: Scene, heard: Heard) -> None:
    """The first word of a danger: it is filed as soon as its place is known, and its place read out for the call."""
    _open(scene, heard)
    draft = scene.conversation.draft
    assert draft is not None
    called = bool(_HELP_COMES.search(heard.text)) and not _NOT_CALLED.search(heard.text)
    _stay(scene, "", called=called)
    scene.say("emergency_after")
    if draft.place:
        ticket = _file(scene, draft, called=called)
        if not called:
            scene.say("emergency_read_out", number=_number(scene), call=_call(scene, ticket))
        _say_filed(scene, ticket)
    else:
        scene.say("emergency_where")
    scene.reach(Outcomes.HANDOVER)


def goes_on(scene: Scene, heard: Heard) -> bool:
    """Words after that. True when they were about the danger; else the danger is over and they are taken as any."""
    conversation = scene.conversation
    if conversation.stage is not Stage.DANGER:
        return False
    if _is_over(scene, heard):
        _leave(scene)
        return False
    if _PERSON.search(heard.text) and len(heard.text) < 10:
        return False
    if heard.kinds <= {MessageKind.STICKER, MessageKind.LINK, MessageKind.UNKNOWN}:
        return False
    _take_word(scene, heard)
    return True


def _is_over(scene: Scene, heard: Heard) -> bool:
    understood, ticket = heard.interpretation, _ticket(scene)
    if understood.emergency and understood.emergency is not EmergencyKind.OTHER:
        return False
    if scene.now - scene.conversation.last_message_at > _OVER or is_further(heard.text):
        return True
    if ticket is None:
        return False
    if understood.intent in (Intent.THANKS, Intent.GOODBYE) and _PARTS.search(heard.text) and not understood.phone:
        return not heard.attachments and not _SAFE.search(heard.text)
    elsewhere = any(
        p.main and p.district and ticket.place and p.district != ticket.place.district for p in understood.locations
    )
    return understood.intent in _LEAVES or (understood.intent is Intent.APPEAL and elsewhere)


def _leave(scene: Scene) -> None:
    """Back to the ordinary talk; a matter that had to wait for the danger has its turn later."""
    conversation = scene.conversation.asking(Stage.IDLE)
    if conversation.draft is None and conversation.matters:
        conversation = replace(conversation, draft=conversation.matters[0], matters=conversation.matters[1:])
    scene.conversation = conversation
    watch(scene)


def _take_word(scene: Scene, heard: Heard) -> None:
    called = _CALLED in scene.conversation.subject
    ticket = _ticket(scene)
    comes = bool(_HELP_COMES.search(heard.text)) and not _NOT_CALLED.search(heard.text)
    ticket, changed = _note(scene, heard, ticket)
    _stay(scene, ticket.ticket_no, called=called or comes)
    asks = bool(_NOT_CALLED.search(heard.text)) or heard.interpretation.intent in (Intent.FAQ, Intent.HUMAN)
    if _SAFE.search(heard.text) and not heard.interpretation.emergency:
        scene.say("emergency_safe")
        _leave(scene)
    elif comes:
        scene.say("emergency_called")
    elif (asks or heard.interpretation.emergency or "place" in changed) and not called:
        scene.say("emergency_call", number=_number(scene), call=_call(scene, ticket))
    elif changed & {"contact"}:
        scene.say("emergency_contact")
    else:
        scene.say("emergency_noted")
        if not called:
            scene.say("emergency_call_still", number=_number(scene))
    if _SHUT.search(heard.text) and not comes and "119" not in scene.words:
        scene.say("emergency_door")
    scene.reach(Outcomes.HANDOVER)


def _note(scene: Scene, heard: Heard, ticket: Ticket | None) -> tuple[Ticket, frozenset[str]]:
    """Into the ticket, which is filed now at the latest."""
    if ticket is not None and heard.interpretation.intent is Intent.CONFIRM and not heard.interpretation.phone:
        return ticket, frozenset()
    if ticket is not None:
        return amend(scene, ticket, heard)
    draft = scene.conversation.draft
    assert draft is not None, "a danger that is not filed is a draft"
    filled = fill(draft, heard, Stage.WHERE if not draft.place else Stage.CONTACT, scene.rules)
    ticket = _file(scene, filled.appeal, called=False)
    _say_filed(scene, ticket)
    return ticket, filled.changed


def _open(scene: Scene, heard: Heard) -> None:
    """What was begun already belongs to the danger, unless it is quite another matter, which then waits."""
    conversation = scene.conversation
    draft = conversation.draft
    if draft is not None and not _is_other(draft, heard, scene):
        draft = fill(draft, heard, conversation.stage, scene.rules).appeal
    else:
        waiting = (*conversation.matters, draft) if draft is not None else conversation.matters
        conversation = replace(conversation, matters=waiting)
        near = draft.place if draft is not None else None
        draft = open_appeal(heard, heard.text, 1, scene.rules)
        draft = replace(draft, place=draft.place or near)
    kind = draft.emergency or str(heard.interpretation.emergency)
    draft = replace(draft, emergency=kind, urgent=True)
    draft = draft if draft.has_what else draft.saying(heard.text)
    scene.conversation = replace(conversation, draft=draft, nudged=False)


def _is_other(draft: Appeal, heard: Heard, scene: Scene) -> bool:
    """A matter of a kind that is clear, told in other words: a dead lamp is not the fire that breaks out now."""
    sure = draft.category is not None and draft.category.confidence >= scene.rules.sure and not draft.emergency
    apart = sure and heard.interpretation.emergency in _SUDDEN and not in_common(heard.text, draft.what)
    return draft.has_what and (apart or is_own_matter(draft, heard, scene.rules))


def _file(scene: Scene, appeal: Appeal, *, called: bool) -> Ticket:
    """The operator's copy, at once; everything after goes to it as a supplement."""
    scene.conversation = replace(scene.conversation, draft=appeal)
    share(scene)
    ticket = make_ticket(appeal, scene.conversation, scene.rules, scene.now)
    scene.submit(ticket)
    scene.cancel("nudge", "lay")
    scene.conversation = replace(scene.conversation, draft=None)
    _stay(scene, ticket.ticket_no, called=called)
    return ticket


def _say_filed(scene: Scene, ticket: Ticket) -> None:
    name = "emergency_filed" if ticket.contact.phone or ticket.anonymous else "emergency_filed_ask"
    scene.say(name, ticket_no=ticket.ticket_no)


def _stay(scene: Scene, ticket_no: str, *, called: bool) -> None:
    old = scene.conversation.subject if scene.conversation.stage is Stage.DANGER else ""
    kind = old.split(" ")[0] if old else _kind(scene)
    subject = " ".join((kind, ticket_no or "-", _CALLED if called else "alone"))
    scene.conversation = scene.conversation.asking(Stage.DANGER, subject=subject)


def _kind(scene: Scene) -> str:
    draft = scene.conversation.draft
    return (draft.emergency if draft else None) or "other"


def _ticket(scene: Scene) -> Ticket | None:
    return scene.conversation.ticket(scene.conversation.subject.split(" ")[1])


def _number(scene: Scene) -> str:
    return scene.rules.emergency_numbers.get(_of(scene), "110")


def _of(scene: Scene) -> str:
    return scene.conversation.subject.split(" ")[0]


def _call(scene: Scene, ticket: Ticket) -> str:
    """What to say to those who come: where, and what."""
    kind = _of(scene)
    place = ticket.place.text if ticket.place else ""
    what = DANGER_WORDS["water"] if kind == "other" and _WATER.search(ticket.content) else DANGER_WORDS[kind]
    return f"{place or scene.texts('emergency_no_place')}，{what}"
