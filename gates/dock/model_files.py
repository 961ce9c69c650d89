"""The model files below a folder, found as ComfyUI finds them: links are followed, circles are not."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .operation import is_link

# ComfyUI's own, and those of two formats that packs load.
ENDINGS = (".ckpt", ".pt", ".pt2", ".bin", ".pth", ".safetensors", ".pkl", ".sft", ".gguf", ".onnx")
LEFT_OUT = frozenset([".git"])
Note = Callable[[str], None]
Identity = tuple[int, int, int, int]


@dataclass(frozen=True)
class ModelFile:
    """A file as it is now: `size` in bytes, `modified` in ns; inode and device tell one file from another.

    `path` is a text: there are tens of thousands of them.
    """

    path: str
    size: int
    modified: int
    inode: int
    device: int

    @property
    def identity(self) -> Identity:
        """While it stays the same, nobody wrote to the file; a time alone does not say that."""
        return self.size, self.modified, self.inode, self.device


def look(path: str) -> ModelFile:
    """Raises OSError."""
    return _seen(path, os.stat(path))


def _seen(path: str, found: os.stat_result) -> ModelFile:
    return ModelFile(path, found.st_size, found.st_mtime_ns, found.st_ino, found.st_dev)


def model_files(folder: str, recursive: bool, note: Note) -> Iterator[ModelFile]:
    """In no order. What cannot be looked at is said to `note` and left out."""
    real = os.path.realpath(folder)
    waiting = [(folder, real, frozenset([real]))]
    while waiting:
        below, real, above = waiting.pop()
        for entry, found in _entries(below, note):
            if stat.S_ISREG(found.st_mode) and entry.name.lower().endswith(ENDINGS):
                yield _seen(entry.path, found)
            elif stat.S_ISDIR(found.st_mode) and recursive and entry.name not in LEFT_OUT:
                inner = _real(entry, real)
                if inner not in above:
                    waiting.append((entry.path, inner, above | {inner}))


def _real(entry: os.DirEntry[str], above: str) -> str:
    path = Path(entry.path)
    return os.path.realpath(path) if is_link(path) else os.path.join(above, entry.name)


def _entries(folder: str, note: Note) -> list[tuple[os.DirEntry[str], os.stat_result]]:
    found = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                found += _stat(entry, note)
    except OSError as error:
        note(f"{folder} cannot be read: {error.strerror}.")
    return found


def _stat(entry: os.DirEntry[str], note: Note) -> list[tuple[os.DirEntry[str], os.stat_result]]:
    """What an entry knows by itself has no inode on Windows."""
    try:
        return [(entry, os.stat(entry.path) if os.name == "nt" else entry.stat())]
    except OSError as error:
        note(f"{entry.path} cannot be read: {error.strerror}.")
        return []
