"""Every node pack that the registry ever told of, to be searched without it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path

from .databases import Database
from .records import NodeInfo
from .registry_answers import PublishedNode

# `words` is what a search looks through, in lower case.
SCHEMA = """
CREATE TABLE IF NOT EXISTS nodes (
    id TEXT PRIMARY KEY COLLATE NOCASE,
    name TEXT NOT NULL,
    description TEXT,
    repository TEXT,
    version TEXT,
    seen_at REAL NOT NULL,
    words TEXT NOT NULL
)"""
VERSION = 1
COLUMNS = "id, name, description, repository, version"
Row = tuple[str, str, str | None, str | None, str | None]


class NodeIndex:
    def __init__(self, file: Path, clock: Callable[[], float]) -> None:
        self._database = Database(file, SCHEMA, VERSION)
        self._clock = clock

    def remember(self, nodes: Iterable[PublishedNode]) -> None:
        rows = [self._row(node) for node in nodes]

        def remembered(conn: sqlite3.Connection) -> None:
            conn.executemany("INSERT OR REPLACE INTO nodes VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

        if rows:
            self._database.write(remembered)

    def _row(self, node: PublishedNode) -> tuple[str | float | None, ...]:
        version = node.latest.version if node.latest is not None else None
        words = "\n".join(filter(None, (node.id, node.name, node.description, node.repository))).casefold()
        return node.id, node.name, node.description, node.repository, version, self._clock(), words

    def search(self, query: str, limit: int) -> list[NodeInfo]:
        """Packs that have every word of `query`: the exact id first, then beginnings, then the rest by id."""
        words = query.casefold().split()
        if not words:
            return []
        rows: list[Row] = self._database.read(lambda conn: _matching(conn, words), [])
        rows.sort(key=lambda row: (rank(query, row[0], row[1]), row[0].casefold()))
        return [_info(row) for row in rows[:limit]]


def _matching(conn: sqlite3.Connection, words: list[str]) -> list[Row]:
    """`_` and `%` of a query are letters like any other: names of packs are full of them."""
    where = " AND ".join("words LIKE ? ESCAPE '\\'" for _ in words)
    found = conn.execute(f"SELECT {COLUMNS} FROM nodes WHERE {where}", [f"%{_escaped(w)}%" for w in words])
    return list(found)


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def rank(query: str, node_id: str, name: str) -> int:
    """0 for the id itself, up to 4 for a pack that only its description gives away."""
    asked = " ".join(query.casefold().split())
    names = (node_id.casefold(), name.casefold())
    if asked in names:
        return 0
    if names[0].startswith(asked):
        return 1
    if names[1].startswith(asked):
        return 2
    return 3 if all(any(word in one for one in names) for word in asked.split()) else 4


def _info(row: Row) -> NodeInfo:
    node_id, _, description, repository, version = row
    return NodeInfo(node_id, "registry", node_id, version, repository=repository, description=description)
