"""Runs compared over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from gates.host.process import HostProcess
from tests.profiler_rig import PACKS, P, change, code, fresh, runs, status, texts, until


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostProcess]:
    with HostProcess(tmp_path_factory.mktemp("compared") / "host", PACKS) as host:
        yield host


@pytest.fixture(scope="module")
def sides(host: HostProcess) -> dict[str, list[int]]:
    """Five runs of each: `quick`, and `slow`, whose node 2 sleeps longer by far."""
    found = {}
    for name, seconds in (("quick", 0.0), ("slow", 0.3)):
        ask = {
            "prompt": texts("the same", seconds),
            "series": name,
            "mode": "warm",
            "repeat": 5,
            "check": False,
        }
        assert host.post(f"{P}/run", ask).status == 200
        until(lambda: status(host)["series"][-1]["state"] == "done", name)
        until(partial(has_five, host, name), name)
        found[name] = [run["id"] for run in runs(host, series=name)]
    return found


def has_five(host: HostProcess, series: str) -> bool:
    return len(runs(host, series=series)) == 5


def test_a_slower_node_is_found_and_named(host: HostProcess, sides: dict[str, list[int]]) -> None:
    body = {"a": {"series": "quick"}, "b": {"runs": sides["slow"]}}
    answer = change(host, "POST", "/compare", body)
    assert answer.status == 200, answer.text
    told = answer.json()
    assert told["a"]["runs"] == sides["quick"] and told["runs"] == [5, 5] and told["left_out"] == [0, 0]
    slowest = told["nodes"][0]
    assert (slowest["node"]["a"], slowest["node"]["how"]) == ("2", "id")
    time = slowest["findings"][0]
    assert (time["metric"]["name"], time["verdict"]) == ("exec_time", "more")
    assert time["shift"] > 0.2 and time["a"]["n"] == 5 and time["why"]
    assert told["totals"][0]["verdict"] == "more"
    inputs = [one for one in told["differing"] if one["kind"] == "input"]
    assert [(one["node"], one["name"], one["a"], one["b"]) for one in inputs] == [
        ("2", "seconds", ["0.0"], ["0.3"])
    ]
    assert told["structure"] == {"added": [], "removed": [], "changed": []}
    # No workflow is sent along.
    assert set(told) == {"a", "b", "runs", "left_out", "totals", "nodes", "differing", "structure", "apart"}


def test_one_metric_alone(host: HostProcess, sides: dict[str, list[int]]) -> None:
    body = {"a": {"series": "quick"}, "b": {"series": "slow"}, "metric": "exec_time", "share": 0.5}
    told = change(host, "POST", "/compare", body).json()
    assert told["totals"] == []
    assert {one["metric"]["name"] for node in told["nodes"] for one in node["findings"]} == {"exec_time"}


def test_one_run_against_one_says_that_it_is_not_enough(
    host: HostProcess, sides: dict[str, list[int]]
) -> None:
    body = {"a": {"runs": sides["quick"][:1]}, "b": {"runs": sides["slow"][:1]}}
    told = change(host, "POST", "/compare", body).json()
    assert told["totals"][0]["verdict"] == "not enough runs" and told["totals"][0]["needed"] == 4


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "a"),
        ({"a": {"runs": [1]}}, "b"),
        ({"a": {"runs": []}, "b": {"runs": [1]}}, "a"),
        ({"a": {"runs": ["1"]}, "b": {"runs": [1]}}, "a"),
        ({"a": {"runs": list(range(101))}, "b": {"runs": [1]}}, "a"),
        ({"a": {"runs": [1], "series": "x"}, "b": {"runs": [1]}}, "a"),
        ({"a": {"runs": [1]}, "b": [1]}, "b"),
        ({"a": {"runs": [1]}, "b": {"runs": [1]}, "metric": "odd"}, "metric"),
        ({"a": {"runs": [1]}, "b": {"runs": [1]}, "share": 2}, "share"),
        ({"a": {"runs": [1]}, "b": {"runs": [1]}, "force": 1}, "force"),
    ],
)
def test_comparisons_that_cannot_be_meant(host: HostProcess, body: Any, named: str) -> None:
    answer = change(host, "POST", "/compare", body)
    assert (answer.status, code(answer)) == (400, "bad_field")
    assert f"'{named}'" in answer.json()["error"]["message"]


def test_runs_that_there_are_not(host: HostProcess) -> None:
    for side in ({"runs": [999_999]}, {"runs": [-1]}, {"series": fresh()}):
        answer = change(host, "POST", "/compare", {"a": side, "b": side})
        assert (answer.status, code(answer)) == (404, "unknown_run")
