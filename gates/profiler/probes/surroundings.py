"""What torch and the driver say of themselves, for the fingerprint of a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .nvml_door import nvml
from .torch_door import loaded_torch, torch_device


def surroundings(
    torch_of: Callable[[], Any | None] = loaded_torch, door: Callable[[], Any] = nvml
) -> dict[str, Any]:
    """JSON values; None for what nobody could tell."""
    torch = torch_of()
    device = torch_device(torch)
    return {
        "torch": _torch(torch),
        "device": None if device is None else {"kind": device.kind, "name": device.name, "uuid": device.uuid},
        "driver": _driver(door) if device is not None and device.kind == "cuda" else None,
    }


def _torch(torch: Any | None) -> dict[str, Any] | None:
    if torch is None:
        return None
    version = getattr(torch, "version", None)
    return {
        "version": str(getattr(torch, "__version__", None)),
        "cuda": getattr(version, "cuda", None),
        "hip": getattr(version, "hip", None),
        "allocator": _allocator(torch),
    }


def _allocator(torch: Any) -> str | None:
    """native or cudaMallocAsync: they count differently, so their memory is not to be compared."""
    try:
        if not torch.cuda.is_initialized():
            return None
        return str(torch.cuda.get_allocator_backend())
    except Exception:
        return None


def _driver(door: Callable[[], Any]) -> str | None:
    try:
        library = door()
        library.nvmlInit()
        try:
            told = library.nvmlSystemGetDriverVersion()
        finally:
            library.nvmlShutdown()
    except Exception:
        return None
    return told.decode() if isinstance(told, bytes) else str(told)
