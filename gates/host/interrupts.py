"""The one flag that stops the running prompt, and the exception that carries it through a node."""

from __future__ import annotations

import threading


class InterruptProcessingException(BaseException):
    """Raised inside a node when someone asked for its prompt to stop.

    No `Exception`, so that a node which handles every error does not swallow it.
    """

    __module__ = "comfy.model_management"


class Interrupts:
    """Asked for by any thread, consumed by the thread that runs nodes."""

    def __init__(self) -> None:
        self._asked = threading.Event()

    def interrupt(self, value: bool = True) -> None:
        if value:
            self._asked.set()
        else:
            self._asked.clear()

    def asked(self) -> bool:
        return self._asked.is_set()

    def raise_if_asked(self) -> None:
        """Raise once: the request is used up by the node that it stops."""
        if self._asked.is_set():
            self._asked.clear()
            raise InterruptProcessingException()
