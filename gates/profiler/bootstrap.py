"""Intervals for anything that is made of two medians."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence

from .stats import Interval

RESAMPLES = 10_000
SEED = 20_240_229


class Bootstrap:
    """Medians of values drawn anew, with replacement, from those measured; the same at every call.

    Which places of the ordered values the middle ones come from does not depend on the values, so it is
    drawn once for each number of values.
    """

    def __init__(self, resamples: int = RESAMPLES, seed: int = SEED) -> None:
        self._resamples = resamples
        self._seed = seed
        self._pairs: dict[tuple[int, int], Counter[tuple[int, int, int, int]]] = {}

    def interval(
        self,
        first: Sequence[float],
        second: Sequence[float],
        of: Callable[[float, float], float],
        level: float = 0.95,
    ) -> Interval:
        """Where `of(median of first, median of second)` lies. Both sides have values."""
        one, other = sorted(first), sorted(second)
        found: Counter[float] = Counter()
        for (a, b, c, d), times in self._drawn(len(one), len(other)).items():
            found[of((one[a] + one[b]) / 2, (other[c] + other[d]) / 2)] += times
        return _central(found, level)

    def _drawn(self, n: int, m: int) -> Counter[tuple[int, int, int, int]]:
        if (n, m) not in self._pairs:
            draw = random.Random(f"{self._seed} {n} {m}")
            self._pairs[n, m] = Counter(
                (*_middle(draw, n), *_middle(draw, m)) for _ in range(self._resamples)
            )
        return self._pairs[n, m]


def _middle(draw: random.Random, n: int) -> tuple[int, int]:
    places = sorted(draw.choices(range(n), k=n))
    return places[(n - 1) // 2], places[n // 2]


def _central(found: Counter[float], level: float) -> Interval:
    left = (1 - level) / 2 * sum(found.values())
    ordered = sorted(found.items())
    return Interval(_reached(ordered, left), _reached(ordered[::-1], left))


def _reached(ordered: Sequence[tuple[float, int]], left: float) -> float:
    seen = 0
    for value, times in ordered:
        seen += times
        if seen > left:
            return value
    return ordered[-1][0]
