"""`comfy.utils.ProgressBar`: how nodes say how far they are."""

from __future__ import annotations

import time
from typing import Any

from ..frames import Preview
from ..running.progress import BarHook

# A node may call thousands of times a second; the page needs a few.
LEAST_SECONDS = 0.1
LEAST_PERCENT = 0.5


class BarHooks:
    """Who hears of every bar of this host."""

    def __init__(self, hook: BarHook | None) -> None:
        self.hook = hook
        self.PROGRESS_BAR_ENABLED = True

    def set_progress_bar_enabled(self, enabled: bool) -> None:
        self.PROGRESS_BAR_ENABLED = enabled

    def set_progress_bar_global_hook(self, function: BarHook | None) -> None:
        self.hook = function

    def make_bar_class(self) -> type[Any]:
        hooks = self

        class ProgressBar(Bar):
            def __init__(self, total: float, node_id: str | None = None) -> None:
                super().__init__(total, hooks.hook, node_id)

        return ProgressBar


class Bar:
    def __init__(self, total: float, hook: BarHook | None, node_id: str | None = None) -> None:
        self.total = total
        self.current: float = 0
        self.hook = hook
        self.node_id = node_id
        self._told_at = 0.0
        self._told_value: float | None = None

    def update(self, value: float) -> None:
        self.update_absolute(self.current + value)

    def update_absolute(
        self, value: float, total: float | None = None, preview: Preview | None = None
    ) -> None:
        if total is not None:
            self.total = total
        self.current = min(value, self.total)
        if self.hook is not None and (preview is not None or self._worth_telling()):
            self.hook(self.current, self.total, preview, node_id=self.node_id)
            self._told_at = time.perf_counter()
            self._told_value = self.current

    def _worth_telling(self) -> bool:
        if self._told_value is None or self.current >= self.total:
            return True
        percent = 100 * (self.current - self._told_value) / self.total
        return percent >= LEAST_PERCENT and time.perf_counter() - self._told_at >= LEAST_SECONDS
