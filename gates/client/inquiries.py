"""Asking a server where a prompt is, and to stop it. Newer servers have jobs, older ones queue, history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ..errors import BadAnswer, RunLost
from .answers import Entry, an_object, read_cancelled, read_entry, read_job_state, read_queue
from .exchange import Answer, Exchange
from .values import Queue, State


class Inquiries:
    """Every question takes one answer: `patient=False` asks once, for those who ask again by themselves."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._has_jobs = True  # until a server says that it does not know the address

    async def queue(self, *, patient: bool = True) -> Queue:
        return await self._exchange.get("/queue", "The queue", read_queue, patient=patient)

    async def history(self, prompt_id: str | None = None, max_items: int | None = None) -> Mapping[str, Any]:
        query: dict[str, Any] = {} if max_items is None else {"max_items": max_items}
        path = "/history" if prompt_id is None else f"/history/{quote(prompt_id, safe='')}"
        return await self._exchange.get(path, "The history", an_object, **query)

    async def entry(self, prompt_id: str, *, patient: bool = True) -> Entry | None:
        """What the history says of a prompt; None for one that runs, waits, is unknown or forgotten."""
        path = f"/history/{quote(prompt_id, safe='')}"
        return await self._exchange.get(
            path, "The history", lambda body: read_entry(body, prompt_id), patient=patient
        )

    async def lookup(self, prompt_id: str, *, patient: bool = True) -> State:
        if self._has_jobs:
            state = await self._job(prompt_id, patient)
            if state is not None:
                return state
        # In this order: a prompt that ends between the two questions is in the history by then.
        queue = await self.queue(patient=patient)
        position = queue.position(prompt_id)
        if position is not None:
            return State.RUNNING if position == 0 else State.PENDING
        entry = await self.entry(prompt_id, patient=patient)
        return State.UNKNOWN if entry is None else entry.state

    async def _job(self, prompt_id: str, patient: bool) -> State | None:
        """What the jobs API says; None where the server has none."""
        path = f"/api/jobs/{quote(prompt_id, safe='')}"
        answer = await self._exchange.ask("GET", path, patient=patient)
        if answer.status == 200:
            return self._exchange.read(answer, "The answer about a job", read_job_state)
        if answer.status != 404:
            raise self._exchange.trouble(answer)
        if _says_error(answer):
            return State.UNKNOWN
        self._has_jobs = False
        return None

    async def cancel(self, prompt_id: str) -> bool:
        """Stop this prompt and no other; whether there was something to stop."""
        path = f"/api/jobs/{quote(prompt_id, safe='')}/cancel"
        answer = await self._exchange.ask("POST", path)
        if answer.status == 200:
            return self._exchange.read(answer, "The answer to cancelling", read_cancelled)
        if answer.status not in (404, 405):
            raise self._exchange.trouble(answer)
        return await self._cancel_by_queue(prompt_id)

    async def _cancel_by_queue(self, prompt_id: str) -> bool:
        """The same where there are no jobs. Both requests are mute, so the queue says what they will meet.

        Taken out of the queue first and interrupted only while it is the one that runs: a prompt that starts
        in between is met by the second step, and nobody else's run is met by any.
        """
        position = (await self.queue()).position(prompt_id)
        if position is None:
            return False
        if position > 0:
            await self._tell("/queue", {"delete": [prompt_id]})
            if (await self.queue()).position(prompt_id) != 0:
                return True
        await self._tell("/interrupt", {"prompt_id": prompt_id})
        return True

    async def _tell(self, path: str, body: Mapping[str, Any]) -> None:
        answer = await self._exchange.ask("POST", path, json=body)
        if answer.status != 200:
            raise self._exchange.trouble(answer)

    def forget(self) -> None:
        """The server may be another one now: it was away."""
        self._has_jobs = True

    def forgotten(self, prompt_id: str) -> RunLost:
        """The error for a prompt that the server does not know."""
        return RunLost(
            f"{self._exchange.name} does not know the prompt {prompt_id}: it was restarted, or the prompt was"
            " removed from its queue or history. Send the workflow again.",
            prompt_id=prompt_id,
        )


def _says_error(answer: Answer) -> bool:
    """Whether a 404 is the jobs API's "not found" and not that of a server without it."""
    try:
        said = answer.json("The answer about a job")
    except BadAnswer:
        return False
    return isinstance(said, Mapping) and "error" in said
