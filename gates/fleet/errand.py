"""One job carried to servers until it has ended; a second one gets it only once the first cannot run it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from ..client import Client, Job, Limits, Result, State
from ..errors import AccessDenied, RunLost, RunTimedOut, ServerBusy, ServerTrouble, Unreachable
from .decisions import Given, InTrouble, LookedUp, Tell
from .order import Order, Try
from .port import refused_for
from .preparing import prepare
from .settling import FORGOTTEN, settle

MOST_TRIES = 3  # servers, or lives of one, that a job is given to: it may be the job that ends them
PATIENCE = 30.0  # seconds for a server that failed to answer again

Fetched = TypeVar("Fetched")
Fetch = Callable[[Client, Result], Awaitable[Fetched]]


@dataclass(frozen=True)
class Rules:
    patience: float = PATIENCE  # seconds
    limits: Limits = Limits()
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Carried(Generic[Fetched]):
    """A job that has ended, and what was fetched of it. `order` names the servers that lost it before."""

    order: Order
    result: Result
    fetched: Fetched
    refused: Mapping[str, object]  # node errors of the outputs left out, with `partial`


class NobodyHasIt(Exception):
    """Every server that was asked is provably without the job, which may be given to others. Says why."""

    def __init__(self, order: Order, last: ServerTrouble | RunLost) -> None:
        super().__init__(str(last))
        self.order = order
        self.last = last


class Errand(Generic[Fetched]):
    """The way of one order. `fetch` gets the files of the finished run from the server that has them."""

    def __init__(self, order: Order, fetch: Fetch[Fetched], tell: Tell, rules: Rules) -> None:
        self.order = order
        self._fetch = fetch
        self._tell = tell
        self._rules = rules
        self._posted = False
        self._watched = False  # for as long as patience lasts
        self._deadline = None if order.timeout is None else time.monotonic() + order.timeout

    async def run(self, servers: Sequence[str]) -> Carried[Fetched]:
        """Ask `servers` in this order. Raises NobodyHasIt, RunUnsettled, RunTrouble, FileTrouble."""
        waiting = list(servers)
        for server in self.order.asked:
            if await self._settled_at(server, patience=0.0) == "":
                waiting.insert(0, server)
        last: ServerTrouble | RunLost = RunLost(f"The job {self.order.job} was given to too many servers.")
        while waiting and len(self.order.tries) < MOST_TRIES:
            server = waiting.pop(0)
            try:
                return await self._at(server)
            except (ServerTrouble, RunLost) as error:
                last = error
            waiting = await self._after(server, last, waiting)
        raise NobodyHasIt(self.order, last)

    async def _after(self, server: str, error: ServerTrouble | RunLost, waiting: list[str]) -> list[str]:
        """Who is asked next, once `server` failed."""
        order = self.order
        self._tell(InTrouble(order.job, server, order.prompt_id, error.code, str(error)))
        if not self._posted or isinstance(error, ServerBusy | AccessDenied):
            return waiting
        reason = await self._settled_at(server, 0.0 if self._watched else self._rules.patience)
        if reason == "":
            return [server, *waiting]
        return [*waiting, server] if reason == FORGOTTEN else waiting

    async def _settled_at(self, server: str, patience: float) -> str:
        """ "" where the server still has the job, else why it cannot end there, noted in the order."""
        order = self.order
        left = patience if self._deadline is None else min(patience, self._left() or 0.0)
        settled = await settle(server, order.prompt_id, order.job, left, self._tell)
        if settled.gone:
            tries = (*order.tries, Try(server, order.prompt_id, settled.gone))
            self.order = replace(order, tries=tries)
        return settled.gone

    async def _at(self, server: str) -> Carried[Fetched]:
        order, self._posted, self._watched = self.order, False, False
        async with Client(server, limits=self._rules.limits, headers=self._rules.headers) as client:
            state = await client.lookup(order.prompt_id)
            if state is State.UNKNOWN:
                prompt = await prepare(order, client)
                self._tell(Given(order.job, client.url, order.prompt_id))
                self._posted = True
                return await self._submitted(client, prompt)
            self._tell(LookedUp(order.job, client.url, order.prompt_id, state.value))
            self._posted = True
            return await self._awaited(client, order.prompt_id, {})

    async def _submitted(self, client: Client, prompt: Mapping[str, object]) -> Carried[Fetched]:
        order = self.order
        async with cancelled_with_us(client, order.prompt_id):
            job = await client.submit(prompt, job=order.job, prompt_id=order.prompt_id, partial=order.partial)
        return await self._awaited(client, job, job.node_errors)

    async def _awaited(
        self, client: Client, job: Job | str, refused: Mapping[str, object]
    ) -> Carried[Fetched]:
        async with cancelled_with_us(client, self.order.prompt_id):
            waiting = client.wait(job, timeout=self._left(), on_event=self._tell)
            result = await self._while_it_listens(client.url, waiting)
        return Carried(self.order, result, await self._fetch(client, result), refused)

    async def _while_it_listens(self, server: str, waiting: Coroutine[Any, Any, Result]) -> Result:
        """The client bridges a silence, as busy servers are silent too; one that has ended is told sooner."""
        wait = asyncio.create_task(waiting)
        watch = asyncio.create_task(refused_for(server, self._rules.patience))
        try:
            await asyncio.wait({wait, watch}, return_when=asyncio.FIRST_COMPLETED)
            if wait.done():
                return wait.result()
            self._watched = True
            raise Unreachable(f"Nobody listens at {server} any more.", server=server)
        finally:
            await ended(wait, watch)

    def _left(self) -> float | None:
        """Seconds of the job's own limit. Raises RunTimedOut when they are over."""
        if self._deadline is None:
            return None
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise RunTimedOut(f"The job {self.order.job} did not end within {self.order.timeout:g} s.")
        return left


async def ended(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks until they have ended: before Python 3.12, `wait_for` may swallow a cancellation."""
    while left := [task for task in tasks if not task.done()]:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=1.0)
    await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def cancelled_with_us(client: Client, prompt_id: str) -> AsyncIterator[None]:
    """Cancel this one run on its server when the caller stops waiting for it."""
    try:
        yield
    except (asyncio.CancelledError, RunTimedOut):
        await client.cancel(prompt_id)
        raise
