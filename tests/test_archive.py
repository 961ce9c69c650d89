"""Zip archives: ours read everywhere, foreign ones are looked at before a byte is unpacked."""

from __future__ import annotations

import io
import random
import stat
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gates import archive
from gates.archive import Bounds, Piece, Source
from gates.errors import BadArchive, GatesError, HostileArchive, TooManyBytes
from tests.enclosure import CLIMBING, enclosed

BOUNDS = Bounds()
MEMBERS = st.dictionaries(
    st.text(st.characters(codec="utf-8", exclude_characters="\0/\\"), min_size=1, max_size=20).map(
        "pool/{}".format
    ),
    st.binary(max_size=300),
    max_size=6,
)


def joined(sources: list[Source]) -> bytes:
    pieces = archive.stored(sources)
    data = b"".join(part for piece in pieces for part in archive.piece_bytes(piece))
    assert len(data) == archive.total_size(pieces)
    return data


@settings(deadline=None, derandomize=True)
@given(MEMBERS)
def test_what_we_write_zipfile_reads(members: dict[str, bytes]) -> None:
    data = joined([archive.bytes_source(name, content) for name, content in members.items()])
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        assert opened.testzip() is None
        assert {info.filename: opened.read(info) for info in opened.infolist()} == members
        assert all(info.compress_type == zipfile.ZIP_STORED for info in opened.infolist())
        assert all(stat.S_ISREG(info.external_attr >> 16) for info in opened.infolist())


NAMES = st.from_regex(r"pool/[a-z0-9]{1,8}\.png", fullmatch=True)


@settings(deadline=None, derandomize=True)
@given(
    st.dictionaries(NAMES, st.binary(max_size=300), max_size=6),
    st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
)
def test_what_zipfile_writes_we_read(
    tmp_path_factory: pytest.TempPathFactory, members: dict[str, bytes], kind: int
) -> None:
    folder = tmp_path_factory.mktemp("zip")
    with zipfile.ZipFile(folder / "in.zip", "w", kind) as out:
        for name, content in members.items():
            out.writestr(name, content)
    with archive.open_checked(folder / "in.zip", BOUNDS) as opened:
        assert {one.name: opened.read(one, 1000) for one in opened.members} == members
        assert opened.total == sum(map(len, members.values()))
        for number, one in enumerate(opened.members):
            found = opened.unpack(one, folder / str(number))
            assert (folder / str(number)).read_bytes() == members[one.name]
            assert (found.size, found.crc32) == (one.size, one.crc32)


def test_equal_contents_make_equal_archives() -> None:
    sources = [archive.bytes_source("a", b"1"), archive.bytes_source("b", b"2")]
    assert joined(sources) == joined(sources)


def test_files_are_streamed_from_where_they_lie(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"x" * 3_000_000)
    checksum = archive.bytes_source("", b"x" * 3_000_000).crc32
    source = Source("pool/a.png", 3_000_000, checksum, path=tmp_path / "a.png")
    archive.write(archive.stored([source]), tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as opened:
        assert opened.testzip() is None and opened.namelist() == ["pool/a.png"]


def test_a_file_that_moves_to_the_trash_is_followed_and_one_that_changed_is_not(tmp_path: Path) -> None:
    path, moved = tmp_path / "a.png", tmp_path / "trash.png"
    path.write_bytes(b"12345")
    piece = Piece(5, path=path, moved=(moved,))
    path.rename(moved)
    assert b"".join(archive.piece_bytes(piece)) == b"12345"
    moved.write_bytes(b"123")
    with pytest.raises(BadArchive, match="changed while"):
        b"".join(archive.piece_bytes(piece))
    moved.unlink()
    with pytest.raises(BadArchive, match="deleted while"):
        b"".join(archive.piece_bytes(piece))


def test_an_archive_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "out.zip").write_bytes(b"old")
    with pytest.raises(BadArchive):
        archive.write([Piece(5, path=tmp_path / "gone.png")], tmp_path / "out.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["out.zip"]
    assert (tmp_path / "out.zip").read_bytes() == b"old"


def test_sizes_beyond_32_bits_are_written_as_zip64() -> None:
    giant = 5 * 2**32
    sources = [Source("giant", giant, 7, path=Path("giant")), archive.bytes_source("small", b"abc")]
    pieces = archive.stored(sources)
    head, tail = pieces[0].data, pieces[-1].data
    assert head is not None and tail is not None
    assert struct.unpack_from("<HHQQ", head, 30 + 5) == (1, 16, giant, giant)
    end = zipfile._EndRecData(_Sparse(archive.total_size(pieces), tail))  # type: ignore[attr-defined]
    assert end[zipfile._ECD_ENTRIES_TOTAL] == 2  # type: ignore[attr-defined]
    assert end[zipfile._ECD_OFFSET] == archive.total_size(pieces[:-1])  # type: ignore[attr-defined]


class _Sparse(io.RawIOBase):
    """A file of `size` bytes of which only the last are written."""

    def __init__(self, size: int, tail: bytes) -> None:
        self._size, self._tail, self._at = size, tail, 0

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (self._size if whence == 2 else self._at if whence == 1 else 0)
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1) -> bytes:
        start = self._at - (self._size - len(self._tail))
        assert start >= 0, "only the end is looked at"
        data = self._tail[start : None if size < 0 else start + size]
        self._at += len(data)
        return data


