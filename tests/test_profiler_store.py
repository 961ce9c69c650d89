"""Runs, steps, groups, trash, bounds and references, as they are kept and found again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from gates.errors import (
    BadField,
    StoreBusy,
    UnknownGroup,
    UnknownItem,
    UnknownRun,
    UnknownSnapshot,
    UnknownStep,
)
from gates.profiler.records import Recording, Run
from gates.profiler.snapshot import snapshot_of
from gates.profiler.store import Bounds, Filters, ProfilerStore
from tests.profiled import any_recording, prompt, recording, step

OpenStore = Callable[..., ProfilerStore]


class Clock:
    """Seconds since 1970, one more at each look."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


@pytest.fixture
def open_store(tmp_path: Path) -> Iterator[OpenStore]:
    opened: list[ProfilerStore] = []

    def open_one(name: str = "holaf_profiler.db", **options: float) -> ProfilerStore:
        store = ProfilerStore(tmp_path / "user" / "profiler" / name, Clock(), **options)  # type: ignore[arg-type]
        opened.append(store)
        return store

    yield open_one
    for store in opened:
        assert store.close()
    assert "gates-profiler-store" not in [thread.name for thread in threading.enumerate()]


@pytest.fixture
def store(open_store: OpenStore) -> ProfilerStore:
    return open_store()


def without_numbers(found: Recording) -> Recording:
    steps = tuple(replace(one, id=None, run_id=None) for one in found.steps)
    return replace(found, run=replace(found.run, id=None), steps=steps)


# --- runs -----------------------------------------------------------------------------------------


def test_nothing_is_made_before_there_is_something_to_keep(store: ProfilerStore, tmp_path: Path) -> None:
    assert store.runs().total == 0
    assert store.groups() == ()
    assert store.trash() == ()
    assert store.reference() is None
    with pytest.raises(UnknownRun):
        store.run(1)
    assert store.health().where == "unopened"
    assert list(tmp_path.iterdir()) == []


def test_a_run_comes_back_as_it_was_saved(store: ProfilerStore) -> None:
    given = recording()
    number = store.save(given)
    found = store.recording(number)
    assert found.run.id == number
    assert {one.run_id for one in found.steps} == {number}
    assert without_numbers(found) == given


def test_any_run_comes_back(store: ProfilerStore) -> None:
    @settings(deadline=None, max_examples=60, derandomize=True)
    @given(given=any_recording())
    def comes_back(given: Recording) -> None:
        assert without_numbers(store.recording(store.save(given))) == given

    comes_back()


def test_what_sqlite_cannot_hold_is_not_measured(store: ProfilerStore) -> None:
    odd = recording(total_time=float("inf"), torch_peak=2**70, name="half \ud800 of a pair\0")
    found = store.run(store.save(odd))
    assert (found.total_time, found.torch_peak, found.name) == (None, None, "half ? of a pair\0")


def test_a_run_is_in_the_list_while_it_runs(store: ProfilerStore) -> None:
    whole = recording(steps=4)
    begun = Run(timestamp=whole.run.timestamp, prompt_id="prompt-0", name="mine")
    assert store.begin(begun)
    assert store.extend("prompt-0", whole.steps[:2])
    assert store.extend("prompt-0", [replace(whole.steps[1], exec_time=0.5), whole.steps[2]])
    store.set_step_comment(0 + 1, "look here")
    (running,) = store.runs().runs
    assert (running.status, running.name) == ("running", "mine")
    assert running.id is not None
    assert [one.node_id for one in store.steps(running.id, since_seq=0)] == ["1", "2"]
    assert store.steps(running.id)[1].exec_time == 0.5
    store.set_run(running.id, name="renamed meanwhile", comment="and commented")

    assert store.save(replace(whole, steps=whole.steps[:3])) == running.id
    found = store.recording(running.id)
    assert (found.run.status, found.run.name) == ("success", "renamed meanwhile")
    assert found.run.global_comment == "and commented"
    assert [one.step_comment for one in found.steps] == ["look here", "", ""]
    assert [one.exec_time for one in found.steps] == [0.25, 0.25, 0.25]


def test_steps_of_a_run_that_was_not_begun_are_left(store: ProfilerStore) -> None:
    assert store.extend("nobody", [step(1)])
    assert store.save(recording()) == 1
    assert len(store.steps(1)) == 3


def test_the_same_prompt_run_twice_is_two_runs(store: ProfilerStore) -> None:
    assert [store.save(recording()), store.save(recording())] == [1, 2]


