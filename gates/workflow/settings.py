"""Values set from outside: `NODE.INPUT=VALUE`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def apply(prompt: Mapping[str, Any], settings: Iterable[str]) -> dict[str, Any]:
    """A copy of a prompt in API format with each `NODE.INPUT=VALUE` set.

    NODE is an id, or a title or class that one node alone has. VALUE is JSON where it can be read as such,
    else text.
    """
    raise NotImplementedError
