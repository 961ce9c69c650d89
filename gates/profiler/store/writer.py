"""The one thread that writes: jobs from a bounded queue, each in a transaction of its own."""

from __future__ import annotations

import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from ...errors import GatesError, StorageFailed
from . import moving
from .opening import connect, end_use
from .place import Place, Spot

log = logging.getLogger("gates.profiler")
Job = Callable[[sqlite3.Connection], Any]
CHECKPOINT = 2.0  # seconds that a power cut may cost
IDLE = 10.0  # seconds without work after which thread and connection are given up


@dataclass(frozen=True)
class Order:
    job: Job
    keep: bool  # must be written somewhere: in memory, if not in the file
    done: Future[Any] = field(default_factory=Future)


class Writer:
    """Starts its thread with the first job and ends it when there is nothing to do."""

    def __init__(self, place: Place, capacity: int, idle: float = IDLE) -> None:
        self._place = place
        self._idle = idle
        self._orders: queue.Queue[Order | None] = queue.Queue(capacity)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._conn: sqlite3.Connection | None = None
        self._spot: Spot | None = None
        self._unsynced = False

    @property
    def waiting(self) -> int:
        return self._orders.qsize()

    def put(self, job: Job, *, keep: bool, patience: float = 0.0) -> Future[Any]:
        """Queue a job; its future has the result, or the error. Raises queue.Full after `patience` s."""
        order = Order(job, keep)
        self._orders.put(order, block=patience > 0, timeout=patience or None)
        with self._lock:
            self._ensure_thread()
        return order.done

    def _ensure_thread(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="gates-profiler-store", daemon=True)
            self._thread.start()

    def close(self, patience: float) -> bool:
        """Write what is queued, then end; False when that takes longer than `patience` seconds."""
        with self._lock:
            thread = self._thread
        if thread is None:
            return True
        try:
            self._orders.put(None, timeout=patience)
        except queue.Full:
            return False
        thread.join(patience)
        return not thread.is_alive()

    def _work(self) -> None:
        closing = False
        used_at = synced_at = time.monotonic()
        while True:
            order = None
            try:
                order = self._orders.get(timeout=0.01 if closing else min(CHECKPOINT, self._idle))
                closing = closing or order is None
            except queue.Empty:
                if (closing or time.monotonic() - used_at >= self._idle) and self._leave():
                    return
            if order is not None:
                self._fulfil(order)
                used_at = time.monotonic()
            if order is None or time.monotonic() - synced_at > CHECKPOINT:
                self._sync()
                synced_at = time.monotonic()

    def _leave(self) -> bool:
        """End the thread, unless a job came in meanwhile."""
        self._disconnect(clean=True)  # may take a while, so nobody waits for the lock meanwhile
        with self._lock:
            if not self._orders.empty():
                return False
            self._thread = None
            return True

    def _fulfil(self, order: Order) -> None:
        try:
            result = self._attempt(order)
        except BaseException as error:
            if not isinstance(error, GatesError):
                log.exception("[Dataset Gates] The profiler could not write")
            order.done.set_exception(error)
        else:
            order.done.set_result(result)

    def _attempt(self, order: Order) -> Any:
        """Do the job; once more after a damaged file was set aside, or memory took its place."""
        self._go_back()
        for tries_left in (2, 1, 0):
            spot = self._place.spot()
            try:
                return _transact(self._connection(spot), order.job)
            except sqlite3.Error as error:
                self._disconnect()
                if not tries_left or not self._place.recover(spot, error, order.keep):
                    raise StorageFailed(f"The profiler's database cannot be written: {error}.") from error
        raise AssertionError("the last try raises")

    def _connection(self, spot: Spot) -> sqlite3.Connection:
        if self._conn is None or self._spot != spot:
            self._disconnect()
            self._conn, self._spot = connect(spot.uri, self._place.patience), spot
        self._unsynced = True
        return self._conn

    def _go_back(self) -> None:
        found = self._place.go_back()
        if found is None:
            return
        spot, memory = found
        try:
            with closing(connect(spot.uri, self._place.patience)) as conn:
                _transact(conn, lambda target: moving.move(memory, target, self._place.token))
        except (sqlite3.Error, GatesError) as error:
            self._place.trouble = str(error)
            log.warning("[Dataset Gates] The runs in memory could not be moved: %s", error)
        else:
            self._place.settle(spot)

    def _sync(self) -> None:
        """Carry what was written into the file itself, where a power cut leaves it alone."""
        if self._conn is None or not self._unsynced:
            return
        self._unsynced = False
        try:
            self._conn.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        except sqlite3.Error as error:
            log.warning("[Dataset Gates] The profiler's database could not be synced: %s", error)

    def _disconnect(self, clean: bool = False) -> None:
        conn, self._conn, self._spot = self._conn, None, None
        if conn is None:
            return
        try:
            if clean:
                end_use(conn)
        except sqlite3.Error as error:
            log.warning("[Dataset Gates] The profiler's database could not be closed cleanly: %s", error)
        finally:
            conn.close()


def _transact(conn: sqlite3.Connection, job: Job) -> Any:
    conn.execute("BEGIN IMMEDIATE")
    try:
        result = job(conn)
        conn.execute("COMMIT")
        return result
    except BaseException:
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        raise
