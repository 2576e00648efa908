"""Files that people and the bot send: photos made smaller as Telegram does, voice notes, documents."""

import secrets
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from PIL import Image, ImageOps

from tests.fakes.telegram.errors import bad

SIDES = (90, 320, 800, 1280)
DOWNLOAD_MOST = 20 * 1024 * 1024
FOLDERS: Mapping[str, tuple[str, str]] = {
    "photo": ("photos", "jpg"), "voice": ("voice", "oga"), "document": ("documents", "bin"),
}  # fmt: skip


@dataclass(slots=True)
class Kept:
    """One file."""

    file_id: str
    unique_id: str
    path: str
    content: bytes

    def described(self) -> dict[str, Any]:
        """What every description of a file holds."""
        return {"file_id": self.file_id, "file_unique_id": self.unique_id, "file_size": len(self.content)}


@dataclass(slots=True)
class Files:
    """All files, by the id that the bot is given and by the path that it loads from."""

    by_id: dict[str, Kept] = field(default_factory=dict)
    by_path: dict[str, Kept] = field(default_factory=dict)

    def keep(self, kind: str, content: bytes, name: str | None = None) -> Kept:
        """Keep a file."""
        folder, ending = FOLDERS[kind]
        ending = name.rpartition(".")[2] if name and "." in name else ending
        kept = Kept(
            f"AgACAgIA{secrets.token_urlsafe(40)}", f"AQAD{secrets.token_urlsafe(8)}",
            f"{folder}/file_{len(self.by_id)}.{ending}", content,
        )  # fmt: skip
        self.by_id[kept.file_id] = self.by_path[kept.path] = kept
        return kept

    def photo(self, content: bytes) -> list[dict[str, Any]]:
        """A photo as Telegram keeps it: several sizes, from the smallest, without what the camera wrote beside it."""
        with Image.open(BytesIO(content)) as opened:
            picture = ImageOps.exif_transpose(opened).convert("RGB")
        longest = max(picture.size)
        sides = [side for side in SIDES if side < longest] + [min(longest, SIDES[-1])]
        return [self._sized(picture, side) for side in sorted(set(sides))]

    def _sized(self, picture: Image.Image, side: int) -> dict[str, Any]:
        smaller, written = picture.copy(), BytesIO()
        smaller.thumbnail((side, side))
        smaller.save(written, "JPEG", quality=85)
        kept = self.keep("photo", written.getvalue())
        return kept.described() | {"width": smaller.width, "height": smaller.height}

    def voice(self, content: bytes, duration_s: int) -> dict[str, Any]:
        """A voice note."""
        return self.keep("voice", content).described() | {"duration": duration_s, "mime_type": "audio/ogg"}

    def document(self, content: bytes, name: str, mime_type: str) -> dict[str, Any]:
        """A file as it is, camera's notes and all."""
        return self.keep("document", content, name).described() | {"file_name": name, "mime_type": mime_type}

    def to_load(self, file_id: str) -> dict[str, Any]:
        """What ``getFile`` answers. Raises Refused."""
        kept = self.by_id.get(file_id)
        if kept is None:
            raise bad("invalid file_id")
        if len(kept.content) > DOWNLOAD_MOST:
            raise bad("file is too big")
        return kept.described() | {"file_path": kept.path}


def picture(colour: str = "#7a8b5c", size: tuple[int, int] = (1024, 768), *, with_place: bool = False) -> bytes:
    """A photo as a phone takes it; ``with_place``: with coordinates and the phone's name in it."""
    written, exif = BytesIO(), Image.Exif()
    exif[0x010F], exif[0x0110] = "Phonemaker", "Phone 7"
    if with_place:
        exif.get_ifd(0x8825).update({1: "N", 2: (30.0, 27.0, 0.0), 3: "E", 4: (120.0, 27.0, 0.0)})
    Image.new("RGB", size, colour).save(written, "JPEG", exif=exif)
    return written.getvalue()


def voice_note(seconds: int = 2) -> bytes:
    """Silence as a phone records it: Opus in Ogg, with right checksums."""
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 0, 48_000, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", 5) + b"linli" + struct.pack("<I", 0)
    silence = [b"\xf8\xff\xfe"] * 50
    pages = [_page([head], 0, 2, 0), _page([tags], 0, 0, 1)]
    for at in range(seconds):
        pages.append(_page(silence, (at + 1) * 48_000, 4 if at == seconds - 1 else 0, at + 2))
    return b"".join(pages)


def _page(packets: list[bytes], granule: int, kind: int, number: int) -> bytes:
    lacing = bytes(len(packet) for packet in packets)
    head = struct.pack("<4sBBqIIIB", b"OggS", 0, kind, granule, 7, number, 0, len(lacing)) + lacing
    whole = bytearray(head + b"".join(packets))
    struct.pack_into("<I", whole, 22, _checksum(whole))
    return bytes(whole)


def _checksum(page: bytes | bytearray) -> int:
    """Ogg's own: CRC-32 with polynomial 0x04c11db7, from the left, begun with 0."""
    found = 0
    for byte in page:
        found ^= byte << 24
        for _ in range(8):
            found = (found << 1 ^ 0x04C11DB7 if found & 0x80000000 else found << 1) & 0xFFFFFFFF
    return found
