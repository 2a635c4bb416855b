"""What a visitor may upload: known by its first bytes, and freed of where a photo was taken. Pure."""

from dataclasses import dataclass

from channels.message import MessageKind


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a file really is, whatever its name says."""

    kind: MessageKind
    mime: str
    suffix: str


_IMAGE, _VOICE, _VIDEO, _FILE = MessageKind.IMAGE, MessageKind.VOICE, MessageKind.VIDEO, MessageKind.FILE

_STARTS = (
    (b"\xff\xd8\xff", Recognised(_IMAGE, "image/jpeg", ".jpg")),
    (b"\x89PNG\r\n\x1a\n", Recognised(_IMAGE, "image/png", ".png")),
    (b"GIF87a", Recognised(_IMAGE, "image/gif", ".gif")),
    (b"GIF89a", Recognised(_IMAGE, "image/gif", ".gif")),
    (b"%PDF-", Recognised(_FILE, "application/pdf", ".pdf")),
    (b"OggS", Recognised(_VOICE, "audio/ogg", ".ogg")),
    (b"#!AMR", Recognised(_VOICE, "audio/amr", ".amr")),
    (b"ID3", Recognised(_VOICE, "audio/mpeg", ".mp3")),
    (b"\xff\xfb", Recognised(_VOICE, "audio/mpeg", ".mp3")),
    (b"\xff\xf3", Recognised(_VOICE, "audio/mpeg", ".mp3")),
    (b"\xff\xf2", Recognised(_VOICE, "audio/mpeg", ".mp3")),
    (b"\xff\xf1", Recognised(_VOICE, "audio/aac", ".aac")),
    (b"\xff\xf9", Recognised(_VOICE, "audio/aac", ".aac")),
    (b"\x1a\x45\xdf\xa3", Recognised(_VIDEO, "video/webm", ".webm")),
)
_RIFF = {
    b"WEBP": Recognised(_IMAGE, "image/webp", ".webp"),
    b"WAVE": Recognised(_VOICE, "audio/wav", ".wav"),
}
_BRANDS = (
    ((b"hei", b"hev", b"mif1", b"msf1"), Recognised(_IMAGE, "image/heic", ".heic")),
    ((b"avif", b"avis"), Recognised(_IMAGE, "image/avif", ".avif")),
    ((b"M4A", b"M4B"), Recognised(_VOICE, "audio/mp4", ".m4a")),
    ((b"qt",), Recognised(_VIDEO, "video/quicktime", ".mov")),
    ((b"iso", b"mp4", b"avc", b"M4V", b"3gp", b"dash", b"MSNV"), Recognised(_VIDEO, "video/mp4", ".mp4")),
)


def recognise(content: bytes) -> Recognised | None:
    """Photo, sound, video or PDF by its magic bytes; None for all else."""
    if content[:4] == b"RIFF":
        return _RIFF.get(content[8:12])
    if content[4:8] == b"ftyp":
        return next((found for brands, found in _BRANDS if content[8:12].startswith(brands)), None)
    return next((found for start, found in _STARTS if content.startswith(start)), None)


def without_exif(jpeg: bytes) -> bytes:
    """The same picture without its APP1 segments (EXIF with place, time and phone; XMP), but still upright.

    Only the orientation is written back, since phones store photos lying down. PNG, WebP and HEIC are left alone.
    """
    if not jpeg.startswith(b"\xff\xd8"):
        return jpeg
    kept, orientation, at = [b"\xff\xd8"], 1, 2
    while at + 4 <= len(jpeg) and jpeg[at] == 0xFF and jpeg[at + 1] not in (0xDA, 0xD9):
        end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4])
        segment = jpeg[at:end]
        if jpeg[at + 1] != 0xE1:
            kept.append(segment)
        elif segment[4:10] == b"Exif\0\0":
            orientation = _orientation(segment[10:])
        at = end
    if orientation != 1:
        kept.insert(1, _upright(orientation))
    return b"".join((*kept, jpeg[at:]))


def _orientation(tiff: bytes) -> int:
    """Tag 0x0112 of the first directory, 1 (upright) when there is none."""
    order = {b"II*\0": "little", b"MM\0*": "big"}.get(tiff[:4])
    if order is None:
        return 1
    number = _little if order == "little" else _big
    start = number(tiff[4:8])
    for index in range(min(number(tiff[start : start + 2]), 64)):
        entry = tiff[start + 2 + 12 * index :][:12]
        if number(entry[:2]) == 0x0112:
            value = number(entry[8:10])
            return value if 1 <= value <= 8 else 1
    return 1


def _upright(orientation: int) -> bytes:
    tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01" + bytes((0, orientation, 0, 0)) + bytes(4)
    body = b"Exif\0\0" + tiff
    return b"\xff\xe1" + (len(body) + 2).to_bytes(2) + body


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _big(data: bytes) -> int:
    return int.from_bytes(data, "big")
