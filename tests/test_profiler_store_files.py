"""The database file: of an older program, damaged, locked, out of reach, shared, and left by a crash."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gates.errors import StorageFailed
from gates.profiler.records import Run
from gates.profiler.store import ProfilerStore
from gates.profiler.store.presence import Presence, is_alive
from tests.profiled import recording, step

ROOT = Path(__file__).resolve().parents[1]
OpenStore = Callable[..., ProfilerStore]
# As a program that came before us makes them.
OLDER = """
CREATE TABLE profiler_runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, name TEXT,
    workflow_hash TEXT, global_comment TEXT, total_time REAL);
CREATE TABLE profiler_steps (
    id INTEGER PRIMARY KEY AUTOINCREMENT, run_id INTEGER, node_id {node_id}, node_title TEXT, node_type TEXT,
    vram_start INTEGER, vram_max INTEGER, vram_end INTEGER, exec_time REAL, cpu_max REAL, gpu_load_max REAL,
    gpu_load_avg REAL, inputs_json TEXT, step_comment TEXT, theirs TEXT,
    FOREIGN KEY(run_id) REFERENCES profiler_runs(id) ON DELETE CASCADE);
CREATE TABLE profiler_groups (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, color TEXT, description TEXT);
CREATE TABLE profiler_group_members (group_id INTEGER, node_id {node_id}{members});
"""
KEYED = ", FOREIGN KEY(group_id) REFERENCES profiler_groups(id) ON DELETE CASCADE, UNIQUE(group_id, node_id)"
ADDED = """
ALTER TABLE profiler_runs ADD COLUMN linked_output_path TEXT;
ALTER TABLE profiler_runs ADD COLUMN workflow_json TEXT;
ALTER TABLE profiler_runs ADD COLUMN node_count INTEGER DEFAULT 0;
"""
THEIR_RUN = "INSERT INTO profiler_runs (name, workflow_hash, global_comment, timestamp) VALUES (?, ?, ?, ?)"
THEIR_STEP = """INSERT INTO profiler_steps (run_id, node_id, node_title, node_type, vram_start, vram_max,
    vram_end, exec_time, cpu_max, gpu_load_max, gpu_load_avg, inputs_json, step_comment)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "user" / "default" / "profiler" / "holaf_profiler.db"


@pytest.fixture
def open_store(database: Path) -> Iterator[OpenStore]:
    opened: list[ProfilerStore] = []

    def open_one(**options: Any) -> ProfilerStore:
        store = ProfilerStore(database, time.time, **{"lock_patience": 0.3, "retry": 0.0, **options})
        opened.append(store)
        return store

    yield open_one
    for store in opened:
        assert store.close()


def their_run(conn: sqlite3.Connection, name: str = "old", at: float = 1_600_000_000.5) -> int:
    number = conn.execute(THEIR_RUN, (name, None, "", at)).lastrowid
    assert number is not None
    for node_id in ("7", "12:3", "7"):
        figures = (0, 10, 5, 0.25, 50.0, 90.0, 45.0, '{"seed": 1}', "")
        conn.execute(THEIR_STEP, (number, node_id, "Title", "Type", *figures))
    return number


def make_older(path: Path, node_id: str = "TEXT", members: str = KEYED, added: bool = True) -> None:
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as conn:
        conn.executescript(OLDER.format(node_id=node_id, members=members))
        if added:
            conn.executescript(ADDED)
        run = their_run(conn)
        conn.execute("UPDATE profiler_steps SET theirs = 'kept'")
        if added:
            found = ('{"nodes": [1]}', 3, 0.75, run)
            conn.execute(
                "UPDATE profiler_runs SET workflow_json=?, node_count=?, total_time=? WHERE id=?", found
            )
        conn.execute("INSERT INTO profiler_runs (name) VALUES ('without a moment')")
        conn.execute("INSERT INTO profiler_steps (run_id, node_id) VALUES (99, '1')")  # its run is gone
        conn.execute("INSERT INTO profiler_groups (name, color, description) VALUES ('g', '#fff', 'd')")
        conn.executemany("INSERT INTO profiler_group_members VALUES (1, ?)", [("7",), ("12:3",)])
        conn.commit()