def test_pages_newest_first(store: ProfilerStore) -> None:
    for n in range(7):
        store.save(recording(n))
    page = store.runs(limit=3, offset=2)
    assert page.total == 7
    assert [run.prompt_id for run in page.runs] == ["prompt-4", "prompt-3", "prompt-2"]
    assert page.runs[0].environment_json is None  # in the run, not in the list
    assert store.runs(limit=0).runs == ()
    assert store.runs(limit=-1, offset=-5).runs == ()


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(text="ÄPFEL"), [1]),
        (Filters(text="100%"), [2]),
        (Filters(text="_"), []),
        (Filters(status="error"), [2]),
        (Filters(series="s"), [3]),
        (Filters(mode="warm"), [3]),
        (Filters(named=True), [2, 1]),
        (Filters(named=False), [3]),
        (Filters(workflow_hash="ff"), [3]),
        (Filters(since=1_700_000_002.0), [3, 2]),
        (Filters(until=1_700_000_002.0), [1]),
        (Filters(text="100%", status="success"), []),
    ],
)
def test_filters(store: ProfilerStore, filters: Filters, expected: list[int]) -> None:
    store.save(recording(1, name="Äpfel und Birnen"))
    store.save(recording(2, name="b", global_comment="100% slower", status="error"))
    store.save(recording(3, series="s", mode="warm", workflow_hash="ff"))
    page = store.runs(filters=filters)
    assert [run.id for run in page.runs] == expected
    assert page.total == len(expected)


def test_a_name_of_somebody_is_only_text(store: ProfilerStore) -> None:
    hostile = "'; DROP TABLE profiler_runs; --"
    store.save(recording(name=hostile))
    assert store.runs(filters=Filters(text=hostile)).total == 1


@pytest.mark.parametrize("number", [0, -1, 99, 2**80, -(2**80)])
def test_numbers_that_there_are_not(store: ProfilerStore, number: int) -> None:
    store.save(recording())
    for ask in (store.run, store.steps, store.series, store.recording, store.delete_run):
        with pytest.raises(UnknownRun):
            ask(number)
    with pytest.raises(UnknownRun):
        store.set_run(number, name="a")
    with pytest.raises(UnknownStep):
        store.set_step_comment(number, "a")
    with pytest.raises(UnknownGroup):
        store.set_members(number, add=["1"])
    with pytest.raises(UnknownSnapshot):
        store.snapshot(number)


@pytest.mark.parametrize("value", [3, [], "x" * 100_000])
def test_only_text_of_some_length_is_a_name_or_a_comment(store: ProfilerStore, value: object) -> None:
    store.save(recording())
    with pytest.raises(BadField):
        store.set_run(1, name=value)
    with pytest.raises(BadField):
        store.set_step_comment(1, value)


def test_what_runs_share_is_kept_once(store: ProfilerStore) -> None:
    for n in range(20):
        store.save(recording(n, environment_json="x" * 50_000))
    assert store.health().size is not None
    assert store.close()
    assert (store.health().size or 0) < 400_000
    assert store.run(7).environment_json == "x" * 50_000


# --- groups ---------------------------------------------------------------------------------------


def test_a_node_is_in_many_groups(store: ProfilerStore) -> None:
    first = store.create_group("Loaders", "#4A90D9", "what loads", members=["1", "12:3", 4])
    second = store.create_group("Slow", workflow_hash="ab" * 32)
    assert store.set_members(second, add=["12:3", "12:3", "5"]) == ("12:3", "5")
    assert store.set_members(second, add=["12:3"], remove=["5"]) == ("12:3",)
    assert [group.members for group in store.groups()] == [("1", "12:3", "4"), ("12:3",)]
    assert [group.id for group in store.groups("ff")] == [first]
    assert [group.id for group in store.groups("ab" * 32)] == [first, second]
    store.set_group(first, name="Models", color="#fff", description="", workflow_hash="ff")
    changed = store.groups()[0]
    assert (changed.name, changed.color, changed.workflow_hash) == ("Models", "#fff", "ff")


@pytest.mark.parametrize(
    "change",
    [
        {"name": " "},
        {"name": "a\nb"},
        {"color": "red"},
        {"color": "#12345"},
        {"description": 3},
        {"workflow_hash": []},
        {"size": 3},
    ],
)
def test_a_group_is_not_anything(store: ProfilerStore, change: dict[str, object]) -> None:
    number = store.create_group("a")
    with pytest.raises(BadField):
        store.set_group(number, **change)


@pytest.mark.parametrize("members", ["12", [""], [None], [True], [["1"]], 3])
def test_members_are_ids_of_nodes(store: ProfilerStore, members: object) -> None:
    with pytest.raises(BadField):
        store.create_group("a", members=members)


# --- trash ----------------------------------------------------------------------------------------


def test_what_is_deleted_can_be_had_back(store: ProfilerStore) -> None:
    store.save(recording(1, name="kept"))
    store.save(recording(2))
    group = store.create_group("g", members=["1"])
    store.delete_run(1)
    store.delete_group(group)
    assert [run.id for run in store.runs().runs] == [2]
    assert store.groups() == ()
    assert [(one.kind, one.id, one.name) for one in store.trash()] == [
        ("group", group, "g"),
        ("run", 1, "kept"),
    ]
    with pytest.raises(UnknownRun):
        store.delete_run(1)
    store.restore("run", 1)
    store.restore("group", group)
    assert store.trash() == ()
    assert store.groups()[0].members == ("1",)
    assert len(store.recording(1).steps) == 3


