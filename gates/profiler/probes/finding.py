"""All probes, put together for the engine. Nothing is opened here."""

from __future__ import annotations

from collections.abc import Callable

from ..engine import Probes
from .amd import AmdProbe
from .edges import DynamicVram, NodeEdges
from .nvml import NvmlProbe
from .process import ProcessProbe
from .torch_door import loaded_torch, torch_device
from .torch_memory import TorchProbe


def all_probes(dynamic_vram: Callable[[], DynamicVram | None] = lambda: None) -> Probes:
    """Of those that tell the same, the first that can tell it does: the driver before torch."""
    process, nvidia, amd = ProcessProbe(), NvmlProbe(), AmdProbe()
    edges = NodeEdges(process, (nvidia, amd), dynamic_vram=dynamic_vram)
    return Probes(
        edges, (nvidia, amd, TorchProbe(), process), lambda: torch_device(loaded_torch()) is not None
    )
