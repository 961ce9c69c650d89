"""Memory, load, power, temperature and energy of an NVIDIA device, by its driver."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..quantities import Missing, Opened, Quantity, Sample
from .driver_clock import DriverClock
from .nvml_door import INSTALL, nvml
from .nvml_faults import Verdict, verdict
from .torch_door import Device, loaded_torch, torch_device, why_no_device

MEMORY = ("vram_start", "vram_max", "vram_end", "vram_peak")
LOAD = ("gpu_load_max", "gpu_load_avg")
COLUMNS_OF = {"vram": MEMORY, "gpu_load": LOAD, "energy": ("energy_mj",)}
ALL = (*MEMORY, *LOAD, "energy_mj")
LOAD_EVERY = 200_000_000  # ns: the driver keeps its own samples, so they can be fetched late
TIMES_TO_GIVE_UP = 10
UNITS = {
    "vram": "bytes",
    "vram_reserved": "bytes",
    "gpu_load": "%",
    "power": "W",
    "temperature": "°C",
    "energy": "mJ",
}


class NvmlProbe:
    """Opened before the first run, and kept open: starting the library takes tens of milliseconds."""

    def __init__(
        self,
        door: Callable[[], Any] = nvml,
        device_of: Callable[[], Device | None] = lambda: torch_device(loaded_torch()),
        wall: Callable[[], float] = time.time,
        boot: Callable[[], float] = time.monotonic,
    ) -> None:
        self._door = door
        self._device_of = device_of
        self._clock = DriverClock(wall, boot)
        self._nvml: Any = None
        self._handle: Any = None
        self._lost: str | None = None
        self._off: dict[str, str] = {}
        self._doubts: dict[str, int] = {}
        self._memory_version: int | None = None
        self._last_seen = 0
        self._load_due = 0
        self._polls_load = False

    def open(self) -> Opened:
        if self._lost is not None:
            self.close()
        self._off, self._doubts, self._load_due = {}, {}, 0
        device = self._device_of()
        if device is None or device.kind != "cuda":
            return _absent(
                why_no_device(loaded_torch()) if device is None else f"{device.name} is no NVIDIA device"
            )
        if self._handle is None:
            failed = self._connect(device)
            if failed is not None:
                return failed
        name, uuid = self._text("nvmlDeviceGetName"), self._text("nvmlDeviceGetUUID")
        label = f"{name or device.name} ({uuid or device.uuid})"
        return Opened(tuple(Quantity(name, unit, "nvml", label) for name, unit in UNITS.items()), (), label)

    def _connect(self, device: Device) -> Opened | None:
        try:
            self._nvml = self._door()
        except ImportError:
            return _absent("nvidia-ml-py is not installed", INSTALL)
        try:
            self._nvml.nvmlInit()
        except Exception as error:
            self._nvml = None
            return _absent(f"NVML does not start: {error}")
        self._memory_version = getattr(self._nvml, "nvmlMemory_v2", None)
        self._handle = self._handle_of(device)
        if self._handle is None:
            self.close()
            return _absent(f"NVML does not know the device that torch calls {device.name}")
        return None

    def _handle_of(self, device: Device) -> Any | None:
        """By UUID, for torch and NVML count devices differently; else by its place on the bus."""
        ask: list[tuple[Callable[[Any], Any], Any]] = []
        if device.uuid:
            bare = device.uuid.removeprefix("GPU-").removeprefix("MIG-")
            by_uuid = self._nvml.nvmlDeviceGetHandleByUUID
            ask += [(by_uuid, f"GPU-{bare}"), (by_uuid, f"MIG-{bare}")]
        if device.bus_id:
            ask.append((self._nvml.nvmlDeviceGetHandleByPciBusId, device.bus_id))
        if device.only_one and self._count() == 1:
            ask.append((self._nvml.nvmlDeviceGetHandleByIndex, 0))
        for way, value in ask:
            try:
                return way(value)
            except Exception as error:
                self._off["handle"] = str(error)
        return None

    def _count(self) -> int:
        try:
            return int(self._nvml.nvmlDeviceGetCount())
        except Exception as error:
            self._off["handle"] = str(error)
            return 0

    def sample(self, now: int, slow: bool) -> Iterator[Sample]:
        yield from self._told("vram", now, self._memory)
        if slow or now >= self._load_due:
            self._load_due = now + LOAD_EVERY
            yield from self._told("gpu_load", now, self._load)
        if slow:
            yield from self._told("power", now, self._power)
            yield from self._told("temperature", now, self._temperature)
            yield from self._told("energy", now, self._energy)

    def _told(self, name: str, now: int, ask: Callable[[int], Iterable[Sample]]) -> list[Sample]:
        if self._handle is None or self._lost is not None or name in self._off:
            return []
        try:
            samples = list(ask(now))
        except Exception as error:
            return self._failed(name, now, error)
        self._doubts.pop(name, None)
        return samples

    def _failed(self, name: str, now: int, error: Exception) -> list[Sample]:
        judged = verdict(self._nvml, error)
        if judged is Verdict.LOST:
            self._lost = f"NVML lost the device: {error}"
            return []
        self._doubts[name] = self._doubts.get(name, 0) + 1
        if judged is Verdict.NEVER or self._doubts[name] >= TIMES_TO_GIVE_UP:
            self._off[name] = f"NVML does not tell it: {error}"
            return []
        return [Sample(name, now, None)]

    def _memory(self, now: int) -> Iterator[Sample]:
        info = self._memory_info()
        yield Sample("vram", now, int(info.total) - int(info.free))
        reserved = getattr(info, "reserved", None)
        if reserved is not None:
            yield Sample("vram_reserved", now, int(reserved))

    def _memory_info(self) -> Any:
        """The second version tells what the driver keeps for itself; not every system has it."""
        if self._memory_version is not None:
            try:
                return self._nvml.nvmlDeviceGetMemoryInfo(self._handle, version=self._memory_version)
            except Exception as error:
                if verdict(self._nvml, error) is Verdict.LOST:
                    raise
                info = self._nvml.nvmlDeviceGetMemoryInfo(self._handle)
                self._memory_version = None
                return info
        return self._nvml.nvmlDeviceGetMemoryInfo(self._handle)

    def used_memory(self) -> int | None:
        """Bytes in use now; asked from the prompt thread, so it judges nothing."""
        if self._handle is None or self._lost is not None or "vram" in self._off:
            return None
        info = self._memory_info()
        return int(info.total) - int(info.free)

    def _load(self, now: int) -> Iterator[Sample]:
        if not self._polls_load:
            try:
                yield from self._buffered_load(now)
                return
            except Exception as error:
                judged = verdict(self._nvml, error)
                if judged is Verdict.EMPTY:
                    return
                if judged is Verdict.LOST:
                    raise
                self._polls_load = True
        yield Sample("gpu_load", now, _percent(self._nvml.nvmlDeviceGetUtilizationRates(self._handle).gpu))

    def _buffered_load(self, now: int) -> Iterator[Sample]:
        kind = self._nvml.NVML_GPU_UTILIZATION_SAMPLES
        _, samples = self._nvml.nvmlDeviceGetSamples(self._handle, kind, self._last_seen)
        for sample in sorted(samples, key=lambda each: int(each.timeStamp)):
            stamp = int(sample.timeStamp)
            if stamp > self._last_seen:
                at = self._clock.ns(stamp, now)
                self._last_seen = stamp
                yield Sample("gpu_load", at, _percent(sample.sampleValue.uiVal))

    def _power(self, now: int) -> Iterator[Sample]:
        yield Sample("power", now, self._nvml.nvmlDeviceGetPowerUsage(self._handle) / 1000)

    def _temperature(self, now: int) -> Iterator[Sample]:
        kind = getattr(self._nvml, "NVML_TEMPERATURE_GPU", 0)
        yield Sample("temperature", now, self._nvml.nvmlDeviceGetTemperature(self._handle, kind))

    def _energy(self, now: int) -> Iterator[Sample]:
        yield Sample("energy", now, self._nvml.nvmlDeviceGetTotalEnergyConsumption(self._handle))

    def _text(self, function: str) -> str | None:
        try:
            told = getattr(self._nvml, function)(self._handle)
        except Exception as error:
            self._off[function] = str(error)
            return None
        return told.decode() if isinstance(told, bytes) else str(told)

    def missing(self) -> tuple[Missing, ...]:
        if self._lost is not None:
            return (Missing(ALL, self._lost),)
        return tuple(
            Missing(COLUMNS_OF.get(name, (name,)), why) for name, why in self._off.items() if name in UNITS
        )

    def close(self) -> None:
        library, self._nvml, self._handle, self._lost = self._nvml, None, None, None
        self._memory_version, self._last_seen, self._polls_load = None, 0, False
        if library is not None:
            try:
                library.nvmlShutdown()
            except Exception as error:
                self._off["shutdown"] = str(error)


def _percent(value: Any) -> float | None:
    """Drivers now and then answer nonsense."""
    return float(value) if 0 <= int(value) <= 100 else None


def _absent(why: str, install: str | None = None) -> Opened:
    return Opened(missing=(Missing(ALL, why, install),))
