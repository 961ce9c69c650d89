"""What is read where a node begins and ends, on the prompt thread: microseconds, no files, no waiting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ..quantities import Missing
from ..session import Reading
from .process import ProcessProbe
from .torch_memory import TorchMemory, found_memory

DynamicVram = Callable[[], "int | None"]


class TellsMemory(Protocol):
    def used_memory(self) -> int | None: ...


class NodeEdges:
    def __init__(
        self,
        process: ProcessProbe,
        devices: tuple[TellsMemory, ...] = (),
        torch: Callable[[], TorchMemory | None] = found_memory,
        dynamic_vram: Callable[[], DynamicVram | None] = lambda: None,
    ) -> None:
        self._process = process
        self._devices = devices
        self._find_torch = torch
        self._find_dynamic_vram = dynamic_vram
        self._torch: TorchMemory | None = None
        self._dynamic_vram: DynamicVram | None = None

    def open(self) -> None:
        self._process.ready()
        self._torch = self._find_torch()
        self._dynamic_vram = self._find_dynamic_vram()

    def before(self) -> Reading:
        memory, torch = self._process.memory, self._torch
        resident = None
        if memory is not None:
            resident = memory.resident()
            memory.reset_peak()
        if torch is None:
            return Reading(self._process.cpu(), resident)
        torch.reset_peak()
        return Reading(self._process.cpu(), resident, None, torch.allocated(), None, None, self._aimdo())

    def after(self) -> Reading:
        cpu = self._process.cpu()
        memory, torch = self._process.memory, self._torch
        resident = peak = None
        if memory is not None:
            resident = memory.resident()
            peak = memory.peak(resident)
        if torch is None:
            return Reading(cpu, resident, peak)
        allocated, highest, reserved = torch.figures()
        return Reading(cpu, resident, peak, allocated, highest, reserved, self._aimdo())

    def _aimdo(self) -> int | None:
        return self._dynamic_vram() if self._dynamic_vram is not None else None

    def device_memory(self) -> int | None:
        for device in self._devices:
            used = device.used_memory()
            if used is not None:
                return used
        return None

    def missing(self) -> tuple[Missing, ...]:
        told = []
        memory = self._process.memory
        if memory is not None and memory.why_no_peak is not None:
            told.append(Missing(("ram_max_exact",), memory.why_no_peak))
        if self._dynamic_vram is None:
            told.append(Missing(("aimdo_start", "aimdo_end"), "ComfyUI's dynamic VRAM is not in use"))
        return tuple(told)

    def close(self) -> None:
        self._process.close()
