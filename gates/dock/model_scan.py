"""Keeps the index true to the disk: what is new is read, what moved is recognised, what is gone is marked."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from .hashing import Hashing, Tell
from .model_files import Identity, ModelFile, Note, model_files
from .model_store import Located, ModelStore
from .tools import library

FLUSH = 1.0  # s of reading that a kill can cost
COARSEST = 2.0  # s: a tick of the times of files on FAT
UNSETTLED = -1  # no file is of that time


@dataclass(frozen=True)
class Scan:
    """`note` hears of what could not be read, `tell` how far the reading is."""

    store: ModelStore
    clock: Callable[[], float]
    note: Note
    tell: Tell

    def folder(self, root: str, recursive: bool, again: bool) -> list[str]:
        """Where the models below `root` lie; `again` reads what was read before too."""
        found = [file for file in model_files(root, recursive, self.note) if self._has_text_name(file)]
        known = self.store.located()
        self._learn(found, root, [] if again else known)
        there = {file.path for file in found}
        gone = [
            one.file.path
            for one in known
            if one.is_there and one.file.path not in there and _is_below(one.file.path, root, recursive)
        ]
        self.store.lose(gone, self.clock())
        return [*there]

    def lose_roots(self) -> None:
        """What lies in folders that are gone; it is known again once they are back."""
        known = [one for one in self.store.located() if one.is_there]
        gone = {root for root in {one.root for one in known} if root is not None and not os.path.isdir(root)}
        self.store.lose([one.file.path for one in known if one.root in gone], self.clock())

    def _has_text_name(self, file: ModelFile) -> bool:
        try:
            file.path.encode("utf-8")
        except UnicodeEncodeError:
            self.note(f"{file.path!a} is left out: its name is no text. Rename it.")
            return False
        return True

    def files(self, found: Sequence[ModelFile]) -> None:
        """These alone, whatever lies beside them."""
        self._learn(found, None, self.store.located())

    def _learn(self, found: Sequence[ModelFile], root: str | None, known: Sequence[Located]) -> None:
        before = _Known(known)
        placed = {file for file in found if before.is_placed(file, root)}
        contents = {file: before.of(file) for file in found if file not in placed}
        moved = [Located(file, content, root) for file, content in contents.items() if content is not None]
        self.store.see([file.path for file in placed], self.clock())
        self.store.keep(moved, self.clock())
        self._keep_as_it_comes(self.read([file for file, one in contents.items() if one is None], root))

    def read(self, files: Sequence[ModelFile], root: str | None, strict: bool = False) -> Iterator[Located]:
        """Files that are one on the disk are read once. `strict` raises what is else said to `note`."""
        groups: dict[Identity | str, list[ModelFile]] = {}
        for file in files:
            groups.setdefault(file.identity if file.inode else file.path, []).append(file)
        if not groups:
            return
        library("blake3")  # missing, it is said once and not for each file
        same = {group[0].path: group for group in groups.values()}
        for file, outcome in Hashing([group[0] for group in same.values()], self.tell).outcomes():
            if isinstance(outcome, str):
                yield from (Located(self._settled(one), outcome, root) for one in same[file.path])
            elif strict:
                raise outcome
            else:
                why = outcome.strerror if isinstance(outcome, OSError) else outcome
                self.note(f"{file.path} is left out: {why}")
                self.store.lose([one.path for one in same[file.path]], self.clock())  # nor is it what it was

    def _settled(self, file: ModelFile) -> ModelFile:
        """One that was just written may be written again within the same tick, unseen: it is read anew."""
        age = self.clock() - file.modified / 1e9
        return replace(file, modified=UNSETTLED) if 0 <= age < COARSEST else file

    def _keep_as_it_comes(self, located: Iterable[Located]) -> None:
        """Now and then, so that a scan that is stopped has not read for nothing."""
        waiting: list[Located] = []
        last = time.monotonic()
        try:
            for one in located:
                waiting.append(one)
                if time.monotonic() - last > FLUSH:
                    self.store.keep(waiting, self.clock())
                    waiting, last = [], time.monotonic()
        finally:
            self.store.keep(waiting, self.clock())


class _Known:
    """What was read before, by where it lay and by what file it was."""

    def __init__(self, located: Sequence[Located]) -> None:
        self._at = {one.file.path: one for one in located}
        self._of = {one.file.identity: one.content for one in located if one.file.inode}

    def is_placed(self, file: ModelFile, root: str | None) -> bool:
        """Whether it lies where it lay, as it was."""
        before = self._at.get(file.path)
        if before is None or before.file.identity != file.identity:
            return False
        return before.is_there and before.root == root

    def of(self, file: ModelFile) -> str | None:
        """Its content, if this very file was read, here or under another name; without inodes only here."""
        before = self._at.get(file.path)
        if before is not None and before.file.identity == file.identity:
            return before.content
        return self._of.get(file.identity) if file.inode else None


def _is_below(path: str, root: str, recursive: bool) -> bool:
    folder = os.path.join(root, "")
    return path.startswith(folder) and (recursive or os.sep not in path[len(folder) :])
