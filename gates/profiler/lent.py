"""What the engine is handed when it is built: clocks, probes, and whom it may ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter_ns
from time import time as wall_time
from typing import Any

from .arming import HashOf, Notice
from .desk import Begun, Live, Sink
from .quantities import Edges, Probe


@dataclass(frozen=True)
class Clock:
    """`ns` only ever goes forward; `time` is s since 1970."""

    ns: Callable[[], int] = perf_counter_ns
    time: Callable[[], float] = wall_time


@dataclass(frozen=True)
class Probes:
    """`edges` are read on the prompt thread, `sampled` on the sampler's. Where `has_device`, a run waits a
    moment for the first sample, so that its first node begins with a figure."""

    edges: Edges
    sampled: Sequence[Probe] = ()
    has_device: Callable[[], bool] = lambda: False


@dataclass(frozen=True)
class Outside:
    """What the engine asks others for, on the desk's thread, and may be told nothing."""

    hash_of: HashOf | None = None
    environment: Callable[[], Mapping[str, Any]] | None = None
    pools_of: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    live: Live | None = None
    begun: Begun | None = None
    lost: Begun | None = None  # a run that is not handed on, though it was begun
    checkpoint: Sink | None = None
    notify: Callable[[Notice], None] | None = None
