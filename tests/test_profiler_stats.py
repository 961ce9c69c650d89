"""The statistics against published figures and against counting everything."""

from __future__ import annotations

import math
import random
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gates.profiler import stats
from gates.profiler.bootstrap import Bootstrap
from gates.profiler.stats import Interval

FEW = st.lists(st.integers(0, 6), min_size=1, max_size=5)


def counted(first: list[int], second: list[int]) -> float:
    """The p of Mann and Whitney from every way to deal the values out, each rank sum reckoned anew."""
    values = [*first, *second]
    ranks = [sum(v < value for v in values) + (sum(v == value for v in values) + 1) / 2 for value in values]
    expected = len(first) * (len(values) + 1) / 2
    distance = abs(sum(ranks[: len(first)]) - expected)
    ways = list(combinations(ranks, len(first)))
    return sum(abs(sum(way) - expected) >= distance - 1e-9 for way in ways) / len(ways)


@settings(deadline=None, max_examples=200, derandomize=True)
@given(first=FEW, second=FEW)
def test_mann_whitney_counts_every_way_with_ties(first: list[int], second: list[int]) -> None:
    assert math.isclose(stats.mann_whitney_exact(first, second), counted(first, second))


@pytest.mark.parametrize(
    ("n", "m", "p"),
    [(3, 3, 0.1), (4, 4, 2 / 70), (5, 5, 2 / 252), (4, 5, 2 / 126), (10, 10, 2 / 184756), (1, 1, 1.0)],
)
def test_the_least_p(n: int, m: int, p: float) -> None:
    low, high = list(range(n)), list(range(100, 100 + m))
    assert math.isclose(stats.mann_whitney_exact(low, high), p)
    assert math.isclose(stats.mann_whitney_exact(high, low), p)
    assert math.isclose(stats.least_p(n, m), p)


@pytest.mark.parametrize(
    ("first", "second", "p"),
    [
        ([19, 22, 16, 29, 24], [20, 11, 17, 12], 0.111111),
        (
            [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46],
            [1.15, 0.88, 0.9, 0.74, 1.21],
            0.254413,
        ),
        ([1, 1, 1, 1], [1, 1, 1, 1], 1.0),
        ([1, 2, 2, 3], [2, 3, 4, 5], 0.2),
        ([], [1, 2], 1.0),
    ],
)  # fmt: skip
def test_mann_whitney_of_textbooks(first: list[float], second: list[float], p: float) -> None:
    assert math.isclose(stats.mann_whitney_exact(first, second), p, abs_tol=1e-5)


def test_the_approximation_of_many_values_is_near() -> None:
    draw = random.Random(1)
    for shift in (0.0, 0.3, 0.6):
        first = [round(draw.gauss(0, 1), 1) for _ in range(28)]
        second = [round(draw.gauss(shift, 1), 1) for _ in range(30)]
        exact = stats.mann_whitney(first, second)
        assert exact == stats.mann_whitney_exact(first, second)
        near = stats.mann_whitney(first + first[:3], second + second[:3])
        assert math.isclose(
            near, stats.mann_whitney_exact(first + first[:3], second + second[:3]), abs_tol=0.01
        )
    assert stats.mann_whitney([1.0] * 40, [1.0] * 40) == 1.0


@pytest.mark.parametrize(
    ("n", "places"),
    [(5, None), (6, (0, 5)), (8, (0, 7)), (9, (1, 7)), (10, (1, 8)), (20, (5, 14)), (50, (17, 32))],
)
def test_the_interval_of_a_median_is_that_of_tables(n: int, places: tuple[int, int] | None) -> None:
    expected = None if places is None else Interval(*map(float, places))
    assert stats.median_interval([float(k) for k in range(n)]) == expected


def test_a_summary() -> None:
    found = stats.summary([4.0, 1.0, 3.0, 2.0])
    assert (found.n, found.median, found.interval, found.least, found.most) == (4, 2.5, None, 1.0, 4.0)
    assert (found.quartiles, found.mad) == (Interval(1.75, 3.25), 1.0)
    assert stats.summary([7.0]).quartiles == Interval(7.0, 7.0)


def test_the_shift_between_two_sides() -> None:
    first, second = [1.0, 2.0, 3.0, 4.0], [11.0, 12.0, 13.0, 14.0]
    assert stats.hodges_lehmann(first, second) == 10.0
    assert stats.hodges_lehmann(second, first) == -10.0
    assert stats.shift_interval(first, second) == Interval(7.0, 13.0)  # 4 against 4: the outermost
    assert stats.shift_interval([1.0, 2.0, 3.0], [4.0, 5.0, 6.0]) is None
    assert stats.shift_interval([], [1.0]) is None


@settings(deadline=None, max_examples=100, derandomize=True)
@given(
    first=st.lists(st.floats(0, 1), min_size=4, max_size=8, unique=True),
    second=st.lists(st.floats(0, 1), min_size=4, max_size=8, unique=True),
)
def test_the_interval_holds_the_shift_and_turns_with_the_sides(
    first: list[float], second: list[float]
) -> None:
    found, turned = stats.shift_interval(first, second), stats.shift_interval(second, first)
    assert found is not None and turned is not None
    assert found.low <= stats.hodges_lehmann(first, second) <= found.high
    assert (found.low, found.high) == (-turned.high, -turned.low)


def test_the_intervals_hold_what_they_promise() -> None:
    draw = random.Random(7)
    shifts = medians = 0
    for _ in range(400):
        first = [draw.lognormvariate(0, 0.3) for _ in range(7)]
        second = [draw.lognormvariate(0, 0.3) + 0.2 for _ in range(6)]
        shift, middle = stats.shift_interval(first, second), stats.median_interval(first)
        assert shift is not None and middle is not None
        shifts += shift.low <= 0.2 <= shift.high
        medians += middle.low <= 1.0 <= middle.high
    assert shifts >= 0.93 * 400
    assert medians >= 0.93 * 400


def test_benjamini_hochberg_of_the_paper() -> None:
    ps = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344]
    ps += [0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000]
    adjusted = stats.benjamini_hochberg(ps)
    assert sum(q <= 0.05 for q in adjusted) == 4  # as the authors found
    assert math.isclose(adjusted[0], 0.0015) and math.isclose(adjusted[3], 0.035625)
    assert stats.benjamini_hochberg(ps[::-1]) == adjusted[::-1]
    assert stats.benjamini_hochberg([]) == ()


def test_the_bootstrap_says_the_same_each_time() -> None:
    first, second = [1.0, 1.1, 1.2, 1.3, 1.15], [1.5, 1.6, 1.7, 1.8, 1.65]
    found = Bootstrap().interval(first, second, lambda a, b: b / a)
    assert found == Bootstrap().interval(first[::-1], second[::-1], lambda a, b: b / a)
    assert 1.2 < found.low < 1.65 / 1.15 < found.high < 1.8
    assert Bootstrap(seed=1).interval([3.0], [6.0], lambda a, b: b / a) == Interval(2.0, 2.0)
