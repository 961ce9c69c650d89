"""One measured run and its steps: the values that every part of the profiler hands to the next.

Each field is a column of the database under the same name; its metadata says the type in SQL, the unit and
what it means. The first block of each class holds the columns that other programs know and rely on, the
second block ours. None is "not measured", 0 is zero. Times inside a run are seconds from its start.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any


class RunStatus(str, Enum):
    RUNNING = "running"
    SUCCESS = "success"
    ERROR = "error"
    INTERRUPTED = "interrupted"
    ABORTED = "aborted"  # the server died while it ran


class StepStatus(str, Enum):
    EXECUTED = "executed"
    CACHED = "cached"  # its result was there; staged or not
    BLOCKED = "blocked"  # an input was blocked, so it was never called
    ERROR = "error"
    INTERRUPTED = "interrupted"
    SKIPPED = "skipped"  # in the prompt, never reached


class Mode(str, Enum):
    """What is dropped before each repeat."""

    NATURAL = "natural"  # nothing: cached nodes stay cached
    WARM = "warm"  # results are dropped, models stay loaded
    COLD = "cold"  # results and models are dropped


def column(sql: str, unit: str, meaning: str, default: Any = None) -> Any:
    return field(default=default, metadata={"sql": sql, "unit": unit, "meaning": meaning})


@dataclass(frozen=True)
class Run:
    id: int | None = column("INTEGER PRIMARY KEY AUTOINCREMENT", "", "number of the run")
    timestamp: float | None = column("DATETIME", "s since 1970", "when the prompt began to run")
    name: str = column("TEXT", "", "given by a person", "")
    workflow_hash: str | None = column("TEXT", "", "ids, classes, titles and links, as one hash")
    global_comment: str = column("TEXT", "", "a person's words", "")
    total_time: float | None = column("REAL", "s", "from the first to the last moment of the prompt")

    prompt_id: str | None = column("TEXT", "", "ComfyUI's id of the prompt")
    status: str = column(
        "TEXT", "", "running, success, error, interrupted or aborted", RunStatus.RUNNING.value
    )
    series: str | None = column("TEXT", "", "runs that were asked for together, or named together")
    mode: str = column("TEXT", "", "natural, warm or cold", Mode.NATURAL.value)
    queued_at: float | None = column("REAL", "s since 1970", "when the prompt was queued")
    queue_wait: float | None = column("REAL", "s", "from being queued to running")
    finished_at: float | None = column("REAL", "s since 1970", "when the prompt ended")
    nodes_time: float | None = column("REAL", "s", "own time of all steps on the prompt thread")
    async_idle: float | None = column("REAL", "s", "waiting for async nodes alone")
    framework_time: float | None = column("REAL", "s", "the rest: ComfyUI's own work between nodes")
    node_count: int | None = column("INTEGER", "", "nodes of the prompt, expanded ones included")
    executed_count: int | None = column("INTEGER", "", "steps that ran")
    cached_count: int | None = column("INTEGER", "", "steps whose result was there")
    vram_peak: int | None = column("INTEGER", "bytes", "highest memory of the device in use")
    vram_source: str | None = column("TEXT", "", "what told the memory: nvml, torch, xpu or mps")
    torch_peak: int | None = column("INTEGER", "bytes", "highest memory that torch had allocated")
    ram_peak: int | None = column("INTEGER", "bytes", "highest resident memory of the process")
    ram_source: str | None = column("TEXT", "", "hwm where the system keeps the exact peak, else sampled")
    cpu_time: float | None = column("REAL", "s", "processor time of the process")
    energy_mj: int | None = column("INTEGER", "mJ", "energy of the device")
    device: str | None = column("TEXT", "", "name and uuid of the device measured")
    overhead_ns: int | None = column("INTEGER", "ns", "time spent in our own code on the prompt thread")
    sampler_cpu: float | None = column("REAL", "s", "processor time of the sampler's thread")
    sampler_ms: int | None = column("INTEGER", "ms", "time between two samples")
    hook_tier: str | None = column("TEXT", "", "how the nodes were watched: execute, progress or events")
    inputs_hash: str | None = column("TEXT", "", "the values of all inputs, as one hash")
    expected_hash: str | None = column("TEXT", "", "hash of the reference, where a run was forced past it")
    snapshot_id: int | None = column("INTEGER", "", "the reference that was compared with")
    environment_json: str | None = column(
        "TEXT", "JSON", "what it ran in: versions, packs, device, arguments"
    )
    pools_json: str | None = column("TEXT", "JSON", "the content of each pool that it used, by id")
    unmeasured_json: str | None = column("TEXT", "JSON", "what could not be measured, and why, by column")
    error: str | None = column("TEXT", "", "what ended it, one line")


@dataclass(frozen=True)
class Step:
    id: int | None = column("INTEGER PRIMARY KEY AUTOINCREMENT", "", "number of the step")
    run_id: int | None = column("INTEGER", "", "the run that it is part of")
    node_id: str = column("TEXT", "", "12:3 lies in a subgraph, 1.0.0.2 was made by an expansion", "")
    node_title: str | None = column("TEXT", "", "as the person named it")
    node_type: str | None = column("TEXT", "", "class of the node")
    vram_start: int | None = column("INTEGER", "bytes", "memory of the device in use when it began")
    vram_max: int | None = column("INTEGER", "bytes", "highest memory of the device in use while it ran")
    vram_end: int | None = column("INTEGER", "bytes", "memory of the device in use when it ended")
    exec_time: float | None = column("REAL", "s", "own time; of an async node from its call to its end")
    cpu_max: float | None = column("REAL", "% of one core", "highest load of the process in 100 ms")
    gpu_load_max: float | None = column("REAL", "%", "highest load of the device")
    gpu_load_avg: float | None = column("REAL", "%", "mean load of the device")
    inputs_json: str | None = column("TEXT", "JSON", "the inputs as it ran, by name")
    step_comment: str = column("TEXT", "", "a person's words", "")

    seq: int | None = column("INTEGER", "", "order of the first moments, from 0")
    status: str = column("TEXT", "", "a StepStatus", "")
    display_id: str | None = column("TEXT", "", "the node of the workflow that shows it")
    parent_id: str | None = column("TEXT", "", "the node that was expanded into it")
    real_id: str | None = column("TEXT", "", "the node of the workflow that it stands for")
    t_start: float | None = column("REAL", "s from the start of the run", "first moment")
    wall_time: float | None = column("REAL", "s", "from the first to the last moment, waits included")
    fn_time: float | None = column("REAL", "s", "inside of the node's own functions")
    n_calls: int | None = column("INTEGER", "", "calls of its function, one for each item of a list")
    n_segments: int | None = column("INTEGER", "", "how often it was picked up")
    is_async: bool | None = column("INTEGER", "0 or 1", "its function is a coroutine")
    cpu_time: float | None = column("REAL", "s", "processor time of the process meanwhile")
    cpu_avg: float | None = column("REAL", "% of one core", "mean load of the process meanwhile")
    ram_start: int | None = column("INTEGER", "bytes", "resident memory of the process when it began")
    ram_max: int | None = column("INTEGER", "bytes", "highest resident memory while it ran")
    ram_end: int | None = column("INTEGER", "bytes", "resident memory when it ended")
    torch_start: int | None = column("INTEGER", "bytes", "allocated by torch when it began")
    torch_peak: int | None = column("INTEGER", "bytes", "highest allocated by torch while it ran, exact")
    torch_end: int | None = column("INTEGER", "bytes", "allocated by torch when it ended")
    torch_reserved_peak: int | None = column("INTEGER", "bytes", "highest reserved by torch while it ran")
    aimdo_start: int | None = column("INTEGER", "bytes", "held by ComfyUI's dynamic VRAM when it began")
    aimdo_end: int | None = column("INTEGER", "bytes", "held by ComfyUI's dynamic VRAM when it ended")
    n_samples: int | None = column("INTEGER", "", "samples of the sampler while it ran")
    error_type: str | None = column("TEXT", "", "class of the error that ended it")
    items_json: str | None = column("TEXT", "JSON", "time of each call, in ns")
    segments_json: str | None = column("TEXT", "JSON", "[begin, end] of each segment, ns from the start")


def columns_of(record: type[Run] | type[Step]) -> dict[str, dict[str, str]]:
    """Type in SQL, unit and meaning of each column, in the order of the table."""
    return {each.name: dict(each.metadata) for each in fields(record)}


@dataclass(frozen=True)
class Series:
    """One measured quantity over a run. `times` are seconds from its start; a None was not readable."""

    name: str  # vram, gpu_load, ram, cpu, power, temperature…
    unit: str
    source: str
    device: str | None
    times: tuple[float, ...]
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Recording:
    """A run that has ended, with all that was seen of it; what the store takes and an export holds."""

    run: Run
    steps: tuple[Step, ...]
    series: tuple[Series, ...] = ()
    prompt: dict[str, Any] | None = None  # API format, as it ran
    workflow: dict[str, Any] | None = None  # as the page had it
