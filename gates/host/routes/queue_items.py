"""Queue items as they are shown: number, id, prompt, extra data, outputs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

SHOWN_PARTS = 5


def shown(items: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [item[:SHOWN_PARTS] for item in items]
