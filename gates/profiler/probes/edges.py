"""What is read where a node begins and ends, on the prompt thread: microseconds, no files, no waiting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ..quantities import Missing
from ..session import NO_READING, Reading
from .process import ProcessProbe
from .torch_memory import TorchMemory, found_memory

SHORT = 1_000_000  # ns: reading memory and processor time of less would cost more than it says
HOLDS = 20_000_000  # ns
NOT_WEIGHED = ("cpu_time", "cpu_avg", "ram_start", "ram_max", "ram_end")

made = tuple.__new__  # as in the engine

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
        self._held: int | None = None  # bytes resident before the last few nodes, all of them short
        self._holds_until = 0

    def open(self) -> None:
        self._process.ready()
        self._torch = self._find_torch()
        self._dynamic_vram = self._find_dynamic_vram()
        self._held = None

    def before(self, now: int) -> Reading:
        """Among nodes that are over in no time a reading holds for a while: they cannot have changed much."""
        torch, memory = self._torch, self._process.memory
        if torch is not None:
            torch.reset_peak()
        resident = self._held
        if resident is not None and now < self._holds_until:
            cpu = memory.cpu()
        else:
            cpu, resident = memory.begin()
            self._held, self._holds_until = resident, now + HOLDS
        if torch is None:
            return made(Reading, (cpu, resident, None, None, None, None, None))
        return Reading(cpu, resident, None, torch.allocated(), None, None, self._aimdo())

    def after(self, now: int, lasted: int) -> Reading:
        read = NO_READING
        if lasted >= SHORT:
            read = Reading(*self._process.memory.finish())
            self._held = None
        if self._torch is None:
            return read
        allocated, highest, reserved = self._torch.figures()
        return Reading(*read[:3], allocated, highest, reserved, self._aimdo())

    def _aimdo(self) -> int | None:
        return self._dynamic_vram() if self._dynamic_vram is not None else None

    def device_memory(self) -> int | None:
        for device in self._devices:
            used = device.used_memory()
            if used is not None:
                return used
        return None

    def missing(self) -> tuple[Missing, ...]:
        told = [Missing(NOT_WEIGHED, "steps shorter than 1 ms are not weighed")]
        memory = self._process.memory
        if memory.why_no_peak is not None:
            told.append(Missing(("ram_source",), memory.why_no_peak))
        if self._dynamic_vram is None:
            told.append(Missing(("aimdo_start", "aimdo_end"), "ComfyUI's dynamic VRAM is not in use"))
        return tuple(told)

    def close(self) -> None:
        self._process.close()
