"""Fifty dialogues with the service killed ten times end as they end without: nothing lost, nothing doubled unmarked."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest

from channels.message import Reply
from tests.drills.citizens import Citizen, up_to_three_times
from tests.drills.town import Outcome, Town

pytestmark = [pytest.mark.drill, pytest.mark.timeout(900)]

DIALOGUES = 50
MESSAGES = 40
"""Of each dialogue; with kills every one is delivered one to three times, without them once."""
KILLS = 10


async def test_ten_kills_change_nothing_that_a_citizen_or_a_clerk_can_see(tmp_path: Path) -> None:
    whole = DIALOGUES * MESSAGES
    moments = random.Random(11).sample(range(whole // 40, whole - whole // 20), KILLS)
    calm, rough = await asyncio.gather(
        Town(tmp_path / "calm", dialogues=DIALOGUES, messages=MESSAGES).run(),
        Town(
            tmp_path / "rough", dialogues=DIALOGUES, messages=MESSAGES, kills=moments, deliveries=up_to_three_times
        ).run(),
    )

    report(calm, rough)
    assert rough.kills == KILLS
    assert (calm.messages, rough.messages) == (whole, whole)
    assert len(calm.tickets) > DIALOGUES
    assert not list(differences(calm.tickets, rough.tickets))
    assert not list(differences(calm.handed_over, rough.handed_over))
    assert not list(differences(calm.conversations, rough.conversations))
    assert not list(differences(calm.said, rough.said))
    assert repeated(rough) <= set(rough.leaving), "only what was in flight at a kill is ever repeated"
    assert not repeated(calm)
    for outcome in (calm, rough):
        assert outcome.audit["holds"]
        assert not outcome.audit["unhandled"]
        assert not outcome.audit["put_aside"]
        assert not outcome.audit["open_deliveries"]
        assert not faults_on_screens(outcome)


def differences(one: Any, other: Any, at: str = "") -> Iterator[str]:
    """Where two pieces of plain data differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in one.keys() | other.keys():
            yield from differences(one.get(key), other.get(key), f"{at}/{key}")
    elif isinstance(one, list | tuple) and isinstance(other, list | tuple):
        for index, (left, right) in enumerate(zip_longest(one, other)):
            yield from differences(left, right, f"{at}/{index}")
    elif one != other:
        yield f"{at}: {one!r} became {other!r}"


def repeated(outcome: Outcome) -> set[str]:
    """Ids of the replies that went out marked 可能重复."""
    return {reply.id for replies in outcome.replies.values() for reply in replies if reply.repeated}


def faults_on_screens(outcome: Outcome) -> list[str]:
    """Every reply stands on its citizen's screen once; it came again only marked, and once for each kill it met."""
    return [
        f"{conversation}: {fault}"
        for conversation, replies in outcome.replies.items()
        for fault in _faults(outcome, outcome.citizens[conversation], replies)
    ]


def _faults(outcome: Outcome, citizen: Citizen, replies: Sequence[Reply]) -> Iterator[str]:
    said = Counter(citizen.shape(replace(reply, repeated=False)) for reply in replies)
    # One that met a kill may have been shown before its marked repetition, or not; all others were shown.
    sure = Counter(citizen.shape(reply) for reply in replies if not reply.repeated)
    again = Counter(citizen.shape(reply) for reply in replies if reply.repeated)
    kills: Counter[str] = Counter()
    for reply in replies:
        if reply.repeated:
            kills[citizen.shape(reply)] += outcome.leaving[reply.id]
    shown: Counter[str] = Counter()
    for bubble in citizen.screen():
        parts = split(bubble, [*said, *again])
        if parts is None:
            yield f"nobody said {bubble!r}"
        shown.update(parts or ())
    for text, times in said.items():
        if not sure[text] <= shown[text] <= times:
            yield f"{text!r} stands there {shown[text]} times, and was said {times} times"
    for text, times in again.items():
        if not times <= shown[text] <= kills[text]:
            yield f"{text!r} came {shown[text]} times for {kills[text]} kills"


def split(bubble: str, texts: Sequence[str]) -> list[str] | None:
    """The replies that were merged into one bubble."""
    if bubble in texts:
        return [bubble]
    for text in sorted(texts, key=len, reverse=True):
        if bubble.startswith(f"{text}\n\n"):
            rest = split(bubble[len(text) + 2 :], texts)
            if rest is not None:
                return [text, *rest]
    return None


def report(calm: Outcome, rough: Outcome) -> None:
    """The figures of the drill."""
    seen = {
        "messages": rough.messages,
        "tickets": len(rough.tickets),
        "handed over": len(rough.handed_over),
        "kills": rough.kills,
        "in flight at a kill": rough.leaving.total(),
        "repeated, marked": len(repeated(rough)),
        "passive in flight at a kill": len(rough.passive),
        # Those whose message was older than the platform asks again for; all others are fetched by its next try.
        "of these repeated, marked": len(repeated(rough) & rough.passive),
        "seconds without kills": round(calm.seconds, 1),
        "seconds with kills": round(rough.seconds, 1),
    }
    print("\nkill drill: " + ", ".join(f"{name} {figure}" for name, figure in seen.items()))
