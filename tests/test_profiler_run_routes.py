"""Having something measured, over real HTTP: asked for, checked, armed, repeated, stopped; and never more."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from gates.host.process import HostProcess
from tests.profiler_rig import (
    PACKS,
    P,
    change,
    code,
    fresh,
    hear,
    measured,
    node,
    run_of,
    runs,
    status,
    texts,
    until,
)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostProcess]:
    with HostProcess(tmp_path_factory.mktemp("measuring") / "host", PACKS) as host:
        yield host


def ended(host: HostProcess, series: str | None = None) -> dict[str, Any]:
    """The newest series, once it has ended."""

    def last() -> dict[str, Any] | None:
        known = [one for one in status(host)["series"] if series is None or one["series"] == series]
        return known[-1] if known and known[-1]["state"] != "running" else None

    return dict(until(last, "the end of a series"))


def test_what_is_not_asked_for_leaves_nothing(start_host: Any) -> None:
    host = start_host(packs=PACKS)
    for extra in ({}, {"holaf_profile": None}, {"holaf_profile": "yes"}):
        entry = host.submit(texts(), extra_data=extra)
        assert entry["status"]["status_str"] == "success"
    assert host.get(f"{P}/runs").json() == {"runs": [], "total": 0}
    assert status(host)["store"]["bytes"] is None
    assert not [path for path in (host.base / "user").rglob("*") if "rofiler" in path.name]


def test_a_measured_prompt_shows_its_steps(host: HostProcess) -> None:
    prompt = {**texts(seconds=0.1), "4": node("Text", text=fresh())}
    prompt["1"]["_meta"] = {"title": "<b>words</b>"}
    answer = host.post(f"{P}/run", {"prompt": prompt, "name": "n", "comment": "c"}).json()
    assert len(answer["prompt_ids"]) == 1 and answer["series"] is None
    run = run_of(host, answer["prompt_ids"][0])
    assert (run["status"], run["name"], run["global_comment"]) == ("success", "n", "c")
    steps = run["steps"]
    assert {key: step["status"] for key, step in steps.items()} == {
        "1": "executed",
        "2": "executed",
        "3": "executed",
        "4": "skipped",
    }
    assert steps["1"]["node_title"] == "<b>words</b>" and steps["2"]["node_type"] == "RulesSleep"
    assert steps["2"]["exec_time"] >= 0.1 and steps["4"]["exec_time"] is None
    again = measured(host, prompt)
    assert [step["status"] for step in again["steps"].values()].count("cached") == 3


def test_a_prompt_may_ask_by_itself(host: HostProcess) -> None:
    ask = {"name": "by itself", "series": "own", "mode": "cold", "user": "eve", "arm_id": "x"}
    entry_id = host.queue(texts(), extra_data={"holaf_profile": ask})
    run = run_of(host, entry_id)
    assert (run["name"], run["series"], run["mode"]) == ("by itself", "own", "cold")
    assert "user" not in json.dumps(host.result(entry_id)["prompt"][3])
    assert not (host.base / "user" / "eve").exists()


# --- held against the reference ------------------------------------------------------------------------


def test_a_changed_workflow_is_refused_unless_it_is_forced(start_host: Any) -> None:
    host = start_host(packs=PACKS)
    prompt = texts("a")
    assert host.post(f"{P}/run", {"prompt": prompt}).status == 200  # nothing to compare with
    taken = change(host, "POST", "/update_nodes", {"prompt": prompt, "workflow": {"nodes": []}}).json()
    assert taken["node_count"] == 3 and taken["created"] is True
    assert status(host)["reference"]["hash"] == taken["hash"]
    other_value = {**prompt, "1": node("Text", text="b")}
    same = run_of(host, host.post(f"{P}/run", {"prompt": other_value}).json()["prompt_ids"][0])
    assert same["snapshot_id"] == taken["snapshot_id"] and same["workflow_hash"] == taken["hash"]
    changed = {
        "1": {**prompt["1"], "_meta": {"title": "new title"}},
        "3": node("Show", text=["1", 0]),
        "5": node("Show", text=["1", 0]),
    }
    refused = host.post(f"{P}/run", {"prompt": changed})
    assert (refused.status, code(refused)) == (409, "workflow_changed")
    error = refused.json()["error"]
    assert error["differences"] == {
        "added": [{"id": "5", "title": "RulesShow", "type": "RulesShow"}],
        "removed": [{"id": "2", "title": "RulesSleep", "type": "RulesSleep"}],
        "changed": [
            {"id": "1", "title": "new title", "type": "RulesText", "what": ["title"]},
            {"id": "3", "title": "RulesShow", "type": "RulesShow", "what": ["links"]},
        ],
    }
    assert error["expected"] == taken["hash"] != error["hash"]
    forced = run_of(host, host.post(f"{P}/run", {"prompt": changed, "force": True}).json()["prompt_ids"][0])
    assert (forced["expected_hash"], forced["workflow_hash"]) == (taken["hash"], error["hash"])
    assert measured(host, changed)["expected_hash"] is None  # check: false
    direct = run_of(host, host.queue(changed, extra_data={"holaf_profile": {}}))
    assert direct["expected_hash"] is None


# --- arming ----------------------------------------------------------------------------------------------


def test_an_armed_tab_has_its_next_prompt_measured(host: HostProcess) -> None:
    mine: list[str] = []

    def go(client: str) -> None:
        arm = host.post(f"{P}/run", {"client_id": client, "name": "armed"}).json()
        assert arm["arm_id"] in [one["arm_id"] for one in status(host)["armed"]]
        host.queue(texts(), client_id=fresh())
        mine.append(host.queue(texts(), client_id=client))
        mine.append(host.queue(texts(), client_id=client))

    heard = hear(host, go, lambda heard: "saved" in heard.phases())
    assert heard.phases() == ["armed", "started", "ended", "saved"]
    last = heard.of("run")[-1]
    assert (last["prompt_id"], last["status"], last["name"]) == (mine[0], "success", "armed")
    assert run_of(host, mine[0])["id"] == last["run_id"]
    host.result(mine[1])
    assert mine[1] not in [one["prompt_id"] for one in runs(host, limit=1000)]
    assert status(host)["armed"] == []


def test_an_armed_prompt_that_changed_runs_unmeasured_and_says_so(start_host: Any) -> None:
    host = start_host(packs=PACKS)
    change(host, "POST", "/update_nodes", {"prompt": texts("a")})
    queued: list[str] = []

    def go(client: str) -> None:
        host.post(f"{P}/run", {"client_id": client})
        queued.append(
            host.queue({"1": node("Text", text="x"), "2": node("Show", text=["1", 0])}, client_id=client)
        )

    heard = hear(host, go, lambda heard: "mismatch" in heard.phases())
    told = heard.of("run")[-1]
    assert told["message"] and told["expected"] != told["hash"]
    assert host.result(queued[0])["status"]["status_str"] == "success"
    assert host.get(f"{P}/runs").json()["total"] == 0


# --- repeats ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mode", "warm_up"), [("natural", False), ("warm", True), ("cold", True)])
def test_repeats_meet_the_cache_as_the_mode_wants_it(host: HostProcess, mode: str, warm_up: bool) -> None:
    tag = fresh()
    prompt = {"1": node("Count", tag=tag, always=False), "2": node("Show", text=["1", 0])}
    ask = {"prompt": prompt, "mode": mode, "repeat": 3, "series": tag, "check": False}
    answer = host.post(f"{P}/run", ask).json()
    assert answer["series"] == tag and bool(answer["warm_up_id"]) is warm_up
    assert ended(host, tag) == {
        "series": tag,
        "done": 3,
        "total": 3,
        "mode": mode,
        "state": "done",
        "message": "",
    }
    found = [run_of(host, one) for one in answer["prompt_ids"]]
    assert {run["mode"] for run in found} == {mode} and {run["series"] for run in found} == {tag}
    executed = [run["executed_count"] for run in found]
    assert executed == ([2, 0, 0] if mode == "natural" else [2, 2, 2])
    until(lambda: len(runs(host, series=tag)) == 3, "its runs in the list")  # the warm-up is none of them
    if warm_up:
        assert answer["warm_up_id"] in host.get("/api/history").json()


def test_a_series_gets_a_name_where_it_has_none(host: HostProcess) -> None:
    answer = host.post(f"{P}/run", {"prompt": texts(), "repeat": 2, "check": False}).json()
    assert answer["series"] and ended(host, answer["series"])["done"] == 2
    until(lambda: len(runs(host, series=answer["series"])) == 2, "its runs in the list")


@pytest.mark.parametrize("mode", ["natural", "warm"])
def test_stop_ends_the_repeats_and_nobody_elses_prompt(host: HostProcess, mode: str) -> None:
    series = fresh()
    prompt = texts(seconds=30.0)
    ask = {"prompt": prompt, "mode": mode, "repeat": 4, "series": series, "check": False}
    ids = []
    starting = threading.Thread(target=lambda: ids.extend(host.post(f"{P}/run", ask).json()["prompt_ids"]))
    starting.start()
    until(lambda: host.get("/api/queue").json()["queue_running"], "a run")
    starting.join()
    theirs = host.queue(texts())
    other = change(host, "POST", "/stop", {"series": "of nobody"}).json()
    assert other == {"cancelled": [], "interrupted": None}
    stopped = change(host, "POST", "/stop", {"series": series}).json()
    assert stopped["interrupted"] is not None
    assert sorted([*stopped["cancelled"], *({stopped["interrupted"]} & set(ids))]) == sorted(ids)
    assert host.result(theirs)["status"]["status_str"] == "success"
    assert ended(host, series)["state"] == "stopped"
    if mode == "natural":
        assert run_of(host, ids[0])["status"] == "interrupted"
    assert len(runs(host, series=series)) == (1 if mode == "natural" else 0)


def test_stop_leaves_what_runs_of_others_alone(host: HostProcess) -> None:
    theirs = host.queue(texts(seconds=1.0))
    until(lambda: host.get("/api/queue").json()["queue_running"], "their run")
    mine = host.post(f"{P}/run", {"prompt": texts(), "check": False}).json()["prompt_ids"]
    assert change(host, "POST", "/stop", {}).json() == {"cancelled": mine, "interrupted": None}
    assert host.result(theirs)["status"]["status_str"] == "success"


# --- refused ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "client_id"),
        ({"client_id": 1}, "client_id"),
        ({"client_id": "c" * 300}, "client_id"),
        ({"client_id": "c", "repeat": 2}, "repeat"),
        ({"prompt": 1}, "prompt"),
        ({"prompt": {}}, "prompt"),
        ({"prompt": {"1": {}}}, "prompt"),
        ({"prompt": texts("a"), "workflow": []}, "workflow"),
        ({"prompt": texts("a"), "repeat": 0}, "repeat"),
        ({"prompt": texts("a"), "repeat": 10_000}, "repeat"),
        ({"prompt": texts("a"), "repeat": 1.5}, "repeat"),
        ({"prompt": texts("a"), "mode": "hot"}, "mode"),
        ({"prompt": texts("a"), "name": ["x"]}, "name"),
        ({"prompt": texts("a"), "name": "x" * 300}, "name"),
        ({"prompt": texts("a"), "comment": 1}, "comment"),
        ({"prompt": texts("a"), "series": "x" * 300}, "series"),
        ({"prompt": texts("a"), "force": "yes"}, "force"),
        ({"prompt": texts("a"), "extra_data": 1}, "extra_data"),
    ],
)
def test_asks_that_cannot_be_meant(host: HostProcess, body: Any, named: str) -> None:
    answer = change(host, "POST", "/run", body)
    assert (answer.status, code(answer)) == (400, "bad_field"), answer.text
    assert named in answer.json()["error"]["message"]


def test_what_comfyui_refuses_is_told(host: HostProcess) -> None:
    for mode in ("natural", "warm"):
        wrong = {"1": node("Text", text="a"), "2": node("Show")}
        answer = change(host, "POST", "/run", {"prompt": wrong, "mode": mode, "repeat": 3, "check": False})
        assert (answer.status, code(answer)) == (422, "prompt_refused")
        assert "2" in answer.json()["error"]["node_errors"]
        assert status(host)["series"][-1]["state"] == "failed"
    breaks = {"1": {"class_type": "None such", "inputs": {}, "_meta": []}}
    answer = change(host, "POST", "/run", {"prompt": breaks, "check": False})
    assert (answer.status, code(answer)) == (422, "prompt_refused")
    assert host.get("/api/queue").json() == {"queue_running": [], "queue_pending": []}
