"""What a web visitor's page shows: his conversation, read from the record."""

from collections.abc import Sequence

from bot.storage.base import RecordLine, Storage
from channels.message import Address, Message, Reply, Speaker
from channels.webchat.mailbox import Line, Who

_WHO: dict[Speaker, Who] = {Speaker.BOT: "bot", Speaker.OPERATOR: "operator", Speaker.SYSTEM: "system"}


class RecordMailbox:
    """Implements `channels.webchat.mailbox.Mailbox` for one account."""

    def __init__(self, storage: Storage, account: str) -> None:
        self._storage = storage
        self._account = account

    async def after(self, user: str, cursor: int, limit: int) -> Sequence[Line]:
        """At most `limit` lines of this visitor after the cursor, in order."""
        address = Address(channel="web", account=self._account, user=user)
        return [_line(line) for line in await self._storage.lines(address.key, cursor, limit, notes=False)]


def _line(line: RecordLine) -> Line:
    body = line.body
    if isinstance(body, Reply):
        return Line(
            cursor=line.cursor,
            id=body.id,
            who=_WHO[body.speaker],
            name=body.speaker_name,
            text=body.text,
            choices=body.choices,
            attachments=body.attachments,
            at=line.at,
        )
    assert isinstance(body, Message), "what colleagues write to each other is not asked for"
    return Line(
        cursor=line.cursor,
        id=body.id,
        who="citizen",
        text=body.text,
        at=line.at,
        attachments=body.attachments,
        pin=body.pin,
    )
