"""Zip archives: ours planned as byte ranges and stored, foreign ones checked before a byte is unpacked."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from . import atomic
from .errors import BadArchive, HostileArchive, TooManyBytes

CHUNK = 2**20
DOS_EPOCH = (0 << 9 | 1 << 5 | 1) << 16  # 1980-01-01: archives of equal content are equal
LIMIT_32 = 0xFFFFFFFF
LIMIT_16 = 0xFFFF
UTF8_NAMES = 0x800


@dataclass(frozen=True)
class Source:
    """A member to write: its name in the archive, and its bytes or the file that has them."""

    name: str
    size: int  # bytes
    crc32: int
    data: bytes | None = None
    path: Path | None = None
    moved: tuple[Path, ...] = ()  # where `path` goes when it is deleted, or restored


@dataclass(frozen=True)
class Piece:
    """A stretch of the archive: bytes, or a whole file of `size` bytes."""

    size: int
    data: bytes | None = None
    path: Path | None = None
    moved: tuple[Path, ...] = ()  # where the file may lie if it went elsewhere after the archive was planned


def bytes_source(name: str, data: bytes) -> Source:
    return Source(name, len(data), zlib.crc32(data), data=data)


def stored(sources: Sequence[Source]) -> list[Piece]:
    """A stored (not deflated) zip of `sources` as pieces, in order; ZIP64 where sizes ask for it.

    Pictures do not deflate, and with size and checksum known nothing has to be read to plan it.
    """
    pieces: list[Piece] = []
    directory: list[bytes] = []
    offset = 0
    for source in sources:
        header = _local_header(source)
        directory.append(_directory_entry(source, offset))
        pieces.append(Piece(len(header), data=header))
        pieces.append(Piece(source.size, source.data, source.path, source.moved))
        offset += len(header) + source.size
    tail = b"".join(directory)
    end = _end_records(len(directory), len(tail), offset)
    return [*pieces, Piece(len(tail) + len(end), data=tail + end)]


def total_size(pieces: Sequence[Piece]) -> int:
    return sum(piece.size for piece in pieces)


def _local_header(source: Source) -> bytes:
    name = source.name.encode("utf-8")
    extra = struct.pack("<HHQQ", 1, 16, source.size, source.size) if _is_large(source) else b""
    size = LIMIT_32 if extra else source.size
    version = 45 if extra else 20
    fixed = (0x04034B50, version, UTF8_NAMES, 0, DOS_EPOCH, source.crc32, size, size, len(name), len(extra))
    return struct.pack("<IHHHIIIIHH", *fixed) + name + extra


def _is_large(source: Source) -> bool:
    return source.size >= LIMIT_32


def _directory_entry(source: Source, offset: int) -> bytes:
    name = source.name.encode("utf-8")
    wide = [source.size, source.size] if _is_large(source) else []
    wide += [offset] if offset >= LIMIT_32 else []
    extra = struct.pack(f"<HH{len(wide)}Q", 1, 8 * len(wide), *wide) if wide else b""
    size = LIMIT_32 if _is_large(source) else source.size
    version = 45 if extra else 20
    mode = (stat.S_IFREG | 0o644) << 16
    fixed = (0x02014B50, 3 << 8 | version, version, UTF8_NAMES, 0, DOS_EPOCH, source.crc32, size, size)
    rest = (len(name), len(extra), 0, 0, 0, mode, min(offset, LIMIT_32))
    return struct.pack("<IHHHHIIIIHHHHHII", *fixed, *rest) + name + extra


def _end_records(count: int, size: int, offset: int) -> bytes:
    wide = b""
    if count >= LIMIT_16 or offset >= LIMIT_32 or size >= LIMIT_32:
        record = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, size, offset)
        wide = record + struct.pack("<IIQI", 0x07064B50, 0, offset + size, 1)
    counts = (min(count, LIMIT_16),) * 2
    sizes = (min(size, LIMIT_32), min(offset, LIMIT_32))
    return wide + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, *counts, *sizes, 0)


def write(pieces: Sequence[Piece], target: Path) -> None:
    """Write a planned archive into a file, replacing it when it is complete."""
    temporary = atomic.sibling(target)
    try:
        with atomic.full_disk(), open(temporary, "xb") as out:
            for piece in pieces:
                for data in piece_bytes(piece):
                    out.write(data)
        atomic.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def piece_bytes(piece: Piece) -> Iterator[bytes]:
    """The bytes of a piece. Raises BadArchive when its file no longer has the planned size."""
    if piece.path is None:
        yield piece.data or b""
        return
    left = piece.size
    with open_piece(piece) as source:
        while left and (data := source.read(min(CHUNK, left))):
            left -= len(data)
            yield data
    if left:
        raise BadArchive(f"{piece.path.name} changed while it was exported. Export again.")


def open_piece(piece: Piece) -> BinaryIO:
    """The file of a piece, wherever it lies by now. Raises BadArchive when it is gone."""
    assert piece.path is not None, "bytes need no file"
    for path in (piece.path, *piece.moved) * 3:  # it may move back while we look
        try:
            return open(path, "rb")
        except FileNotFoundError:
            continue
    raise BadArchive(f"{piece.path.name} was deleted while it was exported. Export again.")


@dataclass(frozen=True)
class Bounds:
    """What an archive may cost to unpack."""

    members: int = 250_000
    member_bytes: int = 100 * 2**20
    total_bytes: int = 20 * 2**30
    ratio: int = 200  # unpacked over packed, for a member above a megabyte and for larger archives as a whole
    spared: int = 16 * 2**20  # bytes up to which the ratio of the whole archive does not matter


@dataclass(frozen=True)
class Member:
    """A regular file in a checked archive."""

    name: str
    size: int  # bytes, as the archive says
    crc32: int


@dataclass(frozen=True)
class Unpacked:
    size: int
    sha256: str
    crc32: int


class Archive:
    """An opened archive all of whose members were found harmless."""

    def __init__(self, opened: zipfile.ZipFile, members: tuple[Member, ...]) -> None:
        self._opened = opened
        self.members = members
        self._by_name = {member.name: member for member in members}

    @property
    def total(self) -> int:
        return sum(member.size for member in self.members)

    def find(self, name: str) -> Member | None:
        return self._by_name.get(name)

    def read(self, member: Member, most: int) -> bytes:
        """The bytes of a small member. Raises HostileArchive above `most` bytes."""
        if member.size > most:
            raise HostileArchive(f"{member.name} in the archive is larger than it may be.")
        return b"".join(self._chunks(member))

    def unpack(self, member: Member, target: Path) -> Unpacked:
        """Write a member to the new file `target`, measuring it on the way."""
        sha, size = hashlib.sha256(), 0
        with atomic.full_disk(), open(target, "xb") as out:
            for data in self._chunks(member):
                sha.update(data)
                out.write(data)
                size += len(data)
            out.flush()
            os.fsync(out.fileno())
        return Unpacked(size, sha.hexdigest(), member.crc32)

    def _chunks(self, member: Member) -> Iterator[bytes]:
        left = member.size
        with _honest(), self._opened.open(member.name) as source:
            while data := source.read(CHUNK):
                left -= len(data)
                if left < 0:
                    raise HostileArchive(f"{member.name} unpacks to more than the archive says.")
                yield data
        if left:
            raise BadArchive(f"{member.name} unpacks to less than the archive says.")


@contextmanager
def open_checked(path: Path, bounds: Bounds) -> Iterator[Archive]:
    """Open a zip and look at every member before anything is unpacked.

    Raises HostileArchive for a name that leaves its folder, a duplicate, a link, a bomb; BadArchive for
    what is damaged; TooManyBytes for what is merely too large.
    """
    with _honest(), zipfile.ZipFile(path) as opened:
        members = _checked(opened.infolist(), bounds)
        _check_total(members, path.stat().st_size, bounds)
        yield Archive(opened, members)


@contextmanager
def _honest() -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error) as error:
        raise BadArchive(f"This is no intact zip archive: {error}") from error
    except (NotImplementedError, RuntimeError, UnicodeDecodeError) as error:
        raise BadArchive(f"This zip archive uses what is not read here: {error}") from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # a seek to where a damaged directory points: before the beginning
            raise
        raise BadArchive("This is no intact zip archive: it points outside of itself.") from error


def _checked(infos: Sequence[zipfile.ZipInfo], bounds: Bounds) -> tuple[Member, ...]:
    if len(infos) > bounds.members:
        raise HostileArchive(f"The archive has {len(infos)} members; at most {bounds.members} are read.")
    seen: set[str] = set()
    members: list[Member] = []
    for info in infos:
        name = _harmless_name(info)
        key = unicodedata.normalize("NFC", name).casefold()
        if key in seen:
            raise HostileArchive(f"{name!r} is in the archive twice.")
        seen.add(key)
        if not info.is_dir():
            _check_size(info, bounds)
            members.append(Member(name, info.file_size, info.CRC))
    return tuple(members)


def _check_total(members: Sequence[Member], packed: int, bounds: Bounds) -> None:
    """Many small members, or members that share their bytes, make a bomb together; `packed`: the file."""
    total = sum(member.size for member in members)
    if total > bounds.total_bytes:
        raise TooManyBytes(f"The archive unpacks to {total / 2**20:.0f} MB, more than is taken.")
    if total > bounds.spared and total > bounds.ratio * packed:
        raise HostileArchive(f"The archive unpacks to {total // packed} times its size.")


def _harmless_name(info: zipfile.ZipInfo) -> str:
    """The member's name. Raises HostileArchive unless it is a plain file below the archive's root."""
    name = info.orig_filename  # zipfile cuts `filename` at a NUL
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR) or info.flag_bits & 0x1:
        raise HostileArchive(f"{name!r} in the archive is a link, a device or encrypted.")
    parts = name.removesuffix("/").split("/")
    if not all(atomic.is_plain_name(part) for part in parts):
        raise HostileArchive(f"{name!r} in the archive is no plain name of a file inside it.")
    return name


def _check_size(info: zipfile.ZipInfo, bounds: Bounds) -> None:
    if info.file_size > bounds.member_bytes:
        raise TooManyBytes(f"{info.filename} in the archive is larger than is taken for one file.")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BadArchive(f"{info.filename} is packed in a way that is not read here. Zip it without options.")
    packed = max(info.compress_size, 1)
    if info.file_size > 2**20 and info.file_size / packed > bounds.ratio:
        raise HostileArchive(f"{info.filename} unpacks to {info.file_size // packed} times its size.")
