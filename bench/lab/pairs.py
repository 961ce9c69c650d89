"""Two things measured by turns, so that what else the machine does falls on both alike."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Pairs:
    """Measurements of two things, taken by turns; the same unit in both."""

    first: tuple[float, ...]
    second: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The median of first over second, pair by pair."""
        return median(one / other for one, other in zip(self.first, self.second, strict=True))

    @property
    def medians(self) -> tuple[float, float]:
        return median(self.first), median(self.second)


def by_turns(first: Callable[[int], float], second: Callable[[int], float], rounds: int) -> Pairs:
    """Call both `rounds` times after one round that does not count. Which goes first changes each time."""
    found: list[tuple[float, float]] = []
    for turn in range(rounds + 1):
        if turn % 2:
            other = second(turn)
            found.append((first(turn), other))
        else:
            found.append((first(turn), second(turn)))
    ours, theirs = zip(*found[1:], strict=True)
    return Pairs(tuple(ours), tuple(theirs))


def seconds_of(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started
