"""What the registry answered, kept for a day, and served beyond it while the registry is out of reach."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .databases import Database

FRESH = 24 * 3600.0  # s
KEPT = 180 * 24 * 3600.0  # s: what nobody asked for again in half a year
SCHEMA = (
    "CREATE TABLE IF NOT EXISTS answers (url TEXT PRIMARY KEY, body TEXT NOT NULL, fetched_at REAL NOT NULL)"
)
VERSION = 1


@dataclass(frozen=True)
class Kept:
    value: Any
    fetched_at: float  # s since 1970
    fresh: bool


class ApiCache:
    def __init__(self, file: Path, clock: Callable[[], float]) -> None:
        self._database = Database(file, SCHEMA, VERSION)
        self._clock = clock

    def find(self, url: str) -> Kept | None:
        row = self._database.read(lambda conn: _row(conn, url), None)
        if row is None:
            return None
        try:
            value = json.loads(row[0])
        except (ValueError, TypeError, RecursionError):
            return None
        age = self._clock() - row[1]
        return Kept(value, row[1], 0 <= age < FRESH)

    def keep(self, url: str, value: Any) -> None:
        now = self._clock()

        def kept(conn: sqlite3.Connection) -> None:
            conn.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", (url, json.dumps(value), now))
            conn.execute("DELETE FROM answers WHERE fetched_at < ?", (now - KEPT,))

        self._database.write(kept)

    def forget(self, url: str) -> None:
        def forgotten(conn: sqlite3.Connection) -> None:
            conn.execute("DELETE FROM answers WHERE url = ?", (url,))

        self._database.write(forgotten)


def _row(conn: sqlite3.Connection, url: str) -> tuple[str, float] | None:
    found = conn.execute("SELECT body, fetched_at FROM answers WHERE url = ?", (url,)).fetchone()
    return (str(found[0]), float(found[1])) if found is not None else None
