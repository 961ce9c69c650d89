"""One daemon thread that takes samples while a run is on: drift-free, a little irregular, cheap."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from .quantities import Missing, Opened, Probe, Track

log = logging.getLogger("gates.profiler.sampler")

DEFAULT_MS, FASTEST_MS, SLOWEST_MS = 50, 20, 1000
JITTER = 0.2  # of a period: a fixed one could beat with what it measures
SLOW_NS = 1_000_000_000
LET_GO = 0.0005  # s
MOST_SAMPLES = 50_000  # of one quantity: then every two become one, and the period doubles

Answer = TypeVar("Answer")


def period_ms(wanted: object) -> int:
    """A period between 20 and 1000 ms; 50 for what is no number."""
    if isinstance(wanted, bool) or not isinstance(wanted, (int, float)) or wanted != wanted:
        return DEFAULT_MS
    return int(min(max(wanted, FASTEST_MS), SLOWEST_MS))


class Sampler:
    """Good for one run. `start` and `stop` return at once; `join` waits for the last sample.

    What the thread writes may be read from anywhere: it only ever appends, until `join` returned.
    """

    def __init__(
        self,
        probes: Sequence[Probe],
        ns: Callable[[], int],
        ms: int = DEFAULT_MS,
        jitter: Callable[[], float] = random.random,
        most: int = MOST_SAMPLES,
    ) -> None:
        self.ms = period_ms(ms)
        self.tracks: dict[str, Track] = {}
        self.opened: tuple[Opened, ...] = ()
        self.ready = threading.Event()  # set when the first sample was taken
        self.cpu: float | None = None  # s of processor time of the thread, once it ended
        self._probes = list(probes)
        self._ns = ns
        self._jitter = jitter
        self._most = most
        self._on = threading.Lock()  # held until `stop`: waiting for it costs half of what an Event does
        self._on.acquire()
        self._faults: dict[str, str] = {}
        self._asked: list[tuple[Probe, dict[str, Track]]] = []  # of two that tell the same, the first does
        self._thread = threading.Thread(target=self._work, name="gates-profiler-sampler", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with suppress(RuntimeError):  # it was stopped before
            self._on.release()

    def join(self, timeout: float) -> bool:
        """False where it is still at it after `timeout` seconds, say in a driver that hangs."""
        if self._thread.ident is None:
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def missing(self) -> tuple[Missing, ...]:
        told = [missing for opened in self.opened for missing in opened.missing]
        for probe in self._probes:
            told += self._quietly(probe, probe.missing) or ()
        taken = {name for name, track in self.tracks.items() if track.times}
        faults = [Missing((name,), why) for name, why in self._faults.items() if name not in taken]
        return (*told, *faults)

    def _work(self) -> None:
        began = time.thread_time()
        stopped = self._on.acquire(timeout=LET_GO)  # who started it would wait for this thread's first pause
        try:
            self.opened = tuple(filter(None, (self._open(probe) for probe in self._probes)))
            self._loop(stopped)
        except Exception:
            log.exception("[Dataset Gates] The sampler ended; the run goes on without samples")
        finally:
            self.cpu = time.thread_time() - began
            self.ready.set()

    def _open(self, probe: Probe) -> Opened | None:
        opened = self._quietly(probe, probe.open)
        own: dict[str, Track] = {}
        for quantity in opened.quantities if opened is not None else ():
            if quantity.name not in self.tracks:
                own[quantity.name] = self.tracks[quantity.name] = Track(quantity)
        if own:
            self._asked.append((probe, own))
        return opened

    def _loop(self, stopped: bool) -> None:
        """The last sample is the one after `stop`. Every line here runs on cold caches: few are cheaper."""
        ns, period = self._ns, self.ms * 1_000_000
        due = slow_due = ns()
        while True:
            now = ns()
            slow = stopped or now >= slow_due
            self._take(now, slow)
            if stopped:
                return
            if slow:
                slow_due = now + SLOW_NS
                self.ready.set()
                period = self._thinned(period)
            now = ns()
            due += period
            if due <= now:  # a sample took too long, or the machine slept
                due += (now - due) // period * period + period
            wobble = int((self._jitter() - 0.5) * 2 * JITTER * period)
            stopped = self._on.acquire(timeout=max(due + wobble - now, 0) / 1e9)

    def _take(self, now: int, slow: bool) -> None:
        for probe, own in self._asked:
            try:
                for name, at, value in probe.sample(now, slow):
                    track = own.get(name)
                    if track is not None:
                        track.add(at, value)
            except Exception as error:
                self._failed(probe, error)

    def _thinned(self, period: int) -> int:
        if max((len(track.times) for track in self.tracks.values()), default=0) < self._most:
            return period
        for track in self.tracks.values():
            track.thin()
        self.ms *= 2
        return period * 2

    def _quietly(self, probe: Probe, ask: Callable[[], Answer]) -> Answer | None:
        """What a probe answers; None, and a word in the log once, where it raises."""
        try:
            return ask()
        except Exception as error:
            self._failed(probe, error)
            return None

    def _failed(self, probe: Probe, error: Exception) -> None:
        name = type(probe).__name__
        known = self._faults.get(name)
        self._faults[name] = f"{name} failed: {type(error).__name__}: {error}"
        if known is None:
            log.warning("[Dataset Gates] %s", self._faults[name])
