"""When a difference is one: shown by the runs, and large enough to matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from . import stats
from .bootstrap import Bootstrap
from .stats import Deals, Interval, Summary


class Verdict(str, Enum):
    MORE = "more"
    LESS = "less"
    SAME = "no difference"
    FEW = "not enough runs"
    APART = "not comparable"  # memory that was counted in different ways
    UNMEASURED = "not measured"  # on one side, or on both


@dataclass(frozen=True)
class Metric:
    """A column, and from which difference on it matters: a share of the first side, and at least `floor`."""

    name: str
    unit: str
    share: float
    floor: float
    memory: bool = False  # of a device: counted in ways that differ


OF_RUNS = (
    Metric("total_time", "s", 0.03, 0.005),
    Metric("framework_time", "s", 0.05, 0.010),
    Metric("cpu_time", "s", 0.05, 0.020),
    Metric("vram_peak", "bytes", 0.01, 8 * 2**20, True),
    Metric("torch_peak", "bytes", 0.01, 8 * 2**20, True),
    Metric("ram_peak", "bytes", 0.03, 16 * 2**20),
)
OF_STEPS = (
    Metric("exec_time", "s", 0.03, 0.005),
    Metric("cpu_time", "s", 0.05, 0.020),
    Metric("vram_max", "bytes", 0.01, 8 * 2**20, True),
    Metric("torch_peak", "bytes", 0.01, 8 * 2**20, True),
    Metric("ram_max", "bytes", 0.03, 16 * 2**20),
)


@dataclass(frozen=True)
class Rules:
    alpha: float = 0.05  # how often chance alone may look like a difference
    share: float | None = None  # in place of each metric's own, such as 0.05 for 5 %
    force: bool = False  # judge memory that was counted in different ways

    def threshold(self, metric: Metric, median: float) -> float:
        """The smallest difference that matters, in the unit of the metric."""
        share = metric.share if self.share is None else self.share
        return max(metric.floor, share * abs(median))


@dataclass(frozen=True)
class Finding:
    """One metric of the whole run, or of one node, on both sides. What it says of B is against A."""

    metric: Metric
    a: Summary | None
    b: Summary | None
    verdict: Verdict
    why: str  # one sentence
    shift: float | None = None  # by how much B is larger (Hodges and Lehmann), in the unit
    shift_interval: Interval | None = None  # 95 %
    ratio: float | None = None  # median of B over median of A
    ratio_interval: Interval | None = None  # 95 %, bootstrap
    p: float | None = None  # Mann and Whitney, two-sided
    q: float | None = None  # p, adjusted for having asked so often
    needed: int | None = None  # runs on each side that could tell
    asked: bool = False  # whether the values of both sides, taken together, leave room for what matters


class Judge:
    """Judges many pairs of sides by the same rules; what it reckons once serves all of them."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._deals = Deals()
        self._bootstrap = Bootstrap()

    def measure(
        self, metric: Metric, a: Sequence[float], b: Sequence[float], apart: Sequence[str]
    ) -> Finding:
        """Figures, and a verdict where nothing can be judged; `apart` says in what memory differs."""
        sides = stats.summary(a) if a else None, stats.summary(b) if b else None
        if sides[0] is None or sides[1] is None:
            return Finding(metric, *sides, Verdict.UNMEASURED, _unmeasured(sides))
        found = self._figures(Finding(metric, *sides, Verdict.SAME, ""), a, b)
        if metric.memory and apart and not self.rules.force:
            why = f"Memory was counted differently: {', '.join(apart)}."
            return replace(found, verdict=Verdict.APART, why=why)
        if stats.least_p(len(a), len(b)) >= self.rules.alpha:
            needed = self._needed(1, self.rules.alpha)
            why = (
                f"{len(a)} and {len(b)} runs cannot tell a difference from chance; {needed} on each side can."
            )
            return replace(found, verdict=Verdict.FEW, why=why, needed=needed)
        return found

    def _figures(self, found: Finding, a: Sequence[float], b: Sequence[float]) -> Finding:
        assert found.a is not None and found.b is not None
        ratio = found.b.median / found.a.median if found.a.median > 0 else None
        drawn = min(len(a), len(b)) > 1 and min(a) > 0
        return replace(
            found,
            shift=stats.hodges_lehmann(a, b),
            shift_interval=stats.shift_interval(a, b, 0.95, self._deals),
            ratio=ratio,
            ratio_interval=self._bootstrap.interval(a, b, _over) if drawn else None,
            p=stats.mann_whitney(a, b, self._deals),
            asked=self._has_room(found.metric, sorted([*a, *b])),
        )

    def _has_room(self, metric: Metric, ordered: Sequence[float]) -> bool:
        """Does not look at who is on which side, so what it leaves out can be left out without favour."""
        return ordered[-1] - ordered[0] > self.rules.threshold(metric, stats.median(ordered))

    def judge(self, findings: Sequence[Finding], alpha: float) -> tuple[Finding, ...]:
        """Verdicts for questions that are asked together: each is held to more, the more there are.

        Chance alone makes any verdict of more or less at most in a share of `alpha` of such comparisons.
        """
        asked = [n for n, one in enumerate(findings) if one.verdict is Verdict.SAME and one.asked]
        adjusted = stats.benjamini_hochberg([findings[n].p or 0.0 for n in asked])
        q_of = dict(zip(asked, adjusted, strict=True))
        return tuple(self._judged(one, q_of.get(n), len(asked), alpha) for n, one in enumerate(findings))

    def _judged(self, one: Finding, q: float | None, asked: int, alpha: float) -> Finding:
        if one.verdict is not Verdict.SAME:
            return one
        assert one.a is not None and one.p is not None and one.shift is not None
        threshold = self.rules.threshold(one.metric, one.a.median)
        if q is None or abs(one.shift) <= threshold:
            return replace(one, q=q, why="What differs is smaller than what matters.")
        if one.p >= self.rules.alpha:
            return replace(one, q=q, why="Chance alone would often give as much.")
        if not _is_beyond(one.shift_interval, threshold):
            return replace(one, q=q, why="It differs, but perhaps by less than what matters.")
        if q >= alpha:
            needed = self._needed(asked, alpha)
            why = f"One of {asked} figures may look so by chance; {needed} runs on each side would tell."
            return replace(one, q=q, verdict=Verdict.FEW, why=why, needed=needed)
        verdict = Verdict.MORE if one.shift > 0 else Verdict.LESS
        return replace(one, q=q, verdict=verdict, why="Shown by the runs, and large enough to matter.")

    def _needed(self, asked: int, alpha: float) -> int:
        """Runs on each side with which a single difference among so many questions can be seen."""
        return next((n for n in range(2, 30) if stats.least_p(n, n) * asked < alpha), 30)


def _is_beyond(interval: Interval | None, threshold: float) -> bool:
    """Whether the true shift surely matters, whichever of the interval it is."""
    return interval is not None and (interval.low > threshold or interval.high < -threshold)


def _over(a: float, b: float) -> float:
    return b / a


def _unmeasured(sides: tuple[Summary | None, Summary | None]) -> str:
    if sides[0] is None and sides[1] is None:
        return "Not measured on either side."
    return f"Not measured in {'A' if sides[0] is None else 'B'}."
