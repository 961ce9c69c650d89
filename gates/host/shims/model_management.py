"""`comfy.model_management`: interrupts, and a device that is always the processor."""

from __future__ import annotations

from typing import Any

from ..interrupts import Interrupts
from ..memory import free_bytes, total_bytes

Device = Any
Dtype = Any


class ModelManagement:
    """There are no models, so nothing is ever loaded, moved or freed."""

    def __init__(self, interrupts: Interrupts) -> None:
        self.interrupt_current_processing = interrupts.interrupt
        self.processing_interrupted = interrupts.asked
        self.throw_exception_if_processing_interrupted = interrupts.raise_if_asked

    def get_torch_device(self) -> Device:
        import torch

        return torch.device("cpu")

    def intermediate_device(self) -> Device:
        return self.get_torch_device()

    def unet_offload_device(self) -> Device:
        return self.get_torch_device()

    def text_encoder_device(self) -> Device:
        return self.get_torch_device()

    def vae_device(self) -> Device:
        return self.get_torch_device()

    def intermediate_dtype(self) -> Dtype:
        import torch

        return torch.float32

    def get_torch_device_name(self, device: Device) -> str:
        return str(device)

    def get_total_memory(self, dev: Device = None, torch_total_too: bool = False) -> Any:
        total = total_bytes()
        return (total, total) if torch_total_too else total

    def get_free_memory(self, dev: Device = None, torch_free_too: bool = False) -> Any:
        free = free_bytes()
        return (free, free) if torch_free_too else free

    def is_device_cpu(self, device: Device) -> bool:
        return getattr(device, "type", "cpu") == "cpu"

    def loaded_models(self, only_currently_used: bool = False) -> list[Any]:
        return []

    def unload_all_models(self) -> None:
        """There are none."""

    def soft_empty_cache(self, force: bool = False) -> None:
        """There is no cache of a device."""
