"""Uploads and media: known by their first bytes, freed of EXIF, and only for their own conversation."""

import struct

import aiohttp
import pytest
from aiohttp import FormData
from yarl import URL

from channels.channel import Media
from channels.errors import ForgedRequest
from channels.message import Address, Attachment, MessageKind, Reply
from channels.webchat.mailbox import Line
from channels.webchat.upload import recognise, without_exif
from channels.webchat.visitor import Seal, Stored
from tests.channels.webchat.conftest import Arrive
from tests.channels.webchat.service import PNG, ChatService, Visitor

FTYP = b"\0\0\0\x18ftyp"
KINDS = [
    (b"\xff\xd8\xff\xe0" + bytes(8), MessageKind.IMAGE, "image/jpeg"),
    (PNG, MessageKind.IMAGE, "image/png"),
    (b"GIF89a" + bytes(8), MessageKind.IMAGE, "image/gif"),
    (b"RIFF\0\0\0\0WEBP", MessageKind.IMAGE, "image/webp"),
    (FTYP + b"heic", MessageKind.IMAGE, "image/heic"),
    (FTYP + b"isom", MessageKind.VIDEO, "video/mp4"),
    (FTYP + b"qt  ", MessageKind.VIDEO, "video/quicktime"),
    (FTYP + b"M4A ", MessageKind.VOICE, "audio/mp4"),
    (b"\x1a\x45\xdf\xa3" + bytes(8), MessageKind.VIDEO, "video/webm"),
    (b"RIFF\0\0\0\0WAVE", MessageKind.VOICE, "audio/wav"),
    (b"ID3" + bytes(9), MessageKind.VOICE, "audio/mpeg"),
    (b"OggS" + bytes(9), MessageKind.VOICE, "audio/ogg"),
    (b"#!AMR\n", MessageKind.VOICE, "audio/amr"),
    (b"%PDF-1.7\n", MessageKind.FILE, "application/pdf"),
]


def jpeg(orientation: int = 1, order: str = ">", secret: bytes = b"GPS 41.1 122.9") -> bytes:
    """A photo with EXIF that tells where it was taken (only its outline is a JPEG)."""
    mark = b"MM\0*" if order == ">" else b"II*\0"
    entry = struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    tiff = mark + struct.pack(order + "IH", 8, 2) + struct.pack(order + "HHII", 0x010F, 2, 1, 0) + entry + secret
    exif = b"Exif\0\0" + tiff
    xmp = b"http://ns.adobe.com/xap/1.0/\0" + secret
    app0 = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0" + bytes(9)
    segments = b"".join(b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body for body in (exif, xmp))
    return b"\xff\xd8" + app0 + segments + b"\xff\xda\0\x02picture\xff\xe1data\xff\xd9"


@pytest.mark.parametrize(("content", "kind", "mime"), KINDS)
def test_a_file_is_known_by_its_first_bytes(content: bytes, kind: MessageKind, mime: str) -> None:
    found = recognise(content)

    assert found is not None
    assert (found.kind, found.mime) == (kind, mime)


@pytest.mark.parametrize("content", [b"", b"MZ\x90\0", b"<html>", b"RIFF\0\0\0\0AVI ", FTYP + b"what", b"PK\3\4"])
def test_everything_else_is_not_taken(content: bytes) -> None:
    assert recognise(content) is None


