"""What the media shelf, the fetcher and the signed links promise."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.bus.base import Topic
from bot.bus.local import LocalBus
from bot.media import Fetcher, MediaShelf, media_routes, sign_link
from bot.retry import TRIES
from bot.storage.memory import MemoryStorage
from channels.channel import Channel, Media
from channels.errors import ChannelUnavailable, ReplyRejected
from channels.message import Attachment, Message, MessageKind, Reply
from tests.bot.storage.makers import LI, NOW, message, photo

JPEG = b"\xff\xd8\xff made-up photo"
SECRET = b"made-up secret"


class Platform:
    """A channel whose platform holds attachments: bytes to give, or an error to raise, by attachment id."""

    name, account = LI.channel, LI.account

    def __init__(self, holds: dict[str, Media | Exception]) -> None:
        self.holds = holds
        self.asked: list[str] = []

    async def fetch(self, attachment: Attachment) -> Media:
        """Give it, or fail."""
        self.asked.append(attachment.id)
        found = self.holds[attachment.id]
        if isinstance(found, Exception):
            raise found
        return found

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """None."""
        return ()

    async def start(self) -> None:
        """Nothing."""

    async def stop(self) -> None:
        """Nothing."""

    async def send(self, reply: Reply) -> None:
        """Never asked to."""
        raise AssertionError(reply.id)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def shelf(tmp_path: Path) -> MediaShelf:
    """An empty shelf."""
    return MediaShelf(tmp_path / "media")


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


@pytest.fixture
async def record() -> MemoryStorage:
    """A record with one photo to fetch."""
    storage = MemoryStorage()
    await storage.append(message("m1", attachments=(photo("p1"),)))
    return storage


def fetcher(
    record: MemoryStorage, shelf: MediaShelf, platform: Platform, clock: Clock, bus: LocalBus | None = None
) -> Fetcher:
    """A fetcher of one channel."""
    channels: dict[tuple[str, str], Channel] = {(platform.name, platform.account): platform}
    return Fetcher(record, shelf, channels, bus or LocalBus(), clock=clock)


# the shelf


async def test_what_is_put_can_be_had_by_its_key(shelf: MediaShelf) -> None:
    key = await shelf.put(JPEG, "image/jpeg; quality=high", "路灯.jpg")

    assert key == hashlib.sha256(JPEG).hexdigest() + ".jpg"
    assert await shelf.get(key) == Media(content=JPEG, mime="image/jpeg", filename="路灯.jpg")


async def test_the_same_photo_is_kept_once(shelf: MediaShelf, tmp_path: Path) -> None:
    keys = {await shelf.put(JPEG, "image/jpeg", name) for name in ("a.jpg", "b.jpg")}

    assert len(keys) == 1
    assert len(list((tmp_path / "media").rglob("*.jpg"))) == 1


@pytest.mark.parametrize(
    "key", ["", "../secret", "a" * 64 + "/../../x", "A" * 64, "a" * 63, "a" * 64 + ".jpg.json", "a" * 64 + ".jpg\n"]
)
async def test_no_key_leads_out_of_the_shelf(shelf: MediaShelf, key: str) -> None:
    with pytest.raises(ReplyRejected):
        await shelf.get(key)


async def test_a_key_that_nothing_is_kept_under_is_gone(shelf: MediaShelf) -> None:
    with pytest.raises(ReplyRejected):
        await shelf.get("a" * 64 + ".jpg")


async def test_a_shelf_that_cannot_be_used_is_a_matter_of_later(shelf: MediaShelf, tmp_path: Path) -> None:
    key = await shelf.put(JPEG, "image/jpeg", "")
    kept = tmp_path / "media" / key[:2] / key
    kept.unlink()
    kept.mkdir()  # a folder where a file should be: what reading and writing meet on a broken disk
    with pytest.raises(ChannelUnavailable):
        await shelf.get(key)

    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ChannelUnavailable):
        await MediaShelf(tmp_path / "file" / "media").put(JPEG, "image/jpeg", "")


async def test_a_failed_write_leaves_nothing_half_done(
    shelf: MediaShelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    # a full disk has no other seam
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ChannelUnavailable, match="No space"):
        await shelf.put(JPEG, "image/jpeg", "")

    assert [path for path in (tmp_path / "media").rglob("*") if path.is_file()] == []


# the fetcher


async def test_an_attachment_is_fetched_kept_and_shown(record: MemoryStorage, shelf: MediaShelf, clock: Clock) -> None:
    bus = LocalBus()
    changes = bus.changes()
    platform = Platform({"p1": Media(content=JPEG, mime="image/jpeg", filename="x.jpg")})

    assert await fetcher(record, shelf, platform, clock, bus).fetch_due() == 1

    job = await record.media("p1")
    assert job is not None
    assert (job.fate, job.attachment.mime, job.attachment.size) == ("fetched", "image/jpeg", len(JPEG))
    assert (await shelf.get(job.attachment.key)).content == JPEG
    assert await anext(changes) == LI.key
    assert await fetcher(record, shelf, platform, clock).fetch_due() == 0


async def test_what_the_platform_cannot_give_now_is_asked_for_later(
    record: MemoryStorage, shelf: MediaShelf, clock: Clock
) -> None:
    platform = Platform({"p1": ChannelUnavailable("503", retry_after=40.0)})
    fetching = fetcher(record, shelf, platform, clock)
    await fetching.fetch_due()
    clock.now += 39
    assert await fetching.fetch_due() == 0

    clock.now += 1
    platform.holds["p1"] = ChannelUnavailable("503")
    assert await fetching.fetch_due() == 1
    job = await record.media("p1")
    assert job is not None
    assert (job.fate, job.attempts) == ("pending", 2)
    assert clock.now < job.due_at < clock.now + 10


async def test_what_the_platform_forgot_is_gone(record: MemoryStorage, shelf: MediaShelf, clock: Clock) -> None:
    platform = Platform({"p1": ReplyRejected("40007 invalid media_id")})
    await fetcher(record, shelf, platform, clock).fetch_due()

    job = await record.media("p1")
    assert job is not None
    assert (job.fate, job.error) == ("gone", "40007 invalid media_id")


async def test_a_fault_of_ours_loses_no_attachment(record: MemoryStorage, shelf: MediaShelf, clock: Clock) -> None:
    await fetcher(record, shelf, Platform({"p1": KeyError("bug")}), clock).fetch_due()
    job = await record.media("p1")
    assert job is not None
    assert job.fate == "pending"

    clock.now += 10
    await Fetcher(record, shelf, {}, LocalBus(), clock=clock).fetch_due()
    job = await record.media("p1")
    assert job is not None
    assert (job.fate, job.attempts) == ("pending", 2)


async def test_after_days_of_trying_an_attachment_is_given_up(
    record: MemoryStorage, shelf: MediaShelf, clock: Clock
) -> None:
    for _ in range(TRIES - 1):
        await record.media_mark("p1", "pending")
    await fetcher(record, shelf, Platform({"p1": ChannelUnavailable("503")}), clock).fetch_due()

    job = await record.media("p1")
    assert job is not None
    assert job.fate == "gone"


async def test_a_running_fetcher_obeys_a_wake_up_and_outlives_an_absent_record(shelf: MediaShelf, clock: Clock) -> None:
    class Absent(MemoryStorage):
        """A record that is away at the first look."""

        looks = 0

        async def media_due(self, now: float, limit: int = 20) -> list:  # type: ignore[type-arg] # the rows are not looked at
            self.looks += 1
            if self.looks == 1:
                raise OSError("away")
            return list(await super().media_due(now, limit))

    record, bus = Absent(), LocalBus()
    platform = Platform({"p1": Media(content=JPEG, mime="image/jpeg")})
    running = asyncio.create_task(fetcher(record, shelf, platform, clock, bus).run())
    await until(lambda: record.looks == 1)
    await record.append(message("m1", attachments=(photo("p1"),)))
    bus.wake(Topic.MEDIA)

    await until(lambda: platform.asked == ["p1"])
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert record.looks >= 2


class Ear:
    """A recogniser that says what it is told to, or fails."""

    def __init__(self, words: str | Exception) -> None:
        self.words = words

    async def recognize(self, content: bytes, mime: str) -> str:
        """The words."""
        if isinstance(self.words, Exception):
            raise self.words
        return self.words


@pytest.mark.parametrize(
    ("kind", "words", "expected"),
    [
        (MessageKind.VOICE, " 路灯不亮了 ", ["路灯不亮了"]),
        (MessageKind.VOICE, " ", []),
        (MessageKind.VOICE, OSError("no model"), []),
        (MessageKind.IMAGE, "never asked", []),
    ],
)
async def test_a_voice_message_becomes_words_when_somebody_can_listen(
    shelf: MediaShelf, clock: Clock, kind: MessageKind, words: str | Exception, expected: list[str]
) -> None:
    record, heard = MemoryStorage(), list[Message]()
    await record.append(message("m1", attachments=(photo("v1", kind=kind),)))
    platform = Platform({"v1": Media(content=b"#!AMR", mime="audio/amr")})

    async def hear(said: Message) -> None:
        heard.append(said)

    channels: dict[tuple[str, str], Channel] = {(platform.name, platform.account): platform}
    fetching = Fetcher(record, shelf, channels, LocalBus(), recognizer=Ear(words), heard=hear, clock=clock)
    await fetching.fetch_due()

    assert [said.text for said in heard] == expected
    assert {said.id for said in heard} <= {"v1:heard"}
    job = await record.media("v1")
    assert job is not None
    assert job.fate == "fetched"


# signed links


@asynccontextmanager
async def lending(
    record: MemoryStorage, shelf: MediaShelf, clock: Clock
) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    """A server that lends."""
    app = web.Application()
    app.add_routes(media_routes(record, shelf, SECRET, clock))
    async with TestClient(TestServer(app)) as client:
        yield client


async def stored(record: MemoryStorage, shelf: MediaShelf, mime: str = "image/jpeg", attachment_id: str = "p1") -> None:
    """Make the attachment fetched."""
    key = await shelf.put(JPEG + mime.encode(), mime, "x")
    await record.media_mark(attachment_id, "fetched", key=key, mime=mime)


async def test_a_signed_link_lends_the_photo_until_it_expires(
    record: MemoryStorage, shelf: MediaShelf, clock: Clock
) -> None:
    await stored(record, shelf)
    link = sign_link(SECRET, "p1", int(NOW) + 60)
    async with lending(record, shelf, clock) as client:
        answer = await client.get(link)
        assert (answer.status, answer.content_type) == (200, "image/jpeg")
        assert (await answer.read()).startswith(JPEG)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"

        clock.now += 61
        assert (await client.get(link)).status == 403


@pytest.mark.parametrize(
    "forge",
    [
        lambda link: link.replace("signature=", "signature=0"),
        lambda link: link.replace(f"expires={int(NOW) + 60}", f"expires={int(NOW) + 61}"),
        lambda link: link.split("?")[0],
        lambda link: link.split("&")[0] + "&signature=签",
        lambda link: link.replace("expires=", "expires=-"),
        lambda link: link.replace("expires=", "expires=99999999999"),
        lambda link: link.replace(b"p1".hex(), b"p2".hex()),
    ],
)
async def test_a_forged_link_lends_nothing(
    record: MemoryStorage, shelf: MediaShelf, clock: Clock, forge: Callable[[str], str]
) -> None:
    await stored(record, shelf)
    async with lending(record, shelf, clock) as client:
        assert (await client.get(forge(sign_link(SECRET, "p1", int(NOW) + 60)))).status == 403


async def test_what_cannot_be_lent_says_whether_to_ask_again(
    record: MemoryStorage, shelf: MediaShelf, clock: Clock
) -> None:
    until_when = int(NOW) + 60
    async with lending(record, shelf, clock) as client:
        waiting = await client.get(sign_link(SECRET, "p1", until_when))
        assert (waiting.status, "Retry-After" in waiting.headers) == (503, True)
        assert (await client.get(sign_link(SECRET, "nothing", until_when))).status == 404
        assert (await client.get("/media/zz?expires=1&signature=1")).status == 404

        await record.media_mark("p1", "fetched", key="a" * 64 + ".jpg")
        assert (await client.get(sign_link(SECRET, "p1", until_when))).status == 404
        await record.media_mark("p1", "gone")
        assert (await client.get(sign_link(SECRET, "p1", until_when))).status == 404


@pytest.mark.parametrize("mime", ["text/html", "image/svg+xml", "application/xhtml+xml"])
async def test_a_browser_never_runs_what_a_citizen_sent(
    record: MemoryStorage, shelf: MediaShelf, clock: Clock, mime: str
) -> None:
    await stored(record, shelf, mime)
    async with lending(record, shelf, clock) as client:
        answer = await client.get(sign_link(SECRET, "p1", int(NOW) + 60))

    assert answer.content_type == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]


async def test_an_attachment_id_may_hold_any_letters(record: MemoryStorage, shelf: MediaShelf, clock: Clock) -> None:
    name = "wechat:main/消息?#%2F"
    await record.append(message("m2", attachments=(photo(name),)))
    await stored(record, shelf, attachment_id=name)
    async with lending(record, shelf, clock) as client:
        assert (await client.get(sign_link(SECRET, name, int(NOW) + 60))).status == 200


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - the condition has no event of its own
            await asyncio.sleep(0.005)
