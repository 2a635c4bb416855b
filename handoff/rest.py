"""A case system behind a signed JSON interface, with a mapping file where its format is not ours."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from time import time
from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec

from handoff.clock import CHINA
from handoff.errors import CaseSystemRefused, CaseSystemUnavailable, MalformedCallback
from handoff.mapping import Endpoint, FieldMapping, evaluate, load_mapping, pick, shape
from handoff.schemas import event_json, outgoing, parse_status, ticket_json
from handoff.signing import Signature
from handoff.ticket import CaseEvent, StatusUpdate, Ticket, TicketStatus

_TRY_LATER = frozenset({408, 425, 429})


class RestCaseSystem:
    """Sends tickets and events by signed HTTP; every request may be repeated, for it carries an idempotency key."""

    def __init__(
        self,
        url: str,
        secret: str,
        mapping_file: Path | None = None,
        timeout: float = 10.0,
        session: aiohttp.ClientSession | None = None,
        now: Callable[[], float] = time,
    ) -> None:
        """A `session` that is given stays open at `stop`; a wrong mapping file raises `ValueError` here."""
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"the case system's address must begin with http:// or https://, not {url!r}")
        self._url = url.rstrip("/")
        self._signature = Signature([secret])
        self._mapping = load_mapping(mapping_file) if mapping_file is not None else FieldMapping()
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._session = session
        self._owns_session = session is None
        self._now = now

    @property
    def name(self) -> str:
        """The destination's name."""
        return "rest"

    async def start(self) -> None:
        """Open a session; nothing is sent yet."""
        if self._session is None:
            self._session = aiohttp.ClientSession()

    async def stop(self) -> None:
        """Close the session that `start` opened."""
        if self._session is not None and self._owns_session:
            await self._session.close()
            self._session = None

    async def submit(self, ticket: Ticket) -> StatusUpdate:
        """Hand a ticket over, without what an anonymous or confidential citizen keeps to himself."""
        body = shape(ticket_json(outgoing(ticket)), self._mapping.ticket_rules)
        answer = await self._call(self._mapping.submit, {"ticket_no": ticket.ticket_no}, body, ticket.ticket_no)
        assert answer is not None, "only a look-up can find nothing"
        return self._read(answer, ticket.ticket_no)

    async def send(self, event: CaseEvent) -> None:
        """Tell what the citizen did."""
        names = {
            "ticket_no": event.ticket_no,
            # A ticket that was never told their number is known to them by ours alone.
            "external_no": event.external_no or event.ticket_no,
            "event_id": event.id,
            "kind": event.kind.value,
        }
        await self._call(self._mapping.event, names, shape(event_json(event), self._mapping.event_rules), event.id)

    async def lookup(self, ticket_no: str) -> StatusUpdate | None:
        """Where the ticket stands; None when they do not know it."""
        answer = await self._call(self._mapping.lookup, {"ticket_no": ticket_no}, None, "")
        return None if answer is None else self._read(answer, ticket_no)

    async def _call(
        self, endpoint: Endpoint, names: Mapping[str, str], content: Mapping[str, Any] | None, key: str
    ) -> bytes | None:
        if self._session is None:
            raise CaseSystemUnavailable("the way to the case system is not open")
        body = b"" if content is None else json.dumps(content, ensure_ascii=False).encode()
        path = endpoint.path
        for name, value in names.items():
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        headers = {**self._mapping.headers, **self._signature.sign(body, self._now())}
        if content is not None:
            headers |= {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": key}
        try:
            async with self._session.request(
                endpoint.method,
                self._url + path,
                data=body or None,
                headers=headers,
                timeout=self._timeout,
                allow_redirects=False,
            ) as response:
                answer = await response.read()
                return self._judge(response, answer, is_lookup=content is None)
        except (aiohttp.ClientError, TimeoutError) as error:
            # A cut or a late answer may mean that they have it: the key makes the repetition harmless.
            raise CaseSystemUnavailable(f"the case system did not answer ({type(error).__name__})") from error

    def _judge(self, response: aiohttp.ClientResponse, answer: bytes, is_lookup: bool) -> bytes | None:
        status = response.status
        if status == 404 and is_lookup:
            return None
        if status == 409 and not is_lookup:
            # The same key is already there: an earlier try went through.
            return answer
        if 400 <= status < 500 and status not in _TRY_LATER:
            raise CaseSystemRefused(f"the case system answered {status}{self._reason(answer)}")
        if not 200 <= status < 300:
            after = _read_retry_after(response.headers.get("Retry-After", ""), self._now())
            raise CaseSystemUnavailable(f"the case system answered {status}", after)
        self._check_inside(answer)
        return answer

    def _check_inside(self, answer: bytes) -> None:
        success = self._mapping.success
        if success is None:
            return
        code = str(pick(_read_json(answer), success.path))
        if code in success.good:
            return
        said = f"the case system answered {success.path} = {code}{self._reason(answer)}"
        if code in success.later:
            raise CaseSystemUnavailable(said)
        raise CaseSystemRefused(said)

    def _reason(self, answer: bytes) -> str:
        rule = self._mapping.answer.get("message")
        try:
            told = pick(json.loads(answer), rule.path) if rule is not None else None
        except ValueError:
            return ""
        return f": {str(told)[:200]}" if told else ""

    def _read(self, answer: bytes, ticket_no: str) -> StatusUpdate:
        at = datetime.fromtimestamp(self._now(), CHINA).isoformat(timespec="seconds")
        taken = StatusUpdate(
            event_id=f"{ticket_no}:submitted", ticket_no=ticket_no, status=TicketStatus.SUBMITTED, at=at
        )
        if not answer.strip():
            return taken
        if not self._mapping.answer:
            return self._read_ours(answer, ticket_no)
        document = _read_json(answer)
        told = {
            name: str(value)
            for name, rule in self._mapping.answer.items()
            if name != "message" and (value := evaluate(document, rule, name)) is not None
        }
        status = told.get("status", TicketStatus.SUBMITTED.value)
        told.setdefault("event_id", f"{ticket_no}:{status}:{told.get('at', '')}")
        plain = {**msgspec.to_builtins(taken), "status": status, **told, "ticket_no": ticket_no}
        return self._read_ours(json.dumps(plain).encode(), ticket_no)

    def _read_ours(self, answer: bytes, ticket_no: str) -> StatusUpdate:
        try:
            update = parse_status(answer)
        except MalformedCallback as error:
            raise CaseSystemUnavailable(f"the case system's answer cannot be read: {error}") from error
        if update.ticket_no != ticket_no:
            raise CaseSystemUnavailable(f"the case system answered for {update.ticket_no}, not for {ticket_no}")
        return update


def _read_json(answer: bytes) -> Any:
    try:
        return json.loads(answer)
    except ValueError as error:
        raise CaseSystemUnavailable("the case system's answer is no JSON") from error


def _read_retry_after(value: str, now: float) -> float | None:
    """Seconds, or a date as HTTP writes it."""
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return max(0.0, moment.timestamp() - now)
