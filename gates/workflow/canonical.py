"""One hash for prompts that mean the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def canonical_hash(prompt: Mapping[str, Any]) -> str:
    """64 hex digits; the same for another order of keys, other titles and other node ids."""
    raise NotImplementedError
