"""The last lines of the log, kept for the frontend's log panel and sent to the tabs that watch it."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Any

Entry = dict[str, str]
Send = Callable[[str, Any, str | None], None]
TERMINAL_SIZE = {"cols": 80, "rows": 24}
KEPT_LINES = 300


class LogBuffer(logging.Handler):
    def __init__(self, capacity: int = KEPT_LINES) -> None:
        super().__init__()
        self.entries: deque[Entry] = deque(maxlen=capacity)
        self._watchers: set[str] = set()
        self._send: Send | None = None

    def emit(self, record: logging.LogRecord) -> None:
        entry = {"t": datetime.now().isoformat(), "m": self.format(record) + "\n"}
        self.entries.append(entry)
        if self._send is not None:
            for client in tuple(self._watchers):
                self._send("logs", {"entries": [entry], "size": TERMINAL_SIZE}, client)

    def send_with(self, send: Send) -> None:
        self._send = send

    def watch(self, client_id: str, enabled: bool) -> None:
        if enabled:
            self._watchers.add(client_id)
        else:
            self._watchers.discard(client_id)


def set_up_logging(buffer: LogBuffer) -> None:
    """Log to the terminal and into `buffer`; packs log through the root logger, as under ComfyUI."""
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    terminal = logging.StreamHandler()
    for handler in (terminal, buffer):
        handler.setFormatter(logging.Formatter("[%(levelname)s] %(message)s"))
        root.addHandler(handler)
