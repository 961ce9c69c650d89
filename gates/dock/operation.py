"""A change of several steps: all of it happens or, after an error or a kill, nothing of it.

What is about to be done is written down before it is done. Whoever finds such a journal later, when nobody
holds the environment, undoes it; or ends it, where the commit was made already.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .. import atomic
from ..errors import BadManifest
from .places import EnvironmentPlaces

Step = Callable[[str], None]
KEPT = ("pyproject.toml", "uv.lock")
NOTED = "installed.json"
FORGOTTEN = 24 * 3600.0  # s


def no_step(name: str) -> None:
    """Called before each step; a test ends the process here."""


@dataclass
class Journal:
    kind: str
    sentence: str
    head: str | None  # the last commit before it
    moves: list[tuple[str, str]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)  # links made
    packages: bool = False  # whether the virtual environment was touched
    replaced: list[str] = field(default_factory=list)  # requirements of others that were there instead
    core: str | None = None  # commit of ComfyUI before it was changed
    added: list[str] = field(default_factory=list)  # packages that were not there before
    stashes: list[tuple[str, str]] = field(default_factory=list)  # (folder, message) of work set aside
    tree: bool = False  # whether the files of .cec were made those of another commit


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

    def _write(self) -> None:
        self._places.operation.parent.mkdir(parents=True, exist_ok=True)
        atomic.write_bytes(self._places.operation, json.dumps(asdict(self.journal), indent=1).encode())

    def write_file(self, path: Path, data: bytes) -> None:
        """One of the two files of the manifest."""
        self._step(f"write {path.name}")
        atomic.write_bytes(path, data)

    def move(self, source: Path, target: Path) -> None:
        """A folder or a link to where nothing is yet."""
        target.parent.mkdir(parents=True, exist_ok=True)
        self.journal.moves.append((str(source), str(target)))
        self._write()
        self._step(f"move {source.name}")
        atomic.move_new(source, target)

    def link(self, source: Path, target: Path, make: Callable[[Path, Path], None]) -> None:
        self.journal.links.append(str(target))
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
        self.journal.stashes.append((str(folder), message))
        self._write()
        self._step("stash")

    def touching_tree(self) -> None:
        self.journal.tree = True
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
        """Folders and the manifest as they were; the packages are the caller's."""
        for link in reversed(self.journal.links):
            take_away_link(Path(link))
        for source, target in reversed(self.journal.moves):
            if os.path.lexists(target) and not os.path.lexists(source):
                atomic.replace(Path(target), Path(source))
        backup = self._backup()
        for name in KEPT:
            kept, file = backup / name, self._places.cec / name
            if kept.exists():
                atomic.write_bytes(file, kept.read_bytes())
            elif backup.exists():
                file.unlink(missing_ok=True)
        noted = backup / NOTED
        if noted.exists():
            atomic.write_bytes(self._places.installed, noted.read_bytes())
        else:
            self._places.installed.unlink(missing_ok=True)

    def load(self) -> bool:
        """Take up what an earlier process left; False where it left nothing."""
        found = interrupted(self._places)
        if found is None:
            return False
        self._journal = found
        return True


def interrupted(places: EnvironmentPlaces) -> Journal | None:
    """The journal of an operation that did not end. Raises BadManifest where it cannot be read."""
    try:
        data: dict[str, Any] = json.loads(places.operation.read_text("utf-8"))
        moves = [(str(source), str(target)) for source, target in data.pop("moves")]
        stashes = [(str(folder), str(message)) for folder, message in data.pop("stashes")]
        moves = [move for move in moves if _is_inside(places, move)]
        links = [str(link) for link in data.pop("links") if _is_inside(places, (link,))]
        return Journal(moves=moves, links=links, stashes=stashes, **data)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BadManifest(
            f"{places.operation} is damaged ({type(error).__name__}); remove it by hand."
        ) from None


def _is_inside(places: EnvironmentPlaces, move: tuple[str, ...]) -> bool:
    """Nobody but us writes the journal; it is not believed all the same."""
    bases = (places.root, places.state)
    return all(any(Path(os.path.abspath(path)).is_relative_to(base) for base in bases) for path in move)


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
