"""From marks of the prompt thread and samples to rows: each case by itself, with made-up times."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.profiler.arming import Ask
from gates.profiler.assembly import assemble, settled_steps
from gates.profiler.ledger import ledger, length, union
from gates.profiler.quantities import Missing, Quantity, Track
from gates.profiler.records import Recording, Step
from gates.profiler.session import NO_READING, Calls, Made, Reading, Segment, Session
from gates.profiler.subtree import subtrees
from gates.profiler.totals import Facts

MS = 1_000_000
PROMPT: dict[str, Any] = {
    "1": {"class_type": "A", "inputs": {"x": 1}, "_meta": {"title": "first"}},
    "2": {"class_type": "B", "inputs": {"y": ["1", 0]}},
}


def session(prompt: Mapping[str, Any] = PROMPT, end: int | None = 100 * MS) -> Session:
    made = Session("p", prompt, {"client_id": "c", "create_time": 999_000}, Ask(name="n"))
    made.tier = "execute"
    made.began_at = 1000.0
    made.begin, made.end = 0, end
    made.inputs = {node_id: node["inputs"] for node_id, node in prompt.items()}
    return made


def calls(
    begin: int, end: int, at: list[int], done: list[tuple[int, int]] | None = None, tasks: int = 0
) -> Calls:
    made = Calls(begin * MS)
    made.end = end * MS
    made.at = [(index, each * MS) for index, each in enumerate(at)]
    made.done = [(index, each * MS) for index, each in done or []]
    made.tasks = tuple(range(tasks))
    return made


def segment(
    node_id: str,
    begin: int,
    end: int,
    outcome: str = "SUCCESS",
    called: Calls | None = None,
    error: str | None = None,
    before: Reading = NO_READING,
    after: Reading = NO_READING,
) -> Segment:
    return Segment(node_id, begin * MS, end * MS, outcome, error, called, before, after)


def by_id(recording: Recording) -> dict[str, Step]:
    return {step.node_id: step for step in recording.steps}


def track(
    name: str, points: list[tuple[int, float | None]], unit: str = "bytes", source: str = "nvml"
) -> Track:
    made = Track(Quantity(name, unit, source, "dev"))
    for at, value in points:
        made.add(at * MS, value)
    return made


def test_a_plain_run() -> None:
    run = session()
    run.segments = [
        segment("1", 10, 30, called=calls(12, 28, [13])),
        segment("2", 40, 50, called=calls(41, 49, [42])),
    ]
    run.messages = [("execution_success", {})]
    recording = assemble(run, Facts(workflow_hash="h", environment={"python": "3"}), 0)
    row = recording.run
    assert (row.status, row.total_time, row.nodes_time, row.async_idle) == ("success", 0.1, 0.03, 0.0)
    assert row.framework_time == pytest.approx(0.07) and row.finished_at == 1000.1
    assert (row.queued_at, row.queue_wait) == (999.0, 1.0)
    first = by_id(recording)["1"]
    assert (first.exec_time, first.wall_time, first.fn_time, first.t_start) == (0.02, 0.02, 0.016, 0.01)
    assert (first.node_title, first.node_type, first.display_id, first.seq) == ("first", "A", "1", 0)
    assert json.loads(first.items_json or "") == [15 * MS]
    assert json.loads(first.segments_json or "") == [[10 * MS, 30 * MS]]
    assert json.loads(row.environment_json or "") == {"python": "3"} and row.workflow_hash == "h"
    assert recording.prompt == PROMPT and first.vram_max is None and first.gpu_load_avg is None


def test_an_async_node_ends_with_its_last_call() -> None:
    run = session()
    run.segments = [
        segment("1", 10, 12, "PENDING", calls(11, 12, [11, 11], [(1, 40), (0, 60)], tasks=2)),
        segment("2", 20, 30, called=calls(21, 29, [22])),
        segment("1", 62, 63),
    ]
    recording = assemble(run, Facts(), 0)
    step = by_id(recording)["1"]
    assert step.is_async and step.status == "executed" and step.n_segments == 2
    assert step.exec_time == pytest.approx(0.050 + 0.001) and step.wall_time == pytest.approx(0.053)
    assert json.loads(step.items_json or "") == [49 * MS, 29 * MS]
    # 12-20 and 30-60 were spent waiting for it alone.
    assert recording.run.async_idle == pytest.approx(0.038)


@pytest.mark.parametrize(
    ("turns", "status"),
    [
        ([segment("1", 1, 2)], "cached"),
        ([segment("1", 1, 2, called=calls(1, 2, []))], "blocked"),
        ([segment("1", 1, 2, "FAILURE", calls(1, 2, [1]), "ValueError")], "error"),
        ([segment("1", 1, 2, "FAILURE", None, "KeyError")], "error"),
        ([segment("1", 1, 2, "FAILURE", None, "InterruptProcessingException")], "interrupted"),
        ([segment("1", 1, 2, "PENDING")], "skipped"),
        ([segment("1", 1, 2, "PENDING", calls(1, 2, [1], tasks=1))], "interrupted"),
        ([segment("1", 1, 2, "PENDING"), segment("1", 4, 5, called=calls(4, 5, [4]))], "executed"),
        ([segment("1", 1, 2, "RAN")], "executed"),
        ([segment("1", 1, 1, "CACHED")], "cached"),
    ],
)
def test_what_became_of_a_node(turns: list[Segment], status: str) -> None:
    run = session()
    run.segments = turns
    assert by_id(assemble(run, Facts(), 0))["1"].status == status


def test_a_node_without_inputs_announces_no_call() -> None:
    run = session()
    silent = calls(1, 2, [])
    silent.had_items = False
    run.segments = [segment("1", 1, 2, called=silent)]
    step = by_id(assemble(run, Facts(), 0))["1"]
    assert (step.status, step.n_calls) == ("executed", 1)


def test_what_was_cut_off_lasts_until_the_end_of_the_run() -> None:
    run = session()
    run.segments = [
        segment("1", 10, 12, "PENDING", calls(11, 12, [11], tasks=1)),
        segment("2", 20, 30, "FAILURE", None, "ValueError"),
    ]
    step = by_id(assemble(run, Facts(), 0))["1"]
    assert step.status == "interrupted" and step.wall_time == pytest.approx(0.09)


def test_parents_end_as_what_was_made_of_them() -> None:
    run = session()
    run.made = {
        "1.0.0.1": Made("C", None, {}, "1", "1", "1"),
        "1.0.0.1.0.0.1": Made("D", "deep", {"t": {"shape": [1]}}, "1", "1.0.0.1", "1"),
    }
    run.inputs |= {node_id: made.inputs for node_id, made in run.made.items()}
    run.segments = [
        segment("1", 1, 2, "PENDING", calls(1, 2, [1])),
        segment("1.0.0.1", 3, 4, "PENDING", calls(3, 4, [3])),
        segment("1.0.0.1.0.0.1", 5, 6, "FAILURE", calls(5, 6, [5]), "ValueError"),
    ]
    run.messages = [
        (
            "execution_error",
            {"node_id": "1", "node_type": "A", "exception_type": "V", "exception_message": "no\nx"},
        )
    ]
    recording = assemble(run, Facts(), 0)
    steps = by_id(recording)
    assert {steps[id].status for id in ("1", "1.0.0.1", "1.0.0.1.0.0.1")} == {"error"}
    assert steps["2"].status == "skipped" and recording.run.status == "error"
    assert recording.run.error == "V: no (node 1, A)" and recording.run.node_count == 4
    assert steps["1.0.0.1.0.0.1"].inputs_json == '{"t":{"shape":[1]}}'


def test_what_nobody_reached_is_cached_or_skipped() -> None:
    run = session()
    run.messages = [("execution_cached", {"nodes": ["1"]}), ("execution_success", {})]
    recording = assemble(run, Facts(), 0)
    assert [(step.status, step.seq, step.t_start) for step in recording.steps] == [
        ("cached", 0, None),
        ("skipped", 1, None),
    ]
    assert (recording.run.cached_count, recording.run.executed_count) == (1, 0)


@pytest.mark.parametrize(
    ("messages", "raised", "status"),
    [
        (["execution_success"], None, "success"),
        (["execution_error"], None, "error"),
        (["execution_interrupted"], None, "interrupted"),
        ([], "CancelledError", "error"),
        ([], "InterruptProcessingException", "interrupted"),
    ],
)
def test_how_a_run_ended(messages: list[str], raised: str | None, status: str) -> None:
    run = session()
    run.messages = [(kind, {}) for kind in messages]
    run.raised = raised
    assert assemble(run, Facts(), 0).run.status == status


def test_a_run_that_is_on_shows_what_is_done() -> None:
    run = session(end=None)
    run.segments = [
        segment("1", 1, 2, called=calls(1, 2, [1])),
        segment("2", 3, 4, "PENDING", calls(3, 4, [3], tasks=1)),
    ]
    recording = assemble(run, Facts(), 50 * MS)
    assert (recording.run.status, recording.run.total_time, recording.run.finished_at) == (
        "running",
        None,
        None,
    )
    assert [step.node_id for step in recording.steps] == ["1"]
    assert [step.node_id for step in settled_steps(run, ["1", "2"], 50 * MS)] == ["1"]


def test_memory_of_the_device_with_the_edges_folded_in() -> None:
    run = session()
    run.segments = [
        segment("1", 10, 40, called=calls(11, 39, [12])),
        segment("2", 41, 42, called=calls(41, 42, [41])),
    ]
    run.device_edges = [(40 * MS, 50)]
    tracks = {"vram": track("vram", [(5, 10), (20, 90), (35, 30), (60, 20)])}
    recording = assemble(run, Facts(tracks=tracks, device="dev"), 0)
    first, second = (by_id(recording)[id] for id in ("1", "2"))
    assert (first.vram_start, first.vram_max, first.vram_end) == (10, 90, 50)
    assert (second.vram_start, second.vram_max, second.vram_end) == (50, 50, 50)
    assert (recording.run.vram_peak, recording.run.vram_source, recording.run.device) == (90, "nvml", "dev")
    assert {series.name: series.times for series in recording.series} == {"vram": (0.005, 0.02, 0.035, 0.06)}


def test_a_stale_sample_says_nothing() -> None:
    run = session(end=1000 * MS)
    run.segments = [segment("1", 500, 510, called=calls(501, 509, [502]))]
    step = by_id(assemble(run, Facts(tracks={"vram": track("vram", [(1, 7)])}), 0))["1"]
    assert (step.vram_start, step.vram_max, step.vram_end) == (None, None, None)


def test_load_by_the_time_each_sample_stands_for() -> None:
    run = session()
    run.segments = [
        segment("1", 10, 40, called=calls(11, 39, [12])),
        segment("2", 41, 42, called=calls(41, 42, [41])),
    ]
    loads = track("gpu_load", [(0, 0), (20, 100), (30, 40), (60, 10)], "%")
    recording = assemble(run, Facts(tracks={"gpu_load": loads}), 0)
    step = by_id(recording)["1"]
    assert step.gpu_load_max == 100 and step.gpu_load_avg == pytest.approx(
        (100 * 10 + 40 * 10 + 10 * 10) / 30
    )
    assert by_id(recording)["2"].gpu_load_max == 10


def test_processor_and_memory_of_the_process() -> None:
    run = session(end=400 * MS)
    run.first, run.last = Reading(0, 100), Reading(300 * MS, 120)
    before, after = Reading(0, 100), Reading(150 * MS, 130, 400)
    run.segments = [
        segment("1", 0, 300, called=calls(1, 299, [1]), before=before, after=after),
        segment("2", 301, 302, called=calls(301, 302, [301]), before=Reading(150 * MS, 130)),
    ]
    cpu = track("cpu_time", [(100, 100 * MS), (200, 100 * MS)], "ns", "clock")
    recording = assemble(run, Facts(tracks={"cpu_time": cpu, "ram": track("ram", [(50, 250)])}), 0)
    step = by_id(recording)["1"]
    assert step.cpu_time == 0.15
    assert step.cpu_avg == pytest.approx(50) and step.cpu_max == pytest.approx(100)
    assert (step.ram_start, step.ram_max, step.ram_end, step.n_samples) == (100, 400, 130, 2)
    short = by_id(recording)["2"]
    assert (short.cpu_time, short.cpu_avg, short.cpu_max, short.ram_end) == (None, None, None, None)
    row = recording.run
    assert (row.ram_peak, row.ram_source, row.cpu_time) == (400, "hwm", 0.3)
    assert {series.name for series in recording.series} == {"cpu", "ram"}


def test_peaks_of_torch_and_a_peak_that_somebody_else_reset() -> None:
    run = session()
    run.segments = [
        segment(
            "1",
            1,
            2,
            before=Reading(torch=10),
            after=Reading(torch=20, torch_peak=90, torch_reserved_peak=99),
        ),
        segment("2", 3, 4, before=Reading(torch=20), after=Reading(torch=50, torch_peak=30, aimdo=5)),
    ]
    recording = assemble(run, Facts(), 0)
    first, second = (by_id(recording)[id] for id in ("1", "2"))
    assert (first.torch_start, first.torch_peak, first.torch_end, first.torch_reserved_peak) == (
        10,
        90,
        20,
        99,
    )
    assert (second.torch_peak, second.aimdo_end, recording.run.torch_peak) == (None, 5, 90)


def test_energy_is_the_difference_of_two_readings() -> None:
    energy = track("energy", [(0, 1000), (90, 4500)], "mJ")
    assert assemble(session(), Facts(tracks={"energy": energy}), 0).run.energy_mj == 3500
    once = track("energy", [(0, 1000)], "mJ")
    assert assemble(session(), Facts(tracks={"energy": once}), 0).run.energy_mj is None


def test_only_what_is_missing_is_said_to_be() -> None:
    run = session()
    run.segments = [segment("1", 1, 2, after=Reading(torch=1, torch_peak=2))]
    run.faults = ["reading failed"]
    missing = (Missing(("torch_peak", "vram_max"), "none", "pip"),)
    why = json.loads(assemble(run, Facts(missing=missing), 0).run.unmeasured_json or "")
    assert why == {
        "vram_max": {"why": "none", "install": "pip"},
        "*": {"why": "reading failed", "install": None},
    }


def test_the_reference_is_kept_where_it_differs() -> None:
    run = session()
    run.ask = Ask(expected_hash="then", snapshot_id=4, force=True)
    row = assemble(run, Facts(workflow_hash="now"), 0).run
    assert (row.expected_hash, row.workflow_hash, row.snapshot_id) == ("then", "now", 4)
    assert assemble(run, Facts(workflow_hash="then"), 0).run.expected_hash is None


spans = st.lists(
    st.tuples(st.integers(0, 1000), st.integers(0, 1000)).map(lambda p: (min(p), max(p))), max_size=12
)


@given(spans, spans)
def test_the_ledger_always_adds_up(turns: list[tuple[int, int]], pending: list[tuple[int, int]]) -> None:
    sums = ledger((100, 900), turns, pending)
    assert sums.nodes + sums.async_idle + sums.framework == sums.total == 800
    assert min(sums.nodes, sums.async_idle, sums.framework) >= 0


@given(spans)
def test_a_union_covers_the_same_moments_once(given_spans: list[tuple[int, int]]) -> None:
    covered = {moment for begin, end in given_spans for moment in range(begin, end)}
    joined = union(given_spans)
    assert length(joined) == len(covered)
    assert all(a[1] < b[0] for a, b in zip(joined, joined[1:], strict=False))


def test_subtrees_of_subgraphs_and_expansions() -> None:
    steps = [
        Step(node_id="1", exec_time=1.0, t_start=0.0, wall_time=1.0),
        Step(node_id="12:3", exec_time=2.0, t_start=1.0, wall_time=2.0),
        Step(node_id="12:4:5", exec_time=3.0, t_start=5.0, wall_time=3.0),
        Step(node_id="12:4:5.0.0.1", parent_id="12:4:5", exec_time=1.0, t_start=6.0, wall_time=4.0),
        Step(node_id="12:9", status="skipped"),
    ]
    tree = subtrees(steps)
    assert set(tree) == {"12", "12:4", "12:4:5"}
    assert (tree["12"].own, tree["12"].wall, tree["12"].steps) == (6.0, 9.0, 4)
    assert (tree["12:4:5"].own, tree["12:4:5"].wall, tree["12:4:5"].steps) == (4.0, 5.0, 2)
