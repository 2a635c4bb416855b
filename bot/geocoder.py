"""The city's own geocoder, if it named one: what a bare pin is called. Else a pin stays bare."""

import asyncio
from dataclasses import replace

from bot.log import get_logger
from bot.plugin import load_plugin
from channels.message import Message
from nlu.places.geocoding import Geocoder

log = get_logger(__name__)

_PATIENCE = 1.5
"""Seconds that a turn waits: WeChat's own answer is due in less than five."""


def load_geocoder(name: str) -> Geocoder | None:
    """The geocoder that the setting `geocoder` names as `package.module:Class`; None when it names none.

    The class is called without arguments.
    """
    geocoder: Geocoder | None = load_plugin("geocoder", name, "locate", "describe")
    return geocoder


class PinNames:
    """Gives bare pins the words of their address."""

    def __init__(self, geocoder: Geocoder, patience: float = _PATIENCE) -> None:
        """`patience` is in seconds, for one pin."""
        self._geocoder = geocoder
        self._patience = patience

    async def name(self, messages: tuple[Message, ...]) -> tuple[Message, ...]:
        """The messages with the last pin named, if it came without words; it stays where it is, in its datum."""
        last = next((at for at in reversed(range(len(messages))) if messages[at].pin), None)
        pin = messages[last].pin if last is not None else None
        if last is None or pin is None or pin.label.strip():
            return messages
        try:
            async with asyncio.timeout(self._patience):
                label = await self._geocoder.describe(pin.latitude, pin.longitude, pin.datum)
        except Exception as error:  # noqa: BLE001  # somebody else's code over a network: the talk goes on without it
            # The error's own words may hold the point, which is the citizen's.
            log.warning("pin stays without words", action="geocoder_failed", error=type(error).__name__)
            return messages
        named = replace(messages[last], pin=replace(pin, label=label.strip()))
        return (*messages[:last], named, *messages[last + 1 :])
