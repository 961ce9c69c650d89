"""Reference snapshots: what a workflow was when somebody said that it is the one to be measured."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from ...errors import UnknownSnapshot
from ..snapshot import Snapshot, from_json, to_json
from . import documents, rows
from .documents import parsed

LONGEST_SCOPE = 200


def refer(
    conn: sqlite3.Connection, snapshot: Snapshot, scope: str, workflow: Mapping[str, Any] | None, now: float
) -> int:
    """Make it the reference of `scope`; kept once, however often it is taken. Its number."""
    number = _put(conn, snapshot, workflow, now)
    statement = "INSERT OR REPLACE INTO profiler_references VALUES (?, ?, ?)"
    conn.execute(statement, (scope, number, now))
    return number


def _put(conn: sqlite3.Connection, snapshot: Snapshot, workflow: Mapping[str, Any] | None, now: float) -> int:
    row = conn.execute("SELECT id FROM profiler_snapshots WHERE hash = ?", (snapshot.hash,)).fetchone()
    document = documents.put(conn, workflow)
    if row is not None:
        statement = "UPDATE profiler_snapshots SET workflow_doc = coalesce(?, workflow_doc) WHERE id = ?"
        conn.execute(statement, (document, row[0]))
        return int(row[0])
    number = conn.execute(
        "INSERT INTO profiler_snapshots (hash, nodes_json, workflow_doc, created_at) VALUES (?, ?, ?, ?)",
        (snapshot.hash, json.dumps(to_json(snapshot)), document, now),
    ).lastrowid
    assert number is not None
    return number


def reference(conn: sqlite3.Connection, scope: str) -> tuple[int, Snapshot] | None:
    """The reference of `scope` and its number; None where none was taken, or it cannot be read."""
    row = conn.execute(
        "SELECT snapshot_id FROM profiler_references WHERE scope = ?", (rows.clean(scope),)
    ).fetchone()
    found = None if row is None else _get(conn, row[0])
    return None if found is None else (int(row[0]), found)


def get(conn: sqlite3.Connection, number: int) -> Snapshot:
    """Raises UnknownSnapshot."""
    found = _get(conn, number)
    if found is None:
        raise UnknownSnapshot(f"There is no snapshot {number}.", snapshot=number)
    return found


def _get(conn: sqlite3.Connection, number: int) -> Snapshot | None:
    row = conn.execute(
        "SELECT nodes_json FROM profiler_snapshots WHERE id = ?", (rows.clean(number),)
    ).fetchone()
    return None if row is None else from_json(parsed(str(row[0])))


def workflow(conn: sqlite3.Connection, number: int) -> Any:
    """The workflow as the page had it when the snapshot was taken; None where that is not known."""
    row = conn.execute(
        "SELECT workflow_doc FROM profiler_snapshots WHERE id = ?", (rows.clean(number),)
    ).fetchone()
    return None if row is None else documents.get(conn, row[0])
