"""Stopping runs that nobody waits for any more, whatever happens to those who did."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from ..errors import ServerTrouble
from .limits import Limits
from .pauses import pause_before
from .values import State
from .within import within

TRIES = 3  # a prompt that was just sent may not be queued yet


class Farewells:
    """`cancel` and `lookup` are those of a client; each farewell takes at most `limits.farewell` seconds."""

    def __init__(
        self,
        cancel: Callable[[str], Awaitable[bool]],
        lookup: Callable[[str], Awaitable[State]],
        limits: Limits,
    ) -> None:
        self._cancel = cancel
        self._lookup = lookup
        self._limits = limits
        self._tasks: set[asyncio.Task[None]] = set()

    async def stop(self, prompt_id: str) -> None:
        """Stop a run, also if whoever asked is cancelled meanwhile."""
        task = asyncio.create_task(self._within_time(prompt_id), name=f"gates client farewell {prompt_id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await asyncio.wait({task})

    async def close(self) -> None:
        """Wait for what is still being stopped."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _within_time(self, prompt_id: str) -> None:
        # A server that cannot be reached has nothing to be stopped; the caller has its own error already.
        with suppress(ServerTrouble, asyncio.TimeoutError):
            await within(self._until_stopped(prompt_id), self._limits.farewell)

    async def _until_stopped(self, prompt_id: str) -> None:
        for number in range(TRIES):
            if await self._cancel(prompt_id) or (await self._lookup(prompt_id)).is_end:
                return
            await asyncio.sleep(pause_before(number, {}, self._limits))
