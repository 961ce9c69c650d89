"""A run as a timeline in the Trace Event format, which Perfetto and chrome://tracing open.

One lane for the prompt as a whole, one for the prompt thread (a bar for each time that a node was picked
up), one track for each async node, and a counter for each series. Times are microseconds.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from ..records import Recording, Run, Series, Step

PROCESS = 1
PROMPT, THREAD = 1, 2
SHOWN = (
    "status",
    "exec_time",
    "wall_time",
    "fn_time",
    "n_calls",
    "vram_start",
    "vram_max",
    "vram_end",
    "torch_peak",
    "ram_max",
    "cpu_time",
    "gpu_load_max",
    "gpu_load_avg",
    "error_type",
    "step_comment",
)
Event = dict[str, Any]


def export_chrome(recording: Recording) -> str:
    """JSON text."""
    body = {
        "traceEvents": list(_events(recording)),
        "displayTimeUnit": "ms",
        "otherData": _known(
            {
                "name": recording.run.name,
                "prompt_id": recording.run.prompt_id,
                "status": str(recording.run.status or ""),
                "workflow_hash": recording.run.workflow_hash,
                "device": recording.run.device,
            }
        ),
    }
    return json.dumps(body, separators=(",", ":"), allow_nan=False)


def _events(recording: Recording) -> Iterator[Event]:
    yield _meta("process_name", 0, {"name": "ComfyUI"})
    yield _meta("thread_name", PROMPT, {"name": "prompt"})
    yield _meta("thread_name", THREAD, {"name": "prompt thread"})
    yield _meta("thread_sort_index", PROMPT, {"sort_index": 0})
    yield _meta("thread_sort_index", THREAD, {"sort_index": 1})
    yield from _whole(recording.run)
    for step in recording.steps:
        yield from _segments(step)
        yield from _async(step)
    for series in recording.series:
        yield from _counter(series)


def _meta(name: str, thread: int, args: Event) -> Event:
    return {"ph": "M", "name": name, "pid": PROCESS, "tid": thread, "ts": 0, "args": args}


def _whole(run: Run) -> Iterator[Event]:
    if run.total_time is not None and _is_time(run.total_time):
        yield _bar(run.name or "run", "run", PROMPT, 0.0, run.total_time * 1e6, {})


def _segments(step: Step) -> Iterator[Event]:
    for begin, end in _spans(step):
        yield _bar(_label(step), "node", THREAD, begin, end - begin, _args(step))


def _spans(step: Step) -> list[tuple[float, float]]:
    """When the prompt thread was in the node, in µs; from its first moment on where no more is known."""
    try:
        raw = json.loads(step.segments_json or "[]")
        found = [(begin / 1e3, end / 1e3) for begin, end in raw]
    except (ValueError, TypeError, RecursionError, OverflowError):
        found = []
    spans = [(begin, end) for begin, end in found if _is_time(begin) and _is_time(end) and begin <= end]
    if spans or step.is_async or step.t_start is None or step.exec_time is None:
        return spans
    if not (_is_time(step.t_start) and _is_time(step.exec_time)):
        return []
    return [(step.t_start * 1e6, (step.t_start + step.exec_time) * 1e6)]


def _bar(name: str, category: str, thread: int, begin: float, length: float, args: Event) -> Event:
    where = {"pid": PROCESS, "tid": thread, "ts": round(begin, 3), "dur": round(length, 3)}
    return {"ph": "X", "name": name, "cat": category, **where, "args": args}


def _async(step: Step) -> Iterator[Event]:
    """An async node waits beside the prompt thread: its whole time, on a track of its own."""
    if not step.is_async or step.t_start is None or step.wall_time is None:
        return
    if not (_is_time(step.t_start) and _is_time(step.wall_time)):
        return
    common = {"name": _label(step), "cat": "async", "id": step.node_id, "pid": PROCESS, "tid": THREAD}
    begin = step.t_start * 1e6
    yield {"ph": "b", **common, "ts": round(begin, 3), "args": _args(step)}
    yield {"ph": "e", **common, "ts": round(begin + step.wall_time * 1e6, 3), "args": {}}


def _counter(series: Series) -> Iterator[Event]:
    name = f"{series.name} [{series.unit}]" + (f" {series.device}" if series.device else "")
    for moment, value in zip(series.times, series.values, strict=False):
        if value is not None and math.isfinite(value) and _is_time(moment):
            args = {series.name: value}
            yield {
                "ph": "C",
                "name": name,
                "pid": PROCESS,
                "tid": 0,
                "ts": round(moment * 1e6, 3),
                "args": args,
            }


def _is_time(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and 0 <= value < 1e15


def _label(step: Step) -> str:
    return f"{step.node_title or step.node_type or 'node'} #{step.node_id}"


def _args(step: Step) -> Event:
    shown = {name: getattr(step, name) for name in SHOWN}
    return _known({"node_id": step.node_id, "node_type": step.node_type, **shown})


def _known(values: Event) -> Event:
    return {name: one for name, one in values.items() if one not in (None, "") and _is_sayable(one)}


def _is_sayable(value: Any) -> bool:
    return not isinstance(value, float) or math.isfinite(value)
