"""What was deleted and can be had back. Only a purge takes anything away for good."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from ...errors import UnknownGroup, UnknownItem, UnknownRun
from . import documents, rows
from .schema import GROUPS, MEMBERS, RUNS, STEPS

TABLE_OF = {"run": RUNS, "group": GROUPS}


@dataclass(frozen=True)
class Trashed:
    kind: str  # run or group
    id: int
    name: str
    timestamp: float | None  # of a run: when it began, s since 1970
    trashed_at: float  # s since 1970


def listed(conn: sqlite3.Connection) -> tuple[Trashed, ...]:
    """Newest first."""
    found = conn.execute(
        f"SELECT 'run', id, name, timestamp, trashed_at FROM {RUNS} WHERE trashed_at IS NOT NULL"
        f" UNION ALL SELECT 'group', id, name, NULL, trashed_at FROM {GROUPS} WHERE trashed_at IS NOT NULL"
        " ORDER BY trashed_at DESC, id DESC"
    )
    shape = rows.Column("timestamp", "float", required=False)
    return tuple(
        Trashed(kind, number, str(name or ""), rows.value_of(shape, timestamp), float(moment))
        for kind, number, name, timestamp, moment in found.fetchall()
    )


def put(conn: sqlite3.Connection, kind: str, number: int, now: float) -> None:
    """Delete a run or a group, for now. Raises UnknownRun or UnknownGroup."""
    done = conn.execute(
        f"UPDATE {TABLE_OF[kind]} SET trashed_at = ? WHERE id = ? AND trashed_at IS NULL",
        (now, rows.clean(number)),
    )
    if not done.rowcount:
        unknown = UnknownRun if kind == "run" else UnknownGroup
        raise unknown(f"There is no {kind} {number}, or it lies in the trash already.", **{kind: number})


def put_all_runs(conn: sqlite3.Connection, now: float) -> int:
    """Delete every run that has ended; how many."""
    statement = f"UPDATE {RUNS} SET trashed_at = ? WHERE trashed_at IS NULL AND status IS NOT 'running'"
    return conn.execute(statement, (now,)).rowcount


def restore(conn: sqlite3.Connection, kind: str, number: int) -> None:
    """Raises UnknownItem."""
    table = _table(kind)
    statement = f"UPDATE {table} SET trashed_at = NULL WHERE id = ? AND trashed_at IS NOT NULL"
    if not conn.execute(statement, (rows.clean(number),)).rowcount:
        raise UnknownItem(f"The trash holds no {kind} {number}.", kind=kind, id=number)


def purge(conn: sqlite3.Connection, kind: str | None, number: int | None) -> int:
    """Take one thing in the trash away for good, or with None all of it; how many. Raises UnknownItem."""
    if kind is None:
        counts = [_purge_all(conn, one) for one in TABLE_OF]
        return sum(counts)
    table = _table(kind)
    statement = f"SELECT id FROM {table} WHERE id = ? AND trashed_at IS NOT NULL"
    if conn.execute(statement, (rows.clean(number),)).fetchone() is None:
        raise UnknownItem(f"The trash holds no {kind} {number}.", kind=kind, id=number)
    remove(conn, kind, [int(number or 0)])
    return 1


def _table(kind: str) -> str:
    if kind not in TABLE_OF:
        raise UnknownItem("The trash holds runs and groups: kind must be run or group.", kind=kind)
    return TABLE_OF[kind]


def _purge_all(conn: sqlite3.Connection, kind: str) -> int:
    found = conn.execute(f"SELECT id FROM {TABLE_OF[kind]} WHERE trashed_at IS NOT NULL").fetchall()
    remove(conn, kind, [row[0] for row in found])
    return len(found)


def remove(conn: sqlite3.Connection, kind: str, numbers: Sequence[int]) -> None:
    """Delete rows for good, with what hangs on them (an old file may lack the foreign keys)."""
    below = ((STEPS, "run_id"), ("profiler_samples", "run_id")) if kind == "run" else ((MEMBERS, "group_id"),)
    keys = [(number,) for number in numbers]
    for table, column in below:
        conn.executemany(f"DELETE FROM {table} WHERE {column} = ?", keys)
    conn.executemany(f"DELETE FROM {TABLE_OF[kind]} WHERE id = ?", keys)
    if kind == "run" and numbers:
        documents.remove_unused(conn)
