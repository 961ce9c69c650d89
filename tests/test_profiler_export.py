"""Runs as files, and files as runs again."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from gates.errors import BadRecording, TooManyBytes
from gates.profiler.export import ImportBounds, export_chrome, export_csv, export_json, parse_json
from gates.profiler.records import Recording, Run, Series, Step
from gates.profiler.store import DatabaseBounds, ProfilerStore
from tests.profiled import any_recording, recording, series, step
from tests.test_profiler_store_files import make_older

# --- CSV ------------------------------------------------------------------------------------------


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_table_has_units_in_its_head_and_a_row_for_each_step() -> None:
    text = export_csv(recording(steps=2))
    head = text.split("\r\n")[0].split(",")
    assert head[:3] == ["node_id", "node_title", "node_type"]
    assert {"exec_time [s]", "vram_max [bytes]", "cpu_max [% of one core]"} <= set(head)
    first, second = rows_of(text)
    assert (first["node_title"], second["exec_time [s]"], second["cpu_time [s]"]) == ("Title 0", "0.25", "")
    assert text.count("\r\n") == 3 and "\n" not in text.replace("\r\n", "")


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_is_a_formula(begin: str) -> None:
    hostile = f'{begin}HYPERLINK("x","y"),\r\n'
    found = replace(recording(), steps=(step(1, node_title=hostile, exec_time=-0.5, step_comment="a-b"),))
    (row,) = rows_of(export_csv(found))
    assert row["node_title"] == f"'{hostile}"
    assert row["exec_time [s]"] == "-0.5", "a number is a number"
    assert row["step_comment"] == "a-b"


@settings(deadline=None, max_examples=50, derandomize=True)
@given(found=any_recording())
def test_any_run_is_a_table(found: Recording) -> None:
    text = export_csv(found)
    text.encode("utf-8")
    assert len(rows_of(text)) == len(found.steps)


# --- JSON -----------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=100, derandomize=True)
@given(found=any_recording())
def test_any_run_comes_back_from_json(found: Recording) -> None:
    assert parse_json(export_json(found).encode("utf-8")) == found


def test_what_json_cannot_say_is_not_measured() -> None:
    odd = replace(recording(total_time=float("nan")), workflow={"a": float("inf"), "b": (1, 2)})
    back = parse_json(export_json(odd).encode("utf-8"))
    assert back.run.total_time is None
    assert back.workflow == {"a": None, "b": [1, 2]}


def test_what_a_newer_export_has_beyond_ours_is_left_out() -> None:
    body = json.loads(export_json(recording()))
    body["run"]["mood"] = "good"
    body["more"] = 1
    assert parse_json(json.dumps(body).encode()) == recording()


Change = Callable[[dict[str, Any]], Any]
BAD: dict[str, Change] = {
    "another format": lambda body: body.update(format="x"),
    "no format": lambda body: body.pop("format"),
    "newer": lambda body: body.update(version=2),
    "no run": lambda body: body.pop("run"),
    "run is a list": lambda body: body.update(run=[]),
    "steps are an object": lambda body: body.update(steps={}),
    "a step is a number": lambda body: body.update(steps=[3]),
    "a time is text": lambda body: body["steps"][0].update(exec_time="long"),
    "a time is true": lambda body: body["steps"][0].update(exec_time=True),
    "bytes are half": lambda body: body["steps"][0].update(vram_max=0.5),
    "bytes are true": lambda body: body["steps"][0].update(vram_max=[1]),
    "too large a number": lambda body: body["steps"][0].update(vram_max=2**63),
    "too large a time": lambda body: body["steps"][0].update(exec_time=10**400),
    "an id is a number": lambda body: body["steps"][0].update(node_id=3),
    "an id is nothing": lambda body: body["steps"][0].update(node_id=None),
    "a status that there is not": lambda body: body["steps"][0].update(status="<b>"),
    "a run's status that there is not": lambda body: body["run"].update(status="executed"),
    "too long a text": lambda body: body["run"].update(name="x" * 2000),
    "series without values": lambda body: body["series"][0].pop("values"),
    "series of two lengths": lambda body: body["series"][0]["times"].append(9.0),
    "series of text": lambda body: body["series"][0].update(times=["a"] * 5),
    "series at no time": lambda body: body["series"][0].update(times=[None] * 5),
    "a prompt that is a list": lambda body: body.update(prompt=[]),
    "too many steps": lambda body: body.update(steps=body["steps"] * 5),
    "too many series": lambda body: body.update(series=body["series"] * 5),
    "too many points": lambda body: body.update(series=body["series"] * 3),
}
TIGHT = ImportBounds(steps=10, series=4, points=12, text=1000)


@pytest.mark.parametrize("change", BAD.values(), ids=BAD.keys())
def test_a_file_that_is_no_export_is_refused(change: Change) -> None:
    body = json.loads(export_json(recording()))
    change(body)
    with pytest.raises(BadRecording):
        parse_json(json.dumps(body).encode(), TIGHT)


@pytest.mark.parametrize("data", [b"", b"null", b"[]", b"\xff\xfe", b"{", b"[" * 100_000, b'{"a": NaN}'])
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(BadRecording):
        parse_json(data)


def test_a_large_file_is_refused_before_it_is_read() -> None:
    with pytest.raises(TooManyBytes):
        parse_json(b"[" * 2000, ImportBounds(size=1000))


# --- Chrome trace ---------------------------------------------------------------------------------

NEEDED = {
    "M": {"name", "pid", "tid", "args"},
    "X": {"name", "cat", "pid", "tid", "ts", "dur", "args"},
    "C": {"name", "pid", "ts", "args"},
    "b": {"name", "cat", "id", "pid", "tid", "ts", "args"},
    "e": {"name", "cat", "id", "pid", "tid", "ts"},
}


def events_of(found: Recording) -> list[dict[str, Any]]:
    """The events of a trace, found to be as viewers want them."""
    body = json.loads(export_chrome(found), parse_constant=lambda name: pytest.fail(name))
    open_ones: dict[tuple[str, str], float] = {}
    for event in body["traceEvents"]:
        assert NEEDED[event["ph"]] <= event.keys(), event
        assert event["ts"] >= 0
        key = (event.get("cat", ""), event.get("id", ""))
        if event["ph"] == "X":
            assert event["dur"] >= 0
        elif event["ph"] == "C":
            assert event["args"] and all(isinstance(value, int | float) for value in event["args"].values())
        elif event["ph"] == "b":
            assert key not in open_ones
            open_ones[key] = event["ts"]
        elif event["ph"] == "e":
            assert event["ts"] >= open_ones.pop(key)
    assert not open_ones
    return list(body["traceEvents"])


def test_bars_lanes_and_counters() -> None:
    lazy = step(1, segments_json="[[0, 1000000], [5000000, 7000000]]", step_comment="look")
    waits = step(2, is_async=True, t_start=0.5, wall_time=0.3, segments_json="[[500000000, 501000000]]")
    found = replace(recording(), steps=(step(0, t_start=0.1), lazy, waits), series=(series(),))
    events = events_of(found)
    bars = [(e["name"], e["ts"], e["dur"]) for e in events if e["ph"] == "X" and e["cat"] == "node"]
    assert bars == [
        ("Title 0 #0", 100_000.0, 250_000.0),
        ("Title 1 #1", 0.0, 1000.0),
        ("Title 1 #1", 5000.0, 2000.0),
        ("Title 2 #2", 500_000.0, 1000.0),
    ]
    beside = [(e["ph"], e["id"], e["ts"]) for e in events if e["ph"] in "be"]
    assert beside == [("b", "2", 500_000.0), ("e", "2", 800_000.0)]
    counters = [e for e in events if e["ph"] == "C"]
    assert [e["args"]["vram"] for e in counters] == [0.0, 1.0, 2.0, 3.0], "what was not read is no point"
    assert counters[0]["name"] == "vram [bytes] GPU-1"
    whole = next(e for e in events if e["ph"] == "X" and e["cat"] == "run")
    assert (whole["dur"], whole["tid"]) == (1_500_000.0, 1)
    assert {e["args"].get("name") for e in events if e["ph"] == "M"} >= {"ComfyUI", "prompt", "prompt thread"}
    assert next(e for e in events if e["name"] == "Title 1 #1")["args"]["step_comment"] == "look"


@settings(deadline=None, max_examples=100, derandomize=True)
@given(found=any_recording())
def test_any_run_is_a_timeline(found: Recording) -> None:
    events_of(found)


@pytest.mark.parametrize("text", ["{}", "[[1]]", "[[2, 1]]", "null", '[["a", "b"]]', "[" * 9999, "[[-5, 3]]"])
def test_segments_that_are_none(text: str) -> None:
    events = events_of(Recording(Run(), (Step(node_id="1", segments_json=text),)))
    assert [event["ph"] for event in events] == ["M"] * 5


def test_a_series_of_nothing() -> None:
    empty = Series("vram", "bytes", "nvml", None, (), ())
    assert events_of(Recording(Run(), (), (empty,)))


# --- read in --------------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ProfilerStore]:
    made = ProfilerStore(tmp_path / "here" / "holaf_profiler.db", time.time)
    yield made
    assert made.close()


def test_an_export_is_imported_once(store: ProfilerStore) -> None:
    store.save(recording(0))
    data = export_json(recording(1)).encode()
    assert store.import_json(data) == (2, True)
    assert store.import_json(data) == (2, False)
    assert store.runs().total == 2
    back = store.recording(2)
    assert [one.node_id for one in back.steps] == ["0", "1", "2"]
    assert (back.series, back.prompt) == (recording().series, recording().prompt)


def test_a_run_that_was_exported_while_it_ran_is_over(store: ProfilerStore) -> None:
    number, _ = store.import_json(export_json(recording(status="running")).encode())
    assert store.run(number).status == "aborted"


def test_a_refused_file_leaves_nothing(store: ProfilerStore, tmp_path: Path) -> None:
    with pytest.raises(BadRecording):
        store.import_json(b"{}")
    assert not store.path.exists()


@pytest.mark.parametrize("node_id", ["TEXT", "INTEGER"])
def test_an_older_database_is_imported(store: ProfilerStore, tmp_path: Path, node_id: str) -> None:
    older = tmp_path / "elsewhere" / "old.db"
    make_older(older, node_id, members="")
    before = older.read_bytes()
    done = store.import_database(older)
    assert (len(done.runs), done.known, done.groups) == (2, 0, 1)
    found = store.recording(done.runs[0])
    assert (found.run.name, found.run.status, found.workflow) == ("old", "", {"nodes": [1]})
    assert [one.node_id for one in found.steps] == ["7", "12:3", "7"]
    assert store.groups()[0].members == ("12:3", "7")
    assert store.import_database(older).known == 2
    assert len(store.groups()) == 1
    assert older.read_bytes() == before


def test_a_database_of_ours_is_imported_whole(store: ProfilerStore, tmp_path: Path) -> None:
    other = ProfilerStore(tmp_path / "there" / "holaf_profiler.db", time.time)
    other.save(recording(3))
    other.begin(Run(timestamp=1.0, prompt_id="still running"))
    other.create_group("g", workflow_hash="ab", members=["1"])
    done = store.import_database(other.path)  # while the other one has it open
    assert other.close()
    assert len(done.runs) == 1
    found = store.recording(done.runs[0])
    assert (found.series, found.prompt) == (recording().series, recording().prompt)
    assert found.run.environment_json == recording().run.environment_json
    assert store.groups()[0].workflow_hash == "ab"


def hostile(path: Path, *statements: str) -> Path:
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as conn:
        for statement in statements:
            conn.execute(statement)
        conn.commit()
    return path


RUNS = "CREATE TABLE profiler_runs (id INTEGER PRIMARY KEY, name TEXT)"
STEPS = "CREATE TABLE profiler_steps (id INTEGER PRIMARY KEY, run_id INTEGER)"
ONE_RUN = "INSERT INTO profiler_runs VALUES (1, 'x')"
ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS id, x AS run_id FROM n"
COMPUTED = "CREATE TABLE profiler_runs (id INTEGER PRIMARY KEY, name TEXT AS (hex(zeroblob(100000000))))"


@pytest.mark.parametrize(
    "statements",
    [
        (),
        (RUNS,),
        ("CREATE TABLE something (id)",),
        (RUNS, f"CREATE VIEW profiler_steps AS {ENDLESS}"),
        (COMPUTED, STEPS),
        ("CREATE TABLE profiler_runs (name TEXT)", STEPS),
        (RUNS, "CREATE TABLE profiler_steps (id INTEGER)"),
        (RUNS, STEPS, *["INSERT INTO profiler_runs (name) VALUES ('x')"] * 6),
        (RUNS, STEPS, ONE_RUN, *["INSERT INTO profiler_steps (run_id) VALUES (1)"] * 6),
        (RUNS, STEPS, f"CREATE VIEW profiler_documents AS {ENDLESS}"),
    ],
)  # fmt: skip
def test_another_database_is_refused(
    store: ProfilerStore, tmp_path: Path, statements: tuple[str, ...]
) -> None:
    path = hostile(tmp_path / "elsewhere" / "x.db", *statements)
    with pytest.raises(BadRecording):
        store.import_database(path, DatabaseBounds(runs=5, steps_of_run=5))


def test_what_is_no_database_is_refused(store: ProfilerStore, tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with pytest.raises(BadRecording):
        store.import_database(path)
    path.write_bytes(b"no database at all, but long enough to look at" * 100)
    with pytest.raises(BadRecording):
        store.import_database(path)
    with pytest.raises(TooManyBytes):
        store.import_database(path, DatabaseBounds(size=100))


def test_reading_in_takes_no_longer_than_it_may(store: ProfilerStore, tmp_path: Path) -> None:
    path = tmp_path / "elsewhere" / "x.db"
    make_older(path)
    with closing(sqlite3.connect(path)) as conn:
        conn.execute(f"INSERT INTO profiler_steps (run_id) SELECT id FROM ({ENDLESS}) LIMIT 300000")
        conn.commit()
    with pytest.raises(BadRecording, match="interrupted"):
        store.import_database(path, DatabaseBounds(seconds=0.0))
