"""`comfy.model_management`: interrupts, and a device that is always the processor."""

from __future__ import annotations

from enum import Enum
from typing import Any

from ..interrupts import Interrupts
from ..memory import free_bytes, total_bytes

Device = Any
Dtype = Any
BYTES_PER_MB = 1024 * 1024


class CPUState(Enum):
    GPU = 0
    CPU = 1
    MPS = 2


class VRAMState(Enum):
    DISABLED = 0
    NO_VRAM = 1
    LOW_VRAM = 2
    NORMAL_VRAM = 3
    HIGH_VRAM = 4
    SHARED = 5


def _is_not(*_: Any, **__: Any) -> bool:
    """No other kind of device, and nothing that only one of those can do."""
    return False


def _nothing(*_: Any, **__: Any) -> None:
    """There are no models, so there is nothing to unload, move or free."""


class ModelManagement:
    """There are no models, so nothing is ever loaded, moved or freed."""

    CPUState = CPUState
    VRAMState = VRAMState
    cpu_state = CPUState.CPU
    vram_state = VRAMState.DISABLED
    lowvram_available = False
    XFORMERS_IS_AVAILABLE = False
    DISABLE_SMART_MEMORY = False

    is_nvidia = is_amd = is_intel_xpu = is_ascend_npu = is_mlu = is_directml_enabled = staticmethod(_is_not)
    is_device_cuda = is_device_mps = is_device_xpu = mps_mode = staticmethod(_is_not)
    should_use_fp16 = should_use_bf16 = supports_fp8_compute = staticmethod(_is_not)
    xformers_enabled = xformers_enabled_vae = sage_attention_enabled = staticmethod(_is_not)
    flash_attention_enabled = device_supports_non_blocking = force_channels_last = staticmethod(_is_not)
    unload_all_models = cleanup_models = cleanup_models_gc = soft_empty_cache = staticmethod(_nothing)
    synchronize = staticmethod(_nothing)

    def __init__(self, interrupts: Interrupts) -> None:
        self.interrupt_current_processing = interrupts.interrupt
        self.processing_interrupted = interrupts.asked
        self.throw_exception_if_processing_interrupted = interrupts.raise_if_asked
        self.current_loaded_models: list[Any] = []

    @property
    def total_ram(self) -> float:
        return total_bytes() / BYTES_PER_MB

    total_vram = total_ram

    def get_torch_device(self) -> Device:
        import torch

        return torch.device("cpu")

    def _on_the_processor(self, *_: Any, **__: Any) -> Device:
        return self.get_torch_device()

    intermediate_device = unet_offload_device = unet_inital_load_device = _on_the_processor
    text_encoder_device = text_encoder_offload_device = text_encoder_initial_device = _on_the_processor
    vae_device = vae_offload_device = _on_the_processor

    def get_all_torch_devices(self) -> list[Device]:
        return [self.get_torch_device()]

    def intermediate_dtype(self, *_: Any, **__: Any) -> Dtype:
        import torch

        return torch.float32

    unet_dtype = vae_dtype = text_encoder_dtype = intermediate_dtype

    @staticmethod
    def dtype_size(dtype: Dtype) -> int:
        """Bytes for one value."""
        return int(dtype.itemsize)

    @staticmethod
    def get_autocast_device(dev: Device) -> str:
        return str(getattr(dev, "type", "cpu"))

    @staticmethod
    def get_torch_device_name(device: Device) -> str:
        return str(device)

    @staticmethod
    def get_total_memory(dev: Device = None, torch_total_too: bool = False) -> Any:
        total = total_bytes()
        return (total, total) if torch_total_too else total

    @staticmethod
    def get_free_memory(dev: Device = None, torch_free_too: bool = False) -> Any:
        free = free_bytes()
        return (free, free) if torch_free_too else free

    @staticmethod
    def maximum_vram_for_weights(device: Device = None) -> int:
        return total_bytes()

    @staticmethod
    def minimum_inference_memory() -> int:
        return 0

    @staticmethod
    def free_memory(memory_required: int, device: Device, *_: Any, **__: Any) -> list[Any]:
        """The models that were unloaded to make room."""
        return []

    @staticmethod
    def is_device_cpu(device: Device) -> bool:
        return getattr(device, "type", "cpu") == "cpu"

    @staticmethod
    def cpu_mode() -> bool:
        return True

    @staticmethod
    def pytorch_attention_enabled() -> bool:
        return True

    @staticmethod
    def loaded_models(only_currently_used: bool = False) -> list[Any]:
        return []
