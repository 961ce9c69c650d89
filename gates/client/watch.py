"""Deciding how a run ends, for as long as somebody waits for it.

The websocket only says when to look: the end of a run is what the server's history says. A poll on a timer
looks too, whatever the socket says, so a silent, cut or deaf socket delays a run and never hangs it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from ..errors import GatesError, RunCancelled, RunFailed, ServerTrouble
from .answers import Entry
from .events import Cancelled, Event, Failed, Finished, Lost
from .inquiries import Inquiries
from .limits import Limits
from .runs import Run
from .values import Result, State
from .within import within

SLOWER = 1.5  # each poll of an uneventful run waits this much longer than the one before
UNKNOWN_ENOUGH = 2  # polls in a row that know nothing of the prompt
DEAF_ENOUGH = 2  # polls in a row that see it run while the socket has not said so
GRACE = 0.2  # seconds for the last messages, when a poll is faster than the socket


class Watch:
    """Follows one run to its end.

    `suspect` is called when the socket should have spoken and did not, with True where it is needed again at
    once.
    """

    def __init__(
        self, run: Run, server: str, inquiries: Inquiries, limits: Limits, suspect: Callable[[bool], None]
    ) -> None:
        self._run = run
        self._server = server
        self._inquiries = inquiries
        self._limits = limits
        self._suspect = suspect
        self._unknown = 0
        self._unspoken = 0
        self._last_answer = time.monotonic()

    async def follow(self) -> None:
        pause = self._limits.poll if self._run.ours else 0.0
        while self._run.end is None:
            await self._stirred(pause)
            self._run.stirred.clear()
            if self._run.story.at_end:
                self._run.tell(await self._read_end())
                return
            state = await self._poll()
            pause = min(max(pause, self._limits.poll) * SLOWER, self._limits.slowest_poll)
            if state is State.UNKNOWN or state is None:
                pause = self._limits.poll
            end = await self._judge(state) if state is not None else None
            if end is not None:
                self._run.tell(end)

    async def _stirred(self, seconds: float) -> None:
        with suppress(asyncio.TimeoutError):
            await within(self._run.stirred.wait(), seconds)

    async def _poll(self) -> State | None:
        """Where the run is by the server's word; None when it gave none, or the socket was faster."""
        asked = asyncio.ensure_future(self._inquiries.lookup(self._run.prompt_id, patient=False))
        told = asyncio.ensure_future(self._run.stirred.wait())
        try:
            await asyncio.wait({asked, told}, return_when=asyncio.FIRST_COMPLETED)
            if not asked.done():
                return None
            state = await asked
        except ServerTrouble as error:
            self._give_up_after_silence(error)
            return None
        finally:
            for task in (asked, told):
                task.cancel()
            await asyncio.gather(asked, told, return_exceptions=True)
        self._last_answer = time.monotonic()
        return state

    def _give_up_after_silence(self, error: ServerTrouble) -> None:
        self._inquiries.forget()
        life = max(self._last_answer, self._run.last_heard)
        if time.monotonic() - life > self._limits.silence:
            error.data["prompt_id"] = self._run.prompt_id
            self._run.tell(Lost(self._run.prompt_id, error))

    async def _judge(self, state: State) -> Event | None:
        """The end, if this state is one."""
        run = self._run
        self._unknown = self._unknown + 1 if state is State.UNKNOWN else 0
        if state.is_end:
            await self._last_messages()
            return await self._read_end()
        if state is State.RUNNING:
            self._note_deafness()
            for event in run.story.start():
                run.tell(event)
        if state is State.UNKNOWN and run.stopped_here:
            return self._cancelled(self._result(Entry(State.CANCELLED)))
        return self._forgotten() if self._unknown >= UNKNOWN_ENOUGH else None

    async def _last_messages(self) -> None:
        if self._run.ours and not self._run.story.at_end:
            self._run.stirred.clear()
            await self._stirred(GRACE)
            if not self._run.story.at_end:
                self._suspect(False)

    def _note_deafness(self) -> None:
        if self._run.ours and not self._run.heard:
            self._unspoken += 1
            if self._unspoken == DEAF_ENOUGH:
                self._suspect(True)

    async def _read_end(self) -> Event:
        """The end by the history, which may be a moment late; without it, by what the socket said."""
        deadline = time.monotonic() + self._limits.settle
        pause, trouble = 0.02, None
        while True:
            try:
                entry = await self._inquiries.entry(self._run.prompt_id, patient=False)
                trouble = None
            except ServerTrouble as error:
                entry, trouble = None, error
            if entry is not None or time.monotonic() + pause > deadline:
                break
            await asyncio.sleep(pause)
            pause = min(2 * pause, self._limits.poll)
        entry = entry or self._run.story.entry()
        if entry is not None:
            return self._ended(entry)
        return Lost(self._run.prompt_id, trouble) if trouble else self._forgotten()

    def _result(self, entry: Entry) -> Result:
        return entry.result(self._run.prompt_id, self._run.job, self._server)

    def _ended(self, entry: Entry) -> Event:
        result = self._result(entry)
        if entry.state is State.DONE:
            return Finished(self._run.prompt_id, result)
        if entry.state is State.CANCELLED:
            return self._cancelled(result)
        return Failed(self._run.prompt_id, result, failure(entry, result))

    def _cancelled(self, result: Result) -> Event:
        error = RunCancelled(f"The run {result.prompt_id} was cancelled on {self._server}.", result=result)
        return Cancelled(self._run.prompt_id, result, error)

    def _forgotten(self) -> Event:
        return Lost(self._run.prompt_id, self._inquiries.forgotten(self._run.prompt_id))


def failure(entry: Entry, result: Result) -> GatesError:
    """RunFailed for an entry whose run failed: which node, what it raised, where."""
    said = entry.last("execution_error") or {}
    node, kind = said.get("node_id"), said.get("node_type")
    raised = f"{said.get('exception_type', 'an error')}: {str(said.get('exception_message', '')).strip()}"
    where = f"Node {node} ({kind})" if node is not None else "A node"
    return RunFailed(
        f"{where} raised {raised.rstrip(': ')}",
        prompt_id=result.prompt_id,
        result=result,
        node=node,
        node_type=kind,
        exception_type=said.get("exception_type"),
        exception_message=said.get("exception_message"),
        traceback=said.get("traceback"),
    )
