"""What is kept of measured runs, over real HTTP: read, changed, grouped, thrown away, carried elsewhere."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from gates.host.process import HostProcess
from gates.profiler.records import Run, Step
from tests.profiler_rig import PACKS, P, change, code, fresh, measured, runs, status, texts

KEPT = "user/default/ComfyUI-Holaf-Utilities/profiler"


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostProcess]:
    with HostProcess(tmp_path_factory.mktemp("kept") / "host", PACKS) as host:
        yield host


@pytest.fixture(scope="module")
def run(host: HostProcess) -> dict[str, Any]:
    """A run that nothing changes."""
    return measured(host, texts(seconds=0.06), name="the first", comment="as it was", series="s1")


def test_a_run_carries_every_column(host: HostProcess, run: dict[str, Any]) -> None:
    names = {one.name for one in fields(Run)}
    assert names | {"environment", "pools", "unmeasured", "steps"} == run.keys()
    assert (run["name"], run["global_comment"], run["series"], run["mode"]) == (
        "the first",
        "as it was",
        "s1",
        "natural",
    )
    assert run["status"] == "success" and run["environment"]["python"] and run["pools"] == {}
    assert run["unmeasured"]["vram_max"]["why"]
    step = run["steps"]["2"]
    assert {one.name for one in fields(Step)} | {"inputs", "items", "segments", "prompt_id"} == step.keys()
    assert step["prompt_id"] == run["prompt_id"]
    assert step["inputs"] == {"text": ["1", 0], "seconds": 0.06}
    assert step["vram_max"] is None and 0.05 < step["exec_time"] < 5
    assert step["run_id"] == run["id"] and len(step["items"]) == 1 and len(step["segments"]) == 1


def test_lists_are_filtered_and_paged(host: HostProcess, run: dict[str, Any]) -> None:
    second = measured(host, name="the second", mode="natural")
    failing = {**texts(), "2": {"class_type": "RulesFail", "inputs": {"text": ["1", 0]}}}
    failed = measured(host, failing)
    page = host.get(f"{P}/runs?limit=2").json()
    assert [one["id"] for one in page["runs"]] == [failed["id"], second["id"]] and page["total"] >= 3
    assert "environment" not in page["runs"][0] and "prompt" not in page["runs"][0]
    assert [one["id"] for one in runs(host, limit=1, offset=1)] == [second["id"]]
    assert [one["id"] for one in runs(host, status="error")] == [failed["id"]]
    assert run["id"] in [one["id"] for one in runs(host, hash=run["workflow_hash"])]
    assert [one["id"] for one in runs(host, series="s1")] == [run["id"]]
    assert [one["id"] for one in runs(host, q="THE%20SECOND")] == [second["id"]]
    assert runs(host, mode="cold") == [] and runs(host, since=9e9) == []
    assert run["id"] in [one["id"] for one in runs(host, until=second["timestamp"], limit=1000)]
    assert host.get(f"{P}/runs?limit=1000").status == 200
    assert host.request("HEAD", f"{P}/runs").body == b""
    assert host.get(f"/api{P}/runs").status == 200


def test_parts_of_a_run(host: HostProcess, run: dict[str, Any]) -> None:
    at = f"{P}/runs/{run['id']}"
    later = host.get(f"{at}/steps?since_seq=0").json()
    assert [step["seq"] for step in later["steps"]] == [1, 2] and later["status"] == "success"
    assert len(host.get(f"{at}/steps").json()["steps"]) == 3
    series = {one["name"]: one for one in host.get(f"{at}/samples").json()["series"]}
    assert series["ram"]["unit"] == "bytes" and series["ram"]["source"]
    assert len(series["ram"]["times"]) == len(series["ram"]["values"]) >= 1
    both = host.get(f"{at}/workflow").json()
    assert both["prompt"]["2"]["class_type"] == "RulesSleep" and both["workflow"] is None


def test_the_workflow_of_the_page_is_kept(host: HostProcess) -> None:
    done = measured(host, workflow={"nodes": [{"id": 1, "title": "<b>&"}], "version": 1})
    assert host.get(f"{P}/runs/{done['id']}/workflow").json()["workflow"]["nodes"][0]["title"] == "<b>&"


@pytest.mark.parametrize(
    ("kind", "content_type", "ending"),
    [
        ("csv", "text/csv", "csv"),
        ("json", "application/json", "json"),
        ("chrome", "application/json", "trace.json"),
    ],
)
def test_exports_are_files(
    host: HostProcess, run: dict[str, Any], kind: str, content_type: str, ending: str
) -> None:
    answer = host.get(f"{P}/runs/{run['id']}/export?format={kind}")
    assert answer.status == 200 and answer.headers["content-type"].startswith(content_type)
    assert f'filename="the first-{run["id"]}.{ending}"' in answer.headers["content-disposition"]
    if kind == "csv":
        assert answer.text.splitlines()[0].startswith("node_id,") and len(answer.text.splitlines()) == 4
    else:
        assert json.loads(answer.body)["steps" if kind == "json" else "traceEvents"]


def test_runs_and_steps_are_renamed_and_commented(host: HostProcess) -> None:
    done = measured(host)
    changed = change(host, "PATCH", f"/runs/{done['id']}", {"name": "<i>new</i>", "comment": "why"}).json()[
        "run"
    ]
    assert (changed["name"], changed["global_comment"]) == ("<i>new</i>", "why")
    assert change(host, "PATCH", f"/runs/{done['id']}", {"name": ""}).json()["run"]["global_comment"] == "why"
    step = done["steps"]["1"]["id"]
    told = change(host, "PATCH", f"/steps/{step}", {"comment": "slow here"}).json()["step"]
    assert (told["id"], told["step_comment"], told["node_id"]) == (step, "slow here", "1")


def test_groups_of_nodes(host: HostProcess, run: dict[str, Any]) -> None:
    made = change(host, "POST", "/groups", {"name": "Loaders", "members": ["1", "12:3"]})
    assert made.status == 201
    group = made.json()["group"]
    assert group["members"] == ["1", "12:3"] and group["color"] == "#888888"
    at = f"/groups/{group['id']}"
    words = {"name": "L", "color": "#AABBCC", "description": "d", "workflow_hash": run["workflow_hash"]}
    changed = change(host, "PATCH", at, words).json()["group"]
    assert changed == {**group, **words, "color": "#aabbcc"}
    members = change(host, "POST", f"{at}/members", {"add": ["2", "1"], "remove": ["12:3", "9"]})
    assert members.json()["group"]["members"] == ["1", "2"]
    assert [one["id"] for one in host.get(f"{P}/groups?hash={run['workflow_hash']}").json()["groups"]] == [
        group["id"]
    ]
    assert host.get(f"{P}/groups?hash=other").json()["groups"] == []
    assert change(host, "DELETE", at).json() == {"trashed": {"kind": "group", "number": group["id"]}}
    assert host.get(f"{P}/groups").json()["groups"] == []
    assert code(change(host, "PATCH", at, {"name": "x"})) == "unknown_group"
    change(host, "POST", "/trash/restore", {"kind": "group", "number": group["id"]})
    assert host.get(f"{P}/groups").json()["groups"][0]["members"] == ["1", "2"]


def test_what_is_deleted_waits_in_the_trash(host: HostProcess) -> None:
    done = measured(host, name="to go")
    number = done["id"]
    assert change(host, "DELETE", f"/runs/{number}").json() == {"trashed": {"kind": "run", "number": number}}
    assert number not in [one["id"] for one in runs(host, limit=1000)]
    assert code(change(host, "DELETE", f"/runs/{number}")) == "unknown_run"
    item = next(one for one in host.get(f"{P}/trash").json()["items"] if one["number"] == number)
    assert (item["kind"], item["name"]) == ("run", "to go") and item["trashed_at"] > item["timestamp"]
    back = change(host, "POST", "/trash/restore", {"kind": "run", "number": number})
    assert back.json() == {"restored": {"kind": "run", "number": number}}
    assert number in [one["id"] for one in runs(host, limit=1000)]
    change(host, "DELETE", f"/runs/{number}")
    assert change(host, "POST", "/trash/purge", {"kind": "run", "number": number}).json() == {"purged": 1}
    assert code(change(host, "POST", "/trash/restore", {"kind": "run", "number": number})) == "unknown_item"
    assert code(host.get(f"{P}/runs/{number}")) == "unknown_run"


def test_settings_hold_what_the_page_remembers(host: HostProcess) -> None:
    before = host.get(f"{P}/settings").json()
    assert (before["sample_ms"], before["max_runs"], before["max_bytes"]) == (50, 10_000, 2**30)
    told = change(
        host, "PATCH", "/settings", {"columns": ["a"], "sort": {"by": "time"}, "sample_ms": 20}
    ).json()
    assert told["columns"] == ["a"] and told["sample_ms"] == 20
    told = change(host, "PATCH", "/settings", {"sort": None, "badges": False, "max_bytes": 10**8}).json()
    assert "sort" not in told and told["columns"] == ["a"] and told["badges"] is False
    assert told["max_bytes"] >= 10**8
    assert measured(host)["sampler_ms"] == 20
    assert status(host)["settings"]["sample_ms"] == 20
    change(host, "PATCH", "/settings", {"sample_ms": 50})


def test_status_says_how_things_stand(host: HostProcess, run: dict[str, Any]) -> None:
    now = status(host)
    assert now["tier"] == "execute" and now["recording"] is None and now["version"]
    assert now["store"]["path"] == str(host.base / KEPT / "holaf_profiler.db")
    assert not now["store"]["in_memory"] and now["store"]["sentences"] == []
    assert now["store"]["bytes"] > 0 and now["store"]["runs"] >= 1
    told = {one["quantity"]: one for one in now["sources"]}
    assert told["ram"]["source"] and told["ram"]["why"] is None
    assert told["vram_max"]["source"] is None and told["vram_max"]["why"]


# --- from elsewhere -----------------------------------------------------------------------------------


def test_an_export_comes_back_in(host: HostProcess, start_host: Any, run: dict[str, Any]) -> None:
    data = host.get(f"{P}/runs/{run['id']}/export?format=json").body
    other = start_host(packs=PACKS)
    answer = other.request("POST", f"{P}/import", data, {"Content-Type": "application/octet-stream"})
    assert answer.json()["imported"] == {"runs": 1, "groups": 0}
    twin = other.get(f"{P}/runs/{answer.json()['run_ids'][0]}").json()["run"]
    assert (twin["name"], twin["timestamp"], twin["total_time"]) == (
        run["name"],
        run["timestamp"],
        run["total_time"],
    )
    again = multipart(other, data)
    assert again.status == 200 and other.get(f"{P}/runs").json()["total"] == 1


def test_a_database_of_the_original_comes_in(host: HostProcess, tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as conn:
        conn.executescript(
            """CREATE TABLE profiler_runs (id INTEGER PRIMARY KEY, timestamp DATETIME, name TEXT,
                workflow_hash TEXT, global_comment TEXT, total_time REAL);
            CREATE TABLE profiler_steps (id INTEGER PRIMARY KEY, run_id INTEGER, node_id INTEGER,
                node_title TEXT, node_type TEXT, exec_time REAL);
            INSERT INTO profiler_runs VALUES (7, 1700000000.5, 'old run', NULL, 'c', 3.5);
            INSERT INTO profiler_steps VALUES (1, 7, 12, 'Sampler', 'KSampler', 3.25);"""
        )
    answer = multipart(host, path.read_bytes())
    assert answer.status == 200, answer.text
    assert answer.json()["imported"]["runs"] == 1
    whole = host.get(f"{P}/runs/{answer.json()['run_ids'][0]}").json()
    assert whole["run"]["name"] == "old run" and whole["steps"][0]["node_title"] == "Sampler"
    assert multipart(host, path.read_bytes()).json()["known"] == 1


def multipart(host: HostProcess, data: bytes) -> Any:
    edge = fresh()
    head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="run.json"\r\n\r\n'
    body = head.encode() + data + f"\r\n--{edge}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={edge}"}
    return host.request("POST", f"{P}/import", body, headers)


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (b"", "bad_field"),
        (b"no json", "bad_recording"),
        (b"{}", "bad_recording"),
        (b"[" * 100_000, "bad_recording"),
        (b'{"format": "dataset-gates/profiled-run", "version": 1, "run": {"id": []}}', "bad_recording"),
        (b"SQLite format 3\0" + b"\0" * 200, "bad_recording"),
    ],
)
def test_files_that_are_no_runs(host: HostProcess, body: bytes, wanted: str) -> None:
    headers = {"Content-Type": "application/octet-stream"}
    assert code(host.request("POST", f"{P}/import", body, headers)) == wanted


def test_a_form_without_a_file(host: HostProcess) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    assert code(host.request("POST", f"{P}/import", b"--x--\r\n", headers)) == "bad_field"


def test_delete_all(host: HostProcess, run: dict[str, Any]) -> None:
    """Last: it empties the list."""
    total = host.get(f"{P}/runs").json()["total"]
    assert change(host, "DELETE", "/runs").json() == {"deleted": total}
    assert host.get(f"{P}/runs").json() == {"runs": [], "total": 0}
    assert change(host, "POST", "/trash/purge", {}).json()["purged"] >= total
