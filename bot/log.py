"""Log lines: JSON for machines, colours for a terminal, and never a citizen's words or numbers."""

import logging
import re
import sys
import time
from collections.abc import Mapping, MutableMapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TextIO

import structlog
from structlog.contextvars import bound_contextvars
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

PERSONAL = frozenset(
    {
        *("text", "content", "body", "title", "said", "query", "question", "answer", "label", "caption", "transcript"),
        *("phone", "name", "contact", "place", "address"),
        *("password", "secret", "token", "app_secret", "aes_key"),
    }
)
"""Keys whose values never reach a log, whoever passes them."""

_IDS = ("_id", "_ids", "_no")
"""What ends so names a thing of ours; masking it would break the trail (an id may look like a telephone number)."""
_TRAIL = frozenset({"time", "level", "logger", "conversation", "event", "delivery", "ticket"})
_NUMBERS = re.compile(
    r"(?<![0-9A-Za-z.])(?:"
    r"[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]"  # 居民身份证
    r"|(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}"  # mobile
    r"|0\d{2,3}[- ]?\d{7,8}"  # landline with area code
    r"|\d{15,19}"  # bank card, old identity card
    r")(?![0-9A-Za-z])"
)
# Telegram has its token in the path, WeChat in the query; libraries like to print addresses
_CREDENTIALS = re.compile(r"(/bot)\d+:[\w-]+|((?:access_token|secret|token|sign|signature|openid)=)[^&\s\"']+")
_NOISY = ("aiohttp.access", "alembic", "httpx", "httpcore", "telegram", "urllib3", "asyncio")


def get_logger(module: str = "") -> FilteringBoundLogger:
    """The logger of a module; it obeys `configure_logging` whenever that is called."""
    logger: FilteringBoundLogger = structlog.get_logger(module)
    return logger


def about(**ids: str) -> AbstractContextManager[None]:
    """Within it every line carries these: `with about(conversation=…, event_id=…):`."""
    return bound_contextvars(**ids)


def configure_logging(level: str = "info", stream: TextIO | None = None) -> None:
    """Send all log lines, also those of libraries, to the stream (standard error): one JSON object a line."""
    out = stream if stream is not None else sys.stderr
    threshold = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        _name_action,
        _stamp,
        _tell_exception,
        _drop_personal,
        _mask_all,
    ]
    last: Processor = _human() if out.isatty() else structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[*shared, _order, last],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(file=out),
        # tests and `suda` commands configure more than once in a process
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared[:2], structlog.stdlib.add_logger_name, *shared[2:]],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _order, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(threshold)
    for name in _NOISY:
        # an access line holds the query: signatures, openids
        logging.getLogger(name).setLevel(max(threshold, logging.WARNING))


def mask(text: str) -> str:
    """The text without telephone, identity and card numbers, and without credentials in addresses."""
    return _NUMBERS.sub("***", _CREDENTIALS.sub(r"\1\2***", text))


def _name_action(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """`message` is what happened in words, `action` its stable name; a library's line has its logger for a name."""
    words = str(event.pop("event", ""))
    event["message"] = words
    if "action" not in event:
        event["action"] = "library" if "logger" in event else words
    return event


def _stamp(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    now = time.time()
    event["time"] = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03d}Z"
    return event


def _tell_exception(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Frames and the error's kind; of its message only a start, for it may quote what a citizen wrote."""
    error = _error_of(event.pop("exc_info", None))
    if error is not None:
        event["error"] = f"{type(error).__name__}: {_shortened(str(error))}"
        event["frames"] = _frames(error.__traceback__)
        if error.__cause__ is not None:
            event["cause"] = f"{type(error.__cause__).__name__}: {_shortened(str(error.__cause__))}"
            event["cause_frames"] = _frames(error.__cause__.__traceback__)
    return event


def _error_of(given: object) -> BaseException | None:
    match given:
        case BaseException():
            return given
        case (_, BaseException() as error, _):
            return error
        case True:
            return sys.exc_info()[1]
        case _:
            return None


_HAN = re.compile(r"[^\x00-\x7f]{2,}(?:[0-9A-Za-z-]{1,20}[^\x00-\x7f]+)*")


def _shortened(words: str) -> str:
    """Our own errors are English or name keys; a run of Chinese in a library's error is most likely a citizen's."""
    return _HAN.sub(lambda run: f"<{len(run[0])}字>", words)[:300]


def _frames(trace: TracebackType | None) -> list[str]:
    frames: list[str] = []
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_qualname}")
        trace = trace.tb_next
    return frames[-12:]


def _drop_personal(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    return _without_personal(event)


def _without_personal(event: Mapping[str, object]) -> MutableMapping[str, object]:
    return {
        key: _without_personal(value) if isinstance(value, Mapping) else value
        for key, value in event.items()
        if key.lower() not in PERSONAL
    }


def _mask_all(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    return {key: value if key in _TRAIL or key.endswith(_IDS) else _masked(value) for key, value in event.items()}


def _masked(value: object) -> object:
    match value:
        case bool() | float() | None:
            return value
        case int():
            return value if mask(str(value)) == str(value) else "***"
        case Mapping():
            return {str(key): _masked(inner) for key, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_masked(inner) for inner in value]
        case _:
            return mask(str(value))


def _order(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    first = {key: event.pop(key) for key in ("time", "level", "action", "message") if key in event}
    return {**first, **event}


def _human() -> Processor:
    console = structlog.dev.ConsoleRenderer(event_key="message", timestamp_key="time", pad_event_to=0)

    def render(logger: WrappedLogger, method: str, event: EventDict) -> str:
        frames, causes = event.pop("frames", ()), event.pop("cause_frames", ())
        return str(console(logger, method, event)) + "".join(f"\n    {frame}" for frame in (*frames, *causes))

    return render
