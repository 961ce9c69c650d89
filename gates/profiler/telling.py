"""What the pages hear while runs are on: to those who asked, ten messages a second, each of 8 KiB at most."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .records import Step

RUN_EVENT = "holaf.profiler.run"
STEP_EVENT = "holaf.profiler.step"
SECONDS_APART = 0.1  # between two messages to one page
LARGEST = 8 * 1024 - 256  # bytes of the data of one message; the rest is what the server puts around it
MOST_WAITING = 200  # messages to one page
MOST_SUBSCRIBERS = 64  # pages of one user
LONGEST_TEXT = 120  # characters of a title or an id in a row
SHOWN = (
    "node_id", "node_title", "node_type", "seq", "status", "exec_time", "wall_time", "t_start", "display_id",
    "parent_id", "vram_max", "torch_peak", "ram_max", "cpu_max", "cpu_avg", "gpu_load_max", "gpu_load_avg",
    "n_calls", "error_type",
)  # fmt: skip

Send = Callable[[str, dict[str, Any], str], None]
Later = Callable[[float, Callable[[], None]], None]


@dataclass
class Line:
    """What waits for one page. `due` while a call will come to send it."""

    sent_at: float = float("-inf")  # s of the clock
    due: bool = False
    waiting: deque[tuple[str, dict[str, Any]]] = field(default_factory=deque)


class Telling:
    """May be used from any thread. `clock` only ever goes forward, in seconds."""

    def __init__(
        self,
        send: Send,
        is_connected: Callable[[str], bool],
        later: Later,
        clock: Callable[[], float],
    ) -> None:
        self._send = send
        self._is_connected = is_connected
        self._later = later
        self._clock = clock
        self._lock = threading.Lock()
        self._lines: dict[str, Line] = {}
        self._subscribers: dict[str, dict[str, None]] = {}

    def subscribe(self, user: str, client_id: str) -> None:
        """Tell this page of the runs of a user too, for as long as its socket is open."""
        with self._lock:
            pages = self._subscribers.setdefault(user, {})
            for gone in [page for page in pages if not self._is_connected(page)]:
                del pages[gone]
            pages.pop(client_id, None)
            pages[client_id] = None
            while len(pages) > MOST_SUBSCRIBERS:
                del pages[next(iter(pages))]

    def run(self, user: str, client_id: str | None, facts: Mapping[str, Any]) -> None:
        """A run has come to another phase."""
        for page in self._listeners(user, client_id):
            self._tell(page, RUN_EVENT, dict(facts))

    def steps(
        self, user: str, client_id: str | None, about: Mapping[str, Any], steps: Iterable[Step]
    ) -> None:
        pages = self._listeners(user, client_id)
        if not pages:
            return
        for message in packed(about, [row_of(step) for step in steps]):
            for page in pages:
                self._tell(page, STEP_EVENT, message)

    def _listeners(self, user: str, client_id: str | None) -> list[str]:
        with self._lock:
            asked = [client_id] if client_id else []
            wanted = dict.fromkeys((*asked, *self._subscribers.get(user, ())))
        return [page for page in wanted if self._is_connected(page)]

    def _tell(self, page: str, event: str, data: dict[str, Any]) -> None:
        with self._lock:
            line = self._lines.setdefault(page, Line())
            _put(line.waiting, event, data)
            if line.due:
                return
            line.due = True
            wait = line.sent_at + SECONDS_APART - self._clock()
        if wait > 0:
            self._later(wait, lambda: self._flush(page))
        else:
            self._flush(page)

    def _flush(self, page: str) -> None:
        """Send the next message, and come back for the others."""
        with self._lock:
            line = self._lines[page]
            event, data = line.waiting.popleft()
            line.sent_at = self._clock()
            line.due = bool(line.waiting)
            if not line.due and len(self._lines) > MOST_SUBSCRIBERS:
                self._lines = {name: one for name, one in self._lines.items() if one.due or one is line}
            more = line.due
        self._send(event, data, page)
        if more:
            self._later(SECONDS_APART, lambda: self._flush(page))


def _put(waiting: deque[tuple[str, dict[str, Any]]], event: str, data: dict[str, Any]) -> None:
    """Rows join those of the same run that still wait; where too much waits, the oldest rows go first."""
    if event == STEP_EVENT and waiting and waiting[-1][0] == event:
        last = waiting[-1][1]
        together = {**data, "steps": [*last["steps"], *data["steps"]]}
        if last["prompt_id"] == data["prompt_id"] and size_of(together) <= LARGEST:
            waiting[-1] = (event, together)
            return
    waiting.append((event, data))
    if len(waiting) > MOST_WAITING:
        rows = next((at for at, (kind, _) in enumerate(waiting) if kind == STEP_EVENT), 0)
        del waiting[rows]


def row_of(step: Step) -> dict[str, Any]:
    """A step as a page shows it while the run is on; all of it comes with the run."""
    return {name: _short(getattr(step, name)) for name in SHOWN}


def _short(value: Any) -> Any:
    if isinstance(value, str):
        return value[:LONGEST_TEXT]
    return round(value, 6) if isinstance(value, float) else value


def packed(about: Mapping[str, Any], rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows in as many messages as are needed to keep each within LARGEST."""
    messages: list[list[dict[str, Any]]] = []
    room = 0
    head = size_of({**about, "steps": []})
    for row in rows:
        size = size_of(row) + 2
        if not messages or size > room:
            messages.append([])
            room = LARGEST - head
        messages[-1].append(row)
        room -= size
    return [{**about, "steps": each} for each in messages]


def size_of(value: Any) -> int:
    """Bytes of it as JSON, as ComfyUI sends it."""
    return len(json.dumps(value))
