"""How long it takes to look at what was measured: 10,000 runs of 200 steps."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from statistics import median

from gates.profiler.compare import Comparison, compare
from gates.profiler.records import Recording, Run, Series, Step, columns_of
from gates.profiler.store import Bounds, Filters, ProfilerStore

from .figures import Figure
from .pairs import seconds_of

STEPS = 200
DISTINCT = 20  # runs that are saved one by one; the others are copies of their rows
ROUNDS = 21


def measure(folder: Path, quick: bool) -> Iterator[Figure]:
    runs = 1_000 if quick else 10_000
    store = ProfilerStore(folder / "holaf_profiler.db", time.time)
    store.bounds(Bounds(runs=10**9, size=10**15))
    try:
        saving = [seconds_of(lambda n=n: store.save(_recording(n))) for n in range(DISTINCT)]  # type: ignore[misc]
        store.close()
        _multiply(store.path, runs // DISTINCT)
        detail = f"{runs:,} runs of {STEPS} steps, {store.path.stat().st_size / 2**20:.0f} MB"
        yield Figure("save a run", median(saving) * 1e3, " ms", detail=f"{STEPS} steps")
        yield _median("open the database", [seconds_of(lambda: store.runs(limit=1))], detail=detail)
        yield from _looking(store, runs, detail)
    finally:
        store.close()


def _looking(store: ProfilerStore, runs: int, detail: str) -> Iterator[Figure]:
    first, last = runs // 3, runs // 2
    yield _timed("a page of 50 runs", lambda: store.runs(50), 20, detail)
    yield _timed("the last page", lambda: store.runs(50, runs - 50), 20, detail)
    sought = Filters(text="RUN 12", status="success")
    yield _timed("a page of what is searched for", lambda: store.runs(50, filters=sought), None, detail)
    yield _timed("a page of 1,000 runs", lambda: store.runs(1000), None, detail)
    yield _timed("one run with its steps", lambda: (store.run(first), store.steps(first)), 50, detail)
    yield _timed("one run with series and workflow", lambda: store.recording(first), 50, detail)
    yield _timed("two runs, compared", lambda: _compared(store, first, last), 100, detail)
    ours = [store.recording(n) for n in range(1, 11)]
    yield _median("10 runs against 10", [seconds_of(lambda: compare(ours, ours)) for _ in range(3)])


def _compared(store: ProfilerStore, first: int, last: int) -> Comparison:
    return compare([store.recording(first)], [store.recording(last)])


def _timed(name: str, act: Callable[[], object], at_most: float | None, detail: str) -> Figure:
    return _median(name, [seconds_of(act) for _ in range(ROUNDS)], at_most, detail)


def _median(name: str, seconds: list[float], at_most: float | None = None, detail: str = "") -> Figure:
    return Figure(name, median(seconds) * 1e3, " ms", at_most=at_most, detail=detail)


def _recording(n: int) -> Recording:
    run = Run(
        timestamp=1_700_000_000.0 + n,
        prompt_id=f"prompt-{n}",
        status="success",
        total_time=20.0,
        name="" if n % 3 else f"run {n}",
        workflow_hash="ab" * 32,
        environment_json=json.dumps({f"package-{k}": "1.2.3" for k in range(200)}),
    )
    prompt = {str(k): {"class_type": f"Node{k % 30}", "inputs": {"seed": n, "n": k}} for k in range(STEPS)}
    points = tuple(k * 0.05 for k in range(400))
    series = tuple(Series(name, "bytes", "nvml", "GPU-0", points, points) for name in ("vram", "ram", "load"))
    return Recording(
        run, tuple(_step(k) for k in range(STEPS)), series, prompt, {"nodes": [], "extra": prompt}
    )


def _step(k: int) -> Step:
    return Step(
        node_id=str(k),
        node_title=f"Node number {k}",
        node_type=f"Node{k % 30}",
        vram_start=10**9,
        vram_max=2 * 10**9 + k,
        vram_end=10**9,
        exec_time=0.1,
        cpu_max=100.0,
        gpu_load_max=99.0,
        gpu_load_avg=50.0,
        inputs_json=json.dumps({"seed": k, "steps": 20, "cfg": 7.5, "model": ["4", 0], "text": "a" * 100}),
        seq=k,
        status="executed",
        t_start=k * 0.1,
        wall_time=0.1,
        fn_time=0.09,
        n_calls=1,
        n_segments=1,
        is_async=False,
        ram_max=10**9,
        segments_json="[[0,100000000]]",
    )


def _multiply(path: Path, times: int) -> None:
    """Copies of the rows that are there, by sqlite itself."""
    runs = ", ".join(name for name in columns_of(Run) if name not in ("id", "timestamp"))
    documents = "prompt_doc, workflow_doc, environment_doc"
    steps = ", ".join(name for name in columns_of(Step) if name not in ("id", "run_id"))
    with closing(sqlite3.connect(path)) as conn:
        for k in range(1, times):
            offset = k * DISTINCT
            conn.execute(
                f"INSERT INTO profiler_runs (id, timestamp, {runs}, {documents}) SELECT id + {offset},"
                f" timestamp + {offset}, {runs}, {documents} FROM profiler_runs WHERE id <= {DISTINCT}"
            )
            conn.execute(
                f"INSERT INTO profiler_steps (run_id, {steps}) SELECT run_id + {offset}, {steps}"
                f" FROM profiler_steps WHERE run_id <= {DISTINCT} ORDER BY run_id, seq"
            )
            conn.execute(
                "INSERT INTO profiler_samples SELECT run_id + ?, place, name, unit, source, device, n, points"
                f" FROM profiler_samples WHERE run_id <= {DISTINCT}",
                (offset,),
            )
        conn.commit()
