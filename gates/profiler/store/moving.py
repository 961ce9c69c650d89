"""From one database into another: out of memory into the file, when it can be written again."""

from __future__ import annotations

import sqlite3

from . import groups, runs, snapshots
from .schema import GROUPS, RUNS


def move(source: sqlite3.Connection, target: sqlite3.Connection, owner: str | None) -> int:
    """Write everything of `source` into `target`, runs under their numbers where these are free; how many.

    A run that is not over stays this program's.
    """
    found = source.execute(f"SELECT id, status, trashed_at FROM {RUNS} ORDER BY id").fetchall()
    for number, status, trashed_at in found:
        new = runs.insert(target, runs.recording(source, number), number)
        statement = f"UPDATE {RUNS} SET trashed_at = ?, owner = ? WHERE id = ?"
        target.execute(statement, (trashed_at, owner if status == "running" else None, new))
    for group in groups.groups(source):
        cells = source.execute(
            f"SELECT name, color, description, workflow_hash FROM {GROUPS} WHERE id = ?", (group.id,)
        ).fetchone()
        groups.create(target, dict(cells), group.members)
    _references(source, target)
    return len(found)


def _references(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    taken = source.execute("SELECT scope, snapshot_id, set_at FROM profiler_references").fetchall()
    for scope, number, moment in taken:
        workflow = snapshots.workflow(source, number)
        snapshots.refer(target, snapshots.get(source, number), scope, workflow, moment)
