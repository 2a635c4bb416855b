"""One citizen at several addresses: he takes a code here and says it there, and parts them again."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass

from bot.conversation import Conversation, Holder, Stage
from bot.dialogue.aftercare import channel_name
from bot.dialogue.heard import Heard
from bot.dialogue.resuming import resume
from bot.dialogue.scene import Scene
from bot.turn import LinkKind, LinkStep, Outcomes, Timeout
from channels.message import Address

LIFE = 600.0
"""Seconds for which a code is good."""
TRIES = 5
"""Wrong codes at one address within an hour, after which no more are looked at."""
TRIES_ANYWHERE = 300
"""The same at all addresses: whoever opens a thousand web chats to guess gets no more than these."""
MOST = 6
"""Chats that one citizen may link; each of them is read with every message of his."""
NEWS = ("linked", "parted")
"""Moments at which the other chat is told, in `Timeout.name`. The subject is the channel on which it was done, and no
address: nothing of a link is kept once it is parted."""

_CHATS = r"(?:微信|企业微信|电报|telegram|tg|网页|网站|小程序|钉钉|飞书)"
_WHOSE = r"(?:我|我的|一个|其他|其它|别的|另一个|另外的?|两个)*"
_WHAT = rf"(?:{_WHOSE}(?:账号|帐号|账户|帐户|渠道|聊天|{_CHATS})(?:公众号|账号|帐号|聊天|渠道|号)?)"
_POLITE = r"(?:你好|您好|请|麻烦|帮我|给我|我要|我想|想要|我想要|怎么|如何|咋)*"
_END = r"(?:一下|吧|呗|啊|呢|吗|谢谢)*"
_OFFER = re.compile(rf"{_POLITE}(?:绑定|关联)(?:一下)?(?:到|和|与|跟)?{_WHAT}?{_END}", re.IGNORECASE)
_PART = re.compile(
    rf"{_POLITE}(?:解除|取消|解开|撤销)(?:我的|和|与|跟)?{_WHAT}?的?(?:绑定|关联)(?:和|与|跟)?{_WHAT}?{_END}|{_POLITE}解绑{_WHAT}?{_END}",
    re.IGNORECASE,
)
_CODE = re.compile(rf"{_POLITE}(?:绑定|关联)(?:码|账号|帐号)?(?:是|为)?:?(\d{{3}}-?\d{{3}}){_END}")
_ALONE = re.compile(r"(?:绑定码|验证码|码)?(?:是|为)?:?(\d{3}-?\d{3})")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the citizen wants done; `code` where he says one."""

    kind: LinkKind
    code: str = ""


def wish_of(conversation: Conversation, text: str) -> Wish | None:
    """What words alone say about links. Only whole messages count: 医保卡怎么绑定 is a question like any other."""
    said = re.sub(r"[\s“”\"'。.,!?~、]+", "", unicodedata.normalize("NFKC", text))
    found = _CODE.fullmatch(said) or (_ALONE.fullmatch(said) if conversation.stage is Stage.LINK else None)
    if found:
        return Wish(LinkKind.JOIN, found.group(1).replace("-", ""))
    if _PART.fullmatch(said):
        return Wish(LinkKind.PART)
    return Wish(LinkKind.OFFER) if _OFFER.fullmatch(said) else None


def take(scene: Scene, heard: Heard) -> bool:
    """Carry it out. True when the words were about a link."""
    wish = None if heard.tapped else wish_of(scene.conversation, heard.text)
    if wish is None:
        return False
    scene.reach(Outcomes.ANSWER)
    scene.intent = "link"  # a rule of ours; what the model made of these words says nothing
    match wish.kind:
        case LinkKind.OFFER:
            _offer(scene, heard)
        case LinkKind.PART:
            _part(scene)
        case _:
            _join(scene, heard, wish.code)
    if scene.conversation.draft is not None and scene.conversation.holder is not Holder.OPERATOR:
        resume(scene)
    return True


def tell(scene: Scene, timeout: Timeout) -> None:
    """The other chat of his reads what was done."""
    scene.reach(Outcomes.TOLD)
    name = "link_told" if timeout.name == "linked" else "unlinked_told"
    scene.announce(scene.texts(name, channel=channel_name(scene, timeout.subject)))


def _offer(scene: Scene, heard: Heard) -> None:
    if len(scene.conversation.linked) + 1 >= MOST:
        _say(scene, "link_full", most=MOST)
        return
    code = heard.link.fresh
    scene.link(LinkStep(kind=LinkKind.OFFER, code=code, until=scene.now + LIFE))
    _say(scene, "link_code", code=code)
    if scene.conversation.draft is None and scene.conversation.holder is not Holder.OPERATOR:
        scene.say("link_code_ask")
        scene.ask(Stage.LINK)


def _join(scene: Scene, heard: Heard, code: str) -> None:
    known, other = heard.link, heard.link.offered_by
    linked = scene.conversation.linked
    if known.wrong >= TRIES or known.wrong_anywhere >= TRIES_ANYWHERE:
        _say(scene, "link_too_often")
    elif not other:
        scene.link(LinkStep(kind=LinkKind.WRONG))
        _say(scene, "link_too_often" if known.wrong + 1 >= TRIES else "link_wrong")
    elif other == scene.conversation.id:
        _say(scene, "link_own", code=code)
    elif any(each.id == other for each in linked):
        _say(scene, "link_already", channel=channel_name(scene, Address.parse(other).channel))
    elif len(linked) + 1 + known.theirs > MOST:
        _say(scene, "link_full", most=MOST)
    else:
        person = hashlib.sha256(f"person:{scene.key}".encode()).hexdigest()[:32]
        scene.link(LinkStep(kind=LinkKind.JOIN, code=code, other=other, person=person))
        _say(scene, "link_done", channel=channel_name(scene, Address.parse(other).channel))
        _done(scene)


def _part(scene: Scene) -> None:
    if not scene.conversation.linked:
        _say(scene, "unlinked_none")
        return
    scene.link(LinkStep(kind=LinkKind.PART))
    _say(scene, "unlinked")
    _done(scene)


def _done(scene: Scene) -> None:
    if scene.conversation.stage is Stage.LINK:
        scene.conversation = scene.conversation.asking(Stage.IDLE)


def _say(scene: Scene, name: str, **values: object) -> None:
    """He asked the service and not the operator, so the answer passes whoever holds the conversation."""
    if scene.conversation.holder is Holder.OPERATOR:
        scene.announce(scene.texts(name, **values))
    else:
        scene.say(name, **values)
