"""What a log line holds, and what it never holds."""

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog

from bot.log import about, configure_logging, get_logger, mask


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    yield io.StringIO()
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = handlers
    logging.getLogger().setLevel(level)


def _lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_tells_when_how_grave_and_what_under_a_stable_name(stream: io.StringIO) -> None:
    configure_logging("info", stream)
    get_logger("outbox").warning("reply postponed", action="reply_postponed", attempts=3)

    (line,) = _lines(stream)
    assert list(line)[:4] == ["time", "level", "action", "message"]
    assert str(line["time"]).endswith("Z")
    assert (line["level"], line["action"], line["message"]) == ("warning", "reply_postponed", "reply postponed")
    assert line["attempts"] == 3


def test_ids_of_the_conversation_ride_along_unasked_and_stay_behind_afterwards(stream: io.StringIO) -> None:
    configure_logging("info", stream)
    log = get_logger()
    with about(conversation="web:main:v1", event_id="13800138000"):
        log.info("handled")
    log.info("idle")

    first, second = _lines(stream)
    assert (first["conversation"], first["event_id"]) == ("web:main:v1", "13800138000")
    assert "conversation" not in second


def test_what_a_citizen_wrote_never_reaches_the_log(stream: io.StringIO) -> None:
    configure_logging("info", stream)
    get_logger().info("taken", text="井盖坏了", phone="x", name="y", reply={"content": "z", "kind": "text"})

    (line,) = _lines(stream)
    assert line.keys() == {"time", "level", "action", "message", "reply"}
    assert line["reply"] == {"kind": "text"}


@pytest.mark.parametrize(
    "number",
    [
        "13800138000",
        "+8613800138000",
        "138 0013 8000",
        "138-0013-8000",
        "0412-5552345",
        "041255523456",
        "110101199003070118",
        "11010119900307011X",
        "6222020200112233445",
    ],
)
def test_numbers_of_people_are_masked_wherever_they_stand(number: str, stream: io.StringIO) -> None:
    configure_logging("info", stream)
    get_logger().info(
        f"call {number}", reason=f"打{number}吧", given=[number, {"a": number}], at=1732286400.5, size=4096
    )
    if number.isdigit():
        get_logger().info("bare", number=int(number.lstrip("0")) if number[0] != "0" else number)

    assert number not in stream.getvalue()
    assert _lines(stream)[0]["at"] == 1732286400.5
    assert _lines(stream)[0]["size"] == 4096


def test_ordinary_numbers_stay_readable() -> None:
    for text in ("port 8080", "12345", "2026-11-23", "58栋1单元", "errcode 40164", "AS20261123000042", "0.12345678901"):
        assert mask(text) == text


def test_a_traceback_tells_where_and_not_what_the_citizen_wrote(stream: io.StringIO) -> None:
    configure_logging("info", stream)
    try:
        try:
            int("铁西区某某小区13900139000")
        except ValueError as error:
            raise RuntimeError("row not written") from error
    except RuntimeError:
        get_logger().exception("handling failed", action="put_aside")

    (line,) = _lines(stream)
    assert line["error"] == "RuntimeError: row not written"
    assert "铁西" not in stream.getvalue()
    assert "13900139000" not in stream.getvalue()
    assert str(line["cause"]).startswith("ValueError: invalid literal for int()")
    assert "test_log.py" in str(line["frames"])


def test_an_error_may_be_handed_over_as_a_value(stream: io.StringIO) -> None:
    configure_logging("info", stream)
    get_logger().error("later", exc_info=OSError("away"))
    get_logger().error("nothing raised", exc_info=True)

    first, second = _lines(stream)
    assert first["error"] == "OSError: away"
    assert "error" not in second


def test_lines_of_libraries_come_the_same_way_without_credentials(stream: io.StringIO) -> None:
    configure_logging("info", stream)
    library = logging.getLogger("some.library")
    library.info("GET %s", "https://api.telegram.org/bot12:AB-c/getMe?access_token=abc&x=1")
    try:
        raise OSError("no route")
    except OSError:
        library.exception("failed")
    logging.getLogger("aiohttp.access").info("GET /?signature=1")
    logging.getLogger("httpx").info("POST secret")
    library.debug("quiet")

    first, second = _lines(stream)
    assert first["message"] == "GET https://api.telegram.org/bot***/getMe?access_token=***&x=1"
    assert (first["action"], first["logger"]) == ("library", "some.library")
    assert second["error"] == "OSError: no route"


def test_lines_below_the_level_are_not_written(stream: io.StringIO) -> None:
    configure_logging("error", stream)
    get_logger().warning("unseen")
    logging.getLogger("httpx").warning("unseen")

    assert stream.getvalue() == ""


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.usefixtures("stream")
def test_a_terminal_gets_lines_for_people() -> None:
    terminal = _Terminal()
    configure_logging("info", terminal)
    try:
        raise KeyError("lost")
    except KeyError:
        get_logger().exception("not found", phone="13800138000")

    shown = terminal.getvalue()
    assert "not found" in shown
    assert "test_log.py" in shown
    assert "13800138000" not in shown


@pytest.mark.usefixtures("stream")
def test_lines_go_to_standard_error_so_that_commands_keep_their_output_clean(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging()
    get_logger().info("started")
    sys.stderr.flush()

    out, err = capsys.readouterr()
    assert out == ""
    assert json.loads(err)["message"] == "started"
