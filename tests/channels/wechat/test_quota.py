"""The ledger counts as WeChat does."""

import pytest

from channels.message import MessageKind
from channels.wechat.quota import DAYS_2, MINUTE, MemoryLedger, Quota

AT = 1790000000.0


def test_a_stranger_cannot_be_written_to() -> None:
    assert Quota().left(AT) == (0, 0.0)


@pytest.mark.parametrize("kind", [MessageKind.TEXT, MessageKind.IMAGE, MessageKind.LOCATION, MessageKind.UNKNOWN])
def test_a_message_allows_five_in_48_hours(kind: MessageKind) -> None:
    quota = Quota().refilled(kind, AT)

    assert quota.left(AT) == (5, AT + DAYS_2)
    assert quota.left(AT + DAYS_2 - 1)[0] == 5
    assert quota.left(AT + DAYS_2) == (0, 0.0)


@pytest.mark.parametrize("kind", [MessageKind.CHOICE, MessageKind.FOLLOW, MessageKind.SCAN])
def test_a_tap_allows_three_in_a_minute(kind: MessageKind) -> None:
    quota = Quota().refilled(kind, AT)

    assert quota.left(AT) == (3, AT + MINUTE)
    assert quota.left(AT + MINUTE)[0] == 0


def test_windows_do_not_add_up() -> None:
    quota = Quota().refilled(MessageKind.TEXT, AT).spent().spent().spent().refilled(MessageKind.CHOICE, AT + 1)
    assert quota.left(AT + 1) == (3, AT + 1 + MINUTE)

    quota = quota.spent().spent()

    assert quota.left(AT + 2) == (1, AT + 1 + MINUTE)
    assert quota.left(AT + 100)[0] == 0


def test_the_next_message_fills_up_again_and_an_older_one_does_not() -> None:
    quota = Quota().refilled(MessageKind.TEXT, AT).spent()

    assert quota.refilled(MessageKind.TEXT, AT - 1).left(AT)[0] == 4
    assert quota.refilled(MessageKind.TEXT, AT + 1).left(AT + 1)[0] == 5
    assert quota.refilled(MessageKind.EVENT, AT + 1) == quota


def test_who_left_cannot_be_written_to_until_he_comes_back() -> None:
    gone = Quota().refilled(MessageKind.TEXT, AT).refilled(MessageKind.UNFOLLOW, AT + 5)

    assert gone.left(AT + 6)[0] == 0
    assert gone.refilled(MessageKind.TEXT, AT + 1).left(AT + 6)[0] == 0
    assert gone.refilled(MessageKind.FOLLOW, AT + 9).left(AT + 9)[0] == 3


def test_a_quota_outlives_the_process_as_a_line() -> None:
    quota = Quota().refilled(MessageKind.TEXT, AT).refilled(MessageKind.SCAN, AT).spent()

    assert Quota.loaded(quota.dumped()) == quota
    assert Quota.loaded("") == Quota()


async def test_the_ledger_keeps_every_citizen_apart() -> None:
    ledger = MemoryLedger()
    await ledger.refill("oA1", MessageKind.TEXT, AT)
    assert [await ledger.spend("oA1", AT) for _ in range(6)] == [True] * 5 + [False]
    assert not await ledger.spend("oA2", AT)

    await ledger.refill("oA2", MessageKind.TEXT, AT)
    await ledger.exhausted("oA2")

    assert await ledger.left("oA2", AT) == (0, 0.0)
