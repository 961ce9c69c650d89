"""The thread that takes prompts from the queue and runs them, one at a time."""

from __future__ import annotations

import gc
import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from .execution import PromptExecutor
from .interrupts import InterruptProcessingException
from .prompt_queue import ExecutionStatus, Item

if TYPE_CHECKING:
    from .prompt_server import PromptServer

logger = logging.getLogger("gates.host.worker")

IDLE_SECONDS = 1000.0
COLLECT_AFTER_SECONDS = 10.0
SENSITIVE_PART = 5


class Worker:
    def __init__(self, server: PromptServer) -> None:
        self._server = server
        self._queue = server.prompt_queue
        self._executor = PromptExecutor(server)
        self._thread = threading.Thread(target=self._work, name="gates-prompt-worker", daemon=True)
        self._last_collection = 0.0
        self._litter = False

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float) -> bool:
        """Interrupt what runs and wait; False if it still runs after `timeout` seconds."""
        self._queue.close()
        self._server.runtime.interrupts.interrupt()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while not self._queue.closed:
            taken = self._queue.get(timeout=self._patience())
            if taken is not None:
                self._run(*taken)
            self._heed_flags()
            self._tidy()

    def _run(self, item: Item, item_id: int) -> None:
        began = time.perf_counter()
        _, prompt_id, prompt, extra_data, outputs, sensitive = item
        self._server.last_prompt_id = prompt_id
        self._execute(prompt, prompt_id, {**extra_data, **sensitive}, outputs)
        executor = self._executor
        status = ExecutionStatus(
            "success" if executor.success else "error", executor.success, executor.status_messages
        )
        # The history is written before the last message: whoever hears that message can read it.
        self._queue.task_done(item_id, executor.history_result, status, lambda shown: shown[:SENSITIVE_PART])
        client_id = self._server.client_id
        if client_id is not None:
            self._server.send_sync("executing", {"node": None, "prompt_id": prompt_id}, client_id)
        self._litter = True
        logger.info("Prompt executed in %.2f seconds", time.perf_counter() - began)

    def _execute(
        self, prompt: dict[str, Any], prompt_id: str, extra_data: dict[str, Any], outputs: list[str]
    ) -> None:
        try:
            self._executor.execute(prompt, prompt_id, extra_data, outputs)
        except (Exception, SystemExit, InterruptProcessingException):
            # A pack's class can fail before any node runs; the next prompt must still get its turn.
            logger.exception("the prompt %s could not be run", prompt_id)
            self._executor.success = False

    def _heed_flags(self) -> None:
        if self._queue.get_flags().get("free_memory"):
            self._executor.reset()
            self._litter = True
            self._last_collection = 0.0

    def _tidy(self) -> None:
        now = time.perf_counter()
        if self._litter and now - self._last_collection > COLLECT_AFTER_SECONDS:
            gc.collect()
            self._last_collection = now
            self._litter = False

    def _patience(self) -> float:
        if not self._litter:
            return IDLE_SECONDS
        since = time.perf_counter() - self._last_collection
        return max(COLLECT_AFTER_SECONDS - since, 0.01)
