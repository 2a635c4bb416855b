"""What is believed and what is not."""

import pytest

from channels.errors import ForgedRequest, MalformedRequest
from channels.wechat.envelope import Envelope, Mode, Query, Replays, checked_key, decoded, legal, root_of
from tests.fakes.wechat_seal import Seal

NOW = 1790000000.0
XML = "<xml><MsgType>text</MsgType></xml>"


def envelope(mode: str = "safe", *, aes_key: str = Seal().aes_key, app_id: str = Seal().app_id) -> Envelope:
    """Our end of the account."""
    return Envelope(token=Seal().token, aes_key=aes_key, app_id=app_id, mode=Mode(mode))


def delivery(seal: Seal, xml: str = XML) -> tuple[Query, bytes]:
    """WeChat's end of it."""
    query, body = seal.webhook(xml, now=NOW)
    return Query.of(query), body


@pytest.mark.parametrize("mode", ["compatible", "safe"])
def test_what_wechat_encrypts_opens_and_what_we_seal_it_opens(mode: str) -> None:
    seal = Seal(mode=mode)
    opened = envelope(mode).open(*delivery(seal), NOW)

    sealed = envelope(mode).seal("<xml><Content>好</Content></xml>", nonce="n", timestamp=1)

    assert (opened.xml, opened.encrypted) == (XML, True)
    assert seal.open_answer(sealed.encode()) == {"Content": "好"}


def test_compatible_mode_takes_plain_bodies_too() -> None:
    assert not envelope("compatible").open(*delivery(Seal(mode="plain")), NOW).encrypted


def test_plain_mode_needs_no_key_and_says_why_it_cannot_read_an_encrypted_body() -> None:
    opened = envelope("plain", aes_key="").open(*delivery(Seal(mode="safe")), NOW)

    assert "Encrypt" in opened.xml
    assert not opened.encrypted


def test_another_token_is_forged() -> None:
    for mode in ("plain", "safe"):
        with pytest.raises(ForgedRequest, match="token"):
            envelope(mode).open(*delivery(Seal(token="guessed", mode=mode)), NOW)


def test_another_app_is_forged() -> None:
    with pytest.raises(ForgedRequest, match="AppID"):
        envelope().open(*delivery(Seal(app_id="wx9")), NOW)


def test_another_key_is_named_as_the_fault() -> None:
    for _ in range(500):  # whatever the noise is that another key leaves: one time in some hundred it has no words
        with pytest.raises((MalformedRequest, ForgedRequest), match="AES key"):
            envelope().open(*delivery(Seal(aes_key="x" * 42 + "A")), NOW)


@pytest.mark.parametrize("encrypt", ["", "!", "QUJD", "中", "A" * 44])
def test_a_signed_body_that_does_not_decrypt_is_malformed(encrypt: str) -> None:
    seal = Seal()
    query = seal.query(NOW)
    query["msg_signature"] = seal.signature(query["timestamp"], query["nonce"], encrypt)

    with pytest.raises(MalformedRequest):
        envelope().open(Query.of(query), f"<xml><Encrypt>{encrypt}</Encrypt></xml>".encode(), NOW)


def test_a_body_without_encrypt_is_believed_to_be_wechats_only_when_the_url_is_signed() -> None:
    query, _ = delivery(Seal())
    with pytest.raises(MalformedRequest):
        envelope().open(query, b"<xml><a/></xml>", NOW)
    with pytest.raises(ForgedRequest):
        envelope().open(Query(msg_signature="m", signature="s", timestamp="1", nonce="n"), b"junk", NOW)


@pytest.mark.parametrize("timestamp", ["", "soon", "1" * 40, "-1790000000"])
def test_a_timestamp_that_is_none_is_not_fresh(timestamp: str) -> None:
    signed = Seal().signature(timestamp, "n")
    with pytest.raises(ForgedRequest, match="stale"):
        envelope("plain").check(Query(signature=signed, timestamp=timestamp, nonce="n"), NOW)


def test_letters_that_no_signature_has_are_no_error() -> None:
    with pytest.raises(ForgedRequest):
        envelope().check(Query(signature="签\ud800", timestamp="\ud800", nonce="名"))


def test_a_url_may_come_again_with_its_body_until_it_is_forgotten() -> None:
    replays = Replays(keep=10)
    query = Query(signature="s", timestamp="1", nonce="n")
    replays.check(query, b"a", 0)
    replays.check(query, b"a", 5)
    with pytest.raises(ForgedRequest):
        replays.check(query, b"b", 10)

    replays.check(query, b"b", 11)


@pytest.mark.parametrize("key", ["", "x", "=" * 43, "ü" * 43, "A" * 44])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="43"):
        checked_key(key)


def test_a_body_is_utf_8_with_or_without_a_mark() -> None:
    assert decoded(b"\xef\xbb\xbf<xml/>") == "<xml/>"
    with pytest.raises(MalformedRequest):
        decoded("路灯".encode("gbk"))


def test_only_what_xml_does_not_know_is_taken_out() -> None:
    assert legal("a\x00\x08\ufffe\ud800\t\n🙂字") == "a\t\n🙂字"


def test_entities_are_not_expanded() -> None:
    with pytest.raises(MalformedRequest):
        root_of("<xml><a>&b;</a></xml>")
