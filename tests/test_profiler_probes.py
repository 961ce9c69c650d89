"""What measures, held against everything that the systems below may answer."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gates.profiler.probes.amd import AmdProbe
from gates.profiler.probes.driver_clock import DriverClock
from gates.profiler.probes.edges import HOLDS, SHORT, NodeEdges
from gates.profiler.probes.nvml import ALL, MEMORY, NvmlProbe
from gates.profiler.probes.process import LinuxMemory, ProcessProbe, PsutilMemory
from gates.profiler.probes.surroundings import surroundings
from gates.profiler.probes.torch_door import Device, torch_device
from gates.profiler.probes.torch_memory import TorchMemory, TorchProbe
from gates.profiler.session import NO_READING
from tests.scripted_nvml import CODES, GIB, ScriptedNvml

NVIDIA = Device("cuda", 0, "torch's name", "abc", "00000000:0a:00.0", True)
SECOND = 1_000_000_000
WALL, BOOT = 1_700_000_000.0, 500_000.0
linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


def probe(nvml: ScriptedNvml, device: Device | None = NVIDIA) -> NvmlProbe:
    return NvmlProbe(lambda: nvml, lambda: device, lambda: WALL, lambda: BOOT)


def told(nvidia: NvmlProbe, now: int = SECOND, slow: bool = True) -> dict[str, list[float | None]]:
    found: dict[str, list[float | None]] = {}
    for sample in nvidia.sample(now, slow):
        found.setdefault(sample.name, []).append(sample.value)
    return found


def test_nothing_is_opened_before_a_run() -> None:
    nvml = ScriptedNvml()
    nvidia = probe(nvml)
    assert not nvml.calls and told(nvidia) == {} and nvidia.used_memory() is None
    nvidia.close()
    assert not nvml.calls


def test_everything_that_a_good_driver_tells() -> None:
    nvml = ScriptedNvml(samples=[(int(WALL * 1e6), 40), (int(WALL * 1e6) - 100_000, 20)])
    nvidia = probe(nvml)
    opened = nvidia.open()
    assert opened.device == "Scripted 9000 (GPU-abc)" and not opened.missing
    assert {quantity.source for quantity in opened.quantities} == {"nvml"}
    assert told(nvidia) == {
        "vram": [2 * GIB],
        "vram_reserved": [GIB // 2],
        "gpu_load": [20, 40],
        "power": [100.0],
        "temperature": [55],
        "energy": [5000],
    }
    assert nvidia.used_memory() == 2 * GIB and nvidia.missing() == ()
    nvidia.open()
    assert nvml.calls["nvmlInit"] == 1  # kept open between runs
    nvidia.close()
    assert nvml.started == 0


def test_load_is_told_by_the_driver_s_own_times_and_once() -> None:
    nvml = ScriptedNvml(samples=[(int(WALL * 1e6) - 300_000, 10), (int(WALL * 1e6), 90)])
    nvidia = probe(nvml)
    nvidia.open()
    first = [sample for sample in nvidia.sample(SECOND, False) if sample.name == "gpu_load"]
    assert [(round(each.at / SECOND, 3), each.value) for each in first] == [(0.7, 10), (1.0, 90)]
    assert "gpu_load" not in told(nvidia, SECOND + 50_000_000, False)  # not asked again so soon
    assert "gpu_load" not in told(nvidia, 2 * SECOND)  # nothing new
    nvml.samples.append((int(WALL * 1e6) + 1, 250))
    assert told(nvidia, 3 * SECOND)["gpu_load"] == [None]  # nonsense


@pytest.mark.parametrize(
    ("stamp", "at"),
    [
        (int(WALL * 1e6) - 200_000, 9.8),  # since 1970
        (int(BOOT * 1e6) - 200_000, 9.8),  # since the machine began
        (77, 10.0),  # since who knows when
        (int(WALL * 1e6) + 5_000_000, 10.0),  # never in the future
    ],
)
def test_clocks_of_drivers(stamp: int, at: float) -> None:
    clock = DriverClock(lambda: WALL, lambda: BOOT)
    assert clock.ns(stamp, 10 * SECOND) == pytest.approx(at * SECOND, abs=1e6)


@pytest.mark.parametrize(
    ("device", "uuids", "fails", "asked"),
    [
        (NVIDIA, ("GPU-xyz", "GPU-abc"), {}, "GPU-abc"),
        (Device("cuda", 0, "n", "GPU-abc"), ("GPU-abc",), {}, "GPU-abc"),
        (Device("cuda", 0, "n", "abc"), ("MIG-abc",), {}, "MIG-abc"),
        (NVIDIA, ("GPU-xyz", "GPU-bus"), {}, "GPU-bus"),
        (Device("cuda", 0, "n", None, None, True), ("GPU-one",), {}, "GPU-one"),
        (Device("cuda", 1, "n", None, None, False), ("GPU-one", "GPU-two"), {}, None),
        (Device("cuda", 0, "n", None, None, True), ("GPU-one", "GPU-two"), {}, None),
        (Device("cuda", 0, "n", None, None, True), ("GPU-one",), {"nvmlDeviceGetCount": "UNKNOWN"}, None),
    ],
)
def test_the_device_is_the_one_that_torch_uses(
    device: Device, uuids: tuple[str, ...], fails: dict[str, str], asked: str | None
) -> None:
    opened = probe(ScriptedNvml(uuids=uuids, fails=fails), device).open()
    assert (opened.device == f"Scripted 9000 ({asked})") if asked else bool(opened.missing)


def test_a_missing_package_is_told_with_what_installs_it() -> None:
    def door() -> Any:
        raise ImportError("pynvml")

    (missing,) = NvmlProbe(door, lambda: NVIDIA).open().missing
    assert missing.columns == ALL and missing.install == "python -m pip install nvidia-ml-py"


@pytest.mark.parametrize("device", [None, Device("mps", 0, "Apple GPU"), Device("rocm", 0, "Radeon")])
def test_other_devices_are_none_of_nvidia_s(device: Device | None) -> None:
    nvml = ScriptedNvml()
    assert probe(nvml, device).open().missing[0].columns == ALL and not nvml.calls


@pytest.mark.parametrize("code", ["DRIVER_NOT_LOADED", "LIBRARY_NOT_FOUND", "NO_PERMISSION", "UNKNOWN"])
def test_a_library_that_does_not_start(code: str) -> None:
    (missing,) = probe(ScriptedNvml(fails={"nvmlInit": code})).open().missing
    assert code in missing.why


@pytest.mark.parametrize(
    "code", ["NOT_SUPPORTED", "FUNCTION_NOT_FOUND", "UNKNOWN", "ARGUMENT_VERSION_MISMATCH"]
)
def test_memory_falls_back_to_its_first_version(code: str) -> None:
    nvidia = probe(ScriptedNvml(fails={"memory_v2": code}))
    nvidia.open()
    for _ in range(2):
        found = told(nvidia)
        assert found["vram"] == [2 * GIB] and "vram_reserved" not in found


LOST = ("UNINITIALIZED", "GPU_IS_LOST", "RESET_REQUIRED", "DRIVER_NOT_LOADED", "LIB_RM_VERSION_MISMATCH")
NEVER = ("NOT_SUPPORTED", "NO_PERMISSION", "FUNCTION_NOT_FOUND", "INVALID_ARGUMENT")
FUNCTIONS = {
    "vram": "nvmlDeviceGetMemoryInfo",
    "power": "nvmlDeviceGetPowerUsage",
    "temperature": "nvmlDeviceGetTemperature",
    "energy": "nvmlDeviceGetTotalEnergyConsumption",
}


@pytest.mark.parametrize("code", sorted(CODES))
@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_failure_of_every_function(name: str, code: str) -> None:
    nvml = ScriptedNvml(fails={FUNCTIONS[name]: code})
    nvidia = probe(nvml)
    nvidia.open()
    found = told(nvidia)
    missing = {column for each in nvidia.missing() for column in each.columns}
    if code in LOST:
        assert missing == set(ALL) and told(nvidia) == {}
        nvml.fails.clear()
        nvidia.open()  # the next run begins anew
        assert told(nvidia)["vram"] == [2 * GIB] and nvml.calls["nvmlInit"] == 2
        return
    assert all(found[other] for other in FUNCTIONS if other != name)
    if code in NEVER or code == "ARGUMENT_VERSION_MISMATCH":
        assert name not in found and missing
    elif code not in ("NOT_FOUND", "NO_DATA"):
        assert found[name] == [None] and not missing
        for _ in range(20):
            told(nvidia)
        assert nvidia.missing() and name not in told(nvidia)


@pytest.mark.parametrize("code", ["NOT_SUPPORTED", "INVALID_ARGUMENT", "UNKNOWN"])
def test_load_is_polled_where_the_driver_keeps_no_samples(code: str) -> None:
    nvidia = probe(ScriptedNvml(fails={"nvmlDeviceGetSamples": code}))
    nvidia.open()
    assert told(nvidia)["gpu_load"] == [7]


def test_load_may_not_be_known_at_all() -> None:
    nothing = {"nvmlDeviceGetSamples": "NOT_SUPPORTED", "nvmlDeviceGetUtilizationRates": "NOT_SUPPORTED"}
    nvidia = probe(ScriptedNvml(fails=nothing))  # a slice of a device
    nvidia.open()
    assert "gpu_load" not in told(nvidia)
    assert [each.columns for each in nvidia.missing()] == [("gpu_load_max", "gpu_load_avg")]


def test_functions_that_this_version_lacks() -> None:
    nvml = ScriptedNvml(lacks={"nvmlDeviceGetTotalEnergyConsumption", "nvmlMemory_v2"})
    nvidia = probe(nvml)
    nvidia.open()
    found = told(nvidia)
    assert found["vram"] == [2 * GIB] and "energy" not in found


def test_asking_from_the_prompt_thread_may_fail() -> None:
    nvml = ScriptedNvml()
    nvidia = probe(nvml)
    nvidia.open()
    nvml.fails = {"nvmlDeviceGetMemoryInfo": "GPU_IS_LOST"}
    with pytest.raises(Exception, match="GPU_IS_LOST"):
        nvidia.used_memory()  # the engine notes it; the sampler finds out for itself
    assert told(nvidia) == {} and nvidia.used_memory() is None
    assert nvidia.missing()[0].columns[:4] == MEMORY


class FakeBackend:
    """A device's memory as torch tells it."""

    def __init__(self, nested: bool = True) -> None:
        self.now, self.peak, self.reserved = 100, 400, 1000
        if nested:
            self.memory_stats_as_nested_dict = self.nested

    def is_initialized(self) -> bool:
        return True

    def current_device(self) -> int:
        return 0

    def device_count(self) -> int:
        return 1

    def get_device_name(self, index: int) -> str:
        return "Arc"

    def get_device_properties(self, index: int) -> Any:
        return SimpleNamespace(name="H9", uuid="abc", pci_domain_id=0, pci_bus_id=10, pci_device_id=0)

    def get_allocator_backend(self) -> str:
        return "native"

    def reset_peak_memory_stats(self, index: int) -> None:
        self.peak = self.now

    def nested(self, index: int) -> Any:
        used = {"all": {"current": self.now, "peak": self.peak}}
        return {"allocated_bytes": used, "reserved_bytes": {"all": {"peak": self.reserved}}}

    def memory_allocated(self, index: int) -> int:
        return self.now

    def max_memory_allocated(self, index: int) -> int:
        return self.peak

    def max_memory_reserved(self, index: int) -> int:
        return self.reserved

    def memory_reserved(self, index: int) -> int:
        return self.reserved