@pytest.mark.parametrize("order", [">", "<"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_photo_loses_place_and_time_but_stays_upright(orientation: int, order: str) -> None:
    clean = without_exif(jpeg(orientation, order))

    assert b"GPS" not in clean
    assert clean.endswith(b"picture\xff\xe1data\xff\xd9")
    assert b"JFIF" in clean
    assert (b"Exif" in clean) is (orientation != 1)
    assert without_exif(clean) == clean  # reading back what was written gives the same orientation


@pytest.mark.parametrize(
    "content",
    [
        PNG,
        b"",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0\0",
        b"\xff\xd8\xff\xe0\xff\xff",
        b"\xff\xd8\xff\xe0\0\0" + bytes(9),
        b"\xff\xd8\xff\xda",
    ],
)
def test_what_is_no_whole_photo_is_left_as_it_is(content: bytes) -> None:
    assert without_exif(content) == content


@pytest.mark.parametrize("tiff", [b"", b"XX*\0", b"MM\0*\0\0\0\x08\0\x05", b"MM\0*\xff\xff\xff\xff", b"II*\0\x08"])
def test_broken_exif_is_simply_removed(tiff: bytes) -> None:
    body = b"Exif\0\0" + tiff
    photo = b"\xff\xd8\xff\xe1" + struct.pack(">H", len(body) + 2) + body + b"\xff\xd9"

    assert without_exif(photo) == b"\xff\xd8\xff\xd9"


async def test_a_photo_travels_to_the_record_and_back_to_its_visitor(service: ChatService, arrive: Arrive) -> None:
    visitor = await arrive()
    status, answer = await visitor.upload(jpeg(6), "IMG_0001.jpg")
    await visitor.say("", "message-0001", attachments=[answer["grant"]])
    await visitor.see("收到:image")
    [attachment] = visitor.lines[0]["attachments"]

    async with visitor.http.get(service.url(attachment["url"]), headers={"X-Suda-Visitor": visitor.token}) as response:
        content = await response.read()

    assert (status, answer["kind"]) == (200, "image")
    assert attachment["filename"] == "IMG_0001.jpg"
    assert response.status == 200
    assert response.content_type == "image/jpeg"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert b"GPS" not in content


async def test_media_is_shown_to_nobody_else(service: ChatService, arrive: Arrive) -> None:
    owner, thief = await arrive(), await arrive()
    _, answer = await owner.upload(PNG)
    await owner.say("", "message-0001", attachments=[answer["grant"]])
    await owner.see("收到:image")
    url = service.url(owner.lines[0]["attachments"][0]["url"])

    async with thief.http.get(url, headers={"X-Suda-Visitor": thief.token}) as response:
        foreign = response.status
    async with thief.http.get(url) as response:
        nobody = response.status
    async with owner.http.get(url.partition("?")[0], headers={"X-Suda-Visitor": owner.token}) as response:
        unproved = response.status

    assert (foreign, nobody, unproved) == (403, 403, 403)
    assert service.counted["web", "forged"] == 3


async def test_media_that_is_gone_or_away_says_so(service: ChatService, arrive: Arrive) -> None:
    visitor = await arrive()
    _, answer = await visitor.upload(PNG)
    await visitor.say("", "message-0001", attachments=[answer["grant"]])
    await visitor.see("收到:image")
    url, headers = service.url(visitor.lines[0]["attachments"][0]["url"]), {"X-Suda-Visitor": visitor.token}

    service.media.away = True
    async with visitor.http.get(url, headers=headers) as response:
        away = response.status
    status, _ = await visitor.upload(PNG)
    service.media.away = False
    service.media.kept.clear()
    async with visitor.http.get(url, headers=headers) as response:
        gone = response.status

    assert (away, status, gone) == (503, 503, 404)


async def test_media_of_a_dangerous_kind_is_never_shown_as_a_page(service: ChatService, arrive: Arrive) -> None:
    visitor = await arrive()
    service.media.kept["odd/key"] = Media(content=b"<script>", mime="text/html")
    attachment = Attachment(id="a1", kind=MessageKind.FILE, key="odd/key")
    line = Line(cursor=1, id="r1", who="operator", text="文件", at=1.0, attachments=(attachment,))
    service.mailbox._lines[visitor.user] = [line]
    service.channel.wake(visitor.user)
    await visitor.see("文件")
    url = service.url(visitor.lines[0]["attachments"][0]["url"])

    async with visitor.http.get(URL(url, encoded=True), headers={"X-Suda-Visitor": visitor.token}) as response:
        assert response.status == 200
        assert response.headers["Content-Type"] == "application/octet-stream"
        assert response.headers["Content-Disposition"] == "attachment"


async def test_what_is_too_large_or_unknown_is_refused() -> None:
    service = ChatService(max_upload=1000, uploads=(4, 60))
    await service.start()
    visitor = Visitor(service)
    await visitor.connect()

    assert (await visitor.upload(PNG + bytes(200_000)))[0] == 413  # by its declared length
    assert (await visitor.upload(PNG + bytes(1000)))[0] == 413  # by counting
    assert (await visitor.upload(b"#!/bin/sh"))[0] == 415
    assert (await visitor.upload(PNG))[0] == 200
    assert (await visitor.upload(PNG))[0] == 429
    await visitor.close()
    await service.stop()


async def test_ten_mebibytes_are_taken(service: ChatService, arrive: Arrive) -> None:
    visitor = await arrive()

    status, _ = await visitor.upload(PNG + bytes(10 * 1024 * 1024 - len(PNG)))

    assert status == 200


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/plain", b"hello"),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b"garbage"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\nno name\r\n--x--"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n\r\n--x--\r\n'),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="other"\r\n\r\na\r\n--x--\r\n',
        ),
        ("multipart/mixed; boundary=x", b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y--\r\n--x--\r\n"),
    ],
)
async def test_a_broken_upload_is_refused_kindly(service: ChatService, arrive: Arrive, kind: str, body: bytes) -> None:
    visitor = await arrive()
    headers = {"X-Suda-Visitor": visitor.token, "Content-Type": kind}

    async with visitor.http.post(service.url("/channels/web/upload"), data=body, headers=headers) as response:
        assert response.status == 400
    assert service.counted["web", "malformed"] == 1


