"""How many runs are kept, and how large the database may grow."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from . import trash
from .documents import parsed
from .opening import get_meta, set_meta
from .schema import RUNS

KEY = "last_purge"


@dataclass(frozen=True)
class Bounds:
    runs: int = 10_000
    size: int = 1024 * 2**20  # bytes


@dataclass(frozen=True)
class Purge:
    """What was taken away to stay within the bounds, the last time."""

    at: float  # s since 1970
    unnamed: int
    named: int
    trashed: int  # had been in the trash
    reason: str  # runs or size


def enforce(conn: sqlite3.Connection, bounds: Bounds, newest: int | None, now: float) -> Purge | None:
    """Take away what is too much: first from the trash, then unnamed runs, then named ones, oldest first.

    Never a run that is not over, nor `newest`, which was just saved.
    """
    counts = {"unnamed": 0, "named": 0, "trashed": 0}
    reason = _too_much(conn, bounds)
    if reason is None:
        return None
    candidates, exceeded = _candidates(conn, newest), reason
    while exceeded and (
        batch := [one for one, _ in zip(candidates, range(_batch(conn, bounds)), strict=False)]
    ):
        trash.remove(conn, "run", [number for number, _ in batch])
        for _, kind in batch:
            counts[kind] += 1
        exceeded = _too_much(conn, bounds) or ""
    if not any(counts.values()):
        return None
    done = Purge(now, reason=reason, **counts)
    set_meta(conn, KEY, json.dumps(asdict(done)))
    return done


def _too_much(conn: sqlite3.Connection, bounds: Bounds) -> str | None:
    if _runs(conn) > bounds.runs:
        return "runs"
    return "size" if used(conn) > bounds.size else None


def _batch(conn: sqlite3.Connection, bounds: Bounds) -> int:
    """How many runs to take at once: those beyond the bound, or a small part where size is the matter."""
    runs = _runs(conn)
    return runs - bounds.runs if runs > bounds.runs else max(runs // 50, 1)


def _runs(conn: sqlite3.Connection) -> int:
    return int(conn.execute(f"SELECT count(*) FROM {RUNS}").fetchone()[0])


def used(conn: sqlite3.Connection) -> int:
    """Bytes of the pages in use: a file keeps its free pages and fills them again."""
    pages, free, size = (
        int(conn.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size


def _candidates(conn: sqlite3.Connection, newest: int | None) -> Iterator[tuple[int, str]]:
    found = conn.execute(
        f"""SELECT id, CASE WHEN trashed_at IS NOT NULL THEN 'trashed'
                WHEN coalesce(name, '') = '' THEN 'unnamed' ELSE 'named' END AS kind
            FROM {RUNS} WHERE status IS NOT 'running' AND id IS NOT ?
            ORDER BY kind = 'trashed' DESC, kind = 'unnamed' DESC, trashed_at, timestamp, id""",
        (newest,),
    ).fetchall()
    return iter([(row[0], row[1]) for row in found])


def last_purge(conn: sqlite3.Connection) -> Purge | None:
    found = parsed(get_meta(conn, KEY) or "")
    try:
        return Purge(**found)
    except TypeError:
        return None
