"""What torch has allocated on its device: exact at the edges of nodes, sampled in between."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..quantities import Missing, Opened, Quantity, Sample
from .torch_door import Device, loaded_torch, torch_device, why_no_device

COLUMNS = ("torch_start", "torch_peak", "torch_end", "torch_reserved_peak")
VRAM_COLUMNS = ("vram_start", "vram_max", "vram_end", "vram_peak")

Figures = tuple["int | None", "int | None", "int | None"]  # allocated, its peak, peak of what is reserved
NOTHING: Figures = (None, None, None)


class TorchMemory:
    """Bytes on one device. Resetting the peak changes what everybody else reads."""

    def __init__(self, torch: Any, device: Device) -> None:
        self.device = device
        self._torch = torch
        self._backend = torch.xpu if device.kind == "xpu" else torch.cuda

    def reset_peak(self) -> None:
        if self.device.kind != "mps":
            self._backend.reset_peak_memory_stats(self.device.index)

    def allocated(self) -> int | None:
        return self.figures()[0]

    def figures(self) -> Figures:
        if self.device.kind == "mps":
            return int(self._torch.mps.current_allocated_memory()), None, None
        stats = self._stats()
        if stats is not None:
            used, held = stats["allocated_bytes"]["all"], stats["reserved_bytes"]["all"]
            return int(used["current"]), int(used["peak"]), int(held["peak"])
        index, backend = self.device.index, self._backend
        return (
            int(backend.memory_allocated(index)),
            int(backend.max_memory_allocated(index)),
            int(backend.max_memory_reserved(index)),
        )

    def held(self) -> int | None:
        """What torch holds of the device, in use or not."""
        if self.device.kind == "mps":
            return int(self._torch.mps.driver_allocated_memory())
        return int(self._backend.memory_reserved(self.device.index))

    def _stats(self) -> Any | None:
        """Nested: the flat form of the same costs twenty times as much."""
        nested = getattr(self._backend, "memory_stats_as_nested_dict", None)
        stats = nested(self.device.index) if nested is not None else None
        return stats if stats and "allocated_bytes" in stats else None


def found_memory(
    torch_of: Callable[[], Any | None] = loaded_torch,
    device_of: Callable[[Any | None], Device | None] = torch_device,
) -> TorchMemory | None:
    torch = torch_of()
    device = device_of(torch)
    return TorchMemory(torch, device) if device is not None else None


class TorchProbe:
    """Stands in for the driver where that tells nothing: what torch holds counts as memory in use."""

    def __init__(
        self,
        torch_of: Callable[[], Any | None] = loaded_torch,
        device_of: Callable[[Any | None], Device | None] = torch_device,
    ) -> None:
        self._torch_of = torch_of
        self._device_of = device_of
        self._memory: TorchMemory | None = None

    def open(self) -> Opened:
        self._memory = found_memory(self._torch_of, self._device_of)
        if self._memory is None:
            why = why_no_device(self._torch_of())
            return Opened(missing=(Missing(COLUMNS, why),))
        device = self._memory.device
        source = {"mps": "mps", "xpu": "xpu"}.get(device.kind, "torch")
        missing = (
            ()
            if device.kind != "mps"
            else (Missing(("torch_peak", "torch_reserved_peak"), "Metal keeps none"),)
        )
        return Opened((Quantity("vram", "bytes", source, device.name),), missing, _label(device))

    def sample(self, now: int, slow: bool) -> Iterable[Sample]:
        if self._memory is not None:
            yield Sample("vram", now, self._memory.held())

    def missing(self) -> tuple[Missing, ...]:
        return ()

    def close(self) -> None:
        self._memory = None


def _label(device: Device) -> str:
    return f"{device.name} ({device.uuid})" if device.uuid else device.name
