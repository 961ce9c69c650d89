"""Runs and their steps, written and read."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ...errors import UnknownRun, UnknownStep
from ..records import Recording, Run, RunStatus, Series, Step
from . import documents, rows, samples
from .documents import parsed
from .rows import Cell
from .schema import RUNS, STEPS, quoted

EDITED = ("name", "global_comment")  # a person may have changed them while it ran


# --- written --------------------------------------------------------------------------------------


def begin(conn: sqlite3.Connection, run: Run, owner: str | None) -> int:
    return _insert(conn, RUNS, {**rows.cells(run), "owner": owner})


def extend(conn: sqlite3.Connection, prompt_id: str, owner: str | None, steps: Iterable[Step]) -> bool:
    """Put steps of a run that was begun, or what is newer of them; False when there is no such run."""
    run_id = running(conn, prompt_id, owner)
    if run_id is None:
        return False
    _put_steps(conn, run_id, steps)
    return True


def running(conn: sqlite3.Connection, prompt_id: str | None, owner: str | None) -> int | None:
    """The run that this program began for a prompt and has not finished."""
    row = conn.execute(
        f"SELECT max(id) FROM {RUNS} WHERE prompt_id = ? AND status = ? AND owner IS ?",
        (prompt_id, RunStatus.RUNNING.value, owner),
    ).fetchone()
    return None if row[0] is None else int(row[0])


def save(conn: sqlite3.Connection, recording: Recording, owner: str | None) -> int:
    """Write a whole run: over the one that was begun, else as a new one. Its number."""
    run_id = running(conn, recording.run.prompt_id, owner)
    if run_id is None:
        return insert(conn, recording)
    cells = _cells(conn, recording)
    _update(conn, RUNS, run_id, {name: cell for name, cell in cells.items() if name not in EDITED})
    gone = _put_steps(conn, run_id, recording.steps)
    conn.executemany(f"DELETE FROM {STEPS} WHERE id = ?", [(number,) for number in gone])
    samples.put(conn, run_id, recording.series)
    return run_id


def insert(conn: sqlite3.Connection, recording: Recording, run_id: int | None = None) -> int:
    """Write a run as a new one, under `run_id` where that is given and free."""
    cells = _cells(conn, recording)
    if run_id is not None and not _exists(conn, RUNS, run_id):
        cells["id"] = run_id
    number = _insert(conn, RUNS, cells)
    _put_steps(conn, number, recording.steps)
    samples.put(conn, number, recording.series)
    return number


def _cells(conn: sqlite3.Connection, recording: Recording) -> dict[str, Cell]:
    environment = recording.run.environment_json
    return {
        **rows.cells(recording.run),
        "prompt_doc": documents.put(conn, recording.prompt),
        "workflow_doc": documents.put(conn, recording.workflow),
        "environment_doc": documents.put(conn, environment),
        "workflow_json": None,
        "owner": None,
    }


def _put_steps(conn: sqlite3.Connection, run_id: int, steps: Iterable[Step]) -> list[int]:
    """Write steps, each over the one of the same node that is there; the numbers of those not met.

    A comment that is there stays unless a step brings one.
    """
    there: dict[str, list[int]] = defaultdict(list)
    known = conn.execute(f"SELECT node_id, id FROM {STEPS} WHERE run_id = ? ORDER BY id", (run_id,))
    for node_id, number in known.fetchall():
        there[str(node_id)].append(number)
    new: list[dict[str, Cell]] = []
    for step in steps:
        cells = {**rows.cells(step), "run_id": run_id}
        if not there.get(str(cells["node_id"])):
            new.append(cells)
            continue
        if not cells["step_comment"]:
            del cells["step_comment"]
        _update(conn, STEPS, there[str(cells["node_id"])].pop(0), cells)
    if new:
        conn.executemany(_insert_statement(STEPS, new[0]), new)
    return [number for numbers in there.values() for number in numbers]


def abort(conn: sqlite3.Connection, owners: Iterable[str | None]) -> None:
    """Close what these programs left running when they died."""
    for owner in owners:
        conn.execute(
            f"UPDATE {RUNS} SET status = ?, owner = NULL WHERE status = ? AND owner IS ?",
            (RunStatus.ABORTED.value, RunStatus.RUNNING.value, owner),
        )


def owners_of_running(conn: sqlite3.Connection) -> list[str | None]:
    statement = f"SELECT DISTINCT owner FROM {RUNS} WHERE status = ?"
    return [row[0] for row in conn.execute(statement, (RunStatus.RUNNING.value,)).fetchall()]


def set_run(conn: sqlite3.Connection, run_id: int, changes: Mapping[str, Cell]) -> None:
    require(conn, run_id)
    _update(conn, RUNS, run_id, dict(changes))


def set_step_comment(conn: sqlite3.Connection, step_id: int, comment: str) -> None:
    if not _exists(conn, STEPS, step_id):
        raise UnknownStep(f"There is no step {step_id}.", step=step_id)
    _update(conn, STEPS, step_id, {"step_comment": comment})


def _insert(conn: sqlite3.Connection, table: str, cells: Mapping[str, Cell]) -> int:
    number = conn.execute(_insert_statement(table, cells), dict(cells)).lastrowid
    assert number is not None
    return number


def _insert_statement(table: str, cells: Mapping[str, Cell]) -> str:
    names = ", ".join(quoted(name) for name in cells)
    return f"INSERT INTO {table} ({names}) VALUES ({', '.join(f':{name}' for name in cells)})"


def _update(conn: sqlite3.Connection, table: str, number: int, cells: dict[str, Cell]) -> None:
    if cells:
        changes = ", ".join(f"{quoted(name)} = :{name}" for name in cells)
        conn.execute(f"UPDATE {table} SET {changes} WHERE id = :id_", {**cells, "id_": number})


# --- read -----------------------------------------------------------------------------------------


def run(conn: sqlite3.Connection, run_id: int) -> Run:
    """A run, in the trash or not. Raises UnknownRun."""
    row = _row(conn, run_id)
    return _read_run(conn, row)


def _row(conn: sqlite3.Connection, run_id: int) -> sqlite3.Row:
    row: sqlite3.Row | None = conn.execute(
        f"SELECT * FROM {RUNS} WHERE id = ?", (rows.clean(run_id),)
    ).fetchone()
    if row is None:
        raise UnknownRun(f"There is no run {run_id}. It may have been purged.", run=run_id)
    return row


def _read_run(conn: sqlite3.Connection, row: sqlite3.Row) -> Run:
    found = rows.read(Run, row, rows.columns(Run))
    environment = documents.get(conn, row["environment_doc"])
    return replace(found, environment_json=environment if isinstance(environment, str) else None)


def steps(conn: sqlite3.Connection, run_id: int, since_seq: int | None = None) -> tuple[Step, ...]:
    """Its steps in the order in which they began; those after `since_seq` alone. Raises UnknownRun."""
    require(conn, run_id)
    found = conn.execute(
        f"SELECT * FROM {STEPS} WHERE run_id = ? AND (? IS NULL OR seq > ?) ORDER BY seq, id",
        (run_id, since_seq, since_seq),
    )
    return rows.read_all(Step, found.fetchall())


def step(conn: sqlite3.Connection, step_id: int) -> Step:
    """Raises UnknownStep."""
    found = conn.execute(f"SELECT * FROM {STEPS} WHERE id = ?", (rows.clean(step_id),)).fetchall()
    if not found:
        raise UnknownStep(f"There is no step {step_id}.", step=step_id)
    return rows.read_all(Step, found)[0]


def series(conn: sqlite3.Connection, run_id: int) -> tuple[Series, ...]:
    """What was sampled during a run. Raises UnknownRun."""
    require(conn, run_id)
    return samples.get(conn, run_id)


def recording(conn: sqlite3.Connection, run_id: int) -> Recording:
    """All that is kept of a run. Raises UnknownRun."""
    row = _row(conn, run_id)
    workflow = documents.get(conn, row["workflow_doc"])
    if workflow is None and isinstance(row["workflow_json"], str):
        workflow = parsed(row["workflow_json"])
    return Recording(
        _read_run(conn, row),
        steps(conn, run_id),
        samples.get(conn, run_id),
        _mapping(documents.get(conn, row["prompt_doc"])),
        _mapping(workflow),
    )


def _mapping(value: Any) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


def require(conn: sqlite3.Connection, run_id: int) -> None:
    if not _exists(conn, RUNS, run_id):
        raise UnknownRun(f"There is no run {run_id}. It may have been purged.", run=run_id)


def _exists(conn: sqlite3.Connection, table: str, number: int) -> bool:
    return conn.execute(f"SELECT 1 FROM {table} WHERE id = ?", (rows.clean(number),)).fetchone() is not None


def twin(conn: sqlite3.Connection, run: Run) -> int | None:
    """The run that is the same one: of the same moment and prompt, or name where there was no prompt."""
    row = conn.execute(
        f"SELECT min(id) FROM {RUNS} WHERE timestamp IS ? AND prompt_id IS ? AND coalesce(name, '') = ?"
        " AND trashed_at IS NULL",
        (rows.clean(run.timestamp), rows.clean(run.prompt_id), rows.clean(run.name)),
    ).fetchone()
    return None if run.timestamp is None or row[0] is None else int(row[0])
