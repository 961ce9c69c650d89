"""Files that are replaced, locks, and the one join from outside data to a path."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gates import atomic
from gates.errors import DiskFull, PathOutside
from tests.enclosure import CLIMBING, enclosed


@pytest.mark.parametrize("name", ["a", "img_0001.png", ".locks", "日本.png", "a b", "x" * 255, "com", "con1"])
def test_plain_names_are_joined(tmp_path: Path, name: str) -> None:
    assert atomic.confined(tmp_path, name) == Path(os.path.realpath(tmp_path)) / name


@pytest.mark.parametrize("name", CLIMBING)
def test_no_other_name_is(tmp_path: Path, name: str) -> None:
    place = enclosed(tmp_path)
    with pytest.raises(PathOutside):
        atomic.confined(place.base, name)
    with pytest.raises(PathOutside):
        atomic.confined(place.base, "pool", name)


def test_an_absolute_path_is_no_name(tmp_path: Path) -> None:
    place = enclosed(tmp_path)
    for name in (place.absolute(), f"pool{place.absolute()}", 3, None, ["a"]):
        with pytest.raises(PathOutside):
            atomic.confined(place.base, name)  # type: ignore[arg-type]


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_link_that_leads_out_is_refused_and_one_that_stays_is_not(tmp_path: Path) -> None:
    place = enclosed(tmp_path)
    (place.base / "real").mkdir()
    (place.base / "out").symlink_to(place.root / "one")
    (place.base / "in").symlink_to(place.base / "real")
    with pytest.raises(PathOutside):
        atomic.confined(place.base, "out")
    with pytest.raises(PathOutside):
        atomic.confined(place.base, "out", "kept.png")
    assert atomic.confined(place.base, "in", "a.png").name == "a.png"


@settings(deadline=None, derandomize=True)
@given(st.lists(st.text(max_size=12) | st.sampled_from(CLIMBING), min_size=1, max_size=4))
def test_what_is_joined_never_leaves_its_base(
    tmp_path_factory: pytest.TempPathFactory, parts: list[str]
) -> None:
    base = tmp_path_factory.getbasetemp() / "a" / "b" / "c" / "d"
    try:
        joined = atomic.confined(base, *parts)
    except PathOutside:
        return
    assert os.path.realpath(joined).startswith(os.path.realpath(base) + os.sep)


@pytest.mark.parametrize("name", ["con", "CON", "nul.png", "Aux.tar.gz", "com1", "lpt9.txt", "con .", "COM²"])
def test_device_names_are_reserved_on_every_system(name: str) -> None:
    assert atomic.is_reserved(name)


@pytest.mark.parametrize("name", ["console", "com", "com10", "xcon", "a.con", "lpt"])
def test_names_like_devices_are_not(name: str) -> None:
    assert not atomic.is_reserved(name)


@pytest.mark.parametrize(
    ("path", "system", "expected"),
    [
        ("C:\\short", "nt", "C:\\short"),
        ("C:\\" + "x" * 300, "nt", "\\\\?\\C:\\" + "x" * 300),
        ("\\\\server\\" + "x" * 300, "nt", "\\\\?\\UNC\\server\\" + "x" * 300),
        ("\\\\?\\C:\\" + "x" * 300, "nt", "\\\\?\\C:\\" + "x" * 300),
        ("y" * 300, "posix", "y" * 300),
    ],
)
def test_long_paths_take_the_extended_form_on_windows_alone(path: str, system: str, expected: str) -> None:
    assert atomic.extended_path(path, system) == expected


class Refusing:
    """os.replace as on Windows, while somebody has the target open for the first `times` calls."""

    def __init__(self, times: int) -> None:
        self.left = times
        self.real = os.replace

    def __call__(self, source: Path, target: Path) -> None:
        if self.left:
            self.left -= 1
            raise PermissionError(errno.EACCES, "in use")
        self.real(source, target)


def two_files(folder: Path) -> tuple[Path, Path]:
    (folder / "new").write_text("new")
    (folder / "old").write_text("old")
    return folder / "new", folder / "old"


def test_replacing_waits_for_an_open_file_on_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new, old = two_files(tmp_path)
    monkeypatch.setattr(os, "replace", Refusing(3))
    atomic.replace(new, old, system="nt")
    assert old.read_text() == "new"


@pytest.mark.parametrize(("system", "tries"), [("posix", 1), ("nt", 3)])
def test_replacing_gives_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str, tries: int) -> None:
    new, old = two_files(tmp_path)
    refusing = Refusing(1000)
    monkeypatch.setattr(os, "replace", refusing)
    with pytest.raises(PermissionError):
        atomic.replace(new, old, system=system, patience=0.05)
    assert old.read_text() == "old"
    assert 1000 - refusing.left >= tries


class Msvcrt(SimpleNamespace):
    """The module msvcrt, whose lock is taken for the first `times` calls."""

    LK_NBLCK = 2

    def __init__(self, times: int) -> None:
        super().__init__(left=times, asked=[])

    def locking(self, descriptor: int, mode: int, size: int) -> None:
        self.asked.append((descriptor, mode, size))
        if self.left:
            self.left -= 1
            raise OSError(errno.EDEADLK, "taken")


def test_windows_locks_are_asked_for_until_they_are_free(monkeypatch: pytest.MonkeyPatch) -> None:
    double = Msvcrt(3)
    monkeypatch.setitem(sys.modules, "msvcrt", double)
    atomic.take_lock(7, system="nt")
    assert double.asked == [(7, 2, 1)] * 4


def test_windows_locks_are_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "msvcrt", Msvcrt(10**6))
    with pytest.raises(TimeoutError):
        atomic.take_lock(7, system="nt", patience=0.05)


@pytest.mark.skipif(os.name == "nt", reason="asks for flock")
def test_a_lock_excludes_every_other_descriptor_until_its_file_is_closed(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    first, second = (os.open(lock, os.O_RDWR | os.O_CREAT) for _ in range(2))
    try:
        atomic.take_lock(first, system="posix")
        with pytest.raises(TimeoutError):
            atomic.take_lock(second, system="posix", patience=0.02)
        os.close(first)
        atomic.take_lock(second, system="posix", patience=1)
    finally:
        os.close(second)


def test_holding_excludes_threads_and_ends_with_an_error(tmp_path: Path) -> None:
    lock, counter = tmp_path / "locks" / "a.lock", {"value": 0}

    def add() -> None:
        for _ in range(20):
            with atomic.hold(lock):
                seen = counter["value"]
                os.listdir(tmp_path)  # lets another thread run
                counter["value"] = seen + 1

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter["value"] == 160
    with pytest.raises(ZeroDivisionError), atomic.hold(lock):
        raise ZeroDivisionError
    with atomic.hold(lock):
        assert lock.exists()


def test_writing_replaces_whole_files_and_leaves_nothing_beside_them(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    for data in (b"one", b"two", b""):
        atomic.write_bytes(path, data)
        assert path.read_bytes() == data
    assert os.listdir(tmp_path) == ["a.json"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_writing_that_fails_leaves_the_old_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space")

    path = tmp_path / "a.json"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, step, fail)
    with pytest.raises(OSError):
        atomic.write_bytes(path, b"new")
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["a.json"]


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOSPC, DiskFull), (errno.EDQUOT, DiskFull), (errno.EIO, OSError)]
)
def test_a_full_disk_is_said_to_be_one(number: int, kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught, atomic.full_disk():
        raise OSError(number, "no")
    assert isinstance(caught.value, DiskFull) == (kind is DiskFull)


def test_space_is_asked_for_before_it_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=100 * 2**20))
    atomic.require_space(tmp_path, 30 * 2**20)
    with pytest.raises(DiskFull, match="100 MB are free"):
        atomic.require_space(tmp_path, 50 * 2**20)


def test_lines_are_appended(tmp_path: Path) -> None:
    for line in (b"a\n", b"b\n"):
        atomic.append_line(tmp_path / "log", line)
    assert (tmp_path / "log").read_bytes() == b"a\nb\n"


@pytest.mark.parametrize("move", [atomic.move_new, atomic.copy_file])
def test_moving_and_copying_never_overwrite(tmp_path: Path, move: Any) -> None:
    new, old = two_files(tmp_path)
    with pytest.raises(FileExistsError):
        move(new, old)
    assert old.read_text() == "old" and new.read_text() == "new"
    move(new, tmp_path / "third")
    assert (tmp_path / "third").read_text() == "new"


def test_temporary_names_are_each_their_own(tmp_path: Path) -> None:
    names = {atomic.sibling(tmp_path / "a").name for _ in range(100)}
    assert len(names) == 100 and all(name.startswith(".a.") and name.endswith(".tmp") for name in names)


def test_only_a_folder_of_its_own_is_removed(tmp_path: Path) -> None:
    place = enclosed(tmp_path)
    (place.base / "pool" / "deep").mkdir(parents=True)
    (place.base / "file").write_bytes(b"x")
    for parts in ((), ("..",), ("",), (".",), ("file",), ("absent",), (place.absolute(),)):
        with pytest.raises(PathOutside):
            atomic.remove_tree(place.base, *parts)
    atomic.remove_tree(place.base, "pool")
    assert os.listdir(place.base) == ["file"] and place.untouched()


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_link_is_never_removed_as_a_folder(tmp_path: Path) -> None:
    place = enclosed(tmp_path)
    (place.base / "real").mkdir()
    (place.base / "out").symlink_to(place.root / "one")
    (place.base / "in").symlink_to(place.base / "real")
    for name in ("out", "in"):
        with pytest.raises(PathOutside):
            atomic.remove_tree(place.base, name)
    assert (place.base / "real").is_dir() and place.untouched()
