"""The thread that takes samples: on time, on its own, and gone when the run is."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from gates.profiler.quantities import Missing, Opened, Quantity, Sample, Track
from gates.profiler.sampler import Sampler, period_ms

SECONDS = 20.0


class Scripted:
    """A probe that counts, and fails where it is told to."""

    def __init__(self, name: str = "vram", fails: str = "", start: int = 0) -> None:
        self.name = name
        self.fails = fails
        self.taken = start
        self.slow = 0
        self.threads: set[int] = set()
        self.enough = threading.Event()

    def open(self) -> Opened:
        if self.fails == "open":
            raise RuntimeError("no")
        return Opened((Quantity(self.name, "bytes", "script"),), (), "a device")

    def sample(self, now: int, slow: bool) -> Iterable[Sample]:
        self.taken += 1
        self.slow += slow
        self.threads.add(threading.get_ident())
        assert threading.current_thread().daemon  # ComfyUI ends without waiting for it
        if self.taken >= 5:
            self.enough.set()
        if self.fails == "sample":
            raise RuntimeError("no")
        yield Sample(self.name, now, self.taken)

    def missing(self) -> tuple[Missing, ...]:
        if self.fails == "missing":
            raise RuntimeError("no")
        return ()

    def close(self) -> None:
        return


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    assert not [t for t in threading.enumerate() if t.name.startswith("gates-profiler-sampler")]


def ran(sampler: Sampler, probe: Scripted) -> Sampler:
    sampler.start()
    assert probe.enough.wait(SECONDS)
    sampler.stop()
    assert sampler.join(SECONDS)
    return sampler


@pytest.mark.parametrize(
    ("wanted", "ms"),
    [(50, 50), (1, 20), (20, 20), (1000, 1000), (10**9, 1000), (33.7, 33)]
    + [("fast", 50), (None, 50), (True, 50), (float("nan"), 50), (float("inf"), 1000), (-5, 20)],
)
def test_periods_have_bounds(wanted: Any, ms: int) -> None:
    assert period_ms(wanted) == ms


def test_samples_come_from_one_thread_of_their_own() -> None:
    probe = Scripted()
    sampler = ran(Sampler([probe], time.perf_counter_ns, 20), probe)
    track = sampler.tracks["vram"]
    assert sampler.ready.is_set() and len(track.times) == len(track.values) == probe.taken
    assert track.times == sorted(set(track.times))
    assert len(probe.threads) == 1 and threading.get_ident() not in probe.threads
    assert probe.slow >= 2  # the first and the last
    assert sampler.cpu is not None and sampler.cpu >= 0
    assert sampler.opened[0].device == "a device"


def test_it_keeps_its_own_time_whatever_a_sample_takes() -> None:
    """Ten periods are ten periods: what one sample takes, or sleeps too long, is not added to the next."""

    class Slow(Scripted):
        def sample(self, now: int, slow: bool) -> Iterable[Sample]:
            time.sleep(0.01)
            return super().sample(now, slow)

    for _ in range(5):
        probe = Slow()
        sampler = ran(Sampler([probe], time.perf_counter_ns, 40, lambda: 0.5), probe)
        times = sampler.tracks["vram"].times[:5]
        if abs(times[-1] - times[0] - 4 * 40_000_000) < 15_000_000:
            return
    raise AssertionError(f"drifted: {times}")


def test_stopping_and_starting_do_not_wait() -> None:
    probe = Scripted()
    sampler = Sampler([probe], time.perf_counter_ns, 1000)
    sampler.start()
    assert sampler.ready.wait(SECONDS)
    begin = time.perf_counter()
    sampler.stop()
    assert time.perf_counter() - begin < 0.5
    assert sampler.join(SECONDS) and probe.taken == 2
    assert Sampler([], time.perf_counter_ns).join(0)  # never started


def test_of_two_that_tell_the_same_the_first_does() -> None:
    first, second = Scripted(start=0), Scripted(start=1000)
    sampler = ran(Sampler([first, second], time.perf_counter_ns, 20), first)
    assert all(value is not None and value < 1000 for value in sampler.tracks["vram"].values)


@pytest.mark.parametrize("fails", ["open", "sample", "missing"])
def test_a_probe_that_fails_takes_nothing_from_the_others(fails: str) -> None:
    broken, sound = Scripted("power", fails), Scripted()
    sampler = ran(Sampler([broken, sound], time.perf_counter_ns, 20), sound)
    assert len(sampler.tracks["vram"].times) == sound.taken
    told = sampler.missing()
    assert any("Scripted failed" in missing.why for missing in told)


def test_a_long_run_has_no_more_samples_than_fit() -> None:
    probe = Scripted()
    # Once a second it looks how many there are; by this clock that is each time.
    sampler = Sampler([probe], lambda: time.perf_counter_ns() * 1000, 20, lambda: 0.5, most=4)
    ran(sampler, probe)
    track = sampler.tracks["vram"]
    assert len(track.times) <= 5 and sampler.ms >= 40
    assert track.values[-1] == probe.taken


def test_thinning_keeps_the_higher_and_the_order() -> None:
    track = Track(Quantity("vram", "bytes", "script"))
    for at, value in ((1, 5.0), (2, 3.0), (2, 99.0), (3, None), (4, 1.0), (1, 7.0), (5, None), (6, None)):
        track.add(at, value)
    assert track.times == [1, 2, 3, 4, 5, 6]
    track.thin()
    assert (track.times, track.values) == ([2, 4, 6], [5.0, 1.0, None])
    assert track.known() == [(2, 5.0), (4, 1.0)]
    track.thin()
    assert (track.times, track.values) == ([4, 6], [5.0, None])
