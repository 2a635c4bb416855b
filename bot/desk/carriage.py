"""What photos and files each channel carries to the citizen, and what an uploaded one really is."""

import io
import zipfile
from collections.abc import Mapping

from channels.message import MessageKind
from channels.webchat.upload import recognise, without_exif
from channels.wechat.channel import PHOTOS as WECHAT_PHOTOS
from handoff.desk import Enclosure
from handoff.tongue import later, say
from handoff.writing import Carriage, FileRefused

LARGEST = 10 * 1024 * 1024
"""Bytes. WeChat takes photos up to 10 MB, Telegram too; files stay in the same bounds, since citizens pay for data."""

_PHOTOS = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FILES = frozenset({"application/pdf", _WORD, _EXCEL})
_EVERYTHING = Carriage(
    words=later("可发照片（JPG、PNG、GIF、WebP）和文件（PDF、Word、Excel），每个 10 MB 以内"),
    mimes=_PHOTOS | _FILES,
    largest=LARGEST,
)
_CARRIED: Mapping[str, Carriage] = {
    "web": _EVERYTHING,
    "telegram": _EVERYTHING,
    "wechat": Carriage(
        words=later("微信可发照片（JPG、PNG、GIF，10 MB 以内），不能发文件；每张占一条"),
        mimes=WECHAT_PHOTOS,
        largest=LARGEST,
    ),
}
_NAMELESS = {MessageKind.IMAGE: "照片", MessageKind.FILE: "文件"}
"""What the citizen reads as its name."""
_NOTHING = Carriage(words=later("这个渠道不能发照片和文件"), mimes=frozenset(), largest=0)


def carriage_of(channel: str) -> Carriage:
    """What the channel of this name carries."""
    return _CARRIED.get(channel, _NOTHING)


def checked(content: bytes, filename: str, carriage: Carriage) -> tuple[bytes, Enclosure]:
    """The content as it may leave the house, and what it is, without its key. FileRefused says why not."""
    if not carriage.mimes:
        raise FileRefused(say("{why}，没有发送。").format(why=say(carriage.words)))
    if not content:
        raise FileRefused(say("文件是空的，没有发送。"))
    if len(content) > carriage.largest:
        raise FileRefused(too_large(len(content), carriage.largest))
    found = recognise(content)
    mime = found.mime if found else _office(content)
    if mime not in carriage.mimes:
        raise FileRefused(say("这种文件发不了，没有发送。{what}。").format(what=say(carriage.words)))
    kind = MessageKind.IMAGE if mime in _PHOTOS else MessageKind.FILE
    content = without_exif(content)
    name = filename or _NAMELESS[kind]
    return content, Enclosure(key="", kind=str(kind), mime=mime, filename=name, size=len(content))


def too_large(size: int, largest: int) -> str:
    """How an operator is told."""
    words = say("文件有 {size} MB，超过 {most} MB，没有发送。请压缩或换一张再发。")
    return words.format(size=f"{size / 1024 / 1024:.1f}", most=largest // 1024 // 1024)


def _office(content: bytes) -> str:
    """Word and Excel are archives; which one it is stands in their table of contents. Empty for all else."""
    if not content.startswith(b"PK\x03\x04"):
        return ""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return ""
    if "[Content_Types].xml" not in names or any(name.endswith("vbaProject.bin") for name in names):
        return ""  # an archive of something else, or one with macros
    return _WORD if "word/document.xml" in names else _EXCEL if "xl/workbook.xml" in names else ""
