"""torch, where ComfyUI has loaded it already: never imported for our sake, never made to open a device."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Device:
    """What torch computes on. `uuid` as torch has it, without a prefix; `bus_id` as NVML wants it."""

    kind: str  # cuda, rocm, xpu or mps
    index: int
    name: str
    uuid: str | None = None
    bus_id: str | None = None
    only_one: bool = False  # torch sees no other


def loaded_torch() -> Any | None:
    if "torch" not in sys.modules:
        return None
    import torch

    return torch


def torch_device(torch: Any | None) -> Device | None:
    """None while torch has opened no device: asking it for one would open it, which costs memory."""
    if torch is None:
        return None
    cuda = getattr(torch, "cuda", None)
    if cuda is not None and cuda.is_initialized():
        return _cuda_device(torch)
    xpu = getattr(torch, "xpu", None)
    if xpu is not None and xpu.is_initialized():
        index = int(xpu.current_device())
        return Device("xpu", index, str(xpu.get_device_name(index)))
    backends = getattr(torch, "backends", None)
    mps = getattr(backends, "mps", None)
    if mps is not None and mps.is_available():
        return Device("mps", 0, "Apple GPU")
    return None


def _cuda_device(torch: Any) -> Device:
    index = int(torch.cuda.current_device())
    about = torch.cuda.get_device_properties(index)
    uuid = getattr(about, "uuid", None)
    kind = "rocm" if getattr(torch.version, "hip", None) else "cuda"
    return Device(
        kind,
        index,
        str(about.name),
        str(uuid) if uuid is not None else None,
        _bus_id(about),
        int(torch.cuda.device_count()) == 1,
    )


def _bus_id(about: Any) -> str | None:
    parts = [getattr(about, name, None) for name in ("pci_domain_id", "pci_bus_id", "pci_device_id")]
    if not all(isinstance(part, int) for part in parts):
        return None
    domain, bus, slot = (int(part) for part in parts if part is not None)
    return f"{domain:08x}:{bus:02x}:{slot:02x}.0"


def why_no_device(torch: Any | None) -> str:
    if torch is None:
        return "torch is not loaded, so no device is known"
    return "torch uses no GPU here"
