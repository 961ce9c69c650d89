"""The runs that a client follows, and which of them a message belongs to."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from .events import END, Event, NodeText, Preview, Reconnected
from .inbox import Inbox, add
from .messages import Heard, PreviewFrame, TextFrame, read_frame, read_text
from .story import Story

UNREAD_KEPT = 1024  # runs whose events nobody reads; those of older ones are forgotten, the runs are not


class Run:
    """One prompt: its story so far, its readers, its end."""

    def __init__(self, prompt_id: str, job: str, server: str, limit: int, ours: bool) -> None:
        self.prompt_id = prompt_id
        self.job = job
        self.ours = ours  # sent with this client's id, so the socket speaks of it
        self.story = Story(prompt_id, server)
        self.stirred = asyncio.Event()  # look at it now, not when the timer says
        self.end: Event | None = None
        self.stopped_here = False  # this client had it cancelled
        self.last_heard = time.monotonic()
        self.heard = 0  # messages
        self.readers = 0
        self.watch: asyncio.Task[None] | None = None
        self._limit = limit
        self._kept: deque[Event] = deque()
        self._inboxes: list[Inbox] = []

    def hear(self, message: Heard) -> None:
        self.last_heard = time.monotonic()
        self.heard += 1
        for event in self.story.hear(message):
            self.tell(event)
        if self.story.at_end:
            self.stirred.set()

    def tell(self, event: Event) -> None:
        """Hand an event to every reader, those who come later included. After the end nothing is told."""
        if self.end is not None:
            return
        if isinstance(event, END):
            self.end = event
        add(self._kept, event, self._limit)
        for inbox in self._inboxes:
            inbox.put(event)

    def tell_first(self, event: Event) -> None:
        """What comes before all that was heard, though it is known later: nobody reads the run yet."""
        self._kept.appendleft(event)

    def fail(self, error: Exception) -> None:
        for inbox in self._inboxes:
            inbox.fail(error)

    @contextmanager
    def reading(self) -> Iterator[Inbox]:
        inbox = Inbox(self._limit, self._kept)
        self._inboxes.append(inbox)
        self.readers += 1
        try:
            yield inbox
        finally:
            self._inboxes.remove(inbox)
            self.readers -= 1


class Runs:
    """All runs of one client. Counts in `ignored` what the server said and nobody could read."""

    def __init__(self, server: str, limit: int) -> None:
        self.ignored = 0
        self._server = server
        self._limit = limit
        self._runs: dict[str, Run] = {}
        self._current: str | None = None  # the prompt that runs, for messages that do not say whose they are

    def add(self, prompt_id: str, job: str, ours: bool) -> Run:
        run = Run(prompt_id, job, self._server, self._limit, ours)
        self._runs[prompt_id] = run
        unread = [one for one in self._runs.values() if not one.readers]
        for old in unread[:-UNREAD_KEPT]:
            self.drop(old)
        return run

    def find(self, prompt_id: str) -> Run | None:
        return self._runs.get(prompt_id)

    def drop(self, run: Run) -> None:
        if self._runs.get(run.prompt_id) is run:
            del self._runs[run.prompt_id]

    def are_read(self) -> bool:
        """Whether somebody waits for a run that the socket speaks of."""
        return any(run.readers and run.end is None and run.ours for run in self._runs.values())

    def stir(self) -> None:
        for run in self._runs.values():
            run.stirred.set()

    def tell_reconnected(self) -> None:
        for run in self._runs.values():
            if run.ours and run.readers:
                run.tell(Reconnected(run.prompt_id))

    def hear(self, raw: str | bytes) -> None:
        """One message as it came; nothing that a server can say raises."""
        message = read_text(raw) if isinstance(raw, str) else read_frame(bytes(raw))
        if message is None:
            self.ignored += 1
        elif isinstance(message, Heard):
            self._hear_text(message)
        else:
            self._hear_frame(message)

    def _hear_text(self, message: Heard) -> None:
        if message.prompt_id is not None and message.kind in ("execution_start", "executing"):
            self._current = message.prompt_id
        run = self._runs.get(message.prompt_id or self._current or "")
        if run is not None:
            run.hear(message)

    def _hear_frame(self, frame: PreviewFrame | TextFrame) -> None:
        said = frame.prompt_id if isinstance(frame, PreviewFrame) else None
        run = self._runs.get(said or self._current or "")
        if run is None:
            return
        run.last_heard = time.monotonic()
        if isinstance(frame, TextFrame):
            run.tell(NodeText(run.prompt_id, frame.node, frame.text))
        else:
            run.tell(Preview(run.prompt_id, frame.node, frame.kind, frame.image))
