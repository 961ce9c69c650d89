"""Taking back what a change did, without losing what somebody did since: that is set aside and named."""

from __future__ import annotations

import hashlib
import os
import shlex
import time
from collections.abc import Iterable
from functools import cached_property
from itertools import chain
from pathlib import Path

from .. import atomic
from ..errors import CommandFailed
from .applying import Applying
from .crew import Crew
from .journal import Move, place
from .operation import KEPT, Operation, is_link, take_away_link
from .packs import head_of, was_touched
from .places import EnvironmentPlaces


class Undoing:
    """Of one operation, by who holds the environment. May be done twice."""

    def __init__(self, places: EnvironmentPlaces, operation: Operation, crew: Crew) -> None:
        self._places = places
        self._operation = operation
        self._crew = crew
        self._journal = operation.journal
        self._stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(crew.clock()))

    def undo(self) -> tuple[str, ...]:
        """All as it was before the operation: folders, manifest, ComfyUI, packages; what is to be said."""
        journal = self._journal
        self._keep_edits(KEPT)
        if self._crew.git.head(self._places.cec) is not None:
            self._undo_trees()
        for entry in reversed([*journal.stashes]):
            self._bring_back(*entry)
            self._operation.unstashed(entry)
        for link in reversed(journal.links):
            take_away_link(place(self._places, link))
        for move in reversed(journal.moves):
            self._undo_move(move)
        self._operation.undo_files()
        Applying(self._places, self._operation, self._crew).undo_packages()
        return tuple(journal.notes)

    # --- the files of .cec, and ComfyUI

    def _undo_trees(self) -> None:
        journal, git, places = self._journal, self._crew.git, self._places
        if journal.tree and journal.head is not None:
            self._keep_edits(set(chain(*self._trees)) - set(KEPT))
            git.restore_tree(places.cec, journal.head)
        elif journal.head is not None:
            git.unstage(places.cec)
        moved = journal.core is not None and head_of(places.core) != journal.core
        if moved and git.is_repository(places.core):  # else whoever needs it makes it one again
            self._stash_edits(places.core)
            git.checkout(places.core, journal.core)
        self._operation.trees_are_back()

    @cached_property
    def _trees(self) -> list[dict[str, str]]:
        """The files of the commit before, and of the one that was gone to: what is in them is not lost."""
        commits = [one for one in (self._journal.head, self._journal.target) if one is not None]
        return [self._crew.git.blobs(self._places.cec, one) for one in commits]

    def _keep_edits(self, names: Iterable[str]) -> None:
        """Copies of files that hold what neither the operation nor git knows: somebody edited them since."""
        for name in sorted(set(names)):
            file = self._places.cec.joinpath(*name.split("/"))
            if ".." in file.parts or not file.is_file() or is_link(file):
                continue
            data = file.read_bytes()
            digest = hashlib.sha256(data).hexdigest()
            if self._operation.is_known(name, digest) or any(
                _is_blob(data, tree.get(name)) for tree in self._trees
            ):
                continue
            kept = self._aside(name)
            atomic.copy_file(file, kept)
            self._journal.written.setdefault(name, []).append(digest)  # once is enough
            self._operation.note(f"{name} was edited since; as it was then it is kept: {kept}")

    def _stash_edits(self, core: Path) -> None:
        """What somebody edited in ComfyUI since; untracked files are in nobody's way."""
        if any(not entry.startswith("??") for entry in self._crew.git.changes(core)):
            message = f"dock {self._stamp}-{time.monotonic_ns()}: edits after an interrupted change"
            self._crew.git.stash(core, message, untracked=False)
            self._operation.note(f"Edits of ComfyUI's files are kept in its stash: {message}")

    def _bring_back(self, named: str, message: str) -> None:
        folder = place(self._places, named)
        if folder not in (self._places.cec, self._places.core):
            return
        if not self._crew.git.is_repository(folder):
            self._operation.note(f"{folder} has lost its repository, and with it the stash {message!r}")
            return
        try:
            self._crew.git.unstash(folder, message)
        except CommandFailed:
            again = f"git -C {shlex.quote(str(folder))} stash list"
            self._operation.note(f"Uncommitted work is kept in the stash (`{again}`): {message}")

    # --- folders

    def _undo_move(self, move: Move) -> None:
        source, target = place(self._places, move.source), place(self._places, move.target)
        came_in = source.is_relative_to(self._places.state)
        if not os.path.lexists(target):
            if not came_in and not os.path.lexists(source):
                self._operation.note(f"{source} cannot be brought back: {target} is gone")
        elif came_in and not os.path.lexists(source):
            self._put_out(target, source, move.mark)
        elif not came_in:
            self._clear(source)
            source.parent.mkdir(parents=True, exist_ok=True)
            atomic.replace(target, source)

    def _put_out(self, folder: Path, back: Path, mark: str | None) -> None:
        """A folder that the operation brought: back to where it is deleted, unless somebody worked in it."""
        if self._is_touched(folder, mark or head_of(folder)):
            kept = self._aside(folder.name)
            self._operation.note(f"{folder.name} was edited since; as it was then it is kept: {kept}")
            back = kept
        back.parent.mkdir(parents=True, exist_ok=True)
        atomic.replace(folder, back)

    def _is_touched(self, folder: Path, mark: str | None) -> bool:
        if folder.name == ".git":
            return head_of(folder.parent) != mark or (folder / "refs" / "stash").exists()
        return not is_link(folder) and was_touched(folder, mark, self._crew.git)

    def _clear(self, path: Path) -> None:
        """Something that somebody put where the folder of before belongs."""
        if os.path.lexists(path):
            kept = self._aside(path.name)
            self._operation.note(f"{path} came there since, and is set aside: {kept}")
            atomic.replace(path, kept)

    def _aside(self, name: str) -> Path:
        kept = self._places.aside / f"{self._stamp}-{time.monotonic_ns()}" / name
        kept.parent.mkdir(parents=True, exist_ok=True)
        return kept


def _is_blob(data: bytes, name: str | None) -> bool:
    """Whether git calls this content by that name."""
    if name is None:
        return False
    kind = hashlib.sha256 if len(name) == 64 else hashlib.sha1
    return kind(b"blob %d\0" % len(data) + data).hexdigest() == name
