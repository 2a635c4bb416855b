"""How much a channel still takes before the citizen writes again; only WeChat counts."""

from collections.abc import Mapping

from channels.channel import Channel
from channels.message import Address
from channels.wechat.channel import WeChatChannel
from handoff.writing import Window


class Windows:
    """Asks the channel of an address."""

    def __init__(self, channels: Mapping[tuple[str, str], Channel]) -> None:
        """`channels` by name and account."""
        self._channels = channels

    async def of(self, address: Address) -> Window | None:
        """What its window still takes; None where nothing is counted."""
        channel = self._channels.get((address.channel, address.account))
        if not isinstance(channel, WeChatChannel):
            return None
        left, until = await channel.quota_left(address.user)
        return Window(left=left, until=until)
