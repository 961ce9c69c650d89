"""Connections that only read, one for each thread."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import TypeVar

from ...errors import StorageFailed
from .migrations import migrate
from .opening import connect
from .place import Place, Spot

Found = TypeVar("Found")
Question = Callable[[sqlite3.Connection], Found]


@dataclass(frozen=True)
class Reader:
    conn: sqlite3.Connection
    spot: Spot
    thread: threading.Thread
    in_use: threading.Lock = field(default_factory=threading.Lock)

    def close(self) -> None:
        with self.in_use:
            self.conn.close()


class Readers:
    def __init__(self, place: Place) -> None:
        self._place = place
        self._mine = threading.local()
        self._all: list[Reader] = []
        self._lock = threading.Lock()

    def ask(self, question: Question[Found]) -> Found:
        """The answer from one unchanging state of the database. Raises StorageFailed."""
        if self._place.is_unborn():
            return _of_nothing(question)
        for tries_left in (1, 0):
            spot = self._place.spot()
            try:
                return self._ask(question, spot)
            except sqlite3.Error as error:
                self._forget()
                if not tries_left or not self._place.recover(spot, error, keep=False):
                    raise StorageFailed(f"The profiler's database cannot be read: {error}.") from error
        raise AssertionError("the last try raises")

    def _ask(self, question: Question[Found], spot: Spot) -> Found:
        reader = self._reader(spot)
        with reader.in_use:
            reader.conn.execute("BEGIN")
            try:
                return question(reader.conn)
            finally:
                reader.conn.execute("ROLLBACK")

    def _reader(self, spot: Spot) -> Reader:
        reader: Reader | None = getattr(self._mine, "reader", None)
        if reader is not None and reader.spot == spot:
            return reader
        self._forget()
        reader = Reader(_read_only(spot, self._place.patience), spot, threading.current_thread())
        with self._lock:
            gone = [one for one in self._all if not one.thread.is_alive()]
            self._all = [one for one in self._all if one not in gone] + [reader]
        for one in gone:
            one.close()
        self._mine.reader = reader
        return reader

    def _forget(self) -> None:
        reader: Reader | None = getattr(self._mine, "reader", None)
        self._mine.reader = None
        if reader is not None:
            with self._lock:
                self._all = [one for one in self._all if one is not reader]
            reader.close()

    def close(self) -> None:
        with self._lock:
            readers, self._all = self._all, []
        for reader in readers:
            reader.close()
        self._mine = threading.local()


def _read_only(spot: Spot, patience: float) -> sqlite3.Connection:
    conn = connect(spot.uri.replace("?mode=rw", "?mode=ro") if spot.on_disk else spot.uri, patience)
    conn.execute("PRAGMA query_only=ON")
    if not spot.on_disk:
        conn.execute("PRAGMA read_uncommitted=ON")  # a shared memory database knows no waiting for locks
    return conn


def _of_nothing(question: Question[Found]) -> Found:
    """What an empty database answers: nothing is made on disk before there is something to keep."""
    with closing(connect("file::memory:")) as conn:
        migrate(conn, 0.0)
        return question(conn)