class Off:
    @staticmethod
    def is_initialized() -> bool:
        return False


class FakeTorch:
    __version__ = "9.9"

    def __init__(self, kind: str, nested: bool = True) -> None:
        self.version = SimpleNamespace(cuda="13", hip="7" if kind == "rocm" else None)
        self.cuda: Any = FakeBackend(nested) if kind in ("cuda", "rocm") else Off()
        self.xpu: Any = FakeBackend(nested) if kind == "xpu" else Off()
        self.backends = SimpleNamespace(mps=SimpleNamespace(is_available=lambda: kind == "mps"))
        self.mps = SimpleNamespace(current_allocated_memory=lambda: 5, driver_allocated_memory=lambda: 9)


@pytest.mark.parametrize("nested", [True, False])
@pytest.mark.parametrize("kind", ["cuda", "rocm", "xpu", "mps"])
def test_torch_tells_of_every_device_that_it_knows(kind: str, nested: bool) -> None:
    torch = FakeTorch(kind, nested)
    device = torch_device(torch)
    assert device is not None and device.kind == kind
    memory = TorchMemory(torch, device)
    memory.reset_peak()
    assert memory.figures() == ((5, None, None) if kind == "mps" else (100, 100, 1000))
    probe = TorchProbe(lambda: torch)
    (quantity,) = probe.open().quantities
    assert (quantity.name, quantity.source) == ("vram", {"xpu": "xpu", "mps": "mps"}.get(kind, "torch"))
    assert [sample.value for sample in probe.sample(1, False)] == [9 if kind == "mps" else 1000]