def test_only_a_purge_takes_away_for_good(store: ProfilerStore) -> None:
    for n in range(3):
        store.save(recording(n))
    group = store.create_group("g")
    assert store.delete_runs() == 3
    store.delete_group(group)
    with pytest.raises(UnknownItem):
        store.purge("run", 99)
    assert store.purge("run", 1) == 1
    with pytest.raises(UnknownItem):
        store.restore("run", 1)
    assert store.purge() == 3
    assert store.trash() == ()
    with pytest.raises(UnknownRun):
        store.recording(2)


@pytest.mark.parametrize("kind", ["step", "profiler_runs", ""])
def test_the_trash_holds_runs_and_groups(store: ProfilerStore, kind: str) -> None:
    with pytest.raises(UnknownItem):
        store.restore(kind, 1)


# --- bounds ---------------------------------------------------------------------------------------


def kept(store: ProfilerStore) -> list[int | None]:
    return [run.id for run in store.runs().runs]


def test_the_oldest_unnamed_go_first_and_it_is_said(store: ProfilerStore) -> None:
    store.save(recording(1, name="named"))
    for n in range(2, 6):
        store.save(recording(n))
    store.delete_run(4)
    store.bounds(Bounds(runs=3))
    store.save(recording(6))
    assert store.close()  # what was handed over is done by then
    assert kept(store) == [6, 5, 1]
    assert store.trash() == ()
    purge = store.health().purge
    assert purge is not None
    assert (purge.trashed, purge.unnamed, purge.named, purge.reason) == (1, 2, 0, "runs")
    assert "1 from the trash, 2 unnamed" in store.health().sentences[0]
    store.bounds(Bounds(runs=1))
    store.save(recording(0))
    assert store.close()
    assert kept(store) == [7], "never the one that was just saved, though it began first"


def test_the_size_is_bounded(store: ProfilerStore) -> None:
    store.bounds(Bounds(size=400_000))
    for n in range(30):
        store.save(recording(n, steps=200))
    assert store.close()
    purge = store.health().purge
    assert purge is not None and purge.reason == "size"
    assert 0 < len(kept(store)) < 30
    assert kept(store)[0] == 30


def test_settings_bound_the_runs(store: ProfilerStore) -> None:
    store.set_settings({"max_runs": 2})
    for n in range(4):
        store.save(recording(n))
    assert store.close()
    assert kept(store) == [4, 3]


# --- references -----------------------------------------------------------------------------------


def test_a_reference_is_kept_once_and_for_each_scope(store: ProfilerStore) -> None:
    first, second = snapshot_of(prompt(3)), snapshot_of(prompt(4))
    number = store.set_reference(first, workflow={"nodes": []})
    assert store.set_reference(second) == number + 1
    assert store.set_reference(first) == number
    assert store.set_reference(second, scope="somebody") == number + 1
    assert store.reference() == (number, first)
    assert store.reference("somebody") == (number + 1, second)
    assert store.reference("nobody") is None
    assert store.snapshot(number + 1) == second


# --- threads --------------------------------------------------------------------------------------


def test_many_threads_write_and_read(store: ProfilerStore) -> None:
    errors: list[BaseException] = []

    def work(n: int) -> None:
        try:
            for k in range(5):
                number = store.save(recording(10 * n + k, steps=2))
                assert len(store.steps(number)) == 2
                store.runs()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert store.runs().total == 30


def test_a_full_queue_drops_and_counts(open_store: OpenStore) -> None:
    store = open_store(capacity=2, patience=0.2)
    store.save(recording())
    busy, free = threading.Event(), threading.Event()

    def block(_: object) -> None:
        busy.set()
        assert free.wait(60)

    store._hand_over(block)
    assert busy.wait(60)
    assert [store.begin(Run(prompt_id=str(n))) for n in range(4)] == [True, True, False, False]
    with pytest.raises(StoreBusy):
        store.save(recording(5))
    health = store.health()
    assert (health.dropped, health.waiting) == (3, 2)
    assert "3 pieces were not written" in health.sentences[0]
    free.set()
    assert store.close()
    assert store.runs().total == 3


def test_the_thread_ends_when_there_is_nothing_to_do(open_store: OpenStore) -> None:
    store = open_store(idle=0.05)
    assert store.save(recording()) == 1
    thread = next((one for one in threading.enumerate() if one.name == "gates-profiler-store"), None)
    if thread is not None:
        thread.join(30)
        assert not thread.is_alive()
    assert store.save(recording(1)) == 2
