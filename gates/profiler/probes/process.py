"""Memory and processor time of this process: from /proc on Linux, by psutil elsewhere."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from ..quantities import Missing, Opened, Quantity, Taken

RAM_COLUMNS = ("ram_start", "ram_max", "ram_end", "ram_peak")
CLOSE_ENOUGH = 1 << 20  # bytes: a peak this near to what is resident anyway needs no better reading


class Memory:
    """Resident memory of the process: what a system tells by the least of means."""

    why_no_peak: str | None = None

    def __init__(self, cpu: Callable[[], int] = time.process_time_ns) -> None:
        self.cpu = cpu

    def resident(self) -> int | None:
        return None

    def sampled(self) -> int | None:
        """`resident`, by the way that costs least where a thread has just been woken."""
        return self.resident()

    def begin(self) -> tuple[int, int | None]:
        """ns of processor time, bytes resident; the peak counts from here."""
        return self.cpu(), self.resident()

    def finish(self) -> tuple[int, int | None, int | None]:
        """The same, and the peak since `begin` where the system keeps one that can be reset."""
        return self.cpu(), self.resident(), None

    def close(self) -> None:
        return


class LinuxMemory(Memory):
    """By open files in /proc, whose reading costs a microsecond or two.

    They are read without letting go of the interpreter's lock: handing it to a busy thread and waiting to get
    it back would cost milliseconds. `getrusage` tells the same peak as VmHWM at a tenth of the price, but
    never less than the process held before it became this program; below that floor VmHWM is read.
    """

    def __init__(self, proc: str = "/proc/self") -> None:
        import resource

        super().__init__()
        self._getrusage = resource.getrusage
        self._proc = proc
        self._page = os.sysconf("SC_PAGE_SIZE")
        self._files: dict[str, KeptFile] = {}
        self._exact_from = 0
        self._resets = False

    def open(self) -> None:
        """Raises OSError where /proc cannot be read."""
        self._files["statm"] = KeptFile(f"{self._proc}/statm", os.O_RDONLY)
        self._files["status"] = KeptFile(f"{self._proc}/status", os.O_RDONLY, 4096)
        try:
            self._files["clear_refs"] = KeptFile(f"{self._proc}/clear_refs", os.O_WRONLY)
            self._resets = self._files["clear_refs"].write_five()
        except OSError as error:
            self.why_no_peak = f"the system does not let the peak be reset: {error.strerror}"
        told, high_water = self._usage()[1], self._high_water()
        # At or below a floor that was in force here, `getrusage` may tell the floor.
        self._exact_from = told if high_water is not None and told <= high_water else told + 1

    def resident(self) -> int:
        return int(self._files["statm"].read().split(b" ", 2)[1]) * self._page

    def sampled(self) -> int:
        return int(self._files["statm"].read_released().split(b" ", 2)[1]) * self._page

    def begin(self) -> tuple[int, int | None]:
        if self._resets:
            self._files["clear_refs"].write_five()
            cpu, peak = self._usage()
            if peak >= self._exact_from:
                return cpu, peak  # just reset, so it is what is resident now
            return cpu, self.resident()
        return self._usage()[0], self.resident()

    def finish(self) -> tuple[int, int | None, int | None]:
        cpu, peak = self._usage()
        resident = self.resident()
        if not self._resets:
            return cpu, resident, None
        if peak >= self._exact_from or peak - resident < CLOSE_ENOUGH:
            return cpu, resident, max(peak, resident)
        return cpu, resident, self._high_water()

    def _usage(self) -> tuple[int, int]:
        told = self._getrusage(0)
        return int((told[0] + told[1]) * 1e9), told[2] * 1024

    def _high_water(self) -> int | None:
        text = self._files["status"].read()
        begin = text.find(b"VmHWM:")
        return int(text[begin + 6 : text.index(b"kB", begin)]) * 1024 if begin >= 0 else None

    def close(self) -> None:
        files, self._files = self._files, {}
        for file in files.values():
            file.close()


class KeptFile:
    """A small file of the system, held open; one call reads it and keeps the interpreter's lock."""

    def __init__(self, path: str, mode: int, most: int = 128) -> None:
        self._file = os.open(path, mode)
        self._bytes = bytearray(most)
        self._most = most - 1
        self._buffer = (ctypes.c_char * most).from_buffer(self._bytes)
        library = ctypes.PyDLL(None)
        self._pread, self._pwrite = library.pread, library.pwrite

    def read(self) -> bytearray:
        """The bytes read, and what an earlier, longer reading left behind them."""
        if self._pread(self._file, self._buffer, self._most, 0) <= 0:
            raise OSError("cannot be read any more")
        return self._bytes

    def read_released(self) -> bytes:
        """Lets go of the lock, so it is none for the prompt thread; on cold caches it costs half as much."""
        return os.pread(self._file, self._most, 0)

    def write_five(self) -> bool:
        return bool(self._pwrite(self._file, b"5", 1, 0) == 1)

    def close(self) -> None:
        os.close(self._file)


class PsutilMemory(Memory):
    why_no_peak = "this system keeps no peak that can be reset, so it is sampled"

    def __init__(self, process: Any) -> None:
        super().__init__()
        self._process = process

    def resident(self) -> int:
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
    ) -> None:
        self.memory = Memory()
        self._platform = platform
        self._proc = proc
        self._door = door
        self._missing: tuple[Missing, ...] = ()
        self._ready = False

    def ready(self) -> None:
        """Find what tells the memory; opens what it has to hold open. Does nothing the second time."""
        if self._ready:
            return
        self._ready = True
        self.memory, why = self._found()
        if why is not None:
            self._missing = (Missing(RAM_COLUMNS, why, "python -m pip install psutil"),)

    def _found(self) -> tuple[Memory, str | None]:
        why = "psutil is not installed"
        if self._platform.startswith("linux"):
            linux = LinuxMemory(self._proc)
            try:
                linux.open()
                return linux, None
            except OSError as error:
                linux.close()
                why = f"/proc cannot be read: {error.strerror}"
        try:
            return PsutilMemory(self._door()), None
        except Exception as error:
            return Memory(), f"{why} ({error})"

    def open(self) -> Opened:
        self.ready()
        found = [Quantity("cpu_time", "ns", "clock")]
        if not self._missing:
            source = "statm" if isinstance(self.memory, LinuxMemory) else "psutil"
            found.append(Quantity("ram", "bytes", source))
        return Opened(tuple(found))

    def sample(self, now: int, slow: bool) -> Iterable[Taken]:
        cpu = ("cpu_time", now, self.memory.cpu())
        return (cpu,) if self._missing else (cpu, ("ram", now, self.memory.sampled()))

    def missing(self) -> tuple[Missing, ...]:
        return self._missing

    def close(self) -> None:
        memory, self.memory = self.memory, Memory()
        self._missing, self._ready = (), False
        memory.close()
