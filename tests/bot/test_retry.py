"""When the service tries again."""

import pytest

from bot.retry import TRIES, backoff, give_up


def test_waits_double_until_they_reach_the_longest() -> None:
    waits = [backoff(attempt) for attempt in range(1, 20)]

    for attempt, wait in enumerate(waits, start=1):
        full = min(900.0, 2.0 ** (attempt - 1))
        assert 0.8 * full <= wait <= full


def test_the_same_key_waits_the_same_time_and_other_keys_come_back_at_other_times() -> None:
    assert backoff(4, key="delivery-1") == backoff(4, key="delivery-1")
    assert len({backoff(4, key=f"delivery-{number}") for number in range(100)}) > 90


@pytest.mark.parametrize("attempt", [-1, 0, 1])
def test_the_first_wait_is_the_base(attempt: int) -> None:
    assert 1.6 <= backoff(attempt, base=2.0) <= 2.0


def test_a_thousand_tries_do_not_overflow() -> None:
    assert backoff(5000, most=60.0) <= 60.0


def test_a_person_is_asked_after_about_three_days() -> None:
    waited = sum(backoff(attempt, key="x") for attempt in range(1, TRIES))

    assert 2.4 * 86400 < waited < 3 * 86400
    assert not give_up(TRIES - 1)
    assert give_up(TRIES)
    assert give_up(3, tries=3)
