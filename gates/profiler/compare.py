"""Two sides of runs against each other, node by node: what changed, by how much, and whether that is real."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .circumstances import Differing, apart, circumstances
from .matching import Pair, match
from .records import Recording, Run, RunStatus, Step, StepStatus
from .snapshot import Difference, differences, snapshot_of
from .verdict import OF_RUNS, OF_STEPS, Finding, Judge, Metric, Rules, Verdict

COUNTED = frozenset({RunStatus.SUCCESS.value, ""})  # "" in a database of an older program


@dataclass(frozen=True)
class NodeComparison:
    node: Pair
    findings: tuple[Finding, ...]  # one for each of OF_STEPS
    ran: tuple[int, int]  # in how many of the runs of each side it was executed

    @property
    def time(self) -> Finding:
        return self.findings[0]


@dataclass(frozen=True)
class Comparison:
    """What B is against A."""

    runs: tuple[int, int]  # that were counted on each side
    left_out: tuple[int, int]  # that failed, were stopped or are not over
    totals: tuple[Finding, ...]  # one for each of OF_RUNS
    nodes: tuple[NodeComparison, ...]  # the largest change of time first
    differing: tuple[Differing, ...]  # environment, inputs, pools, workflow
    structure: Difference | None  # of the workflows; None where one side kept no prompt
    apart: tuple[str, ...]  # in what memory was counted differently

    @property
    def time(self) -> Finding:
        return self.totals[0]

    @property
    def found(self) -> tuple[Finding, ...]:
        """Everything that is more or less than it was; nothing means that no difference was shown."""
        every = (*self.totals, *(one for node in self.nodes for one in node.findings))
        return tuple(one for one in every if one.verdict in (Verdict.MORE, Verdict.LESS))


def compare(
    a: Sequence[Recording], b: Sequence[Recording], rules: Rules | None = None, judge: Judge | None = None
) -> Comparison:
    """One run or a series on each side. Only runs that succeeded are counted.

    A `judge` in place of rules makes many comparisons faster.
    """
    judge = judge or Judge(rules or Rules())
    alpha = judge.rules.alpha
    sides = _counted(a), _counted(b)
    pairs = match(*sides)
    differs = apart([one.run for one in sides[0]], [one.run for one in sides[1]])
    totals = [judge.measure(one, *_of_runs(one, sides), differs) for one in OF_RUNS]
    nodes = _of_nodes(judge, pairs, sides, differs)
    time = judge.judge(totals[:1], alpha)
    rest = judge.judge([*totals[1:], *(one for node in nodes for one in node.findings)], alpha / 2)
    return Comparison(
        (len(sides[0]), len(sides[1])),
        (len(a) - len(sides[0]), len(b) - len(sides[1])),
        (*time, *rest[: len(totals) - 1]),
        tuple(sorted(_with(nodes, rest[len(totals) - 1 :]), key=_largest_first)),
        circumstances(*sides, pairs),
        _structure(*sides),
        differs,
    )


Sides = tuple[tuple[Recording, ...], tuple[Recording, ...]]


def _counted(side: Iterable[Recording]) -> tuple[Recording, ...]:
    return tuple(one for one in side if str(one.run.status) in COUNTED or one.run.status in COUNTED)


def _of_runs(metric: Metric, sides: Sides) -> tuple[list[float], list[float]]:
    first, second = ([_figure(one.run, metric) for one in side] for side in sides)
    return _known(first), _known(second)


def _figure(record: Run | Step, metric: Metric) -> float | None:
    value = getattr(record, metric.name)
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _of_nodes(
    judge: Judge, pairs: Sequence[Pair], sides: Sides, differs: Sequence[str]
) -> list[NodeComparison]:
    first, second = (_executed(side) for side in sides)
    found = []
    for pair in pairs:
        a, b = first.get(pair.a or "", []), second.get(pair.b or "", [])
        findings = tuple(
            judge.measure(
                metric, _known(_figure(s, metric) for s in a), _known(_figure(s, metric) for s in b), differs
            )
            for metric in OF_STEPS
        )
        found.append(NodeComparison(pair, findings, (len(a), len(b))))
    return found


def _executed(side: Iterable[Recording]) -> dict[str, list[Step]]:
    """Steps by node. A cached step took no time, so it says nothing of the node's."""
    found: dict[str, list[Step]] = {}
    for recording in side:
        for step in recording.steps:
            if step.status in (StepStatus.EXECUTED.value, ""):
                found.setdefault(step.node_id, []).append(step)
    return found


def _with(nodes: Sequence[NodeComparison], findings: Sequence[Finding]) -> list[NodeComparison]:
    """The nodes with these findings, which lie one node behind the other."""
    width = len(OF_STEPS)
    rows = [tuple(findings[n * width : (n + 1) * width]) for n in range(len(nodes))]
    return [NodeComparison(node.node, row, node.ran) for node, row in zip(nodes, rows, strict=True)]


def _largest_first(node: NodeComparison) -> tuple[bool, float]:
    shift = node.time.shift
    return shift is None, -abs(shift or 0.0)


def _structure(a: Sequence[Recording], b: Sequence[Recording]) -> Difference | None:
    first, second = (next((one for one in side if one.prompt), None) for side in (a, b))
    if first is None or second is None:
        return None
    before, after = (snapshot_of(one.prompt or {}, one.workflow) for one in (first, second))
    return differences(before, after)
