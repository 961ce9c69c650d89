"""The one thing the executor does with torch: nodes run in inference mode, once torch is there at all."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from types import TracebackType


class InferenceMode:
    """`with` it around a prompt, `enter` it after each node too: a node may be the first to import torch."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._entered = False

    def enter(self) -> None:
        torch = sys.modules.get("torch")
        if torch is None or self._entered:
            return
        self._stack.enter_context(torch.inference_mode())
        self._entered = True

    def __enter__(self) -> InferenceMode:
        self.enter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()
