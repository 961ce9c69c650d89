"""Which of the programs that wrote a run still live.

Each one that writes holds the lock of a file of its own beside the database. The system gives the lock
back when the program dies, however it does; so a run that is `running` and whose owner's lock can be had
was left by a crash, and one of another living program is left alone.
"""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from ...atomic import take_lock

TOKEN = re.compile(r"[0-9a-f]{16}")


class Presence:
    """The lock of one program, from now until `leave`."""

    def __init__(self, database: Path) -> None:
        self.token = secrets.token_hex(8)
        self._file = _file(database, self.token)
        self._descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o666)
        take_lock(self._descriptor)

    def leave(self) -> None:
        os.close(self._descriptor)
        _remove(self._file)


def is_alive(database: Path, token: str | None) -> bool:
    """Whether the program that wrote under `token` still runs."""
    if token is None or not TOKEN.fullmatch(token):
        return False
    try:
        descriptor = os.open(_file(database, token), os.O_RDWR)
    except OSError:
        return False
    try:
        take_lock(descriptor, patience=0.0)
    except TimeoutError:
        return True
    finally:
        os.close(descriptor)
    return False


def sweep(database: Path) -> None:
    """Remove the files of those that died."""
    for file in database.parent.glob(f"{database.name}.owner-*"):
        if not is_alive(database, file.name.rpartition("-")[2]):
            _remove(file)


def _file(database: Path, token: str) -> Path:
    return database.with_name(f"{database.name}.owner-{token}")


def _remove(file: Path) -> None:
    try:
        file.unlink(missing_ok=True)
    except OSError:
        return  # Windows: somebody looks at it; the next sweep takes it
