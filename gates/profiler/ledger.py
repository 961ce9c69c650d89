"""Where the time of a run went: in nodes, in waiting for async nodes alone, or between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

Span = tuple[int, int]  # ns, begin and end


@dataclass(frozen=True)
class Ledger:
    """ns each; `nodes + async_idle + framework == total`, always."""

    total: int
    nodes: int
    async_idle: int
    framework: int


def union(spans: Iterable[Span]) -> list[Span]:
    """The same moments as spans that neither touch nor overlap, in order."""
    joined: list[Span] = []
    for begin, end in sorted(span for span in spans if span[1] > span[0]):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((begin, end))
    return joined


def length(spans: Iterable[Span]) -> int:
    return sum(end - begin for begin, end in spans)


def within(spans: Iterable[Span], outer: Span) -> list[Span]:
    return [
        (max(begin, outer[0]), min(end, outer[1]))
        for begin, end in spans
        if min(end, outer[1]) > max(begin, outer[0])
    ]


def ledger(run: Span, segments: Iterable[Span], pending: Iterable[Span]) -> Ledger:
    """`segments` are the nodes' turns on the prompt thread, `pending` while an async call was out."""
    busy = union(within(segments, run))
    nodes = length(busy)
    idle = length(union([*busy, *within(pending, run)])) - nodes
    total = run[1] - run[0]
    return Ledger(total, nodes, idle, total - nodes - idle)
