"""A citizen asks that what is kept of him be erased; the command does it while the service runs."""

from pathlib import Path

from bot.app import Service
from bot.config import Settings
from bot.media import MediaShelf
from bot.storage.erasure import ERASED
from channels.message import Address, Attachment, Message, MessageKind
from tests.flows.node import environment, free_port, serving, suda, until_true
from tests.flows.town import at_rest, tickets_of

CITIZEN = Address(channel="web", account="main", user="u1")
SECRETS = ("薛桂芳", "13900002471", "绿化街58栋")


async def _says(service: Service, number: int, text: str, *attachments: Attachment) -> None:
    kind = attachments[0].kind if attachments else MessageKind.TEXT
    body = Message(
        id=f"m{number}",
        address=CITIZEN,
        kind=kind,
        sent_at=1_790_000_000.0,
        text=text,
        name="芳芳",
        attachments=attachments,
    )
    await service.inbox.receive(body)
    await at_rest(service)


async def test_a_citizen_is_erased_at_his_request_and_the_service_goes_on(tmp_path: Path) -> None:
    async with serving(tmp_path, SUDA_SETTLE_WEB_QUIET="0") as service:
        shelf = MediaShelf(Settings.load(environment(tmp_path, 0)).media_dir)
        key = await shelf.put(b"a photo", "image/jpeg", "薛桂芳家.jpg")
        await _says(service, 1, "铁东区绿化街58栋1单元门前下水井堵塞返脏")
        await _says(service, 2, "", Attachment(id="p1", kind=MessageKind.IMAGE, key=key, filename="薛桂芳家.jpg"))
        await _says(service, 3, "我叫薛桂芳，电话13900002471")
        await _says(service, 4, "确认")
        (ticket,) = await tickets_of(service, CITIZEN.key)
        sandbox = service.sandbox
        assert sandbox is not None
        await until_true(lambda: sandbox.held(ticket.ticket_no))
        await at_rest(service)
        environ = environment(tmp_path, free_port())

        unknown = suda(environ, "record", "erase", "web:main:nobody", "--yes")
        declined = suda(environ, "record", "erase", CITIZEN.key, says="n\n")
        kept = repr(await service.storage.load(CITIZEN.key))
        erased = suda(environ, "record", "erase", CITIZEN.key, says="y\n")
        left = repr([await service.storage.load(CITIZEN.key), await service.storage.lines(CITIZEN.key)])
        audit = suda(environ, "audit")
        again = suda(environ, "record", "erase", CITIZEN.key, "--yes")
        await _says(service, 5, "你好")

        assert (unknown.returncode, "nobody is known" in unknown.stderr) == (2, True)
        assert declined.returncode == 1
        assert all(secret in kept for secret in SECRETS)
        assert (erased.returncode, erased.stderr) == (0, "")
        assert "messages 4" in erased.stdout
        assert "tickets 1, files 1" in erased.stdout
        assert "1 files deleted" in erased.stdout
        assert [secret for secret in (*SECRETS, key, "芳芳") if secret in left] == []
        (numbered,) = await tickets_of(service, CITIZEN.key)
        assert (numbered.ticket_no, numbered.title) == (ticket.ticket_no, ERASED)
        assert not await shelf.drop(key)
        assert audit.returncode == 0, audit.stdout
        assert again.returncode == 0
        lines = await service.storage.lines(CITIZEN.key)
        said = [line.body.text for line in lines if isinstance(line.body, Message)]
        assert said == ["你好"]
        assert [line.action for line in await service.storage.noted()] == ["citizen_erased"] * 2
