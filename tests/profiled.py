"""Measured runs for tests, and any that hypothesis can think of."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from hypothesis import strategies as st

from gates.profiler.records import Mode, Recording, Run, RunStatus, Series, Step, StepStatus

LARGEST = 2**63 - 1


def recording(n: int = 0, steps: int = 3, **of_run: Any) -> Recording:
    """A small run; another `n` is another run."""
    known: dict[str, Any] = {
        "timestamp": 1_700_000_000.0 + n,
        "prompt_id": f"prompt-{n}",
        "status": "success",
        "total_time": 1.5,
        "workflow_hash": "ab" * 32,
        "environment_json": json.dumps({"python": "3.12"}),
    }
    run = Run(**{**known, **of_run})
    return Recording(run, tuple(step(m) for m in range(steps)), (series(),), prompt(steps), {"nodes": []})


def step(n: int, **more: Any) -> Step:
    known: dict[str, Any] = {
        "node_id": str(n),
        "node_title": f"Title {n}",
        "node_type": "Load" if n % 2 else "Sample",
        "seq": n,
        "status": "executed",
        "exec_time": 0.25,
        "wall_time": 0.25,
        "t_start": n * 0.25,
        "vram_max": 10**9 + n,
        "inputs_json": json.dumps({"seed": n}),
        "is_async": False,
    }
    return Step(**{**known, **more})


def series(n: int = 5) -> Series:
    times = tuple(k * 0.05 for k in range(n))
    return Series("vram", "bytes", "nvml", "GPU-1", times, (None, *(float(k) for k in range(n - 1))))


def prompt(n: int = 3) -> dict[str, Any]:
    return {
        str(k): {"class_type": "Sample", "inputs": {"seed": k, **({"on": [str(k - 1), 0]} if k else {})}}
        for k in range(n)
    }


# --- any ------------------------------------------------------------------------------------------

TEXT = st.text(max_size=20)
BY_KIND: dict[str, st.SearchStrategy[Any]] = {
    "str": TEXT,
    "int": st.integers(-LARGEST, LARGEST),
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "bool": st.booleans(),
}
STATUS: dict[Any, Any] = {Run: RunStatus, Step: StepStatus}


def any_of(kind: type[Run] | type[Step], **fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A run or a step with anything in its fields, but for `id`, `run_id` and those given."""
    values: dict[str, st.SearchStrategy[Any]] = {}
    for one in fields(kind):
        if one.name in ("id", "run_id"):
            continue
        value = BY_KIND[str(one.type).split(" | ")[0]]
        values[one.name] = st.none() | value if "None" in str(one.type) else value
    statuses: list[str] = [one.value for one in STATUS[kind] if one.value != "running"]
    values["status"] = st.sampled_from(statuses)
    if kind is Run:
        values["mode"] = st.sampled_from([mode.value for mode in Mode])
    return st.builds(kind, **{**values, **fixed})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.none() | st.dictionaries(st.text(max_size=5), JSON, max_size=3)


@st.composite
def any_series(draw: st.DrawFn) -> Series:
    numbers = st.floats(allow_nan=False, allow_infinity=False)
    points = draw(st.lists(st.tuples(numbers, st.none() | numbers), max_size=5))
    times, values = tuple(point[0] for point in points), tuple(point[1] for point in points)
    return Series(draw(TEXT), draw(TEXT), draw(TEXT), draw(st.none() | TEXT), times, values)


@st.composite
def any_recording(draw: st.DrawFn) -> Recording:
    steps = draw(st.lists(any_of(Step), max_size=4, unique_by=lambda one: one.node_id))
    ordered = tuple(sorted(steps, key=lambda one: (one.seq is not None, one.seq or 0)))
    found = draw(st.lists(any_series(), max_size=2))
    return Recording(draw(any_of(Run)), ordered, tuple(found), draw(OBJECTS), draw(OBJECTS))