def test_more_members_than_16_bits_count_are_written_as_zip64() -> None:
    data = joined([archive.bytes_source(f"{n}", b"") for n in range(66_000)])
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        assert len(opened.namelist()) == 66_000


def look(path: Path, bounds: Bounds = BOUNDS) -> tuple[archive.Member, ...]:
    with archive.open_checked(path, bounds) as opened:
        return opened.members


def zipped(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes], kind: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", kind) as out:
        for name, data in members:
            info = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo("x")
            if isinstance(name, str):
                info.filename = name
            info.compress_type = kind
            out.writestr(info, data)
    return path


@pytest.mark.parametrize("name", [name for name in CLIMBING if "\ud800" not in name])
def test_a_name_that_is_no_plain_one_refuses_the_archive(tmp_path: Path, name: str) -> None:
    place = enclosed(tmp_path)
    for full in (name, f"pool/{name}", f"pool/a/{name}/b"):
        if full in ("a/b", "pool/a/b", "pool/a/a/b/b", "a/", "pool/a/", "pool/"):
            continue  # plain folders and files
        source = zipped(place.base / "in.zip", (full, b"x"), ("pool/img_0001.png", b"y"))
        with pytest.raises(HostileArchive):
            look(source)
    assert place.untouched()


def test_an_absolute_name_refuses_the_archive(tmp_path: Path) -> None:
    place = enclosed(tmp_path)
    for name in (place.absolute(), f"pool/{place.absolute()}", f"C:{place.absolute()}"):
        with pytest.raises(HostileArchive):
            look(zipped(place.base / "in.zip", (name, b"x")))
    assert place.untouched()


def test_a_nul_in_a_name_is_not_cut_away(tmp_path: Path) -> None:
    source = zipped(tmp_path / "in.zip", ("pool/a.pngXevil", b"x"))
    source.write_bytes(source.read_bytes().replace(b"a.pngXevil", b"a.png\0evil"))
    with pytest.raises(HostileArchive):
        look(source)


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
def test_links_and_devices_refuse_the_archive(tmp_path: Path, mode: int) -> None:
    info = zipfile.ZipInfo("pool/img_0001.png")
    info.external_attr = (mode | 0o777) << 16
    with pytest.raises(HostileArchive, match="link"):
        look(zipped(tmp_path / "in.zip", (info, b"../../kept.png")))


def test_an_encrypted_member_refuses_the_archive(tmp_path: Path) -> None:
    source = zipped(tmp_path / "in.zip", ("pool/a.png", b"x"))
    data = bytearray(source.read_bytes())
    data[data.index(b"PK\1\2") + 8] |= 1
    source.write_bytes(data)
    with pytest.raises(HostileArchive):
        look(source)


