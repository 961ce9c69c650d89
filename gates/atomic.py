"""Files that are replaced, never edited: one confined join, durable writes, locks, removal.

What differs by operating system stands here behind one function each (`take_lock`, `replace`,
`is_reserved`, `extended_path`), and takes the system as an argument, so every branch is tested everywhere.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .errors import DiskFull, PathOutside

RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.I)
FORBIDDEN = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')
LONGEST_NAME = 255  # bytes, on every file system that we meet
WINDOWS_MAX_PATH = 259  # characters, without the extended form


def is_reserved(name: str) -> bool:
    """Whether Windows keeps `name` for a device. Asked on every system: pools travel."""
    return RESERVED.fullmatch(name.rstrip(". ")) is not None


def is_plain_name(name: str) -> bool:
    """Whether `name` is one file name that means the same on every system."""
    return (
        0 < len(name.encode("utf-8", "surrogatepass")) <= LONGEST_NAME
        and name not in (".", "..")
        and not FORBIDDEN.search(name)
        and not any("\ud800" <= letter <= "\udfff" for letter in name)
        and name == name.rstrip(". ")
        and not is_reserved(name)
    )


def confined(base: str | os.PathLike[str], *parts: str, system: str = os.name) -> Path:
    """Join `parts` below `base`: the one way from outside data to a path.

    Each part must be a plain file name, and what it leads to, links followed, must stay below `base`.
    Raises PathOutside.
    """
    for part in parts:
        if not isinstance(part, str) or not is_plain_name(part):
            raise PathOutside(f"{part!r} is not a plain file name. Use letters, digits, - and _.")
    root = os.path.realpath(base)
    path = os.path.join(root, *parts)
    real = os.path.realpath(path)
    if real != root and not real.startswith(root.rstrip(os.sep) + os.sep):
        raise PathOutside(f"{'/'.join(parts)!r} leads outside of its folder through a link.")
    return Path(extended_path(path, system))


def extended_path(path: str, system: str = os.name) -> str:
    """`path` in the form that Windows takes beyond 259 characters; elsewhere as it is."""
    if system != "nt" or len(path) <= WINDOWS_MAX_PATH or path.startswith("\\\\?\\"):
        return path
    if path.startswith("\\\\"):
        return "\\\\?\\UNC\\" + path[2:]
    return "\\\\?\\" + path


def replace(source: Path, target: Path, system: str = os.name, patience: float = 2.0) -> None:
    """Put `source` in the place of `target`.

    Windows refuses while another process (a virus scanner, a viewer) has the target open: wait
    up to `patience` seconds for it there.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            os.replace(source, target)
            return
        except PermissionError:
            if system != "nt" or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def take_lock(descriptor: int, system: str = os.name, patience: float = 60.0) -> None:
    """Wait for the exclusive lock of an open lock file; closing the file gives it back.

    Both kinds exclude other threads as well as other processes, because each holder opens the
    file for itself. Raises TimeoutError after `patience` seconds.
    """
    attempt, refused = _lock_call(system)
    deadline = time.monotonic() + patience
    pause = 0.0005
    while True:
        try:
            attempt(descriptor)
            return
        except refused:
            if time.monotonic() > deadline:
                raise TimeoutError("A pool stayed locked by another program for a minute.") from None
        time.sleep(pause)
        pause = min(pause * 1.5, 0.02)


def _lock_call(system: str) -> tuple[Any, type[OSError]]:
    if system == "nt":
        import msvcrt

        lock: Any = msvcrt
        return lambda fd: lock.locking(fd, lock.LK_NBLCK, 1), OSError
    import fcntl

    return lambda fd: fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB), BlockingIOError


@contextmanager
def hold(lock_file: Path) -> Iterator[None]:
    """Hold the lock that `lock_file` stands for, across threads and processes.

    Not re-entrant. The file stays: removing it would let two holders in.
    """
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(lock_file, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        take_lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def sibling(path: Path) -> Path:
    """A temporary name beside `path` that no other writer uses."""
    return path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(6)}.tmp")


def write_bytes(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Replace `path` by `data`: afterwards it holds the old bytes or the new ones, never a mixture."""
    temporary = sibling(path)
    try:
        with full_disk(), open(temporary, "xb") as out:
            out.write(data)
            if durable:
                out.flush()
                os.fsync(out.fileno())
        replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if durable:
        sync_folder(path.parent)


def append_line(path: Path, line: bytes) -> None:
    """Add one line and wait until the disk has it."""
    with full_disk(), open(path, "ab") as out:
        out.write(line)
        out.flush()
        os.fsync(out.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable, where the system can (Windows does so by itself)."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def full_disk() -> Iterator[None]:
    """Turn the system's "no space left" into the error that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull("The disk is full. Free some space and try again.") from error
        raise


def require_space(folder: Path, size: int, reserve: int = 64 * 2**20) -> None:
    """Raise DiskFull unless `size` bytes and a reserve fit on the disk of `folder`."""
    free = shutil.disk_usage(folder).free
    if free < size + reserve:
        raise DiskFull(
            f"{size / 2**20:.0f} MB are needed, {free / 2**20:.0f} MB are free. Free some space.",
            needed=size,
            free=free,
        )


def move_new(source: Path, target: Path) -> None:
    """Move a file to a name that must not exist yet. Raises FileExistsError."""
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, "will not overwrite", str(target))
    replace(source, target)


def copy_file(source: Path, target: Path) -> None:
    """Copy bytes, not metadata, to a name that does not exist yet."""
    with full_disk(), open(source, "rb") as reader, open(target, "xb") as writer:
        shutil.copyfileobj(reader, writer, 2**20)


def remove_tree(base: Path, *parts: str) -> None:
    """Delete the folder `base/parts…` for good: at least one part, no link, checked before it runs."""
    if not parts:
        raise PathOutside("A whole base folder is never deleted.")
    path = confined(base, *parts)
    if path.is_symlink() or not path.is_dir():
        raise PathOutside(f"{path.name!r} is no folder of its own, so it is not deleted.")
    shutil.rmtree(path)
