"""What waits, what runs and what has run. Packs reach it as `PromptServer.instance.prompt_queue`."""

from __future__ import annotations

import copy
import heapq
import threading
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from .past import Past

MAXIMUM_HISTORY_SIZE = 10_000

# (number, prompt id, prompt, extra data, outputs to execute, what must never be shown)
Item = tuple[Any, ...]
Interrupt = Callable[[], None]


class QueueServer(Protocol):
    def queue_updated(self) -> None: ...


class ExecutionStatus(NamedTuple):
    status_str: str
    completed: bool
    messages: list[tuple[str, dict[str, Any]]]


# The class below has the same name for the tuple, as packs use it.
Status = ExecutionStatus


class PromptQueue:
    """A heap by number, lowest first; safe to use from any thread."""

    ExecutionStatus = ExecutionStatus

    def __init__(self, server: QueueServer, interrupt: Interrupt) -> None:
        self.server = server
        self._interrupt = interrupt
        self.mutex = threading.RLock()
        self.not_empty = threading.Condition(self.mutex)
        self.task_counter = 0
        self.queue: list[Item] = []
        self.currently_running: dict[int, Item] = {}
        self.history = Past()
        self.flags: dict[str, Any] = {}
        self._closed = False

    def put(self, item: Item) -> None:
        with self.mutex:
            heapq.heappush(self.queue, item)
            self.server.queue_updated()
            self.not_empty.notify()

    def get(self, timeout: float | None = None) -> tuple[Item, int] | None:
        """The next item and the number it runs under; None after `timeout` seconds or when closed."""
        with self.not_empty:
            self.not_empty.wait_for(lambda: self.queue or self.flags or self._closed, timeout)
            if self._closed or not self.queue:
                return None
            item = heapq.heappop(self.queue)
            number = self.task_counter
            self.task_counter += 1
            self.currently_running[number] = copy.deepcopy(item)
            self.server.queue_updated()
            return item, number

    def close(self) -> None:
        with self.mutex:
            self._closed = True
            self.not_empty.notify_all()

    @property
    def closed(self) -> bool:
        return self._closed

    def task_done(
        self,
        item_id: int,
        history_result: dict[str, Any],
        status: Status | None,
        process_item: Callable[[Item], Item] | None = None,
    ) -> None:
        with self.mutex:
            item = self.currently_running.pop(item_id)
            if len(self.history) > MAXIMUM_HISTORY_SIZE:
                self.history.pop(next(iter(self.history)))
            shown = process_item(item) if process_item is not None else item
            self.history[shown[1]] = {
                "prompt": shown,
                "outputs": {},
                "status": copy.deepcopy(status._asdict()) if status is not None else None,
                **history_result,
            }
            self.server.queue_updated()

    def get_current_queue(self) -> tuple[list[Item], list[Item]]:
        """Running and pending items; the pending ones in the order of the heap."""
        with self.mutex:
            return list(self.currently_running.values()), copy.deepcopy(self.queue)

    def get_current_queue_volatile(self) -> tuple[list[Item], list[Item]]:
        with self.mutex:
            return list(self.currently_running.values()), list(self.queue)

    def interrupt_if_running(self, prompt_id: str) -> bool:
        """Ask the prompt to stop if it is the one that runs; no other can slip in between."""
        with self.mutex:
            running = any(item[1] == prompt_id for item in self.currently_running.values())
            if running:
                self._interrupt()
            return running

    def get_tasks_remaining(self) -> int:
        with self.mutex:
            return len(self.queue) + len(self.currently_running)

    def wipe_queue(self) -> None:
        with self.mutex:
            self.queue = []
            self.server.queue_updated()

    def delete_queue_item(self, function: Callable[[Item], bool]) -> bool:
        with self.mutex:
            found = next((item for item in self.queue if function(item)), None)
            if found is None:
                return False
            self.queue = [item for item in self.queue if item is not found]
            heapq.heapify(self.queue)
            if not self.queue:
                self.server.queue_updated()  # ComfyUI tells of the last one twice
            self.server.queue_updated()
            return True

    def delete_by_id(self, prompt_id: str) -> bool:
        return self.delete_queue_item(lambda item: bool(item[1] == prompt_id))

    def get_history(
        self,
        prompt_id: str | None = None,
        max_items: int | None = None,
        offset: int = -1,
        map_function: Callable[[dict[str, Any]], Any] | None = None,
    ) -> dict[str, Any]:
        """Entries by prompt id, oldest first; with `max_items` alone the newest so many."""
        with self.mutex:
            if prompt_id is not None:
                found = [prompt_id] if prompt_id in self.history else []
            else:
                found = _window(list(self.history), max_items, offset)
            return {
                each: map_function(self.history[each]) if map_function else copy.copy(self.history[each])
                for each in found
            }

    def wipe_history(self) -> None:
        with self.mutex:
            self.history = Past()

    def delete_history_item(self, id_to_delete: str) -> None:
        with self.mutex:
            self.history.pop(id_to_delete, None)

    def set_flag(self, name: str, data: Any) -> None:
        with self.mutex:
            self.flags[name] = data
            self.not_empty.notify()

    def get_flags(self, reset: bool = True) -> dict[str, Any]:
        with self.mutex:
            flags = self.flags
            if reset:
                self.flags = {}
            return dict(flags)


def _window(ids: list[str], max_items: int | None, offset: int) -> list[str]:
    if max_items is None:
        return ids[max(offset, 0) :]
    if offset < 0:
        offset = len(ids) - max_items
    return ids[max(offset, 0) :][:max_items]
