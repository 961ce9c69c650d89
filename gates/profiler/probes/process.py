"""Memory and processor time of this process: from /proc on Linux, by psutil elsewhere."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from ..quantities import Missing, Opened, Quantity, Sample

RAM_COLUMNS = ("ram_start", "ram_max", "ram_end", "ram_peak")
CLOSE_ENOUGH = 1 << 20  # bytes: a peak this near to what is resident anyway needs no better reading


class Memory:
    """Resident memory now, and its highest since the last reset where the system keeps that."""

    why_no_peak: str | None = None

    def open(self) -> None: ...
    def resident(self) -> int | None: ...
    def reset_peak(self) -> None: ...
    def peak(self, resident: int | None) -> int | None: ...
    def close(self) -> None: ...


class LinuxMemory(Memory):
    """By open files in /proc, whose reading costs microseconds.

    `getrusage` tells the same peak as VmHWM at a tenth of the price, but never less than the process held
    before it became this program; below that floor VmHWM is read.
    """

    def __init__(self, proc: str = "/proc/self") -> None:
        self._proc = proc
        self._page = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
        self._files: dict[str, int] = {}
        self._floor: int | None = None

    def open(self) -> None:
        if self._files:
            return
        self._files["statm"] = os.open(f"{self._proc}/statm", os.O_RDONLY)
        self._files["status"] = os.open(f"{self._proc}/status", os.O_RDONLY)
        try:
            self._files["clear_refs"] = os.open(f"{self._proc}/clear_refs", os.O_WRONLY)
            self.reset_peak()
        except OSError as error:
            self.why_no_peak = f"the system does not let the peak be reset: {error.strerror}"
            self._close("clear_refs")
        self._floor = max_resident()

    def resident(self) -> int | None:
        return int(os.pread(self._files["statm"], 64, 0).split(b" ", 2)[1]) * self._page

    def reset_peak(self) -> None:
        if "clear_refs" in self._files:
            os.pwrite(self._files["clear_refs"], b"5", 0)

    def peak(self, resident: int | None) -> int | None:
        if "clear_refs" not in self._files or self._floor is None:
            return None
        told = max_resident()
        if told > self._floor or told - (resident or 0) < CLOSE_ENOUGH:
            return told
        return self._high_water()

    def _high_water(self) -> int | None:
        text = os.pread(self._files["status"], 4096, 0)
        begin = text.find(b"VmHWM:")
        return int(text[begin + 6 : text.index(b"kB", begin)]) * 1024 if begin >= 0 else None

    def close(self) -> None:
        for name in list(self._files):
            self._close(name)

    def _close(self, name: str) -> None:
        file = self._files.pop(name, None)
        if file is not None:
            os.close(file)


def max_resident() -> int:
    import resource

    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * 1024


class PsutilMemory(Memory):
    why_no_peak = "this system keeps no peak that can be reset, so it is sampled"

    def __init__(self, process: Any) -> None:
        self._process = process

    def resident(self) -> int | None:
        return int(self._process.memory_info().rss)


def psutil_process() -> Any:
    """This process as psutil sees it. Raises ImportError."""
    import psutil

    return psutil.Process()


class ProcessProbe:
    """Samples resident memory and processor time, and reads both at the edges of nodes."""

    def __init__(
        self,
        platform: str = sys.platform,
        proc: str = "/proc/self",
        door: Callable[[], Any] = psutil_process,
        cpu: Callable[[], int] = time.process_time_ns,
    ) -> None:
        self.cpu = cpu
        self.memory: Memory | None = None
        self._platform = platform
        self._proc = proc
        self._door = door
        self._missing: tuple[Missing, ...] = ()

    def ready(self) -> None:
        """Find what tells the memory; opens what it has to hold open. Does nothing the second time."""
        if self.memory is not None or self._missing:
            return
        if self._platform.startswith("linux"):
            linux = LinuxMemory(self._proc)
            try:
                linux.open()
            except OSError as error:
                linux.close()
                why = f"/proc cannot be read: {error.strerror}"
            else:
                self.memory = linux
                return
        else:
            why = "psutil is not installed"
        try:
            self.memory = PsutilMemory(self._door())
        except Exception:
            self._missing = (Missing(RAM_COLUMNS, why, "python -m pip install psutil"),)

    def open(self) -> Opened:
        self.ready()
        found = [Quantity("cpu_time", "ns", "clock")]
        if self.memory is not None:
            source = "statm" if isinstance(self.memory, LinuxMemory) else "psutil"
            found.append(Quantity("ram", "bytes", source))
        return Opened(tuple(found))

    def sample(self, now: int, slow: bool) -> Iterable[Sample]:
        yield Sample("cpu_time", now, self.cpu())
        if self.memory is not None:
            yield Sample("ram", now, self.memory.resident())

    def missing(self) -> tuple[Missing, ...]:
        return self._missing

    def close(self) -> None:
        memory, self.memory = self.memory, None
        self._missing = ()
        if memory is not None:
            memory.close()
