"""Every model that was seen, known by its content: read once, and found under any name."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import NoModels
from .hashing import Tell
from .model_files import Note, look
from .model_names import matching, named
from .model_scan import Scan
from .model_store import ModelStore
from .records import ModelInfo

HASH = re.compile(r"(?:([a-z0-9]+):)?([0-9a-f]{8,128})")


class ModelIndex:
    """`standard` are the folders where models of this workspace lie; `note` hears what could not be read."""

    def __init__(
        self,
        file: Path,
        standard: Sequence[Path] = (),
        clock: Callable[[], float] = time.time,
        note: Note = lambda _: None,
        tell: Tell = lambda _: None,
    ) -> None:
        self._store = ModelStore(file)
        self._scan = Scan(self._store, clock, note, tell)
        self._standard = standard

    # --- what lies where

    def scan_directory(self, path: Path, recursive: bool = True, again: bool = False) -> list[ModelInfo]:
        """The models below a folder. What was read before is read once more only `again`. Raises NoModels."""
        root = _absolute(path)
        if not os.path.isdir(root):
            raise NoModels(f"There is no folder {root}. Name the one that holds your models.")
        return self._at(self._scan.folder(root, recursive, again))

    def scan_standard_locations(self, again: bool = False) -> list[ModelInfo]:
        """Those of the workspace's folders that are there."""
        there = [path for path in self._standard if path.is_dir()]
        self._scan.lose_roots()
        return self._at([place for path in there for place in self._scan.folder(str(path), True, again)])

    def register_model(self, path: Path, metadata: Mapping[str, Any] | None = None) -> ModelInfo:
        """One file, anywhere, and what is to be said of it. Raises NoModels, ModelChanged, OSError."""
        file = _absolute(path)
        if not os.path.isfile(file):
            raise NoModels(f"There is no file {file}.")
        read = [*self._scan.read([look(file)], None, strict=True)]
        self._store.keep(read, self._scan.clock())
        self._store.describe(read[0].content, metadata or {})
        return self._at([file])[0]

    def update_index(self) -> None:
        """Look again at every folder and file that was looked at before; only what changed is read."""
        located = self._store.located()
        roots = {Path(one.root) for one in located if one.root is not None}
        for root in sorted(root for root in roots if roots.isdisjoint(root.parents)):
            if root.is_dir():
                self._scan.folder(str(root), recursive=True, again=False)
        alone = [one.file.path for one in located if one.root is None]
        self._scan.files([look(path) for path in alone if os.path.isfile(path)])
        gone = [one.file.path for one in located if one.is_there and not os.path.isfile(one.file.path)]
        self._store.lose(gone, self._scan.clock())

    def _at(self, places: Sequence[str]) -> list[ModelInfo]:
        wanted = set(places)
        return [model for model in self._store.models() if not wanted.isdisjoint(map(str, model.paths))]

    # --- which model is meant

    def list_models(self) -> list[ModelInfo]:
        """All that lie somewhere, by name."""
        return [model for model in self._store.models() if model.paths]

    def resolve_by_hash(self, hash: str) -> ModelInfo | None:
        """By `blake3:` or `sha256:` and the digits, or the digits alone; None where nobody saw it."""
        found = HASH.fullmatch(hash.strip().lower())
        return self._store.with_hash(found[1], found[2]) if found is not None else None

    def resolve_by_name(self, name: str) -> list[ModelInfo]:
        """By a file name, or the end of a path as loaders have it; the closest first, copies never twice."""
        return named(self._store.models(), name)

    def search_models(self, query: str) -> list[ModelInfo]:
        """Models whose names and folders hold every word of `query`, or whose hash begins so; best first."""
        return matching(self._store.models(), query)

    def get_model_info(self, identifier: str) -> ModelInfo | None:
        """The one that a hash, a path or a name means; None where it means none, or more than one."""
        exact = self.resolve_by_hash(identifier)
        if exact is not None:
            return exact
        at = self._at([_absolute(Path(identifier))]) if identifier else []
        found = at or self.resolve_by_name(identifier)
        return found[0] if len(found) == 1 else None


def _absolute(path: Path) -> str:
    """Without following links: it is called what the person calls it."""
    return os.path.abspath(path.expanduser())
