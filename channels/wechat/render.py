"""Replies as WeChat shows them: plain words, tappable numbered choices, never more than 2,048 bytes at once."""

import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from channels.message import Choice, Reply, Speaker
from channels.wechat.envelope import legal

LIMIT = 2048
"""UTF-8 bytes of one text, passive or pushed."""

_LONGEST_LINK = 600
_SENTENCE_END = re.compile(r"(?<=[。！？!?；;\n])|(?<=\. )")
_ANCHOR = re.compile(r"<(?=\s*/?\s*a\b)", re.IGNORECASE)


def shown(reply: Reply) -> str:
    """One reply in full, as the citizen reads it."""
    return "\n".join(part for part in (_words(reply), *_choices(reply)) if part)


def merged(replies: Sequence[Reply]) -> str:
    """Several replies in one text."""
    return "\n\n".join(text for text in map(shown, replies) if text)


def fit(replies: Sequence[Reply]) -> int:
    """How many of these, from the first, go together into one text."""
    size = 0
    for count, reply in enumerate(replies):
        if reply.attachments:  # a photo is no text: it is pushed by itself
            return count
        size += _size(shown(reply)) + (2 if count else 0)
        if size > LIMIT:
            return count
    return len(replies)


def merge(replies: Sequence[Reply]) -> list[list[Reply]]:
    """The replies in as few texts as they need; one that is too long by itself stands alone and goes in `pieces`."""
    groups: list[list[Reply]] = []
    rest = list(replies)
    while rest:
        count = max(1, fit(rest))
        groups.append(rest[:count])
        rest = rest[count:]
    return groups


def pieces(reply: Reply) -> list[str]:
    """One reply in as many texts as it needs, cut at the ends of sentences and never within a choice."""
    texts: list[str] = []
    for unit in _units(reply):
        if texts and _size(texts[-1] + unit) <= LIMIT:
            texts[-1] += unit
        else:
            texts.append(unit.lstrip("\n"))
    return [text for text in (text.strip() for text in texts) if text]


def passive_xml(text: str, *, user: str, written_to: str, at: int) -> str:
    """The webhook's own response: rendered by us, since the library's lets `]]>` in a text inject elements."""
    return (
        f"<xml><ToUserName>{_cdata(user)}</ToUserName><FromUserName>{_cdata(written_to)}</FromUserName>"
        f"<CreateTime>{at}</CreateTime><MsgType>{_cdata('text')}</MsgType><Content>{_cdata(text)}</Content></xml>"
    )


def _words(reply: Reply) -> str:
    return reply.marks + _speaker(reply) + _plain(reply.text)


def _speaker(reply: Reply) -> str:
    match reply.speaker:
        case Speaker.BOT:
            return ""
        case Speaker.OPERATOR:
            return f"【坐席 {_plain(reply.speaker_name)}】" if reply.speaker_name else "【坐席】"
        case Speaker.SYSTEM:
            return "【系统】"


def _plain(text: str) -> str:
    """WeChat makes links of `<a href>`; in our words such a thing is a quotation and is shown as it is."""
    return _ANCHOR.sub("＜", legal(text))


def _choices(reply: Reply) -> list[str]:
    return [f"{number}. {_tappable(choice)}" for number, choice in enumerate(reply.choices, 1)]


def _tappable(choice: Choice) -> str:
    label = legal(choice.label).replace("<", "＜").replace(">", "＞").replace("\n", " ")
    link = f"msgmenucontent={_encoded(label)}&msgmenuid={_encoded(choice.value)}"
    if len(link) > _LONGEST_LINK:  # its number still chooses it
        return _cut(label, _LONGEST_LINK)
    return f'<a href="weixin://bizmsgmenu?{link}">{label}</a>'


def _encoded(text: str) -> str:
    return quote(legal(text), safe="")


def _units(reply: Reply) -> Iterator[str]:
    for sentence in _SENTENCE_END.split(_words(reply)):
        yield from _bits(sentence)
    for line in _choices(reply):
        yield "\n" + line


def _bits(sentence: str) -> Iterator[str]:
    while _size(sentence) > LIMIT:
        head = _cut(sentence, LIMIT)
        pause = max(head.rfind(mark) for mark in "，、, ") + 1
        head = head[:pause] if pause > len(head) // 2 else head
        yield head
        sentence = sentence[len(head) :]
    yield sentence


def _cut(text: str, limit: int) -> str:
    return text.encode()[:limit].decode(errors="ignore")


def _size(text: str) -> int:
    return len(text.encode())


def _cdata(text: str) -> str:
    return f"<![CDATA[{legal(text).replace(']]>', ']]]]><![CDATA[>')}]]>"
