"""Events that wait to be read: never more than a limit, and what a newer one makes useless goes first."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable

from .events import Event, Message, NodeText, Preview, Progress

PASSING = (Progress, Preview, NodeText, Message)  # a reader who misses some of these misses no step


def makes_useless(new: Event, old: Event) -> bool:
    """Whether nobody who is late needs `old` once `new` is there."""
    if isinstance(new, Preview):
        return isinstance(old, Preview)
    return isinstance(new, Progress) and isinstance(old, Progress) and new.node == old.node


def add(events: deque[Event], new: Event, limit: int) -> None:
    """Append `new`, in the place of what it makes useless; over `limit`, the oldest passing event goes."""
    for at in (-1, -2):  # progress and preview of one step come in pairs
        if len(events) >= -at and isinstance(events[at], PASSING) and makes_useless(new, events[at]):
            del events[at]
            break
    events.append(new)
    if len(events) > limit:
        passing = next((at for at, event in enumerate(events) if isinstance(event, PASSING)), 0)
        del events[passing]


class Inbox:
    """The events of one run for one reader."""

    def __init__(self, limit: int, events: Iterable[Event] = ()) -> None:
        self._events = deque(events)
        self._limit = limit
        self._error: Exception | None = None
        self._filled = asyncio.Event()
        if self._events:
            self._filled.set()

    def put(self, event: Event) -> None:
        add(self._events, event, self._limit)
        self._filled.set()

    def fail(self, error: Exception) -> None:
        """Nothing more will come: `get` raises this once everything is read."""
        self._error = error
        self._filled.set()

    async def get(self) -> Event:
        await self._filled.wait()
        if self._error is not None and not self._events:
            raise self._error
        event = self._events.popleft()
        if not self._events and self._error is None:
            self._filled.clear()
        return event
