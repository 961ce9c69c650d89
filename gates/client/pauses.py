"""How long to wait before trying again. No I/O; the clock is an argument."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

from .limits import Limits


def pause_before(
    retry: int, headers: Mapping[str, str], limits: Limits, clock: Callable[[], float] = time.time
) -> float:
    """Seconds before try `retry` + 1: doubled each time, or what the server asks for, never too long."""
    asked = retry_after(headers.get("Retry-After", ""), clock())
    own = limits.backoff * 2.0 ** min(retry, 30)
    return min(max(own, asked or 0.0), limits.longest_pause)


def retry_after(header: str, now: float) -> float | None:
    """Seconds that a `Retry-After` header asks for, given in seconds or as a date; None for anything else."""
    header = header.strip()
    if header.isascii() and header.isdigit():
        return float(header[:10])
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - now)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