async def test_an_upload_without_a_believable_visitor_is_403(service: ChatService) -> None:
    form = FormData()
    form.add_field("file", PNG, filename="a.png")
    async with (
        aiohttp.ClientSession() as http,
        http.post(service.url("/channels/web/upload"), data=form, headers={"X-Suda-Visitor": "x.y"}) as response,
    ):
        assert response.status == 403
    assert service.counted["web", "forged"] == 1


async def test_a_foreign_page_cannot_upload_by_the_cookie(service: ChatService) -> None:
    visitor = Visitor(service)
    await (await visitor.http.get(service.url("/chat"))).read()
    url, own = service.url("/channels/web/upload"), service.url("").rstrip("/")

    statuses = []
    for origin in (own, "https://evil.example"):
        form = FormData(quote_fields=False)
        form.add_field("file", PNG, filename="../照片/a.png")
        async with visitor.http.post(url, data=form, headers={"Origin": origin}) as response:
            statuses.append(response.status)

    assert statuses == [200, 403]
    assert [media.filename for media in service.media.kept.values()] == ["a.png"]
    await visitor.close()


def test_a_grant_is_worth_nothing_to_another_visitor_or_when_altered() -> None:
    seal = Seal(b"sixteen bytes of secret")
    stored = Stored("key", MessageKind.IMAGE, "image/png", "图.png", 3)
    grant = seal.grant("one", stored)

    assert seal.granted("one", grant) == stored
    for user, altered in [("two", grant), ("one", "x" + grant), ("one", grant[:-1]), ("one", ""), ("one", "图.片")]:
        with pytest.raises(ForgedRequest):
            seal.granted(user, altered)


def test_a_grant_of_an_older_form_is_refused_not_misread() -> None:
    seal = Seal(b"sixteen bytes of secret")
    old = f"W10.{seal._sign('grant', 'one', 'W10')}"  # "[]", signed by us

    with pytest.raises(ForgedRequest):
        seal.granted("one", old)


async def test_a_reply_kept_twice_in_the_memory_mailbox_is_there_once(service: ChatService) -> None:
    reply = Reply(id="r1", address=Address(channel="web", account="main", user="u"), text="好")

    assert service.mailbox.put(reply)
    assert not service.mailbox.put(reply)
    assert len(await service.mailbox.after("u", 0, 10)) == 1
