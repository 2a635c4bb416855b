"""The signed exchange: what fits is believed, everything else is not."""

import hashlib
import hmac

import pytest

from handoff.errors import ForgedCallback
from handoff.signing import Signature

BODY = '{"状态":"已受理"}'.encode()
NOW = 1_795_000_000.7


def test_the_signature_is_what_the_contract_says() -> None:
    headers = Signature(["s1"]).sign(BODY, NOW)

    expected = hmac.new(b"s1", b"1795000000." + BODY, hashlib.sha256).hexdigest()
    assert headers == {"X-Suda-Timestamp": "1795000000", "X-Suda-Signature": f"sha256={expected}"}


def test_what_was_signed_with_any_current_secret_is_believed_for_300_seconds() -> None:
    headers = Signature(["old"]).sign(BODY, NOW)

    for age in (-300, 0, 300):
        Signature(["new", "old"]).verify(headers, BODY, int(NOW) + age)
    Signature(["old"]).verify({name.lower(): value for name, value in headers.items()}, BODY, NOW)


@pytest.mark.parametrize("age", [-301, 301])
def test_what_is_too_old_or_from_the_future_is_not_believed(age: int) -> None:
    with pytest.raises(ForgedCallback):
        Signature(["s"]).verify(Signature(["s"]).sign(BODY, NOW), BODY, int(NOW) + age)


@pytest.mark.parametrize(
    "changes",
    [
        {"X-Suda-Signature": "sha256=0"},
        {"X-Suda-Signature": ""},
        {"X-Suda-Signature": "é"},
        {"X-Suda-Timestamp": ""},
        {"X-Suda-Timestamp": "１７９５０００００"},
        {"X-Suda-Timestamp": "-1"},
        {"X-Suda-Timestamp": "9" * 5000},
        {"X-Suda-Timestamp": "1795000001"},
    ],
)
def test_what_was_tampered_with_is_not_believed(changes: dict[str, str]) -> None:
    headers = Signature(["s"]).sign(BODY, NOW) | changes

    with pytest.raises(ForgedCallback):
        Signature(["s"]).verify(headers, BODY, NOW)


def test_another_body_or_another_secret_is_not_believed() -> None:
    headers = Signature(["s"]).sign(BODY, NOW)

    with pytest.raises(ForgedCallback):
        Signature(["s"]).verify(headers, BODY + b" ", NOW)
    with pytest.raises(ForgedCallback):
        Signature(["t"]).verify(headers, BODY, NOW)


@pytest.mark.parametrize("secrets", [[], [""], ["a", ""]])
def test_an_empty_secret_is_never_used(secrets: list[str]) -> None:
    with pytest.raises(ValueError, match="secret"):
        Signature(secrets)


def test_the_secret_does_not_show() -> None:
    assert "geheim" not in repr(Signature(["geheim"]))
