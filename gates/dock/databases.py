"""A sqlite file that can be made anew at any time: what is damaged or of another program is set aside."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar

from .. import atomic

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]
BUSY = 5.0  # s that a connection waits for another one
ASIDE = "damaged"
LOG = logging.getLogger("gates.dock")


class Database:
    """`schema` makes an empty file ours, `version` says which of ours. One connection per call."""

    def __init__(self, file: Path, schema: str, version: int) -> None:
        self.file = file
        self._schema = schema
        self._version = version

    def read(self, work: Work[T], otherwise: T) -> T:
        """What `work` finds; `otherwise` where there is no file, or it is of no use right now."""
        return self._done(work, otherwise) if self.file.exists() else otherwise

    def write(self, work: Work[None]) -> None:
        """In one transaction. What cannot be kept now is not kept: nothing depends on it."""
        self._done(work, None)

    def _done(self, work: Work[T], otherwise: T) -> T:
        for _ in range(2):
            try:
                return self._once(work)
            except sqlite3.OperationalError as error:
                LOG.warning("%s is not used: %s", self.file.name, error)
                return otherwise
            except sqlite3.DatabaseError as error:
                if not self._set_aside(error):
                    return otherwise
            except OSError as error:
                LOG.warning("%s is not used: %s", self.file.name, error)
                return otherwise
        return otherwise

    def _once(self, work: Work[T]) -> T:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self.file, timeout=BUSY)) as conn:
            self._prepare(conn)
            conn.execute("PRAGMA foreign_keys = ON")
            with conn:
                return work(conn)

    def _prepare(self, conn: sqlite3.Connection) -> None:
        """Raises DatabaseError for a file that is not ours."""
        (found,) = conn.execute("PRAGMA user_version").fetchone()
        if found == self._version:
            return
        (tables,) = conn.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables:
            raise sqlite3.DatabaseError("it has another schema")
        conn.execute("PRAGMA journal_mode = WAL").fetchone()
        conn.executescript(f"BEGIN IMMEDIATE; {self._schema}; PRAGMA user_version = {self._version}; COMMIT;")

    def _set_aside(self, reason: Exception) -> bool:
        """Under a lock, and looked at again: another process may have made it anew already."""
        LOG.warning("%s is set aside: %s", self.file.name, reason)
        try:
            with atomic.hold(self.file.with_name(f".{self.file.name}.lock")):
                if self.file.exists() and not self._is_sound():
                    self._move()
        except OSError as error:
            LOG.warning("%s stays where it is: %s", self.file.name, error)
            return False
        return True

    def _move(self) -> None:
        stamp = f"{ASIDE}-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
        atomic.replace(self.file, self.file.with_name(f"{self.file.name}.{stamp}"))
        for ending in ("-wal", "-shm"):
            with suppress(FileNotFoundError):
                os.unlink(f"{self.file}{ending}")

    def _is_sound(self) -> bool:
        try:
            with closing(sqlite3.connect(self.file, timeout=BUSY)) as conn:
                (version,) = conn.execute("PRAGMA user_version").fetchone()
                (answer,) = conn.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.DatabaseError:
            return False
        return bool(version == self._version and answer == "ok")
