"""Memory and load of an AMD device, by what Linux shows of it below /sys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from ..quantities import Missing, Opened, Quantity, Sample
from .torch_door import Device, loaded_torch, torch_device

COLUMNS = ("vram_start", "vram_max", "vram_end", "vram_peak", "gpu_load_max", "gpu_load_avg")
FILES = {"vram": "mem_info_vram_used", "gpu_load": "gpu_busy_percent"}


class AmdProbe:
    def __init__(
        self,
        device_of: Callable[[], Device | None] = lambda: torch_device(loaded_torch()),
        devices: Path = Path("/sys/bus/pci/devices"),
    ) -> None:
        self._device_of = device_of
        self._devices = devices
        self._folder: Path | None = None
        self._failed: dict[str, str] = {}

    def open(self) -> Opened:
        self._failed = {}
        self._folder = None
        device = self._device_of()
        if device is None or device.kind != "rocm":
            return Opened()
        folder = self._devices / (device.bus_id or "").removeprefix("0000")
        if device.bus_id is None or not (folder / FILES["vram"]).is_file():
            return Opened(missing=(Missing(COLUMNS, f"the system shows no figures of {device.name}"),))
        self._folder = folder
        units = {"vram": "bytes", "gpu_load": "%"}
        found = (Quantity(name, unit, "sysfs", device.name) for name, unit in units.items())
        return Opened(tuple(found), (), device.name)

    def sample(self, now: int, slow: bool) -> Iterator[Sample]:
        for name, file in FILES.items() if self._folder is not None else ():
            value = self._read(name, file)
            if value is not None:
                yield Sample(name, now, value)

    def used_memory(self) -> int | None:
        return self._read("vram", FILES["vram"]) if self._folder is not None else None

    def _read(self, name: str, file: str) -> int | None:
        if self._folder is None:
            return None
        try:
            return int((self._folder / file).read_text("ascii"))
        except (OSError, ValueError) as error:
            self._failed[name] = f"{file} cannot be read: {error}"
            return None

    def missing(self) -> tuple[Missing, ...]:
        columns = {"vram": COLUMNS[:4], "gpu_load": COLUMNS[4:]}
        return tuple(Missing(columns[name], why) for name, why in self._failed.items())

    def close(self) -> None:
        self._folder = None