@pytest.mark.parametrize("torch", [None, FakeTorch("none")])
def test_without_a_device_torch_tells_nothing(torch: Any) -> None:
    assert torch_device(torch) is None
    probe = TorchProbe(lambda: torch)
    opened = probe.open()
    assert not opened.quantities and opened.missing[0].why and list(probe.sample(1, True)) == []


def test_where_a_device_lies_on_the_bus() -> None:
    device = torch_device(FakeTorch("cuda"))
    assert device is not None and (device.uuid, device.bus_id) == ("abc", "00000000:0a:00.0")


def test_amd_by_what_linux_shows(tmp_path: Path) -> None:
    folder = tmp_path / "0000:0a:00.0"
    folder.mkdir()
    (folder / "mem_info_vram_used").write_text("12345\n")
    (folder / "gpu_busy_percent").write_text("37\n")
    device = Device("rocm", 0, "Radeon", None, "00000000:0a:00.0")
    amd = AmdProbe(lambda: device, tmp_path)
    assert {quantity.source for quantity in amd.open().quantities} == {"sysfs"}
    assert {s.name: s.value for s in amd.sample(1, False)} == {"vram": 12345, "gpu_load": 37}
    assert amd.used_memory() == 12345
    (folder / "gpu_busy_percent").write_text("?")
    assert [s.name for s in amd.sample(1, False)] == ["vram"] and amd.missing()
    assert AmdProbe(lambda: Device("rocm", 0, "Radeon"), tmp_path).open().missing
    assert AmdProbe(lambda: NVIDIA, tmp_path).open().quantities == ()


