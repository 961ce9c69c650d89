"""Two sides of runs: which node is which, what differs, and when a difference is one."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest

from gates.profiler.compare import Comparison, compare
from gates.profiler.matching import match
from gates.profiler.records import Recording, Run, Step
from gates.profiler.verdict import Finding, Judge, Rules, Verdict

BASES = (0.002, 0.05, 0.3, 2.0, 0.8)  # s of each node
MEGA = 2**20


def measured(
    draw: random.Random, noise: float, slower: float = 1.0, more: int = 0, **of_run: Any
) -> Recording:
    """A run whose figures all vary by `noise`; node 3 takes `slower` times as long and `more` bytes more."""

    def varied(value: float) -> float:
        return value * draw.lognormvariate(0, noise)

    steps = tuple(
        Step(
            node_id=str(n),
            node_type=f"Node{n}",
            status="executed",
            seq=n,
            exec_time=varied(base) * (slower if n == 3 else 1.0),
            cpu_time=varied(base),
            vram_max=int(varied(4e9)) + (more if n == 3 else 0),
            torch_peak=int(varied(2e9)),
            ram_max=int(varied(3e9)),
        )
        for n, base in enumerate(BASES)
    )
    known: dict[str, Any] = {
        "status": "success",
        "total_time": sum(one.exec_time or 0.0 for one in steps) + varied(0.05),
        "framework_time": varied(0.05),
        "cpu_time": varied(2.0),
        "vram_peak": int(varied(4e9)),
        "torch_peak": int(varied(2e9)),
        "ram_peak": int(varied(3e9)),
        "vram_source": "nvml",
        "device": "GPU-1",
    }
    return Recording(Run(**{**known, **of_run}), steps)


def side(seed: int, n: int, noise: float = 0.02, **more: Any) -> list[Recording]:
    draw = random.Random(seed)
    return [measured(draw, noise, **more) for _ in range(n)]


def node(found: Comparison, key: str, metric: str = "exec_time") -> Finding:
    (one,) = [one for one in found.nodes if key in (one.node.a, one.node.b)]
    return next(finding for finding in one.findings if finding.metric.name == metric)


def total(found: Comparison, metric: str) -> Finding:
    return next(finding for finding in found.totals if finding.metric.name == metric)


# --- verdicts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("noise", [0.02, 0.2])
@pytest.mark.parametrize("n", [5, 10])
def test_a_against_a_is_no_difference(n: int, noise: float) -> None:
    judge = Judge(Rules())
    found = [compare(side(k, n, noise), side(1000 + k, n, noise), judge=judge).found for k in range(100)]
    assert sum(not one for one in found) >= 95


def test_a_node_that_became_slower_is_named() -> None:
    found = compare(side(1, 10), side(2, 10, slower=1.25))
    assert found.time.verdict is Verdict.MORE
    one = node(found, "3")
    assert (one.verdict, found.nodes[0].node.a) == (Verdict.MORE, "3")
    assert one.shift is not None and 0.4 < one.shift < 0.6
    assert one.ratio is not None and one.ratio_interval is not None
    assert 1.2 < one.ratio_interval.low <= one.ratio <= one.ratio_interval.high < 1.3
    assert {finding.metric.name for finding in found.found} == {"total_time", "exec_time"}
    faster = compare(side(2, 10, slower=1.25), side(1, 10))
    assert (faster.time.verdict, node(faster, "3").verdict) == (Verdict.LESS, Verdict.LESS)


def test_a_difference_that_does_not_matter_is_none() -> None:
    found = compare(side(1, 20, noise=0.001), side(2, 20, noise=0.001, slower=1.01))
    assert found.time.p is not None and found.time.p < 0.001
    assert (found.time.verdict, found.found) == (Verdict.SAME, ())
    strict = compare(side(1, 20, noise=0.001), side(2, 20, noise=0.001, slower=1.01), Rules(share=0.001))
    assert node(strict, "3").verdict is Verdict.MORE


@pytest.mark.parametrize(("n", "m"), [(1, 1), (3, 3), (1, 20), (2, 5)])
def test_too_few_runs_are_said_to_be_too_few(n: int, m: int) -> None:
    found = compare(side(1, n), side(2, m, slower=3.0))
    assert (found.time.verdict, found.time.needed) == (Verdict.FEW, 4)
    assert node(found, "3").verdict is Verdict.FEW
    assert found.found == ()
    assert found.time.why.startswith(f"{n} and {m} runs")
    assert found.time.shift is not None and found.time.shift > 3, "the figures are shown all the same"


def test_four_runs_tell_of_the_whole_and_more_of_a_node() -> None:
    found = compare(side(1, 4), side(2, 4, slower=1.5))
    assert found.time.verdict is Verdict.MORE
    one = node(found, "3")
    assert one.verdict is Verdict.FEW
    assert one.needed is not None and 4 < one.needed < 10


def test_one_odd_run_makes_no_difference() -> None:
    odd = side(2, 9)
    odd[4] = replace(odd[4], run=replace(odd[4].run, total_time=60.0))
    assert compare(side(1, 9), odd).time.verdict is Verdict.SAME


def test_memory_that_grew() -> None:
    found = compare(side(1, 10, noise=0.001), side(2, 10, noise=0.001, more=500 * MEGA))
    one = node(found, "3", "vram_max")
    assert one.verdict is Verdict.MORE
    assert one.shift is not None and abs(one.shift - 500 * MEGA) < 20 * MEGA
    assert found.time.verdict is Verdict.SAME


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"device": "GPU-2"}, "device"),
        ({"vram_source": "torch"}, "source"),
        (
            {"environment_json": '{"torch": {"allocator": "cudaMallocAsync"}, "dynamic_vram": false}'},
            "allocator",
        ),
        ({"environment_json": '{"torch": {"allocator": "native"}, "dynamic_vram": true}'}, "dynamic VRAM"),
    ],
)
def test_memory_that_was_counted_differently_is_not_judged(change: dict[str, Any], name: str) -> None:
    before: dict[str, Any] = {"environment_json": '{"torch": {"allocator": "native"}, "dynamic_vram": false}'}
    a, b = side(1, 10, **before), side(2, 10, slower=1.25, more=500 * MEGA, **{**before, **change})
    found = compare(a, b)
    assert name in found.apart
    assert node(found, "3", "vram_max").verdict is Verdict.APART
    assert name in node(found, "3", "vram_max").why
    assert total(found, "torch_peak").verdict is Verdict.APART
    assert node(found, "3").verdict is Verdict.MORE, "time can be compared"
    forced = compare(a, b, Rules(force=True))
    assert node(forced, "3", "vram_max").verdict is Verdict.MORE


def test_what_was_not_measured_is_said() -> None:
    bare = [replace(one, run=replace(one.run, vram_peak=None)) for one in side(1, 5)]
    assert total(compare(bare, side(2, 5)), "vram_peak").why == "Not measured in A."
    assert total(compare(side(2, 5), bare), "vram_peak").why == "Not measured in B."
    assert total(compare(bare, bare), "vram_peak").verdict is Verdict.UNMEASURED
    assert total(compare(bare, bare), "vram_peak").a is None


@pytest.mark.parametrize("status", ["error", "interrupted", "aborted", "running"])
def test_only_runs_that_succeeded_count(status: str) -> None:
    spoilt = [replace(one, run=replace(one.run, status=status)) for one in side(3, 2, slower=9.0)]
    found = compare(side(1, 5), [*side(2, 5), *spoilt])
    assert (found.runs, found.left_out, found.time.verdict) == ((5, 5), (0, 2), Verdict.SAME)


def test_a_cached_step_says_nothing_of_the_time() -> None:
    cached = [
        replace(one, steps=tuple(replace(s, status="cached", exec_time=0.0) for s in one.steps))
        for one in side(2, 5)
    ]
    found = compare(side(1, 5), cached)
    assert (node(found, "3").verdict, found.nodes[0].ran) == (Verdict.UNMEASURED, (5, 0))


def test_nothing_to_compare() -> None:
    found = compare([], side(1, 5))
    assert (found.runs, found.time.verdict, found.found) == ((0, 5), Verdict.UNMEASURED, ())
    assert compare([], []).nodes == ()


def test_the_same_question_has_the_same_answer() -> None:
    assert compare(side(1, 7), side(2, 7)) == compare(side(1, 7), side(2, 7))


# --- which node is which --------------------------------------------------------------------------


def graph(*nodes: tuple[str, str, str, list[str]]) -> Recording:
    """A run of (id, class, title, ids of what it is linked to), which ran in this order."""
    steps = tuple(
        Step(node_id=key, node_type=kind, node_title=title, seq=n, status="executed", exec_time=1.0)
        for n, (key, kind, title, _) in enumerate(nodes)
    )
    prompt = {
        key: {"class_type": kind, "inputs": {f"in{n}": [source, 0] for n, source in enumerate(sources)}}
        for key, kind, _, sources in nodes
    }
    return Recording(Run(status="success"), steps, (), prompt)


def pairs(a: Recording, b: Recording) -> dict[str | None, tuple[str | None, str]]:
    return {pair.a: (pair.b, pair.how) for pair in match([a], [b])}


def test_nodes_are_matched_by_id_first() -> None:
    a = graph(("1", "Load", "", []), ("2", "Sample", "first", ["1"]), ("3", "Sample", "second", ["2"]))
    b = graph(("1", "Load", "", []), ("2", "Sample", "second", ["1"]), ("3", "Sample", "first", ["2"]))
    assert pairs(a, b) == {"1": ("1", "id"), "2": ("2", "id"), "3": ("3", "id")}


def test_then_by_class_title_and_place_along_the_links() -> None:
    a = graph(
        ("1", "Load", "", []),
        ("2", "Sample", "", ["1"]),
        ("3", "Sample", "", ["2"]),
        ("4", "Save", "", ["3"]),
    )
    b = graph(
        ("10", "Load", "", []),
        ("13", "Sample", "", ["10"]),
        ("12", "Sample", "", ["13"]),
        ("2", "Save", "", ["12"]),
    )
    expected = {"1": "10", "2": "13", "3": "12", "4": "2"}
    assert pairs(a, b) == {key: (other, "place") for key, other in expected.items()}


def test_what_hangs_on_a_node_tells_it_from_its_twin() -> None:
    a = graph(("1", "A", "", []), ("2", "B", "", []), ("3", "Sample", "", ["1"]), ("4", "Sample", "", ["2"]))
    b = graph(("8", "B", "", []), ("9", "A", "", []), ("5", "Sample", "", ["8"]), ("6", "Sample", "", ["9"]))
    assert pairs(a, b) == {"1": ("9", "place"), "2": ("8", "place"), "3": ("6", "place"), "4": ("5", "place")}


def test_an_id_that_is_another_class_now_is_another_node() -> None:
    a, b = (
        graph(("1", "Load", "", []), ("2", "Save", "", ["1"])),
        graph(("2", "Load", "", []), ("3", "Other", "", [])),
    )
    assert pairs(a, b) == {"1": ("2", "place"), "2": (None, ""), None: ("3", "")}


def test_circles_and_nodes_without_a_prompt_are_matched_too() -> None:
    circle = graph(("1", "A", "", ["2"]), ("2", "A", "", ["1"]))
    other = graph(("3", "A", "", ["4"]), ("4", "A", "", ["3"]))
    assert pairs(circle, other) == {"1": ("3", "place"), "2": ("4", "place")}
    bare = replace(circle, prompt=None)
    assert pairs(bare, replace(other, prompt=None)) == {"1": ("3", "place"), "2": ("4", "place")}


# --- what else differs ----------------------------------------------------------------------------


def test_differences_of_environment_pools_and_inputs_are_named() -> None:
    environment = {
        "python": "3.12",
        "torch": {"version": "2.8", "allocator": "native"},
        "packs": [{"name": "x", "commit": "a" * 40}, {"name": "y", "commit": None}],
        "packages": {"list": ["numpy==2.0", "pillow==11.0"]},
        "arguments": ["--highvram"],
    }
    newer = {
        **environment,
        "torch": {"version": "2.9", "allocator": "native"},
        "packs": [{"name": "x", "commit": "b" * 40}, {"name": "y", "commit": None}],
        "packages": {"list": ["numpy==2.1", "pillow==11.0", "new==1"]},
    }

    def with_these(one: Recording, env: Any, pool: str, seed: int, steps: int) -> Recording:
        run = replace(one.run, environment_json=json.dumps(env), pools_json=json.dumps({"pool-1": pool}))
        inputs = json.dumps({"seed": seed, "steps": steps, "model": ["1", 0], "size": [512, 512]})
        return replace(one, run=run, steps=tuple(replace(s, inputs_json=inputs) for s in one.steps[:1]))

    a = [with_these(one, environment, "hash-a", n, 20) for n, one in enumerate(side(1, 3))]
    b = [with_these(one, newer, "hash-b", 9 + n, 30) for n, one in enumerate(side(2, 3))]
    found = {(one.kind, one.name): one for one in compare(a, b).differing}
    assert found.keys() == {
        ("environment", "torch.version"),
        ("environment", "packs.x.commit"),
        ("environment", "packages.list.numpy"),
        ("environment", "packages.list.new"),
        ("pool", "pool-1"),
        ("input", "seed"),
        ("input", "steps"),
    }
    assert (found["environment", "torch.version"].a, found["environment", "torch.version"].b) == (
        ("2.8",),
        ("2.9",),
    )
    assert (found["environment", "packages.list.new"].a, found["environment", "packages.list.new"].b) == (
        (),
        ("1",),
    )
    assert [found["input", name].varies for name in ("seed", "steps")] == [True, False]
    assert found["input", "steps"].node == "0"


def test_the_workflow_itself_may_differ() -> None:
    a = graph(("1", "Load", "", []), ("2", "Save", "", ["1"]))
    b = graph(("1", "Load", "", []), ("2", "Save", "", []), ("3", "New", "", []))
    found = compare([a], [replace(b, run=replace(b.run, workflow_hash="x"))])
    assert found.structure is not None
    assert [one.id for one in found.structure.added] == ["3"]
    assert [(one.id, one.kind) for one in found.structure.changed] == [("2", "rewired")]
    assert compare([a], [replace(b, prompt=None)]).structure is None


@pytest.mark.parametrize("text", ["", "[]", "3", "{", "null", '{"torch": 3}', "[" * 9999])
def test_an_environment_that_cannot_be_read_is_none(text: str) -> None:
    odd = [replace(one, run=replace(one.run, environment_json=text, pools_json=text)) for one in side(1, 1)]
    odd = [replace(one, steps=tuple(replace(s, inputs_json=text) for s in one.steps)) for one in odd]
    compare(odd, side(2, 1))