def rows_of(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    tables = ("profiler_runs", "profiler_steps", "profiler_groups", "profiler_group_members")
    columns = {
        "profiler_runs": "id, timestamp, name, total_time",
        "profiler_steps": "id, run_id, CAST(node_id AS TEXT), node_title, exec_time, inputs_json, theirs",
        "profiler_groups": "id, name, color, description",
        "profiler_group_members": "group_id, CAST(node_id AS TEXT)",
    }
    with closing(sqlite3.connect(path)) as conn:
        return {
            one: conn.execute(f"SELECT {columns[one]} FROM {one} ORDER BY rowid").fetchall() for one in tables
        }


# --- of an older program --------------------------------------------------------------------------


@pytest.mark.parametrize("added", [True, False])
@pytest.mark.parametrize("members", [KEYED, ""])
@pytest.mark.parametrize("node_id", ["TEXT", "INTEGER"])
def test_an_older_database_opens_and_stays_usable_for_its_program(
    database: Path, open_store: OpenStore, node_id: str, members: str, added: bool
) -> None:
    make_older(database, node_id, members, added)
    before = rows_of(database)
    store = open_store()
    assert store.runs().total == 2
    assert rows_of(database) == before, "every row is kept"
    old = store.recording(1)
    assert (old.run.timestamp, old.run.name, old.run.status) == (1_600_000_000.5, "old", "")
    assert [(one.node_id, one.exec_time) for one in old.steps] == [("7", 0.25), ("12:3", 0.25), ("7", 0.25)]
    assert old.workflow == ({"nodes": [1]} if added else None)
    moment = store.run(2).timestamp
    assert moment is not None and abs(moment - time.time()) < 3600
    assert store.groups()[0].members == ("12:3", "7")

    assert store.save(recording(steps=1)) == 3
    with closing(sqlite3.connect(database, timeout=10)) as conn:  # while we have it open
        conn.execute("PRAGMA foreign_keys=ON")
        number = their_run(conn, "new", time.time())
        conn.execute("UPDATE profiler_runs SET total_time=?, node_count=? WHERE id=?", (2.0, 3, number))
        conn.execute("INSERT INTO profiler_steps (run_id, node_id) VALUES (?, '1.10')", (number,))
        conn.commit()
    assert number == 4
    assert [one.node_id for one in store.steps(4)] == ["7", "12:3", "7", "1.10"]
    with closing(sqlite3.connect(database, timeout=10)) as conn:
        conn.execute("PRAGMA foreign_keys=ON")
        conn.execute("DELETE FROM profiler_runs WHERE id = 3")
        conn.commit()
        assert conn.execute("SELECT count(*) FROM profiler_steps WHERE run_id = 3").fetchone() == (0,)
    assert store.runs().total == 3


def test_an_older_program_finds_its_columns_in_a_new_file(database: Path, open_store: OpenStore) -> None:
    open_store().save(recording())
    with closing(sqlite3.connect(database)) as conn:
        conn.execute("SELECT id, timestamp, total_time, node_count, linked_output_path FROM profiler_runs")
        conn.execute("UPDATE profiler_runs SET workflow_json = ''")
        (kind,) = [row[2] for row in conn.execute("PRAGMA table_info(profiler_steps)") if row[1] == "node_id"]
        assert kind == "TEXT"


IDS = ("1", "007", "1.10", "1e3", "12:3", "1.0.0.2")  # which a column of numbers would change


def test_ids_of_nodes_are_text_and_moments_numbers(database: Path, open_store: OpenStore) -> None:
    store = open_store()
    given = recording(steps=0, timestamp=1_700_000_000.25)
    number = store.save(replace(given, steps=tuple(step(n, node_id=one) for n, one in enumerate(IDS))))
    group = store.create_group("all", members=IDS)
    assert tuple(one.node_id for one in store.steps(number)) == IDS
    assert set(store.groups()[0].members) == set(IDS)
    with closing(sqlite3.connect(database)) as conn:
        moments = conn.execute("SELECT timestamp FROM profiler_runs").fetchall()
        with pytest.raises(sqlite3.IntegrityError):
            conn.execute("INSERT INTO profiler_group_members VALUES (?, '007')", (group,))
    assert moments == [(1_700_000_000.25,)]


def test_steps_of_a_run_are_found_by_an_index(database: Path, open_store: OpenStore) -> None:
    """A look at every step of every run, each time a page asks, is what made others slow."""
    open_store().save(recording())
    with closing(sqlite3.connect(database)) as conn:
        assert conn.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        for question in (
            "SELECT * FROM profiler_steps WHERE run_id = 1 AND seq > 3 ORDER BY seq",
            "SELECT * FROM profiler_runs WHERE workflow_hash = 'a'",
            "SELECT id FROM profiler_runs WHERE trashed_at IS NULL ORDER BY timestamp DESC, id DESC LIMIT 50",
        ):
            plan = [row[3] for row in conn.execute(f"EXPLAIN QUERY PLAN {question}")]
            assert all("USING" in part and "INDEX" in part for part in plan), plan


def test_each_migration_is_done_once(database: Path, open_store: OpenStore) -> None:
    for n in range(2):
        store = open_store()
        store.save(recording(n))
        assert store.close()
    with closing(sqlite3.connect(database)) as conn:
        names = [row[0] for row in conn.execute("SELECT key FROM profiler_meta WHERE key LIKE 'migration%'")]
        assert len(names) == len(set(names)) == conn.execute("PRAGMA user_version").fetchone()[0]


def test_columns_that_came_since_are_added(database: Path, open_store: OpenStore) -> None:
    store = open_store()
    store.save(recording(0))
    assert store.close()
    with closing(sqlite3.connect(database)) as conn:  # as a version before them made it
        conn.execute("CREATE TABLE older AS SELECT * FROM profiler_runs")
        kept = [
            row[1] for row in conn.execute("PRAGMA table_info(older)") if row[1] not in ("error", "owner")
        ]
        rest = ", ".join(kept[1:])
        conn.execute("DROP TABLE profiler_runs")
        conn.execute(f"CREATE TABLE profiler_runs (id INTEGER PRIMARY KEY AUTOINCREMENT, {rest})")
        conn.execute(f"INSERT INTO profiler_runs (id, {rest}) SELECT id, {rest} FROM older")
        conn.commit()
    store = open_store()
    assert store.run(1).prompt_id == "prompt-0"
    assert store.run(store.save(recording(1, error="it broke"))).error == "it broke"


def test_a_file_of_a_newer_version_is_used_as_it_is(database: Path, open_store: OpenStore) -> None:
    store = open_store()
    store.save(recording())
    assert store.close()
    with closing(sqlite3.connect(database)) as conn:
        conn.execute("ALTER TABLE profiler_runs ADD COLUMN from_the_future TEXT")
        conn.execute("PRAGMA user_version=99")
    assert open_store().save(recording(1)) == 2
    with closing(sqlite3.connect(database)) as conn:
        assert conn.execute("PRAGMA user_version").fetchone() == (99,)


def test_cells_of_other_types_are_not_trusted(database: Path, open_store: OpenStore) -> None:
    store = open_store()
    store.save(recording())
    with closing(sqlite3.connect(database)) as conn:
        conn.execute("UPDATE profiler_runs SET total_time = 'long', name = x'ff00', node_count = '7'")
        conn.execute("UPDATE profiler_runs SET prompt_doc = 'x', status = 3, vram_peak = 1e999")
        conn.execute("UPDATE profiler_steps SET exec_time = x'00', node_id = NULL, seq = 'a', is_async = 'b'")
        conn.execute("UPDATE profiler_samples SET points = 'none', n = 10000000000")
        conn.execute("UPDATE profiler_documents SET body = x'789c'")
        conn.commit()
    found = store.recording(1)
    assert (found.run.total_time, found.run.node_count, found.run.status) == (None, 7, "3")
    assert found.run.vram_peak is None
    assert {(one.exec_time, one.node_id, one.seq, one.is_async) for one in found.steps} == {
        (None, "", None, None)
    }
    assert (found.series, found.prompt, found.workflow) == ((), None, None)
    assert store.runs().runs[0].name == "\ufffd\0"


# --- damaged --------------------------------------------------------------------------------------


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def cut_within_a_page(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 100)


def zeroed(path: Path) -> None:
    with open(path, "r+b") as file:
        file.seek(4096)
        file.write(b"\0" * (path.stat().st_size - 3 * 4096))


def no_database(path: Path) -> None:
    path.write_bytes(b"<html>not found</html>" * 100)


def views(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("CREATE VIEW profiler_runs AS SELECT 1 AS id")
        conn.commit()


def another_key(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("CREATE TABLE profiler_runs (id TEXT PRIMARY KEY, workflow TEXT)")
        conn.commit()


def a_table_is_gone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("DROP TABLE profiler_samples")
        conn.commit()


DAMAGES = [truncated, cut_within_a_page, zeroed, no_database, views, another_key, a_table_is_gone]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda one: one.__name__)
def test_a_damaged_file_is_set_aside_and_recording_goes_on(
    database: Path, open_store: OpenStore, damage: Callable[[Path], None]
) -> None:
    store = open_store()
    for n in range(8):
        store.save(recording(n, steps=30))
    assert store.close()
    damage(database)
    damaged = database.read_bytes()
    store = open_store()
    assert store.runs().total == 0
    assert store.save(recording()) == 1
    assert store.recording(1).run.prompt_id == "prompt-0"
    health = store.health()
    assert health.where == "disk"
    (name,) = health.set_aside
    assert name.startswith(f"holaf_profiler.damaged-{time.strftime('%Y-', time.gmtime())}")
    assert name in health.sentences[0]
    assert database.with_name(name).read_bytes() == damaged


def test_damage_that_shows_while_it_is_used(database: Path, open_store: OpenStore) -> None:
    store = open_store(idle=0.0)
    for n in range(8):
        store.save(recording(n, steps=30))
    assert store.close()
    assert store.runs().total == 8
    zeroed(database)
    assert store.save(recording(5)) >= 1
    assert store.close()
    fresh = open_store()
    assert "prompt-5" in {run.prompt_id for run in fresh.runs(limit=1000).runs}
    assert fresh.health().set_aside


def test_an_empty_file_is_a_new_database(database: Path, open_store: OpenStore) -> None:
    database.parent.mkdir(parents=True)
    database.touch()
    store = open_store()
    assert store.save(recording()) == 1
    assert store.health().set_aside == ()


# --- out of reach ---------------------------------------------------------------------------------


def test_a_folder_that_cannot_be_made(database: Path, open_store: OpenStore) -> None:
    database.parent.parent.mkdir(parents=True)
    database.parent.write_text("a file stands where the folder would be")
    store = open_store()
    assert store.begin(Run(prompt_id="prompt-0"))
    assert store.save(recording()) == 1
    assert len(store.recording(1).steps) == 3
    store.set_run(1, name="still works")
    health = store.health()
    assert health.where == "memory"
    assert health.trouble and "Runs are kept in memory" in health.sentences[0]
    assert store.runs().runs[0].name == "still works"


def test_a_folder_where_the_file_should_be(database: Path, open_store: OpenStore) -> None:
    database.mkdir(parents=True)
    store = open_store()
    assert store.save(recording()) == 1
    assert store.health().where == "memory"


@pytest.mark.skipif(
    os.name == "nt" or os.geteuid() == 0,
    reason="root may write into every folder, and Windows has no such right",
)
def test_a_folder_without_the_right_to_write(database: Path, open_store: OpenStore) -> None:
    store = open_store()
    store.save(recording())
    assert store.close()
    database.parent.chmod(0o555)
    try:
        store = open_store()
        assert store.save(recording(1)) == 1
        assert store.health().where == "memory"
        assert store.close()
    finally:
        database.parent.chmod(0o755)


def test_a_locked_file_is_left_for_memory_and_gone_back_to(database: Path, open_store: OpenStore) -> None:
    store = open_store()
    store.save(recording(0))
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StorageFailed):
            store.set_run(1, name="an edit can be tried again")
        number = store.save(recording(1))
        store.begin(Run(timestamp=5.0, prompt_id="prompt-2"))
        group = store.create_group("made meanwhile", members=["1"])
        assert store.health().where == "memory"
        assert [run.prompt_id for run in store.runs().runs] == ["prompt-1", "prompt-2"]
        assert (number, group) == (1, 1)
        other.execute("ROLLBACK")
    assert store.save(recording(2)) == 3
    health = store.health()
    assert (health.where, health.sentences) == ("disk", ())
    assert sorted(run.prompt_id or "" for run in store.runs().runs) == ["prompt-0", "prompt-1", "prompt-2"]
    assert {run.status for run in store.runs().runs} == {"success"}
    assert store.groups()[0].members == ("1",)


def test_runs_stay_in_memory_while_they_cannot_be_moved(
    database: Path, open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.parent.parent.mkdir(parents=True)
    database.parent.write_text("a file stands where the folder would be")
    store = open_store()
    store.save(recording(0))
    database.parent.unlink()
    with monkeypatch.context() as patched:

        def refuse(*_: object) -> int:
            raise sqlite3.OperationalError("disk I/O error")

        patched.setattr("gates.profiler.store.moving.move", refuse)
        store.save(recording(1))
        assert store.health().where == "memory"
        assert store.runs().total == 2
    store.save(recording(2))
    assert store.health().where == "disk"
    assert store.runs().total == 3


def test_many_threads_in_memory(database: Path, open_store: OpenStore) -> None:
    database.mkdir(parents=True)
    store = open_store()
    failed: list[BaseException] = []

    def work(n: int) -> None:
        try:
            for k in range(8):
                assert len(store.steps(store.save(recording(10 * n + k)))) == 3
                store.runs()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (failed, store.runs().total) == ([], 32)


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be removed there")
@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_is_taken_away_while_it_is_open(
    database: Path, open_store: OpenStore, tmp_path: Path, replaced: bool
) -> None:
    store = open_store()
    store.save(recording(0))
    store.runs()
    if replaced:
        make_older(tmp_path / "other" / "x.db")
        os.replace(tmp_path / "other" / "x.db", database)
    else:
        database.unlink()
    store.save(recording(1))
    assert (store.health().where, store.health().set_aside) == ("disk", ())
    found = open_store().runs().runs
    assert "prompt-1" in [run.prompt_id for run in found]
    assert ("old" in [run.name for run in found]) is replaced


# --- shared, and left by a crash ------------------------------------------------------------------


class Worker:
    """Another program that records into the same file."""

    def __init__(self, database: Path, first: int = 0) -> None:
        command = [sys.executable, "-m", "tests.profiler_worker", str(database), str(first)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def told(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the worker ended by itself"
        told: dict[str, Any] = json.loads(line)
        return told

    def kill(self) -> list[dict[str, Any]]:
        """What it told and nobody read yet."""
        os.kill(self.process.pid, signal.SIGKILL if os.name != "nt" else signal.SIGTERM)
        self.process.wait(30)
        assert self.process.stdout is not None
        with self.process.stdout as left:
            return [json.loads(line) for line in left if line.endswith("\n")]


def test_killed_at_any_moment_everything_known_to_be_written_is_there(
    database: Path, open_store: OpenStore
) -> None:
    written: dict[str, int] = {}
    running: dict[str, int] = {}
    for turn, lines in enumerate((3, 12, 26)):
        worker = Worker(database, first=turn * 1000)
        for told in [worker.told() for _ in range(lines)] + worker.kill():
            if "saved" in told:
                written[told["prompt"]] = told["saved"]
            else:
                running[told["running"]] = told["steps"]
    store = open_store()
    found = {run.prompt_id: run for run in store.runs(limit=1000).runs}
    assert written.items() <= {key: run.id for key, run in found.items()}.items()
    assert store.health().set_aside == ()
    for prompt_id, steps in running.items():
        run = found[prompt_id]
        assert run.id is not None
        assert run.status in ("aborted", "success")
        assert len(store.steps(run.id)) >= steps
    assert "aborted" in {run.status for run in found.values()}
    with closing(sqlite3.connect(database)) as conn:
        assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_two_programs_record_into_one_file(database: Path, open_store: OpenStore) -> None:
    worker = Worker(database, first=1000)
    try:
        told = worker.told()
        while "running" not in told:
            told = worker.told()
        store = open_store(lock_patience=20.0)
        ours = [store.save(recording(n)) for n in range(5)]
        runs = {run.prompt_id: run for run in store.runs(limit=1000).runs}
        assert len(set(ours)) == 5
        assert runs[told["running"]].status != "aborted", "its program lives"
        assert runs["prompt-1000"].status == "success"
    finally:
        worker.kill()
    store = open_store()
    assert store.health().where == "unopened"
    assert "running" not in {run.status for run in store.runs(limit=1000).runs}


def test_a_run_of_ours_is_not_closed_by_a_second_store_of_this_program(
    database: Path, open_store: OpenStore
) -> None:
    first = open_store()
    first.save(recording(1))
    first.begin(Run(timestamp=1.0, prompt_id="prompt-0"))
    first.extend("prompt-0", [step(0)])
    first.set_run(1, comment="what was handed over is done")
    second = open_store()
    assert {run.status for run in second.runs().runs} == {"running", "success"}
    assert first.save(recording(0)) == 2
    assert second.run(2).status == "success"


def test_who_lives(tmp_path: Path) -> None:
    database = tmp_path / "a.db"
    presence = Presence(database)
    assert is_alive(database, presence.token)
    presence.leave()
    assert not is_alive(database, presence.token)
    for token in (None, "", "../../x", "0" * 16):
        assert not is_alive(database, token)
