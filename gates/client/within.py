"""Waiting no longer than so many seconds, without losing a cancellation."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


async def within(awaited: Awaitable[T], seconds: float | None) -> T:
    """What `awaited` gives, or asyncio.TimeoutError after `seconds`; None waits for ever.

    `asyncio.wait_for` swallows a cancellation that comes together with the result before Python 3.12, and
    whoever cancelled would wait for a task that never ends.
    """
    task = asyncio.ensure_future(awaited)
    try:
        await asyncio.wait({task}, timeout=seconds)
        if not task.done():
            raise asyncio.TimeoutError
        return task.result()
    finally:
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
