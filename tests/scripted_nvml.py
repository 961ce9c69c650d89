"""NVIDIA's library as a script: the same names as `pynvml`, answers and failures as a test wants them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

GIB = 1 << 30
CODES = {
    "UNINITIALIZED": 1,
    "INVALID_ARGUMENT": 2,
    "NOT_SUPPORTED": 3,
    "NO_PERMISSION": 4,
    "NOT_FOUND": 6,
    "INSUFFICIENT_SIZE": 7,
    "DRIVER_NOT_LOADED": 9,
    "TIMEOUT": 10,
    "IRQ_ISSUE": 11,
    "LIBRARY_NOT_FOUND": 12,
    "FUNCTION_NOT_FOUND": 13,
    "GPU_IS_LOST": 15,
    "RESET_REQUIRED": 16,
    "LIB_RM_VERSION_MISMATCH": 18,
    "IN_USE": 19,
    "MEMORY": 20,
    "NO_DATA": 21,
    "ARGUMENT_VERSION_MISMATCH": 25,
    "UNKNOWN": 999,
}


class NVMLError(Exception):
    def __init__(self, value: int) -> None:
        super().__init__(next(name for name, code in CODES.items() if code == value))
        self.value = value


@dataclass
class Memory:
    total: int
    free: int
    used: int
    reserved: int | None = None


@dataclass
class Value:
    uiVal: int


@dataclass
class LoadSample:
    timeStamp: int
    sampleValue: Value


@dataclass
class Rates:
    gpu: int
    memory: int = 0


@dataclass
class ScriptedNvml:
    """`fails[function]` names the error that it raises; `lacks` the functions that this version has not."""

    uuids: tuple[str, ...] = ("GPU-abc",)
    total: int = 80 * GIB
    used: int = 2 * GIB
    reserved: int = GIB // 2
    samples: list[tuple[int, int]] = field(default_factory=list)  # (µs, %)
    load: int = 7
    watts: float = 100.0
    energy: int = 5000
    fails: dict[str, str] = field(default_factory=dict)
    lacks: set[str] = field(default_factory=set)
    calls: Counter[str] = field(default_factory=Counter)
    started: int = 0

    NVML_GPU_UTILIZATION_SAMPLES = 1
    NVML_TEMPERATURE_GPU = 0
    nvmlMemory_v2 = 0x02000028

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("NVML_ERROR_"):
            return CODES[name.removeprefix("NVML_ERROR_")]
        if name.startswith("nvml"):
            if name in object.__getattribute__(self, "lacks"):
                raise AttributeError(name)
            self.calls[name] += 1
            if name in self.fails:
                error = NVMLError(CODES[self.fails[name]])

                def failing(*_: Any, **__: Any) -> Any:
                    raise error

                return failing
        return object.__getattribute__(self, name)

    def nvmlInit(self) -> None:
        self.started += 1

    def nvmlShutdown(self) -> None:
        self.started -= 1

    def nvmlDeviceGetCount(self) -> int:
        return len(self.uuids)

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> str:
        if uuid not in self.uuids:
            raise NVMLError(CODES["NOT_FOUND"])
        return uuid

    def nvmlDeviceGetHandleByPciBusId(self, bus: str) -> str:
        if bus != "00000000:0a:00.0":
            raise NVMLError(CODES["NOT_FOUND"])
        return self.uuids[-1]

    def nvmlDeviceGetHandleByIndex(self, index: int) -> str:
        return self.uuids[index]

    def nvmlDeviceGetName(self, handle: str) -> bytes:
        return b"Scripted 9000"

    def nvmlDeviceGetUUID(self, handle: str) -> str:
        return handle

    def nvmlDeviceGetMemoryInfo(self, handle: str, version: int | None = None) -> Memory:
        if version is not None and "memory_v2" in self.fails:
            raise NVMLError(CODES[self.fails["memory_v2"]])
        reserved = self.reserved if version is not None else None
        return Memory(self.total, self.total - self.used, self.used, reserved)

    def nvmlDeviceGetSamples(self, handle: str, kind: int, since: int) -> tuple[int, list[LoadSample]]:
        fresh = [LoadSample(at, Value(load)) for at, load in self.samples if at > since]
        if not fresh:
            raise NVMLError(CODES["NOT_FOUND"])
        return 1, fresh

    def nvmlDeviceGetUtilizationRates(self, handle: str) -> Rates:
        return Rates(self.load)

    def nvmlDeviceGetPowerUsage(self, handle: str) -> int:
        return int(self.watts * 1000)

    def nvmlDeviceGetTemperature(self, handle: str, kind: int) -> int:
        return 55

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: str) -> int:
        return self.energy

    def nvmlSystemGetDriverVersion(self) -> str:
        return "600.1"
