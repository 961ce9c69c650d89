"""What becomes of runs that are recorded: kept as they go, told of, and never left as if they still ran."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gates.errors import StoreBusy
from gates.profiler.arming import Ask, Notice
from gates.profiler.following import Following
from gates.profiler.records import Recording
from gates.profiler.stores import Stores
from gates.profiler.telling import Telling
from tests.profiled import recording
from tests.profiler_rig import until


class Bench:
    def __init__(self, folder: Path) -> None:
        self.told: list[dict[str, Any]] = []
        self.stores = Stores(lambda user: folder / user, lambda: 1_700_000_000.0)
        telling = Telling(self.send, lambda page: True, lambda seconds, call: call(), lambda: 0.0)
        self.following = Following(self.stores, telling)

    def send(self, event: str, data: dict[str, Any], page: str) -> None:
        self.told.append({**data, "page": page})

    def begin(self, one: Recording, **ask: Any) -> Any:
        session: Any = SimpleNamespace(prompt_id=one.run.prompt_id, client_id="page", ask=Ask(**ask))
        self.following.begun(session)
        return session

    def phases(self) -> list[str]:
        return [data["phase"] for data in self.told if "phase" in data]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.stores.close()


def running(one: Recording) -> Recording:
    return replace(one, run=replace(one.run, status="running"))


def test_a_run_is_written_while_it_is_on_and_kept_once(bench: Bench) -> None:
    one = recording(steps=3)
    bench.begin(one, name="n", user="anna")
    store = bench.stores.of("anna")
    assert bench.following.of("prompt-0") is not None
    bench.following.checkpoint(replace(running(one), steps=one.steps[:1]))
    bench.following.checkpoint(replace(running(one), steps=one.steps[:2]))
    until(lambda: store.runs().total, "the run in the store")
    bench.following.rows("prompt-0", "page", one.steps[:2])
    bench.following.keep(one)
    page = store.runs()
    assert page.total == 1 and page.runs[0].status == "success"
    assert len(store.steps(page.runs[0].id or 0)) == 3
    assert bench.phases() == ["started", "ended", "saved"]
    rows = next(data for data in bench.told if "steps" in data)
    assert rows["run_id"] == page.runs[0].id and len(rows["steps"]) == 2
    assert bench.told[-1]["run_id"] == page.runs[0].id and bench.following.of("prompt-0") is None
    assert bench.stores.of("default").runs().total == 0


def test_a_run_that_is_lost_reads_as_aborted(bench: Bench) -> None:
    one = recording()
    session = bench.begin(one)
    bench.following.checkpoint(running(one))
    bench.following.lost(session)
    (run,) = bench.stores.of("default").runs().runs
    assert run.status == "aborted" and len(bench.stores.of("default").steps(run.id or 0)) == 3
    assert bench.phases() == ["started", "lost"] and bench.told[-1]["message"]
    bench.following.lost(session)  # once is enough
    assert bench.phases() == ["started", "lost"]


def test_a_short_run_that_is_lost_leaves_nothing(bench: Bench) -> None:
    bench.following.lost(bench.begin(recording()))
    assert bench.stores.of("default").runs().total == 0 and bench.phases() == ["started", "lost"]


def test_a_store_that_does_not_keep_up_is_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(recording: Recording) -> int:
        raise StoreBusy("The disk does not keep up.")

    monkeypatch.setattr(bench.stores.of("default"), "save", busy)
    bench.begin(recording())
    with pytest.raises(StoreBusy):
        bench.following.keep(recording())
    assert bench.phases() == ["started", "ended", "lost"]
    assert bench.told[-1]["message"] == "The disk does not keep up."


def test_what_was_measured_and_what_was_not_is_remembered(bench: Bench) -> None:
    one = recording(unmeasured_json='{"vram_max": {"why": "no device", "install": "pip"}}')
    bench.following.keep(one)
    assert bench.following.last.sources == (("vram", "nvml", "GPU-1"),)
    assert bench.following.last.missing == (("vram_max", "no device", "pip"),)


def test_notices_reach_the_page_that_asked(bench: Bench) -> None:
    bench.following.notice(Notice("mismatch", "changed", None, "page", "a", "b"))
    bench.following.notice(Notice("busy", "another run", "p", "other"))
    assert [(data["page"], data["phase"], data["message"]) for data in bench.told] == [
        ("page", "mismatch", "changed"),
        ("other", "lost", "another run"),
    ]
