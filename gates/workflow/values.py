"""JSON values as the page reads and sends them.

The page is JavaScript: each number is a double, and NaN and the infinities leave it as null.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import Any, Final

LARGEST_EXACT = 2**53
LARGEST_PLAIN = 1e21  # from here on JavaScript writes an exponent


class Unset(Enum):
    """A value that JavaScript calls undefined: it is not sent at all. A copy of it is itself."""

    UNSET = "undefined"


UNSET: Final = Unset.UNSET


def as_page_reads(value: Any) -> Any:
    """A copy of a JSON value after a way through the page: 2.0 is 2, a seed beyond 2**53 loses digits."""
    if isinstance(value, Mapping):
        return {str(key): as_page_reads(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [as_page_reads(one) for one in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return _number(value)


def _number(value: int | float) -> int | float | None:
    if isinstance(value, int) and abs(value) <= LARGEST_EXACT:
        return value
    try:
        double = float(value)
    except OverflowError:
        return None
    if not math.isfinite(double):
        return None
    if double.is_integer() and abs(double) < LARGEST_PLAIN:
        return int(Decimal(repr(double)))  # the digits that JavaScript writes, zeros behind them
    return double


def as_sent(value: Any, kind: str = "") -> Any:
    """A widget's value in a prompt. A bare list would be read as a link, so lists are wrapped."""
    if kind == "CURVE" and value is not None:
        return {"__type__": "CURVE", "__value__": value}
    return {"__value__": value} if isinstance(value, list) else value


def as_text(value: Any) -> str:
    """A value put into a text field or a file name, as JavaScript writes it."""
    if value is None or value is UNSET:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(map(as_text, value))
    return "[object Object]" if isinstance(value, Mapping) else str(value)
