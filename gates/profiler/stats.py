"""Statistics that assume nothing of how measured times are spread. Exact, and always the same.

Runs are few and their times are skewed, so ranks and medians are used, never means.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

LARGEST_EXACT = 60  # values of both sides together; beyond that the normal approximation is as good


@dataclass(frozen=True)
class Interval:
    low: float
    high: float


@dataclass(frozen=True)
class Summary:
    """Of one side; the unit is that of the values."""

    n: int
    median: float
    interval: Interval | None  # of the median, 95 %; None below six values
    least: float
    most: float
    quartiles: Interval
    mad: float  # median distance from the median


def summary(values: Sequence[float]) -> Summary:
    """Of at least one value."""
    ordered = sorted(values)
    middle = median(ordered)
    return Summary(
        len(ordered),
        middle,
        median_interval(ordered),
        ordered[0],
        ordered[-1],
        Interval(quantile(ordered, 0.25), quantile(ordered, 0.75)),
        median(sorted(abs(value - middle) for value in ordered)),
    )


def median(ordered: Sequence[float]) -> float:
    """Of values in order."""
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def quantile(ordered: Sequence[float], share: float) -> float:
    """Between the two nearest values, of values in order."""
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def median_interval(values: Sequence[float], level: float = 0.95) -> Interval | None:
    """Two of the values with the true median between them at least at `level`; None where too few.

    By the binomial distribution: the median lies below the k-th value with the probability of fewer than
    k heads in n throws.
    """
    ordered, n = sorted(values), len(values)
    tail, k = 0.0, 0
    while k < n / 2 and tail + math.comb(n, k) / 2**n <= (1 - level) / 2:
        tail += math.comb(n, k) / 2**n
        k += 1
    return Interval(ordered[k - 1], ordered[n - k]) if k else None


# --- two sides ------------------------------------------------------------------------------------


class Deals:
    """How many choices of some ranks have each sum; reckoned once for the same ranks."""

    def __init__(self) -> None:
        self._known: dict[tuple[tuple[int, ...], int], dict[int, int]] = {}

    def sums(self, ranks: tuple[int, ...], n: int) -> dict[int, int]:
        if (ranks, n) not in self._known:
            self._known[ranks, n] = _sums(ranks, n)
        return self._known[ranks, n]


def mann_whitney_exact(first: Sequence[float], second: Sequence[float], deals: Deals | None = None) -> float:
    """Two-sided p of both being alike, from every way to deal the values out; ties share their rank."""
    ranks = _double_ranks([*first, *second])
    n, total = len(first), len(ranks)
    if not n or n == total:
        return 1.0
    counts = (deals or Deals()).sums(tuple(sorted(ranks)), n)
    observed, expected = sum(ranks[:n]), n * (total + 1)  # both doubled
    distance = abs(observed - expected)
    extreme = sum(count for value, count in counts.items() if abs(value - expected) >= distance)
    return extreme / math.comb(total, n)


def _sums(ranks: tuple[int, ...], n: int) -> dict[int, int]:
    """How many choices of `n` of the ranks have each sum.

    A polynomial in one large whole number: its digits, each of `width` bits, count the choices.
    """
    width = math.comb(len(ranks), n).bit_length() + 1
    chosen = [1] + [0] * n
    for rank in ranks:
        for taken in range(n, 0, -1):
            chosen[taken] += chosen[taken - 1] << (rank * width)
    mask, digits, found, place = (1 << width) - 1, chosen[n], {}, 0
    data = digits.to_bytes((digits.bit_length() + 7) // 8, "little")
    while place * width < len(data) * 8:
        begin = place * width // 8
        part = int.from_bytes(data[begin : begin + width // 8 + 2], "little") >> (place * width % 8)
        if part & mask:
            found[place] = part & mask
        place += 1
    return found


def _double_ranks(values: Sequence[float]) -> list[int]:
    """Twice the rank of each value, so that shared ranks stay whole."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for place in range(start, end):
            ranks[order[place]] = start + end + 1
        start = end
    return ranks


def mann_whitney(first: Sequence[float], second: Sequence[float], deals: Deals | None = None) -> float:
    """The exact p where both sides have up to 60 values together, else its normal approximation."""
    total, n, m = len(first) + len(second), len(first), len(second)
    if total <= LARGEST_EXACT or not n or not m:
        return mann_whitney_exact(first, second, deals)
    ranks = _double_ranks([*first, *second])
    ties = Counter(ranks).values()
    variance = n * m / 12 * (total + 1 - sum(one**3 - one for one in ties) / (total * (total - 1)))
    if variance == 0:
        return 1.0
    distance = abs(sum(ranks[:n]) / 2 - n * (total + 1) / 2)
    return min(1.0, 2 * (1 - NormalDist().cdf(max(0.0, distance - 0.5) / math.sqrt(variance))))


def least_p(n: int, m: int) -> float:
    """The smallest p that so many values can reach, all of one side above all of the other."""
    return min(1.0, 2 / math.comb(n + m, n)) if n and m else 1.0


def _shifts(first: Sequence[float], second: Sequence[float]) -> list[float]:
    return sorted(later - earlier for earlier in first for later in second)


def hodges_lehmann(first: Sequence[float], second: Sequence[float]) -> float:
    """By how much the second side is larger: the median of all differences between a value of each."""
    return median(_shifts(first, second))


def shift_interval(
    first: Sequence[float],
    second: Sequence[float],
    level: float = 0.95,
    deals: Deals | None = None,
) -> Interval | None:
    """Around `hodges_lehmann`: the shifts that Mann-Whitney would not reject; None where too few values."""
    k = _rejected(len(first), len(second), 1 - level, deals or Deals())
    shifts = _shifts(first, second)
    return Interval(shifts[k - 1], shifts[len(shifts) - k]) if k else None


def _rejected(n: int, m: int, alpha: float, deals: Deals) -> int:
    """How many differences at each end are not in the interval, and the one at its border."""
    if not n or not m:
        return 0
    if n + m > LARGEST_EXACT:
        width = NormalDist().inv_cdf(1 - alpha / 2) * math.sqrt(n * m * (n + m + 1) / 12)
        return max(0, math.floor(n * m / 2 - width))
    counts = deals.sums(tuple(range(2, 2 * (n + m) + 1, 2)), n)
    least, below, ways = n * (n + 1), 0, math.comb(n + m, n)
    for k in range(n * m // 2 + 1):
        below += counts.get(least + 2 * k, 0)
        if below / ways > alpha / 2:
            return k
    return n * m // 2


def benjamini_hochberg(ps: Sequence[float]) -> tuple[float, ...]:
    """Each p adjusted for having asked so often: below q, at most a share of q of what is found is chance."""
    order = sorted(range(len(ps)), key=ps.__getitem__, reverse=True)
    adjusted, least = [1.0] * len(ps), 1.0
    for place, index in enumerate(order):
        least = min(least, ps[index] * len(ps) / (len(ps) - place))
        adjusted[index] = least
    return tuple(adjusted)
