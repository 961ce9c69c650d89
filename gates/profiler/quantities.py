"""What can be measured while a run is on, who measures it, and why something could not be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from .session import Reading


@dataclass(frozen=True)
class Quantity:
    """`name` is unique in a run: vram, vram_reserved, gpu_load, power, temperature, energy, ram, cpu_time."""

    name: str
    unit: str
    source: str
    device: str | None = None


@dataclass(frozen=True)
class Missing:
    """Columns that stay empty, the reason, and the one line that installs what is missing, where one does."""

    columns: tuple[str, ...]
    why: str
    install: str | None = None


@dataclass(frozen=True)
class Opened:
    quantities: tuple[Quantity, ...] = ()
    missing: tuple[Missing, ...] = ()
    device: str | None = None


class Sample(NamedTuple):
    name: str
    at: int  # ns of the clock
    value: float | None


Taken = tuple[str, int, "float | None"]  # a Sample, or its bare fields: making those costs a tenth


class Probe(Protocol):
    """Measures from the sampler's thread. Nothing here may raise; what fails is told by `missing`."""

    def open(self) -> Opened:
        """Get ready for a run; called before each one, cheap where it is open already."""

    def sample(self, now: int, slow: bool) -> Iterable[Taken]:
        """`slow` comes once a second, and with the first and the last sample of a run."""

    def missing(self) -> tuple[Missing, ...]:
        """What could not be measured since `open`."""

    def close(self) -> None: ...


class Edges(Protocol):
    """Read on the prompt thread where a node begins and ends: it has microseconds."""

    def open(self) -> None: ...
    def before(self, now: int) -> Reading: ...
    def after(self, now: int, lasted: int) -> Reading:
        """`lasted` in ns: what was over in no time is not worth a reading that takes longer."""

    def device_memory(self) -> int | None:
        """Bytes in use on the device right now; asked where a node took long enough to be worth it."""

    def missing(self) -> tuple[Missing, ...]: ...
    def close(self) -> None: ...


@dataclass
class Track:
    """The samples of one quantity, in the order in which they were taken."""

    quantity: Quantity
    times: list[int] = field(default_factory=list)
    values: list[float | None] = field(default_factory=list)

    def add(self, at: int, value: float | None) -> None:
        """One sample; a driver may hand over one that is older than the last, which is none any more."""
        if not self.times or at > self.times[-1]:
            self.values.append(value)
            self.times.append(at)

    def thin(self) -> None:
        """Half as many samples, each the higher of two, at the time of the later."""
        pairs = range(1, len(self.times), 2)
        times = [self.times[i] for i in pairs]
        values = [_higher(self.values[i - 1], self.values[i]) for i in pairs]
        if len(self.times) % 2:
            times, values = [*times, self.times[-1]], [*values, self.values[-1]]
        self.times[:], self.values[:] = times, values

    def known(self) -> list[tuple[int, float]]:
        return [(at, value) for at, value in zip(self.times, self.values, strict=False) if value is not None]


def _higher(a: float | None, b: float | None) -> float | None:
    if a is None or b is None:
        return b if a is None else a
    return max(a, b)
