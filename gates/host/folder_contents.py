"""Reading folders: files below them, files of a kind, the next free number of a name."""

from __future__ import annotations

import mimetypes
import os
from collections.abc import Iterable

# mimetypes does not know these on every system
KIND_BY_EXTENSION = {"webp": "image", "fbx": "model"}

# What a browser runs or renders as a page; such files are only ever handed out as downloads.
DANGEROUS_CONTENT_TYPES = frozenset(
    {
        "text/html",
        "text/html-sandboxed",
        "application/xhtml+xml",
        "text/javascript",
        "application/javascript",
        "application/x-javascript",
        "application/ecmascript",
        "text/css",
        "message/rfc822",
    }
)


def is_dangerous_content_type(content_type: str | None) -> bool:
    if not content_type:
        return False
    bare = content_type.split(";", 1)[0].strip().lower()
    return bare in DANGEROUS_CONTENT_TYPES or bare.endswith(("+xml", "/xml"))


def files_of_kinds(files: Iterable[str], kinds: Iterable[str]) -> list[str]:
    wanted = set(kinds)
    return [name for name in files if _kind(name) in wanted]


def _kind(name: str) -> str | None:
    extension = name.rsplit(".", 1)[-1]
    guessed = mimetypes.guess_type(name, strict=False)[0]
    return KIND_BY_EXTENSION.get(extension) or (guessed.split("/")[0] if guessed else None)


def files_below(directory: str, excluded: list[str]) -> tuple[list[str], dict[str, float]]:
    """Paths of all files, relative to `directory`, and the folders seen with their times."""
    files: list[str] = []
    folders: dict[str, float] = {}
    for path, names, found in os.walk(directory, followlinks=True):
        names[:] = [name for name in names if name not in excluded]
        folders[path] = os.path.getmtime(path)
        files += [os.path.relpath(os.path.join(path, name), directory) for name in found]
    return files, folders


def next_counter(folder: str, stem: str) -> int:
    """One more than the highest N of the files `<stem>_<N>…` in `folder`."""
    start = os.path.normcase(stem + "_")
    numbers = [
        _leading_number(name[len(start) :])
        for name in os.listdir(folder)
        if os.path.normcase(name[: len(start)]) == start
    ]
    return max(numbers, default=0) + 1


def _leading_number(text: str) -> int:
    digits = text.split(".")[0].split("_")[0]
    return int(digits) if digits.isascii() and digits.isdigit() else 0
