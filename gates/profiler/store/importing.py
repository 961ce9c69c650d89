"""Runs from another database: of an older profiler, or of this one on another machine.

The file may come from anybody. It is read as data alone: bounded in size and time, ordinary tables only,
each cell checked for its type.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ...errors import BadRecording, TooManyBytes
from ..records import Recording, Run, RunStatus, Step
from . import documents, groups, rows, runs
from .groups import Group
from .migrations import declared
from .opening import connect
from .schema import GROUPS, MEMBERS, RUNS, STEPS, quoted


@dataclass(frozen=True)
class DatabaseBounds:
    size: int = 2 * 2**30  # bytes of the file
    runs: int = 100_000
    steps_of_run: int = 100_000
    seconds: float = 300.0
    groups: int = 10_000


@dataclass(frozen=True)
class Imported:
    runs: tuple[int, ...]  # numbers of the new runs
    known: int  # runs that were there already
    groups: int


@contextmanager
def open_foreign(path: Path, bounds: DatabaseBounds) -> Iterator[sqlite3.Connection]:
    """The database to import from, found to be one. Raises BadRecording or TooManyBytes."""
    if not path.is_file():
        raise BadRecording("There is no database file to import from.")
    if path.stat().st_size > bounds.size:
        raise TooManyBytes(f"The database is larger than {bounds.size // 2**20} MB, more than is taken.")
    log = path.with_name(f"{path.name}-wal")
    uri = f"{path.absolute().as_uri()}?mode=ro" + ("" if log.exists() else "&immutable=1")
    try:
        with closing(connect(uri)) as conn:
            conn.execute("PRAGMA query_only=ON")
            deadline = time.monotonic() + bounds.seconds
            conn.set_progress_handler(lambda: int(time.monotonic() > deadline), 100_000)
            _check(conn, bounds)
            yield conn
    except sqlite3.Error as error:
        raise BadRecording(f"The database cannot be read: {error}.") from error


def _check(conn: sqlite3.Connection, bounds: DatabaseBounds) -> None:
    found = conn.execute("PRAGMA quick_check(1)").fetchone()
    if found is None or found[0] != "ok":
        raise BadRecording("The database is damaged.")
    kinds = {
        str(name): (str(kind), str(sql).upper())
        for name, kind, sql in conn.execute("SELECT name, type, sql FROM sqlite_master").fetchall()
    }
    for table in (RUNS, STEPS):
        if table not in kinds:
            raise BadRecording(f"The database has no table {table}: it is none of a profiler.")
    for table in (RUNS, STEPS, GROUPS, MEMBERS, "profiler_samples", "profiler_documents"):
        kind, statement = kinds.get(table, ("table", ""))
        if kind != "table" or statement.startswith("CREATE VIRTUAL") or _computes(conn, table):
            raise BadRecording(f"{table} in the database is no ordinary table.")
    if not {"id", "run_id"} <= declared(conn, STEPS).keys() or "id" not in declared(conn, RUNS):
        raise BadRecording("The tables of the database are none of a profiler.")
    if conn.execute(f"SELECT count(*) FROM {RUNS}").fetchone()[0] > bounds.runs:
        raise BadRecording(f"The database has more than {bounds.runs} runs, more than is taken.")


def _computes(conn: sqlite3.Connection, table: str) -> bool:
    """Whether a column is computed when it is read."""
    return any(row[6] > 1 for row in conn.execute(f"PRAGMA table_xinfo({quoted(table)})").fetchall())


def recordings(conn: sqlite3.Connection, bounds: DatabaseBounds) -> Iterator[Recording]:
    """Every run that is over, by number. Raises BadRecording for one with too many steps."""
    columns = declared(conn, RUNS)
    over = "WHERE status IS NOT 'running'" if "status" in columns else ""
    numbers = [row[0] for row in conn.execute(f"SELECT id FROM {RUNS} {over} ORDER BY id").fetchall()]
    for number in numbers:
        yield _recording(conn, number, bounds)


def _recording(conn: sqlite3.Connection, number: int, bounds: DatabaseBounds) -> Recording:
    row = conn.execute(f"SELECT * FROM {RUNS} WHERE id = ?", (number,)).fetchone()
    found = conn.execute(
        f"SELECT * FROM {STEPS} WHERE run_id = ? ORDER BY id LIMIT ?", (number, bounds.steps_of_run + 1)
    ).fetchall()
    if len(found) > bounds.steps_of_run:
        raise BadRecording(f"Run {number} has more than {bounds.steps_of_run} steps, more than is taken.")
    if "profiler_documents" in _own(conn) and "prompt_doc" in row.keys():  # noqa: SIM118
        whole = runs.recording(conn, number)
        return Recording(whole.run, rows.read_all(Step, found), whole.series, whole.prompt, whole.workflow)
    text = row["workflow_json"] if "workflow_json" in row.keys() else None  # noqa: SIM118
    workflow = documents.parsed(text) if isinstance(text, str) else None
    run = rows.read(Run, row, rows.columns(Run))
    return Recording(
        run, rows.read_all(Step, found), (), None, workflow if isinstance(workflow, dict) else None
    )


def _own(conn: sqlite3.Connection) -> set[str]:
    found = conn.execute("SELECT name FROM sqlite_master WHERE name LIKE 'profiler_%'").fetchall()
    return {str(row[0]) for row in found}


def foreign_groups(conn: sqlite3.Connection, bounds: DatabaseBounds) -> tuple[Group, ...]:
    if not {GROUPS, MEMBERS} <= _own(conn):
        return ()
    there = declared(conn, GROUPS).keys()
    if not {"id", "name"} <= there or not {"group_id", "node_id"} <= declared(conn, MEMBERS).keys():
        return ()
    found = conn.execute(f"SELECT * FROM {GROUPS} ORDER BY id LIMIT ?", (bounds.groups,)).fetchall()
    return tuple(_group(conn, row) for row in found if row["name"])


def _group(conn: sqlite3.Connection, row: sqlite3.Row) -> Group:
    members = conn.execute(f"SELECT DISTINCT node_id FROM {MEMBERS} WHERE group_id = ?", (row["id"],))
    there = row.keys()
    texts = {
        name: rows.value_of(rows.Column(name, "str", required=True), row[name] if name in there else None)
        for name in ("name", "color", "description", "workflow_hash")
    }
    ids = tuple(sorted(str(one[0]) for one in members.fetchall() if one[0] is not None))
    scope = texts["workflow_hash"] or None
    return Group(0, texts["name"], texts["color"] or groups.COLOR, texts["description"], scope, ids)


def put(conn: sqlite3.Connection, recording: Recording) -> tuple[int, bool]:
    """Number of the run, and whether it is new: what was imported before is not doubled."""
    if recording.run.status == RunStatus.RUNNING.value:  # where it was exported; here it never ends
        recording = replace(recording, run=replace(recording.run, status=RunStatus.ABORTED.value))
    known = runs.twin(conn, recording.run)
    return (runs.insert(conn, recording), True) if known is None else (known, False)


def put_group(conn: sqlite3.Connection, group: Group) -> bool:
    """Whether it is new; the members of one that is there already are added to it."""
    for one in groups.groups(conn):
        if (one.name, one.workflow_hash) == (group.name, group.workflow_hash):
            groups.set_members(conn, one.id, group.members, ())
            return False
    cells: dict[str, rows.Cell] = {
        "name": group.name,
        "color": group.color,
        "description": group.description,
        "workflow_hash": group.workflow_hash,
    }
    groups.create(conn, cells, group.members)
    return True