@linux_only
def test_memory_of_the_process_with_its_exact_peak() -> None:
    memory = LinuxMemory()
    memory.open()
    try:
        if memory.why_no_peak is not None:
            pytest.skip(f"this system: {memory.why_no_peak}")
        cpu, before = memory.begin()
        block = bytearray(200 << 20)
        block[::4096] = b"x" * len(block[::4096])
        del block
        later, after, peak = memory.finish()
        assert before and after and peak and later >= cpu > 0
        assert 190 << 20 < peak - before < 260 << 20 and after - before < 60 << 20
        _, before = memory.begin()
        _, _, peak = memory.finish()
        assert before and peak and peak - before < 60 << 20
    finally:
        memory.close()


@linux_only
def test_the_peak_below_an_inherited_floor_is_read_elsewhere() -> None:
    memory = LinuxMemory()
    memory.open()
    try:
        memory._exact_from = 1 << 50
        _, before = memory.begin()
        _, _, peak = memory.finish()
        assert before and peak and abs(peak - before) < 60 << 20
    finally:
        memory.close()


def test_a_peak_that_cannot_be_reset_is_not_told(tmp_path: Path) -> None:
    if not hasattr(os, "sysconf"):
        pytest.skip("needs the page size")
    (tmp_path / "statm").write_text("10 3 1 1 0 1 0\n")
    (tmp_path / "status").write_text("VmHWM:\t 4 kB\n")
    memory = LinuxMemory(str(tmp_path))
    memory.open()
    try:
        assert memory.why_no_peak is not None
        _, resident = memory.begin()
        assert resident == 3 * os.sysconf("SC_PAGE_SIZE") and memory.finish()[1:] == (resident, None)
    finally:
        memory.close()


