"""What a run ran in: versions, packs with their commits, device, arguments, packages. Read from files."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .inputs import LEFT_OUT, is_secret

MOST_PACKAGES = 2000
LONGEST_FILE = 4096  # bytes of a file below .git that is read whole
LONGEST_PACKED = 8 << 20


@dataclass(frozen=True)
class Host:
    """What only ComfyUI can tell. `details` is kept as it is: back ends, options, the state of its memory."""

    version: str | None = None
    folder: Path | None = None
    packs: tuple[Path, ...] = ()
    details: Mapping[str, Any] | None = None


def environment(host: Host, details: Mapping[str, Any], argv: Sequence[str] = ()) -> dict[str, Any]:
    """JSON values. `details` come from the probes: torch, driver, device."""
    return {
        "core": {"version": host.version, "commit": commit_of(host.folder) if host.folder else None},
        "packs": [_pack(path) for path in sorted(host.packs)],
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "arguments": without_secrets(argv or sys.argv[1:]),
        "packages": packages(),
        **dict(host.details or {}),
        **details,
    }


def _pack(path: Path) -> dict[str, Any]:
    return {"name": path.name, "commit": commit_of(path) if path.is_dir() else None}


def packages(found: Callable[[], Iterable[Any]] = importlib.metadata.distributions) -> dict[str, Any]:
    """`list` as name==version, sorted, and one hash over it."""
    names: set[str] = set()
    for one in found():
        try:
            name, version = one.metadata["Name"], one.version
        except Exception:  # a broken installation says nothing of itself
            name, version = None, None
        if name:
            names.add(f"{str(name).lower().replace('_', '-')}=={version}")
    lines = sorted(names)
    text = "\n".join(lines)
    return {"hash": hashlib.sha256(text.encode()).hexdigest(), "list": lines[:MOST_PACKAGES]}


def without_secrets(arguments: Sequence[str]) -> list[str]:
    """Values of options whose name says that they are secret are left out."""
    shown: list[str] = []
    hide = False
    for argument in arguments:
        name, equals, _ = argument.partition("=")
        if hide and not argument.startswith("-"):
            shown.append(LEFT_OUT)
        elif argument.startswith("-") and equals and is_secret(name.lstrip("-")):
            shown.append(f"{name}={LEFT_OUT}")
        else:
            shown.append(_without_login(argument))
        hide = argument.startswith("-") and not equals and is_secret(argument.lstrip("-"))
    return shown


def _without_login(argument: str) -> str:
    """An address may carry a login before its @."""
    scheme, separator, rest = argument.partition("://")
    authority, slash, path = rest.partition("/")
    if not separator or "@" not in authority:
        return argument
    return f"{scheme}://{LEFT_OUT}@{authority.rpartition('@')[2]}{slash}{path}"


def commit_of(folder: Path) -> str | None:
    """The commit that is checked out there, read without git; None where it is no checkout."""
    try:
        git = _git_folder(folder)
        if git is None:
            return None
        head = _text(git / "HEAD")
        if not head.startswith("ref:"):
            return _commit(head)
        return _resolve(git, head[4:].strip())
    except (OSError, UnicodeDecodeError):
        return None


def _git_folder(folder: Path) -> Path | None:
    git = folder / ".git"
    if git.is_dir():
        return git
    if git.is_file():  # a worktree or a submodule
        told = _text(git)
        return (folder / told.removeprefix("gitdir:").strip()) if told.startswith("gitdir:") else None
    return None


def _resolve(git: Path, ref: str) -> str | None:
    if ".." in Path(ref).parts or ref.startswith("/"):
        return None
    common = git / "commondir"
    shared = git / _text(common) if common.is_file() else git
    for place in (git, shared):
        if (place / ref).is_file():
            return _commit(_text(place / ref))
    packed = shared / "packed-refs"
    if packed.is_file() and packed.stat().st_size <= LONGEST_PACKED:
        for line in packed.read_text("utf-8").splitlines():
            commit, _, name = line.partition(" ")
            if name == ref:
                return _commit(commit)
    return None


def _commit(text: str) -> str | None:
    word = text.strip()
    return word if len(word) in (40, 64) and all(c in "0123456789abcdef" for c in word) else None


def _text(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(LONGEST_FILE).decode("utf-8").strip()
