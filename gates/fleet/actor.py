"""What runs on a machine of the cluster: one ComfyUI, attached or started there, with one job at a time."""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ..client import Client, Preview, Result
from ..errors import ClusterTrouble, GatesError, StartFailed, Unreachable
from .decisions import Told
from .delivery import Piece, carried_along, fetch
from .errand import Carried, Errand, NobodyHasIt, Rules
from .order import Order
from .ranking import standing
from .started import Start, Started

MOST_KEPT = 1024  # events that can be asked for
MOST_STARTS = 3  # of a ComfyUI that keeps ending


@dataclass(frozen=True)
class Ready:
    """An actor that has its server."""

    number: int  # of the actor, from 0
    server: str
    node: str  # the machine, as Ray names it
    pid: int


@dataclass(frozen=True)
class Outcome:
    """How a job ended on an actor: with its files, with an error, or not here (`elsewhere`)."""

    order: Order
    ready: Ready  # of the actor, as it is now
    result: Result | None = None
    pieces: tuple[Piece, ...] = ()
    partial: bool = False
    error: GatesError | None = None
    elsewhere: bool = False  # this server provably does not have it, and cannot run it now
    interrupted: bool = False
    told: tuple[tuple[int, Told], ...] = ()  # as `heard`: what happened before this


class ComfyActor:
    """`server` is the address of a ComfyUI, or `start` says how to get one. Every method is safe to repeat.

    `node` tells the machine that this runs on; a job's files stay on disk for a caller on the same one.
    """

    def __init__(
        self, number: int, server: str, start: Start | None, rules: Rules, node: Callable[[], str]
    ) -> None:
        self._number = number
        self._server = server
        self._started = None if start is None else Started(start)
        self._starts = 0
        self._rules = rules
        self._node = node()
        self._told: deque[tuple[int, Told]] = deque(maxlen=MOST_KEPT)
        self._known = 0  # number of the last event that was told
        self._number_told = 0  # rises through all lives of the actor
        self._task: asyncio.Task[Carried[tuple[Piece, ...]]] | None = None
        self._down = False

    async def ready(self) -> Ready:
        """Raises StartFailed."""
        await self._ensure()
        return self._me()

    def _me(self) -> Ready:
        return Ready(self._number, self._server, self._node, os.getpid())

    async def _ensure(self) -> None:
        if self._started is None or self._started.runs:
            return
        if self._starts >= MOST_STARTS:
            raise StartFailed(f"It was started {self._starts} times and ended each time.")
        self._starts += 1
        await self._started.start()
        self._server = self._started.url

    async def is_up(self) -> bool:
        """Whether a job given to this one has a chance."""
        try:
            await self._ensure()
        except StartFailed:
            return False
        self._down = (await standing(self._server)).waiting is None
        return not self._down

    async def run(self, order: Order, spool: str, caller: str) -> Outcome:
        """Run one job. Files lie in `spool` for a caller on the node `caller`, else the outcome has them."""
        outcome = await self._outcome(order, spool, caller)
        return replace(outcome, told=await self.heard(self._known))

    async def _outcome(self, order: Order, spool: str, caller: str) -> Outcome:
        try:
            if self._down and not await self.is_up():
                raise NobodyHasIt(order, Unreachable(f"{self._server} is still down."))
            await self._ensure()
            return await self._run(order, Path(spool), caller == self._node)
        except NobodyHasIt as nobody:
            self._down = True
            return self._failed(nobody.order, nobody.last, elsewhere=True)
        except asyncio.CancelledError:
            return Outcome(order, self._me(), interrupted=True)
        except StartFailed as error:
            self._down = True
            return self._failed(order, error, elsewhere=True)
        except GatesError as error:
            return self._failed(order, error)
        except Exception as error:  # whatever it is, it is this job's, and the others go on
            return self._failed(order, ClusterTrouble(f"{type(error).__name__}: {error}"))
        finally:
            self._task = None

    async def _run(self, order: Order, spool: Path, near: bool) -> Outcome:
        async def fetched(client: Client, result: Result) -> tuple[Piece, ...]:
            return await fetch(client, result, spool)

        errand = Errand(order, fetched, self._hear, self._rules)
        self._task = asyncio.create_task(errand.run([self._server]))
        carried = await self._task
        pieces = carried.fetched if near else tuple(carried_along(piece) for piece in carried.fetched)
        return Outcome(carried.order, self._me(), carried.result, pieces, bool(carried.refused))

    def _failed(self, order: Order, error: GatesError, elsewhere: bool = False) -> Outcome:
        return Outcome(order, self._me(), error=error, elsewhere=elsewhere)

    def _hear(self, told: Told) -> None:
        if not isinstance(told, Preview):  # nobody looks at the pictures of many machines
            self._number_told = max(self._number_told + 1, time.time_ns())
            self._told.append((self._number_told, told))

    async def heard(self, last: int) -> tuple[tuple[int, Told], ...]:
        """What happened after number `last`, numbered. What was answered once may be asked again: an answer
        can be lost, and Ray repeats what it asked an actor that died."""
        self._known = max(self._known, last)
        return tuple(one for one in self._told if one[0] > last)

    async def cancel(self) -> None:
        """Cancel the run of the job that is here, and no other."""
        if self._task is not None:
            self._task.cancel()

    async def stop(self) -> None:
        """End what was started."""
        if self._started is not None:
            await asyncio.to_thread(self._started.stop)
