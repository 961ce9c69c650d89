"""Whether a ComfyUI runs now, and what that is known from."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import ComfyUIRuns, ToolMissing
from .installs import Install
from .tools import library

PORT = 8188  # ComfyUI's own, unless it was told another
BASE = "--base-directory"


@dataclass(frozen=True)
class Running:
    """`basis` is the sentence to show; `process` the id, None where only the port tells."""

    runs: bool
    basis: str
    process: int | None = None


@dataclass(frozen=True)
class Process:
    id: int
    words: tuple[str, ...]
    folder: str | None  # None where the system does not tell it


def is_running(install: Install, *, proc: Path = Path("/proc"), port: int = PORT) -> Running:
    """By the processes of this machine where they can be seen, else by who listens on ComfyUI's port."""
    seen = processes(proc)
    if seen is None:
        return _by_port(port)
    for process in seen:
        if serves(install, process):
            return Running(True, f"process {process.id} runs {' '.join(process.words[:3])}", process.id)
    return Running(False, "no process of this machine runs its main.py")


def refuse_while_running(install: Install, running: Callable[[Install], Running] = is_running) -> None:
    """Raises ComfyUIRuns."""
    found = running(install)
    if found.runs:
        raise ComfyUIRuns(f"The ComfyUI in {install.root} runs: {found.basis}. Stop it, then try again.")


def serves(install: Install, process: Process) -> bool:
    """Whether this process is the ComfyUI of that install, or runs its program for another base directory."""
    main = None if install.core is None else os.path.realpath(install.core / "main.py")
    root = os.path.realpath(install.root)
    scripts = [word for word in process.words[1:] if os.path.basename(word) == "main.py"]
    if not scripts or "python" not in os.path.basename(process.words[0]).lower():
        return False
    if _is_at(process, install.python):  # another ComfyUI, but a restore would take its packages away
        return True
    if root in [_resolved(word, process.folder) for word in _bases(process.words)]:
        return True
    return main is not None and any(_resolved(word, process.folder) == main for word in scripts)


def _is_at(process: Process, python: Path) -> bool:
    """Whether it was started by this interpreter; links are not followed, for behind them all are one."""
    word = process.words[0]
    if os.sep not in word or (process.folder is None and not os.path.isabs(word)):
        return False
    return os.path.abspath(os.path.join(process.folder or "", word)) == str(python)


def _bases(words: Sequence[str]) -> Iterator[str]:
    for at, word in enumerate(words):
        if word == BASE and at + 1 < len(words):
            yield words[at + 1]
        elif word.startswith(f"{BASE}="):
            yield word.removeprefix(f"{BASE}=")


def _resolved(word: str, folder: str | None) -> str | None:
    if not os.path.isabs(word) and folder is None:
        return None
    return os.path.realpath(os.path.join(folder or "", word))


def processes(proc: Path) -> list[Process] | None:
    """Those of this machine; None where they cannot be listed."""
    if (proc / "self").exists():
        return [found for entry in proc.iterdir() if entry.name.isdigit() and (found := _of_proc(entry))]
    try:
        psutil = library("psutil")
    except ToolMissing:
        return None
    rows = (one.info for one in psutil.process_iter(["pid", "cmdline", "cwd"]))
    return [Process(row["pid"], tuple(row["cmdline"] or ()), row["cwd"]) for row in rows]


def _of_proc(entry: Path) -> Process | None:
    try:
        words = (entry / "cmdline").read_bytes().decode("utf-8", "surrogateescape").split("\0")
    except OSError:  # it ended meanwhile
        return None
    try:
        folder: str | None = os.readlink(entry / "cwd")
    except OSError:  # of another user
        folder = None
    return Process(int(entry.name), tuple(word for word in words if word), folder)


def _by_port(port: int) -> Running:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.5).close()
    except OSError:
        return Running(False, f"nothing listens on port {port}; the processes of this machine cannot be seen")
    return Running(True, f"something listens on port {port}, where ComfyUI does")
