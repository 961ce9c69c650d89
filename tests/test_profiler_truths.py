"""Recorded runs against what really happened: known durations and known ends, over a real host."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gates.host.process import HostProcess

DATA = Path(__file__).parent / "data"
PROMPT = dict[str, dict[str, Any]]
TRIES = 6  # a loaded machine may disturb a measurement; the bounds stay narrow, the measurement is repeated


class Recorded:
    """One recorded run, with its steps by node id."""

    def __init__(self, recording: dict[str, Any], entry: dict[str, Any]) -> None:
        self.run: dict[str, Any] = recording["run"]
        self.all = recording
        self.entry = entry
        self.steps: dict[str, dict[str, Any]] = {step["node_id"]: step for step in recording["steps"]}
        assert len(self.steps) == len(recording["steps"])  # one for each node

    def statuses(self) -> dict[str, str]:
        return {node_id: step["status"] for node_id, step in self.steps.items()}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostProcess]:
    base = tmp_path_factory.mktemp("profiled") / "host"
    real = os.environ.get("PROFILED_URL")  # a ComfyUI that has both packs
    if real is not None:
        host = HostProcess(base)
        host.url = real
        yield host
        return
    packs = [DATA / "rules_pack", DATA / "profiler_pack"]
    with HostProcess(base, packs, only_named_packs=True) as host:
        yield host


def node(kind: str, pack: str = "Rules", **inputs: Any) -> dict[str, Any]:
    return {"class_type": f"{pack}{kind}", "inputs": inputs}


def fresh() -> str:
    """A text that no earlier run has cached."""
    return uuid.uuid4().hex


def recorded(host: HostProcess, prompt: PROMPT, ask: Any = True, **body: Any) -> Recorded:
    extra = {**body.pop("extra_data", {}), "holaf_profile": ask}
    prompt_id = host.queue(prompt, extra_data=extra, **body)
    entry = host.result(prompt_id)
    return kept(host, prompt_id, entry)


def kept(host: HostProcess, prompt_id: str, entry: dict[str, Any]) -> Recorded:
    found = recordings(host, prompt_id)
    deadline = time.monotonic() + 20
    while not found and time.monotonic() < deadline:
        time.sleep(0.02)
        found = recordings(host, prompt_id)
    assert len(found) == 1
    return Recorded(found[0], entry)


def recordings(host: HostProcess, prompt_id: str) -> list[dict[str, Any]]:
    return list(host.get(f"/profiler_test/runs/{prompt_id}").json())


def status(host: HostProcess) -> dict[str, Any]:
    return dict(host.get("/profiler_test/status").json())


def sleep(source: str, seconds: float, key: str, kind: str = "Sleep") -> dict[str, Any]:
    return node(kind, "Profiler", text=[source, 0], seconds=seconds, key=key)


def took(host: HostProcess, key: str) -> list[float]:
    """How long the calls of a node really were, as it saw itself."""
    return list(host.get(f"/profiler_test/took/{key}").json())


def near(seconds: float | None, expected: float) -> bool:
    """Within 5 % or 10 ms."""
    return seconds is not None and abs(seconds - expected) <= max(0.05 * expected, 0.010)


def measured(measure: Callable[[], list[tuple[str, float | None, float]]]) -> None:
    """Hold (what, seconds, expected) to the bounds, once in a few tries."""
    off: list[Any] = []
    for _ in range(TRIES):
        off = [each for each in measure() if not near(each[1], each[2])]
        if not off:
            return
    assert not off


def test_the_best_tier_is_active(bench: HostProcess) -> None:
    assert status(bench)["tier"] == "execute"


def test_a_run_says_what_ran_and_for_how_long(bench: HostProcess) -> None:
    def measure() -> list[tuple[str, float | None, float]]:
        key = fresh()
        prompt = {
            "1": node("Text", text=fresh()) | {"_meta": {"title": "my text"}},
            "2": sleep("1", 0.3, key),
            "3": node("Show", text=["2", 0]),
        }
        ask = {"name": "first", "comment": "said", "series": "s", "mode": "warm"}
        done = recorded(bench, prompt, ask)
        assert done.statuses() == {"1": "executed", "2": "executed", "3": "executed"}
        assert [step["seq"] for step in done.steps.values()] == [0, 1, 2]
        assert done.steps["1"]["node_title"] == "my text"
        assert done.steps["2"]["node_type"] == "ProfilerSleep"
        shown = json.loads(done.steps["2"]["inputs_json"])
        assert shown == {"text": ["1", 0], "seconds": 0.3, "key": key}
        run = done.run
        assert (run["name"], run["global_comment"], run["series"], run["mode"]) == (
            "first",
            "said",
            "s",
            "warm",
        )
        assert (run["status"], run["hook_tier"], run["node_count"]) == ("success", "execute", 3)
        assert run["queued_at"] and run["queue_wait"] >= 0 and run["workflow_hash"] and run["inputs_hash"]
        parts = run["nodes_time"] + run["async_idle"] + run["framework_time"]
        assert parts == pytest.approx(run["total_time"], abs=1e-6)
        step = done.steps["2"]
        assert step["t_start"] >= 0 and step["n_segments"] == 1 and step["n_calls"] == 1
        seconds = (step[name] for name in ("exec_time", "wall_time", "fn_time"))
        (true,) = took(bench, key)
        return [*(("sleep", each, true) for each in seconds), ("total", run["nodes_time"], true)]

    measured(measure)


def test_async_nodes_end_when_their_calls_do(bench: HostProcess) -> None:
    def measure() -> list[tuple[str, float | None, float]]:
        long, short = fresh(), fresh()
        prompt = {
            "1": node("Text", text=fresh()),
            "2": sleep("1", 0.3, long, "Wait"),
            "3": sleep("1", 0.2, short, "Wait"),
            "4": node("Join", a=["2", 0], b=["3", 0]),
            "5": node("Show", text=["4", 0]),
        }
        done = recorded(bench, prompt)
        assert set(done.statuses().values()) == {"executed"}
        assert done.steps["2"]["is_async"] and not done.steps["4"]["is_async"]
        (true,), (brief,) = took(bench, long), took(bench, short)
        return [
            ("long", done.steps["2"]["exec_time"], true),
            ("short", done.steps["3"]["exec_time"], brief),
            ("the first call", json.loads(done.steps["3"]["items_json"])[0] / 1e9, brief),
            ("idle", done.run["async_idle"], true),
            ("nodes", done.run["nodes_time"], 0.0),
            ("before the wait", done.steps["1"]["exec_time"], 0.0),
            ("after the wait", done.steps["4"]["exec_time"], 0.0),
        ]

    measured(measure)


def test_work_beside_an_async_node_is_no_idling(bench: HostProcess) -> None:
    def measure() -> list[tuple[str, float | None, float]]:
        long, busy = fresh(), fresh()
        prompt = {
            "1": node("Text", text=fresh()),
            "2": sleep("1", 0.3, long, "Wait"),
            "3": sleep("1", 0.2, busy),
            "4": node("Join", a=["2", 0], b=["3", 0]),
            "5": node("Show", text=["4", 0]),
        }
        done = recorded(bench, prompt)
        (waited,), (worked,) = took(bench, long), took(bench, busy)
        return [("nodes", done.run["nodes_time"], worked), ("idle", done.run["async_idle"], waited - worked)]

    measured(measure)


def test_a_mapped_node_is_one_step_with_its_calls(bench: HostProcess) -> None:
    def measure() -> list[tuple[str, float | None, float]]:
        key = fresh()
        prompt = {
            "1": node("Split", text=f"{fresh()},b,c"),
            "2": sleep("1", 0.1, key),
            "3": sleep("1", 0.1, fresh(), "Wait"),
            "4": node("Gather", text=["2", 0]),
            "5": node("Gather", text=["3", 0]),
            "6": node("Show", text=["4", 0]),
            "7": node("Show", text=["5", 0]),
        }
        done = recorded(bench, prompt)
        assert [done.steps[id]["n_calls"] for id in ("2", "3", "4")] == [3, 3, 1]
        items = json.loads(done.steps["2"]["items_json"])
        together = json.loads(done.steps["3"]["items_json"])
        assert len(items) == len(together) == 3
        assert sum(items) / 1e9 <= done.steps["2"]["fn_time"]
        true = took(bench, key)
        return [
            ("all calls", done.steps["2"]["exec_time"], sum(true)),
            *(("one call", item / 1e9, each) for item, each in zip(items, true, strict=True)),
        ]

    measured(measure)


def test_a_lazy_node_does_not_count_what_it_waited_for(bench: HostProcess) -> None:
    def measure() -> list[tuple[str, float | None, float]]:
        key = fresh()
        prompt = {
            "1": node("Text", text=fresh()),
            "2": sleep("1", 0.2, key),
            "3": sleep("1", 0.0, fresh()),
            "4": node("Pick", second=False, a=["2", 0], b=["3", 0]),
            "5": node("Show", text=["4", 0]),
        }
        done = recorded(bench, prompt)
        assert done.statuses() == {
            "1": "executed",
            "2": "executed",
            "3": "skipped",
            "4": "executed",
            "5": "executed",
        }
        assert done.steps["4"]["n_segments"] == 2
        assert done.steps["3"]["exec_time"] is None and done.steps["3"]["t_start"] is None
        (true,) = took(bench, key)
        return [("itself", done.steps["4"]["exec_time"], 0.0), ("all", done.steps["4"]["wall_time"], true)]

    measured(measure)


def test_expanded_nodes_stand_under_their_own_ids(bench: HostProcess) -> None:
    def measure() -> list[tuple[str, float | None, float]]:
        key = fresh()
        made_of = {"seconds": 0.1, "of": "ProfilerSleep", "key": key}
        prompt = {
            "1": node("Text", text=fresh()),
            "1:2": node("ExpandSleep", "Profiler", text=["1", 0], **made_of),
            "3": node("Show", text=["1:2", 0]),
        }
        done = recorded(bench, prompt)
        made = [step for step in done.steps.values() if step["parent_id"] is not None]
        assert len(made) == 2 and done.run["node_count"] == 5
        for step in made:
            assert step["node_id"].startswith("1:2.0.0.") and step["status"] == "executed"
            assert (step["parent_id"], step["display_id"], step["real_id"]) == ("1:2", "1:2", "1:2")
            assert step["node_type"] == "ProfilerSleep" and json.loads(step["inputs_json"])["seconds"] == 0.1
        parent = done.steps["1:2"]
        assert parent["status"] == "executed" and parent["n_segments"] == 2
        tree = done.all["subtrees"]
        assert set(tree) == {"1", "1:2"} and tree["1:2"]["steps"] == 3
        true = took(bench, key)
        return [
            ("parent", parent["exec_time"], 0.0),
            ("with children", parent["wall_time"], sum(true)),
            *(("child", each["exec_time"], real) for each, real in zip(made, true, strict=True)),
            ("subtree", tree["1:2"]["wall"], sum(true)),
        ]

    measured(measure)


def test_cached_nodes_say_so_staged_or_not(bench: HostProcess) -> None:
    text = fresh()
    prompt = {"1": node("Text", text=text), "2": node("Join", a=["1", 0], b=["1", 0])}
    shown = {**prompt, "3": node("Show", text=["2", 0])}
    recorded(bench, shown)
    again = recorded(bench, shown)
    assert set(again.statuses().values()) == {"cached"}
    assert again.steps["1"]["exec_time"] is None  # nobody asked for it
    assert again.steps["3"]["exec_time"] is not None  # its result was handed on
    assert (again.run["executed_count"], again.run["cached_count"]) == (0, 3)
    more = recorded(bench, {**shown, "4": node("Show", text=["2", 0]), "5": node("Text", text=fresh())})
    assert more.statuses()["1"] == "cached" and more.statuses()["2"] == "cached"
    assert more.statuses()["5"] == "skipped"
    # Equal nodes of one prompt: one runs, the other finds the result.
    tag = fresh()
    twins: PROMPT = {n: node("Count", tag=tag, always=False) for n in ("1", "2")}
    done = recorded(
        bench, {**twins, "3": node("Join", a=["1", 0], b=["2", 0]), "4": node("Show", text=["3", 0])}
    )
    assert sorted(done.statuses()[n] for n in ("1", "2")) == ["cached", "executed"]


def test_blocked_nodes_are_not_called(bench: HostProcess) -> None:
    for message in ("", "stop here"):
        prompt = {
            "1": node("Text", text=fresh()),
            "2": node("Block", text=["1", 0], message=message),
            "3": node("Show", text=["2", 0]),
            "4": node("Show", text=["1", 0]),
        }
        done = recorded(bench, prompt)
        assert done.statuses() == {"1": "executed", "2": "executed", "3": "blocked", "4": "executed"}
        assert done.run["status"] == "success" and done.steps["3"]["n_calls"] == 0


def test_a_node_without_inputs_runs(bench: HostProcess) -> None:
    done = recorded(bench, {"1": node("Nothing", "Profiler"), "2": node("Show", text=["1", 0])})
    assert done.statuses() == {"1": "executed", "2": "executed"} and done.steps["1"]["n_calls"] == 1


@pytest.mark.parametrize(
    ("kind", "failing"),
    [("plain", "2"), ("later", "2"), ("child", "2.0.0.1")],
)
def test_a_failing_node_ends_the_run(bench: HostProcess, kind: str, failing: str) -> None:
    text = node("Text", text=fresh())
    fails = {
        "plain": node("Fail", text=["1", 0]),
        "later": node("FailLater", "Profiler", seconds=0.05, tag=fresh()),
        "child": node("ExpandSleep", "Profiler", text=["1", 0], seconds=0.0, of="RulesFail", key=""),
    }[kind]
    done = recorded(bench, {"1": text, "2": fails, "3": node("Show", text=["2", 0])})
    assert done.run["status"] == "error" and done.run["error"]
    assert done.steps["2"]["status"] == "error" and done.steps["3"]["status"] == "skipped"
    assert done.steps[failing]["error_type"] in ("ValueError", "RuntimeError")
    assert done.entry["status"]["status_str"] == "error"


def test_a_cycle_is_an_error_of_the_node_that_made_it(bench: HostProcess) -> None:
    prompt = {
        "1": node("Text", text=fresh()),
        "2": node("ExpandCycle", text=["1", 0]),
        "3": node("Show", text=["2", 0]),
    }
    done = recorded(bench, prompt)
    assert done.run["status"] == "error" and done.steps["2"]["status"] == "error"


@pytest.mark.parametrize("kind", ["Sleep", "Wait"])
def test_an_interrupted_run_says_where(bench: HostProcess, kind: str) -> None:
    prompt = {
        "1": node("Text", text=fresh()),
        "2": node(kind, text=["1", 0], seconds=0.1),
        "3": node("Sleep", text=["2", 0], seconds=30.0),
        "4": node("Show", text=["3", 0]),
    }
    prompt_id = bench.queue(prompt, extra_data={"holaf_profile": {}})
    deadline = time.monotonic() + 20
    while not _reached(bench, prompt_id, "2") and time.monotonic() < deadline:
        time.sleep(0.02)
    assert bench.post("/interrupt", {}).status == 200
    done = kept(bench, prompt_id, bench.result(prompt_id))
    assert done.run["status"] == "interrupted"
    assert done.statuses() == {"1": "executed", "2": "executed", "3": "interrupted", "4": "skipped"}


def _reached(host: HostProcess, prompt_id: str, node_id: str) -> bool:
    """By the live rows, which are told while the run is on."""
    return any(row["prompt_id"] == prompt_id and node_id in row["nodes"] for row in status(host)["live"])


def test_only_what_was_asked_for_is_recorded(bench: HostProcess) -> None:
    def prompt() -> PROMPT:
        return {
            "1": node("Text", text=fresh()),
            "2": node("Sleep", text=["1", 0], seconds=0.02),
            "3": node("Show", text=["2", 0]),
        }

    queued: list[tuple[str, Any]] = []
    asks: tuple[Any, ...] = (None, {}, None, True, "yes", [1])
    for ask in asks:
        extra = {} if ask is None else {"holaf_profile": ask}
        queued.append((bench.queue(prompt(), extra_data=extra), ask))
    for prompt_id, ask in queued:
        bench.result(prompt_id)
        wanted = ask in ({}, True)
        found = kept(bench, prompt_id, {}).steps if wanted else recordings(bench, prompt_id)
        assert len(found) == (3 if wanted else 0), ask
    assert not status(bench)["is_recording"]


def test_the_time_of_a_run_begins_when_it_runs(bench: HostProcess) -> None:
    def measure() -> list[tuple[str, float | None, float]]:
        before, own = fresh(), fresh()
        text, show = node("Text", text=fresh()), node("Show", text=["2", 0])
        bench.queue({"1": text, "2": sleep("1", 0.5, before), "3": show})
        done = recorded(bench, {"1": text, "2": sleep("1", 0.2, own), "3": show})
        (waited,), (true,) = took(bench, before), took(bench, own)
        return [("waited", done.run["queue_wait"], waited), ("ran", done.run["total_time"], true)]

    measured(measure)


def test_an_armed_client_records_its_next_prompt_alone(bench: HostProcess) -> None:
    client = fresh()
    prompt = {"1": node("Text", text=fresh()), "2": node("Show", text=["1", 0])}
    armed = bench.post("/profiler_test/arm", {"client_id": client, "name": "armed"}).json()
    assert armed["expires"] == pytest.approx(time.time() + 60, abs=15)
    other = bench.queue(prompt, client_id=fresh())
    mine = bench.queue(prompt, client_id=client)
    later = bench.queue(prompt, client_id=client)
    assert kept(bench, mine, bench.result(mine)).run["name"] == "armed"
    for prompt_id in (other, later):
        bench.result(prompt_id)
        assert recordings(bench, prompt_id) == []


def test_an_armed_prompt_that_no_longer_matches_runs_unrecorded(bench: HostProcess) -> None:
    prompt = {"1": node("Text", text=fresh()), "2": node("Show", text=["1", 0])}
    client = fresh()
    bench.post("/profiler_test/arm", {"client_id": client, "expected_hash": "another"})
    prompt_id = bench.queue(prompt, client_id=client)
    assert bench.result(prompt_id)["status"]["status_str"] == "success"
    assert recordings(bench, prompt_id) == []
    notice = [each for each in status(bench)["notices"] if each["client_id"] == client]
    assert [each["kind"] for each in notice] == ["mismatch"]
    assert notice[0]["expected_hash"] == "another" and notice[0]["workflow_hash"] == "['1', '2']"
    bench.post("/profiler_test/arm", {"client_id": client, "expected_hash": "another", "force": True})
    forced = bench.queue(prompt, client_id=client)
    run = kept(bench, forced, bench.result(forced)).run
    assert (run["expected_hash"], run["workflow_hash"]) == ("another", "['1', '2']")


def test_live_rows_name_each_node_once_it_is_done(bench: HostProcess) -> None:
    client = fresh()
    prompt = {
        "1": node("Text", text=fresh()),
        "2": node("Sleep", text=["1", 0], seconds=0.4),
        "3": node("Sleep", text=["2", 0], seconds=0.3),
        "4": node("Show", text=["3", 0]),
    }
    done = recorded(bench, prompt, client_id=client)
    rows = [row for row in status(bench)["live"] if row["prompt_id"] == done.run["prompt_id"]]
    assert {row["client_id"] for row in rows} == {client}
    assert {"1", "2"} <= {id for row in rows for id in row["nodes"]}
    assert len(rows) <= 2 + 10 * (rows[-1]["at"] - rows[0]["at"])


def test_memory_and_load_of_the_process(bench: HostProcess) -> None:
    def measure() -> list[tuple[str, float | None, float]]:
        prompt = {
            "1": node("Alloc", "Profiler", mib=200, tag=fresh()),
            "2": node("Spin", "Profiler", seconds=0.4, tag=fresh()),
            "3": node("Sleep", text=["2", 0], seconds=0.3),
            "4": node("Join", a=["1", 0], b=["3", 0]),
            "5": node("Show", text=["4", 0]),
        }
        done = recorded(bench, prompt)
        alloc, spin = done.steps["1"], done.steps["2"]
        assert 190 << 20 < alloc["ram_max"] - alloc["ram_start"] < 230 << 20
        assert alloc["ram_end"] < alloc["ram_max"] and done.run["ram_peak"] >= alloc["ram_max"]
        assert done.run["ram_source"] == "hwm"
        assert spin["ram_max"] - spin["ram_start"] < 32 << 20  # what the first one took is none of its own
        assert spin["n_samples"] >= 2
        assert done.steps["3"]["cpu_avg"] < 60
        names = {series["name"] for series in done.all["series"]}
        assert {"ram", "cpu"} <= names
        assert spin["cpu_avg"] == pytest.approx(100 * spin["cpu_time"] / spin["exec_time"], rel=0.01)
        return [("processor", spin["cpu_time"], 0.4)]

    measured(measure)


def test_what_was_not_measured_is_said_with_what_installs_it(bench: HostProcess) -> None:
    done = recorded(bench, {"1": node("Nothing", "Profiler"), "2": node("Show", text=["1", 0])})
    why = json.loads(done.run["unmeasured_json"])
    assert set(why["vram_max"]) == {"why", "install"} and why["vram_max"]["why"]
    assert done.steps["1"]["vram_max"] is None and done.run["vram_peak"] is None
    surroundings = json.loads(done.run["environment_json"])
    assert surroundings["core"]["version"] and surroundings["python"] and surroundings["packages"]["hash"]
    assert "rules_pack" not in json.dumps(surroundings["arguments"]) or surroundings["arguments"]


def test_secrets_are_nowhere(bench: HostProcess) -> None:
    secret = f"sk-{fresh()}"
    prompt = {
        "1": node("Text", text=f"prefix {secret}"),
        "2": {"class_type": "RulesShow", "inputs": {"text": ["1", 0], "api_key": secret}},
    }
    extra = {"auth_token_comfy_org": f"tok-{secret}", "extra_pnginfo": {"workflow": {"nodes": [secret]}}}
    done = recorded(bench, prompt, extra_data=extra)
    assert secret not in json.dumps(done.all)
    assert json.loads(done.steps["2"]["inputs_json"])["api_key"].startswith("(left out")


def test_prompts_succeed_whatever_of_ours_breaks(bench: HostProcess) -> None:
    broken, index = [], 0
    while True:
        part = bench.post(f"/profiler_test/break/{index}").json()["broken"]
        if part is None:
            break
        prompt = {
            "1": node("Split", text=f"{fresh()},b"),
            "2": node("Wait", text=["1", 0], seconds=0.001),
            "3": node("Gather", text=["2", 0]),
            "4": node("Show", text=["3", 0]),
        }
        entry = bench.submit(prompt, extra_data={"holaf_profile": True}, client_id="c")
        assert entry["status"]["status_str"] == "success", part
        assert len(entry["outputs"]["4"]["text"]) == 1, part
        broken.append(part)
        index += 1
    bench.post("/profiler_test/break/-1")
    assert len(broken) > 50
    after = recorded(bench, {"1": node("Nothing", "Profiler"), "2": node("Show", text=["1", 0])})
    assert after.run["status"] == "success" and len(after.steps) == 2