@pytest.mark.parametrize("twin", ["pool/a.png", "pool/A.PNG", "POOL/a.png", "pool/a\u0301.png"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_that_are_one_on_some_system_refuse_the_archive(tmp_path: Path, twin: str) -> None:
    first = "pool/\u00e1.png" if "\u0301" in twin else "pool/a.png"
    with pytest.raises(HostileArchive, match="twice"):
        look(zipped(tmp_path / "in.zip", (first, b"1"), (twin, b"2")))


def test_a_member_that_swells_refuses_the_archive(tmp_path: Path) -> None:
    source = zipped(tmp_path / "in.zip", ("a", b"\0" * 8 * 2**20), kind=zipfile.ZIP_DEFLATED)
    with pytest.raises(HostileArchive, match="times its size"):
        look(source)


def test_many_small_members_that_swell_together_refuse_the_archive(tmp_path: Path) -> None:
    members = [(f"pool/{n}.bin", b"\0" * 2**20) for n in range(40)]
    source = zipped(tmp_path / "in.zip", *members, kind=zipfile.ZIP_DEFLATED)
    assert source.stat().st_size < 60_000
    with pytest.raises(HostileArchive, match="times its size"):
        look(source)


def test_what_is_merely_large_is_too_large(tmp_path: Path) -> None:
    source = zipped(tmp_path / "in.zip", ("a", b"12345"), ("b", b"12345"))
    with pytest.raises(TooManyBytes):
        look(source, Bounds(member_bytes=4))
    with pytest.raises(TooManyBytes):
        look(source, Bounds(total_bytes=9))
    with pytest.raises(HostileArchive, match="2 members"):
        look(source, Bounds(members=1))
    assert len(look(source, Bounds(2, 5, 10))) == 2


@pytest.mark.parametrize("kind", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compressions_that_nobody_needs_are_not_read(tmp_path: Path, kind: int) -> None:
    with pytest.raises(BadArchive, match="not read here"):
        look(zipped(tmp_path / "in.zip", ("a", b"x" * 100), kind=kind))


@pytest.mark.parametrize("said", [1, 500])
def test_a_member_of_another_size_than_said_is_never_whole(tmp_path: Path, said: int) -> None:
    source = zipped(tmp_path / "in.zip", ("a", b"0123456789" * 10), kind=zipfile.ZIP_DEFLATED)
    data = bytearray(source.read_bytes())
    at = data.index(b"PK\1\2") + 24
    data[at : at + 4] = struct.pack("<I", said)
    source.write_bytes(data)
    with pytest.raises((BadArchive, HostileArchive)), archive.open_checked(source, BOUNDS) as opened:
        opened.unpack(opened.members[0], tmp_path / "out")


def test_a_small_member_is_bounded_and_an_existing_file_is_not_overwritten(tmp_path: Path) -> None:
    source = zipped(tmp_path / "in.zip", ("a", b"12345"))
    (tmp_path / "out").write_bytes(b"old")
    with archive.open_checked(source, BOUNDS) as opened:
        member = opened.find("a")
        assert member is not None and opened.find("b") is None
        with pytest.raises(HostileArchive):
            opened.read(member, 4)
        with pytest.raises(FileExistsError):
            opened.unpack(member, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"old"


def test_no_damage_gets_past_our_own_errors(tmp_path: Path) -> None:
    chance = random.Random(7)
    members = [(f"pool/{n}.bin", chance.randbytes(50) * 5) for n in range(3)]
    for kind in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        whole = zipped(tmp_path / "whole.zip", *members, kind=kind).read_bytes()
        for turn in range(300):
            data = bytearray(whole[: chance.randrange(len(whole))] if turn % 5 == 0 else whole)
            for _ in range(chance.randrange(1, 5)):
                at = chance.randrange(max(len(data), 1)) if turn % 2 else len(data) - chance.randrange(1, 250)
                data[at : at + 1] = chance.randbytes(1)
            (tmp_path / "in.zip").write_bytes(data)
            try:
                with archive.open_checked(tmp_path / "in.zip", BOUNDS) as opened:
                    for number, member in enumerate(opened.members):
                        opened.unpack(member, tmp_path / f"{kind}-{turn}-{number}")
            except GatesError as error:
                assert error.code in ("bad_archive", "hostile_archive", "too_many_bytes")