def no_psutil() -> Any:
    raise ImportError("psutil")


def test_without_proc_psutil_tells_and_without_that_nobody(tmp_path: Path) -> None:
    process = SimpleNamespace(memory_info=lambda: SimpleNamespace(rss=77))
    other = ProcessProbe("darwin", door=lambda: process)
    assert {quantity.source for quantity in other.open().quantities} == {"clock", "psutil"}
    assert isinstance(other.memory, PsutilMemory)
    assert ("ram", 1, 77) in other.sample(1, False) and not other.missing()
    for platform in ("win32", "linux"):
        bare = ProcessProbe(platform, str(tmp_path / "none"), no_psutil)
        assert [quantity.name for quantity in bare.open().quantities] == ["cpu_time"]
        assert bare.missing()[0].install == "python -m pip install psutil"
        assert [name for name, _, _ in bare.sample(1, False)] == ["cpu_time"]
        assert bare.memory.finish()[1:] == (None, None)
        bare.close()


def test_short_nodes_are_not_weighed_and_long_ones_always() -> None:
    process = SimpleNamespace(memory_info=lambda: SimpleNamespace(rss=77))
    edges = NodeEdges(ProcessProbe("darwin", door=lambda: process), torch=lambda: None)
    edges.open()
    first = edges.before(0)
    assert first.ram == 77 and edges.after(10, SHORT - 1) is NO_READING
    process.memory_info = lambda: SimpleNamespace(rss=88)
    assert edges.before(HOLDS - 1).ram == 77  # still holds
    assert edges.after(HOLDS, SHORT).ram == 88
    process.memory_info = lambda: SimpleNamespace(rss=99)
    assert edges.before(HOLDS + 1).ram == 99  # after a long one it never does
    edges.close()


def test_the_edges_read_torch_exactly_and_the_device_where_it_answers() -> None:
    torch = FakeTorch("cuda")
    device = torch_device(torch)
    assert device is not None
    nvidia = probe(ScriptedNvml())
    nvidia.open()
    amd = AmdProbe(lambda: None)
    edges = NodeEdges(
        ProcessProbe("darwin", door=no_psutil),
        (amd, nvidia),
        lambda: TorchMemory(torch, device),
        lambda: lambda: 12,
    )
    edges.open()
    before = edges.before(0)
    torch.cuda.peak = 900
    after = edges.after(1, 1)
    assert (before.torch, before.aimdo, after.torch_peak, after.torch_reserved_peak) == (100, 12, 900, 1000)
    assert after.cpu is None and after.aimdo == 12
    assert edges.device_memory() == 2 * GIB


def test_what_torch_and_the_driver_say_of_themselves() -> None:
    nvml = ScriptedNvml()
    said = surroundings(lambda: FakeTorch("cuda"), lambda: nvml)
    assert said["torch"] == {"version": "9.9", "cuda": "13", "hip": None, "allocator": "native"}
    assert said["device"] == {"kind": "cuda", "name": "H9", "uuid": "abc"}
    assert said["driver"] == "600.1" and nvml.started == 0
    assert surroundings(lambda: None, no_psutil) == {"torch": None, "device": None, "driver": None}
    assert surroundings(lambda: FakeTorch("cuda"), no_psutil)["driver"] is None
