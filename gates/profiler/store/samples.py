"""The series of a run: one row each, all its points in one blob."""

from __future__ import annotations

import math
import sqlite3
import sys
import zlib
from array import array
from collections.abc import Iterable, Sequence

from ..records import Series
from .documents import inflated
from .rows import clean, sendable

MOST_POINTS = 5_000_000  # of one series that is read
POINT = 16  # bytes: time and value, each a double, little end first; NaN is None


def put(conn: sqlite3.Connection, run_id: int, series: Iterable[Series]) -> None:
    """Replace the series of a run."""
    conn.execute("DELETE FROM profiler_samples WHERE run_id = ?", (run_id,))
    rows = [(run_id, place, *_row(one)) for place, one in enumerate(series)]
    conn.executemany("INSERT INTO profiler_samples VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def _row(one: Series) -> tuple[object, ...]:
    words = (sendable(one.name), sendable(one.unit), sendable(one.source), clean(one.device))
    return (*words, len(one.times), pack(one.times, one.values))


def pack(times: Sequence[float], values: Sequence[float | None]) -> bytes:
    known = [math.nan if value is None else value for value in values]
    return zlib.compress(_bytes(times) + _bytes(known), 6)


def _bytes(numbers: Sequence[float]) -> bytes:
    return _little(array("d", numbers)).tobytes()


def _little(numbers: array[float]) -> array[float]:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def unpack(points: object, n: object) -> tuple[tuple[float, ...], tuple[float | None, ...]] | None:
    """Times and values; None unless the blob holds exactly `n` points, with finite times."""
    if not isinstance(n, int) or not 0 <= n <= MOST_POINTS:
        return None
    data = inflated(points, n * POINT)
    if data is None or len(data) != n * POINT:
        return None
    numbers = _little(array("d", data))
    times, values = numbers[:n], numbers[n:]
    if not all(map(math.isfinite, times)):
        return None
    return tuple(times), tuple(value if math.isfinite(value) else None for value in values)


def get(conn: sqlite3.Connection, run_id: int) -> tuple[Series, ...]:
    """The series of a run, in their order; a damaged one is left out."""
    rows = conn.execute(
        "SELECT name, unit, source, device, points, n FROM profiler_samples WHERE run_id = ? ORDER BY place",
        (run_id,),
    ).fetchall()
    found = [(row, unpack(row[4], row[5])) for row in rows]
    return tuple(
        Series(str(row[0]), str(row[1]), str(row[2]), None if row[3] is None else str(row[3]), *points)
        for row, points in found
        if points is not None
    )
