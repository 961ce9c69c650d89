"""The content of many files, two at a time, with a count of what is read; it ends at once when it is left."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from ..errors import ModelChanged
from .content import content_id
from .model_files import ModelFile

WORKERS = 2  # a third one gains nothing on a fast disk, and costs on one that turns
TICK = 0.2  # s between two words of progress


@dataclass(frozen=True)
class Progress:
    """Files and bytes that are read, of those that are to be."""

    files: int
    of_files: int
    size: int
    of_size: int


Tell = Callable[[Progress], None]
Outcome = tuple[ModelFile, str | OSError | ModelChanged]


class _Stopped(Exception):
    """Ends a reading that nobody waits for any more."""


class Hashing:
    """What becomes of each file: its content, or why it could not be read."""

    def __init__(self, files: Sequence[ModelFile], tell: Tell = lambda _: None) -> None:
        self._files = files
        self._tell = tell
        self._size = 0
        self._counting = threading.Lock()
        self._stop = threading.Event()

    def outcomes(self) -> Generator[Outcome, None, None]:
        """As they come. Raises ToolMissing."""
        ready: SimpleQueue[Future[str]] = SimpleQueue()
        with ThreadPoolExecutor(WORKERS, thread_name_prefix="gates-dock-hash") as pool:
            try:
                pending = {pool.submit(content_id, file, self._read): file for file in self._files}
                for future in pending:
                    future.add_done_callback(ready.put)
                for number in range(len(pending)):
                    future = self._next(ready, number)
                    yield pending[future], _outcome(future)
            finally:
                self._stop.set()
                pool.shutdown(wait=False, cancel_futures=True)
        self._say(len(self._files))

    def _next(self, ready: SimpleQueue[Future[str]], number: int) -> Future[str]:
        while True:
            self._say(number)
            try:
                return ready.get(timeout=TICK)
            except Empty:
                continue

    def _say(self, files: int) -> None:
        of_size = sum(file.size for file in self._files)
        self._tell(Progress(files, len(self._files), self._size, of_size))

    def _read(self, size: int) -> None:
        if self._stop.is_set():
            raise _Stopped
        with self._counting:
            self._size += size


def _outcome(future: Future[str]) -> str | OSError | ModelChanged:
    error = future.exception()
    if isinstance(error, (OSError, ModelChanged)):
        return error
    return future.result()
