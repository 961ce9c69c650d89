"""What the samples say of one node, or of a whole run."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .ledger import Span, union
from .quantities import Track
from .session import Reading, Segment

Point = tuple[int, float]

WINDOW = 100_000_000  # ns: a load of the process is told over at least this
SHORTEST_FOR_MEAN = 1_000_000  # ns of own time, for a mean load
FRESH = 150_000_000  # ns: an older sample does not tell how a node began
LONGEST_COVER = 1_000_000_000  # ns: no sample of a load stands for more


@dataclass(frozen=True)
class Samples:
    """All tracks of a run, with the edges of the nodes folded in."""

    memory: Sequence[Point] = ()  # bytes in use on the device
    load: Sequence[Point] = ()  # % of the device, each standing for the time since the one before
    ram: Sequence[Point] = ()
    cpu: Sequence[Point] = ()  # ns of processor time since the process began
    ticks: Sequence[int] = ()
    memory_source: str | None = None
    energy: Sequence[Point] = field(default=())


def samples_of(
    tracks: Mapping[str, Track], device_edges: Iterable[tuple[int, int]], segments: Iterable[Segment]
) -> Samples:
    known = {name: track.known() for name, track in tracks.items()}
    memory = tracks.get("vram")
    edges: dict[int, float] = {}
    for segment in segments:
        for at, reading in ((segment.begin, segment.before), (segment.end, segment.after)):
            if reading.cpu is not None:
                edges[at] = reading.cpu
    return Samples(
        sorted([*known.get("vram", []), *((at, float(value)) for at, value in device_edges)]),
        known.get("gpu_load", []),
        known.get("ram", []),
        sorted([*known.get("cpu_time", []), *edges.items()]),
        tracks["cpu_time"].times if "cpu_time" in tracks else (),
        memory.quantity.source if memory is not None else None,
        known.get("energy", []),
    )


def inside(points: Sequence[Point], span: Span) -> Sequence[Point]:
    return points[bisect_left(points, (span[0],)) : bisect_right(points, (span[1], float("inf")))]


def at_moment(points: Sequence[Point], moment: int) -> float | None:
    """The last value known by then, unless it is stale."""
    index = bisect_right(points, (moment, float("inf")))
    if index == 0 or moment - points[index - 1][0] > FRESH:
        return None
    return points[index - 1][1]


def device_memory(samples: Samples, spans: Sequence[Span]) -> dict[str, Any]:
    begin, end = spans[0][0], spans[-1][1]
    first, last = at_moment(samples.memory, begin), at_moment(samples.memory, end)
    seen = [value for span in spans for _, value in inside(samples.memory, span)]
    highest = max((value for value in [first, last, *seen] if value is not None), default=None)
    return {"vram_start": _int(first), "vram_max": _int(highest), "vram_end": _int(last)}


def device_load(samples: Samples, spans: Sequence[Span]) -> dict[str, Any]:
    """Highest and mean over the samples that overlap; None where none does."""
    weighted = total = 0.0
    highest: float | None = None
    for span in spans:
        first = bisect_right(samples.load, (span[0], float("inf")))
        for index in range(first, len(samples.load)):
            at, value = samples.load[index]
            since = samples.load[index - 1][0] if index else at - LONGEST_COVER
            since = max(since, at - LONGEST_COVER)
            if since >= span[1]:
                break
            overlap = min(at, span[1]) - max(since, span[0])
            if overlap > 0:
                weighted, total = weighted + value * overlap, total + overlap
                highest = value if highest is None else max(highest, value)
    return {"gpu_load_max": highest, "gpu_load_avg": weighted / total if total else None}


def highest_cpu(points: Sequence[Point], spans: Iterable[Span]) -> float | None:
    """% of one core over the busiest 100 ms; None where it was at work for less."""
    highest: float | None = None
    for span in spans:
        within = inside(points, span)
        start = 0
        for at, value in within:
            while start + 1 < len(within) and at - within[start + 1][0] >= WINDOW:
                start += 1
            if at - within[start][0] >= WINDOW:
                load = 100.0 * (value - within[start][1]) / (at - within[start][0])
                highest = load if highest is None else max(highest, load)
    return highest


def process_figures(segments: Sequence[Segment], samples: Samples, spans: Sequence[Span]) -> dict[str, Any]:
    used = [_difference(segment.before.cpu, segment.after.cpu) for segment in segments]
    cpu = sum(value for value in used if value is not None) if None not in used else None
    own = sum(segment.end - segment.begin for segment in segments)
    sampled = [_int(value) for span in spans for _, value in inside(samples.ram, span)]
    read = [value for each in segments for value in (each.before.ram, each.after.ram, each.after.ram_peak)]
    return {
        "cpu_time": cpu / 1e9 if cpu is not None else None,
        "cpu_avg": 100.0 * cpu / own if cpu is not None and own >= SHORTEST_FOR_MEAN else None,
        "cpu_max": highest_cpu(samples.cpu, spans),
        "ram_start": segments[0].before.ram,
        "ram_max": highest(read + sampled),
        "ram_end": segments[-1].after.ram,
    }


def torch_figures(segments: Sequence[Segment]) -> dict[str, Any]:
    return {
        "torch_start": segments[0].before.torch,
        "torch_end": segments[-1].after.torch,
        "torch_peak": highest(torch_peak(segment.after) for segment in segments),
        "torch_reserved_peak": highest(segment.after.torch_reserved_peak for segment in segments),
        "aimdo_start": segments[0].before.aimdo,
        "aimdo_end": segments[-1].after.aimdo,
    }


def torch_peak(reading: Reading) -> int | None:
    """None where somebody else reset it meanwhile: then it lies below what is allocated now."""
    if reading.torch_peak is None or (reading.torch is not None and reading.torch_peak < reading.torch):
        return None
    return reading.torch_peak


def ticks_in(ticks: Sequence[int], spans: Iterable[Span]) -> int:
    return sum(bisect_right(ticks, end) - bisect_left(ticks, begin) for begin, end in union(spans))


def highest(values: Iterable[int | None]) -> int | None:
    return max((value for value in values if value is not None), default=None)


def _difference(before: int | None, after: int | None) -> int | None:
    return after - before if before is not None and after is not None else None


def _int(value: float | None) -> int | None:
    return None if value is None else int(value)
