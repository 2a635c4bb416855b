"""Looks over a service before citizens do: what is wrong, by name, and the way out."""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bot.config import Settings
from bot.config_reader import ConfigError
from bot.doctor.finding import Finding, Level, fault
from bot.doctor.house import look_around
from bot.doctor.outside import ask_around

__all__ = ["Finding", "Level", "examine", "findings_of", "is_well", "told"]

_SIGNS = {Level.OK: "✓", Level.NOTE: "·", Level.WARNING: "!", Level.FAULT: "✗"}


async def examine(
    settings: Settings,
    city_root: Path | None = None,
    *,
    now: Callable[[], float] = time.time,
    patience: float = 8.0,
) -> list[Finding]:
    """Look at everything here and ask everyone outside; nothing is changed.

    `city_root` is the folder of city packs (`settings.cities` when not given); `patience` is how long each of the
    others may take to answer.
    """
    root = city_root if city_root is not None else settings.cities
    here, outside = await asyncio.gather(
        asyncio.to_thread(look_around, settings, root, now()), ask_around(settings, now, patience)
    )
    return [*here, *outside]


def findings_of(error: ConfigError) -> list[Finding]:
    """The faults of a configuration that could not be read, as findings."""
    return [fault(one.key, one.what, one.way_out) for one in error.faults]


def is_well(findings: Sequence[Finding]) -> bool:
    """Nothing stands in the way of serving citizens."""
    return all(finding.level is not Level.FAULT for finding in findings)


def told(finding: Finding) -> str:
    """A finding as a line for the terminal, the way out below it."""
    line = f"{_SIGNS[finding.level]} {finding.thing}：{finding.what}"
    return f"{line}\n    → {finding.way_out}" if finding.way_out else line
