"""The zip of a node pack: looked at as a whole, then unpacked into a new folder."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .. import atomic
from ..archive import Archive, Bounds, Member, open_checked
from ..errors import BadArchive, HostileArchive, TooManyBytes

BOUNDS = Bounds(members=50_000, member_bytes=2**30, total_bytes=8 * 2**30)
SMALL = 4 * 2**20  # bytes up to which a member is written in one go
GIT = (".git", "git~1")


def check(path: Path, pack: str) -> None:
    """Raises HostileArchive, BadArchive, TooManyBytes; `pack` is named in the sentence."""
    with _opened(path, pack):
        return


def unpack(path: Path, target: Path, pack: str) -> tuple[str, ...]:
    """Everything in the archive, below the new folder `target`; the relative names, with /.

    Where all of it lies in one folder, that folder is left away.
    """
    with _opened(path, pack) as archive:
        top = _top(archive.members)
        target.mkdir()
        names = [member.name[len(top) :] for member in archive.members]
        for folder in sorted({name.rpartition("/")[0] for name in names}):
            atomic.confined(target, *folder.split("/") if folder else ()).mkdir(parents=True, exist_ok=True)
        for member, name in zip(archive.members, names, strict=True):
            _write(archive, member, target.joinpath(*name.split("/")))
    return tuple(names)


@contextmanager
def _opened(path: Path, pack: str) -> Iterator[Archive]:
    with _named(pack), open_checked(path, BOUNDS) as archive:
        _check_members(archive.members)
        yield archive


@contextmanager
def _named(pack: str) -> Iterator[None]:
    try:
        yield
    except (HostileArchive, BadArchive, TooManyBytes) as error:
        raise type(error)(f"The archive of {pack} is refused: {error.message}", **error.data) from None


def _check_members(members: tuple[Member, ...]) -> None:
    if not members:
        raise BadArchive("It holds no file.")
    files = {_folded(member.name) for member in members}
    for member in members:
        parts = member.name.split("/")
        if any(_folded(part) in GIT for part in parts):
            raise HostileArchive(f"{member.name!r} would become a part of a git repository.")
        if any(_folded("/".join(parts[:depth])) in files for depth in range(1, len(parts))):
            raise HostileArchive(f"{member.name!r} lies in what is a file.")


def _folded(name: str) -> str:
    """As a file system may read it: some see neither case nor characters without a width."""
    kept = "".join(letter for letter in name if unicodedata.category(letter) != "Cf")
    return unicodedata.normalize("NFC", kept).casefold()


def _top(members: tuple[Member, ...]) -> str:
    """`folder/` where all members lie in one, else nothing."""
    first, slash, _ = members[0].name.partition("/")
    top = first + slash
    return top if slash and all(member.name.startswith(top) for member in members) else ""


def _write(archive: Archive, member: Member, path: Path) -> None:
    """Not synced to the disk one by one: the archive itself is kept, and unpacked again when need be."""
    if member.size > SMALL:
        archive.unpack(member, path)
        return
    data = archive.read(member, SMALL)
    with atomic.full_disk(), open(path, "xb") as out:
        out.write(data)
