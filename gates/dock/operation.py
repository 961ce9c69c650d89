"""A change of several steps: all of it happens or, after an error or a kill, nothing of it.

What is about to be done is written down before it is done. Whoever finds such a journal later, when nobody
holds the environment, undoes it; or ends it, where the commit was made already.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from .. import atomic
from .journal import Journal, Move, interrupted, reference, write_journal
from .places import EnvironmentPlaces

Step = Callable[[str], None]
KEPT = ("pyproject.toml", "uv.lock")
NOTED = "installed.json"
FORGOTTEN = 24 * 3600.0  # s


def no_step(name: str) -> None:
    """Called before each step; a test ends the process here."""


class Operation:
    """One change of one environment, whose lock the caller holds."""

    def __init__(self, places: EnvironmentPlaces, step: Step = no_step) -> None:
        self._places = places
        self._step = step
        self._journal: Journal | None = None

    @property
    def journal(self) -> Journal:
        assert self._journal is not None, "not begun"
        return self._journal

    def begin(self, kind: str, sentence: str, head: str | None) -> None:
        backup = self._backup()
        if backup.exists():
            remove_owned(backup.parent, backup.name)
        backup.mkdir(parents=True)
        for name in KEPT:
            source = self._places.cec / name
            if source.exists():
                atomic.copy_file(source, backup / name)
        if self._places.installed.exists():
            atomic.copy_file(self._places.installed, backup / NOTED)
        self._journal = Journal(kind, sentence, head)
        self._write()
        self._step("begun")

    @property
    def has_begun(self) -> bool:
        return self._journal is not None

    def _backup(self) -> Path:
        return self._places.state / "before"

    def _named(self, path: Path) -> str:
        return reference(self._places, path)

    def _write(self) -> None:
        write_journal(self._places, self.journal)

    def note(self, text: str) -> None:
        """Something to be said when all is undone, by whichever process ends the undoing."""
        self.journal.notes.append(text)
        self._write()

    def write_file(self, path: Path, data: bytes) -> None:
        """One of the two files of the manifest."""
        self.journal.written.setdefault(path.name, []).append(hashlib.sha256(data).hexdigest())
        self._write()
        self._step(f"write {path.name}")
        atomic.write_bytes(path, data)

    def move(self, source: Path, target: Path, mark: str | None = None) -> None:
        """A folder or a link to where nothing is yet; `mark` tells later whether somebody edited it there."""
        target.parent.mkdir(parents=True, exist_ok=True)
        self.journal.moves.append(Move(self._named(source), self._named(target), mark))
        self._write()
        self._step(f"move {source.name}")
        atomic.move_new(source, target)

    def link(self, source: Path, target: Path, make: Callable[[Path, Path], None]) -> None:
        self.journal.links.append(self._named(target))
        self._write()
        self._step(f"link {target.name}")
        make(source, target)

    def touching_packages(self, added: Iterable[str], replaced: Iterable[str] = ()) -> None:
        self.journal.packages = True
        self.journal.replaced = [*self.journal.replaced, *replaced]
        self.journal.added = sorted({*self.journal.added, *added})
        self._write()
        self._step("packages")

    def touching_core(self, commit: str | None) -> None:
        if self.journal.core is None:
            self.journal.core = commit
            self._write()
        self._step("core")

    def stashing(self, folder: Path, message: str) -> None:
        self.journal.stashes.append((self._named(folder), message))
        self._write()
        self._step("stash")

    def touching_tree(self, target: str) -> None:
        self.journal.tree, self.journal.target = True, target
        self._write()
        self._step("tree")

    def trees_are_back(self) -> None:
        """Once work comes back from a stash, undoing again must not write over it."""
        self.journal.tree, self.journal.core = False, None
        self._write()

    def unstashed(self, entry: tuple[str, str]) -> None:
        self.journal.stashes.remove(entry)
        self._write()

    def committed(self) -> None:
        """From here on there is nothing to undo."""
        self._step("committed")
        self.forget()

    def forget(self) -> None:
        """The journal, and what was kept for an undoing."""
        self._places.operation.unlink(missing_ok=True)
        self._journal = None
        for left in (self._backup(), self._places.fetched):
            if left.exists():
                remove_owned(left.parent, left.name)

    def undo_files(self) -> None:
        """The manifest, and what is noted as installed, as they were."""
        backup = self._backup()
        if not backup.exists():
            return
        for name, file in (
            *((name, self._places.cec / name) for name in KEPT),
            (NOTED, self._places.installed),
        ):
            kept = backup / name
            if kept.exists():
                atomic.write_bytes(file, kept.read_bytes())
            else:
                file.unlink(missing_ok=True)

    def is_known(self, name: str, digest: str) -> bool:
        """Whether a file of the manifest holds what the operation wrote, or what was there before it."""
        kept = self._backup() / name
        if kept.is_file() and hashlib.sha256(kept.read_bytes()).hexdigest() == digest:
            return True
        return digest in self.journal.written.get(name, [])

    def load(self) -> bool:
        """Take up what an earlier process left; False where it left nothing."""
        self._journal = interrupted(self._places)
        return self._journal is not None


def take_away_link(path: Path) -> None:
    """Remove a link or a junction itself; never what it leads to, and never a folder."""
    if path.is_symlink():
        path.unlink()
    elif is_junction(path):
        os.rmdir(path)


def is_junction(path: Path) -> bool:
    asked = getattr(os.path, "isjunction", None)  # from Python 3.12
    if asked is not None:
        return bool(asked(path))
    return os.name == "nt" and path.is_dir() and os.path.realpath(path) != os.path.abspath(path)


def is_link(path: Path) -> bool:
    return path.is_symlink() or is_junction(path)


def remove_owned(base: Path, *parts: str) -> None:
    """Delete a folder of our own below `base`; links in it are unlinked, not followed."""
    if is_link(base.joinpath(*parts)):
        take_away_link(base.joinpath(*parts))
        return
    path = atomic.confined(base, *parts)
    shutil.rmtree(path, onerror=_make_writable)


def sweep(folder: Path) -> None:
    """Remove what commands left there that were killed long ago; one may be at work in it now."""
    old = time.time() - FORGOTTEN
    for entry in folder.iterdir() if folder.is_dir() else ():
        if entry.lstat().st_mtime < old and not is_link(entry):
            remove_owned(folder, entry.name)


def _make_writable(function: Callable[[str], Any], path: str, _: Any) -> None:
    """git keeps its objects read-only, which Windows takes seriously."""
    os.chmod(path, 0o700)
    function(path)
