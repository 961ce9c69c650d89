"""Where the runs are kept just now: in the file, or in memory while it cannot be written."""

from __future__ import annotations

import logging
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from .migrations import migrate
from .opening import Damaged, alone, connect, is_damage, prepare, set_aside, uri_of
from .presence import Presence, sweep

log = logging.getLogger("gates.profiler")


@dataclass(frozen=True)
class Spot:
    """A database to connect to. Two of them that differ in `number` are not the same one."""

    uri: str
    number: int
    on_disk: bool


class Place:
    """Opens the file at its first use, sets a damaged one aside, falls back to memory. For any thread."""

    def __init__(self, path: Path, clock: Callable[[], float], patience: float, retry: float) -> None:
        self.path = path
        self.retry = retry  # seconds between two tries of going back from memory to the file
        self.patience = patience  # seconds that another program's lock is waited for
        self.trouble: str | None = None  # why runs are in memory
        self._clock = clock
        self._lock = threading.RLock()
        self._spot: Spot | None = None
        self._number = 0
        self._presence: Presence | None = None
        self._anchor: sqlite3.Connection | None = None  # a memory database lives as long as a connection
        self._tried_at = 0.0
        self._identity: tuple[int, int] | None = None
        self._log: tuple[int, int] | None = None

    @property
    def token(self) -> str | None:
        """Under which this program owns runs; None in memory, where nobody else sees them."""
        return self._presence.token if self._presence else None

    @property
    def is_open(self) -> bool:
        return self._spot is not None

    @property
    def in_memory(self) -> bool:
        return self._spot is not None and not self._spot.on_disk

    def is_unborn(self) -> bool:
        """Whether there is nothing to read, nor to be opened for it."""
        return self._spot is None and not self.path.exists()

    def spot(self) -> Spot:
        with self._lock:
            if self._spot is None:
                self._open()
            elif self._spot.on_disk:
                self._look_again()
            assert self._spot is not None
            return self._spot

    def _look_again(self) -> None:
        """Open anew when somebody removed or replaced the file: ours has no name any more."""
        logs = [self.path.with_name(self.path.name + ending) for ending in ("-wal", "-shm")]
        if _identity(self.path) == self._identity:
            self._log = _identity(logs[0])
            return
        self._open(stale=logs if _identity(logs[0]) == self._log else [])

    def _open(self, stale: Iterable[Path] = ()) -> None:
        """`stale`: logs of a file that is gone, which would be taken for those of the new one."""
        try:
            for log_file in stale:
                log_file.unlink(missing_ok=True)
            self._spot, self.trouble = self._open_file(), None
        except (OSError, sqlite3.Error, Damaged) as error:
            self._use_memory(error)

    def _open_file(self) -> Spot:
        with alone(self.path):
            try:
                prepare(self.path, self._clock(), self.patience)
            except Damaged as error:
                name = set_aside(self.path, self._clock()).name
                log.error(
                    "[Dataset Gates] The profiler's database was damaged (%s). It is now %s", error, name
                )
                prepare(self.path, self._clock(), self.patience)
            sweep(self.path)
            if self._presence is None:
                self._presence = Presence(self.path)
            self._identity = _identity(self.path)
        self._number += 1
        return Spot(uri_of(self.path, "rw"), self._number, True)

    def _use_memory(self, error: Exception) -> None:
        self._close_anchor()
        uri = f"file:gates-profiler-{secrets.token_hex(8)}?mode=memory&cache=shared"
        self._anchor = connect(uri, self.patience)
        migrate(self._anchor, self._clock())
        self._number += 1
        self._spot = Spot(uri, self._number, False)
        self._tried_at = time.monotonic()
        self.trouble = str(error) or type(error).__name__
        log.error("[Dataset Gates] %s cannot be used (%s). Runs are kept in memory", self.path, self.trouble)

    def recover(self, spot: Spot, error: sqlite3.Error, keep: bool) -> bool:
        """Make room for another try after `error` at `spot`; False where there is no sense in one.

        A damaged file is set aside. One that cannot be written is left for memory when there is something
        that must be kept.
        """
        with self._lock:
            if self._spot is not None and self._spot.number != spot.number:
                return True  # somebody else did
            if not spot.on_disk:
                return False
            if is_damage(error):
                self._set_aside(error)
                return True
            if keep and isinstance(error, sqlite3.OperationalError):
                self._use_memory(error)
                return True
            return False

    def _set_aside(self, error: sqlite3.Error) -> None:
        try:
            with alone(self.path):
                name = set_aside(self.path, self._clock()).name
            log.error("[Dataset Gates] The profiler's database was damaged (%s). It is now %s", error, name)
        except OSError as refused:
            self._use_memory(refused)
            return
        self._open()

    def go_back(self) -> tuple[Spot, sqlite3.Connection] | None:
        """The file, when it can be written again, and a connection to what is in memory.

        It is used again with `settle`, once everything in memory was moved there.
        """
        with self._lock:
            if not self.in_memory or time.monotonic() - self._tried_at < self.retry:
                return None
            self._tried_at = time.monotonic()
            assert self._anchor is not None, "memory is there as long as it is used"
            try:
                return self._open_file(), self._anchor
            except (OSError, sqlite3.Error, Damaged) as error:
                self.trouble = str(error)
                return None

    def settle(self, spot: Spot) -> None:
        with self._lock:
            self._spot, self.trouble = spot, None
            self._close_anchor()
        log.warning("[Dataset Gates] %s can be used again", self.path)

    def close(self) -> None:
        with self._lock:
            self._close_anchor()
            if self._presence:
                self._presence.leave()
            self._presence = self._spot = None

    def _close_anchor(self) -> None:
        if self._anchor:
            self._anchor.close()
        self._anchor = None


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from another one of its name."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
