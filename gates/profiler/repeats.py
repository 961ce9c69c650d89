"""A prompt that is queued several times, each time with the cache as the mode wants it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..errors import PromptRefused
from .records import Mode

log = logging.getLogger("gates.profiler")

MOST_REMEMBERED = 20  # series that have ended
SECONDS_BETWEEN_LOOKS = (0.03, 0.25)  # at first, and later
SECONDS_FOR_FIRST = 1.0  # in which a refusal still reaches the one who asked

Submit = Callable[[str, bool], Awaitable[tuple[int, dict[str, Any]]]]
"""Queue the prompt under an id, recorded or not: the status and answer of the server."""


class Door(Protocol):
    """The server's queue."""

    def is_there(self, prompt_id: str) -> bool: ...
    def drop(self, models: bool) -> None: ...
    def is_dropped(self) -> bool: ...
    def withdraw(self, prompt_ids: Iterable[str]) -> tuple[str, ...]: ...
    def interrupt(self, prompt_id: str) -> bool: ...


@dataclass(eq=False)
class Repeats:
    """`state` is running, done, stopped or failed; `done` counts runs that have ended."""

    series: str | None
    user: str
    mode: Mode
    prompt_ids: tuple[str, ...]
    warm_up_id: str | None
    state: str = "running"
    done: int = 0
    message: str = ""
    accepted: asyncio.Event = field(default_factory=asyncio.Event)
    refusal: PromptRefused | None = None
    queued: set[str] = field(default_factory=set)
    node_errors: dict[str, Any] = field(default_factory=dict)  # of outputs that ComfyUI leaves out

    def public(self) -> dict[str, Any]:
        return {
            "series": self.series,
            "done": self.done,
            "total": len(self.prompt_ids),
            "mode": self.mode.value,
            "state": self.state,
            "message": self.message,
        }


@dataclass(frozen=True)
class Stopped:
    cancelled: tuple[str, ...]  # ids of prompts that will not run
    interrupted: str | None


def wants_warm_up(mode: Mode, repeat: int) -> bool:
    """Warm runs find the models loaded; of several cold ones, the first alone reads them from a cold disk."""
    return mode is Mode.WARM or (mode is Mode.COLD and repeat > 1)


class AllRepeats:
    """For the event loop."""

    def __init__(self, door: Door, new_id: Callable[[], str]) -> None:
        self._door = door
        self._new_id = new_id
        self._known: list[Repeats] = []
        self._tasks: dict[Repeats, asyncio.Task[None]] = {}

    def of(self, user: str) -> tuple[Repeats, ...]:
        return tuple(one for one in self._known if one.user == user)

    async def start(self, user: str, series: str | None, mode: Mode, repeat: int, submit: Submit) -> Repeats:
        """Raises PromptRefused where the server says so at once; later it is the state that says it."""
        warm_up = self._new_id() if wants_warm_up(mode, repeat) else None
        repeats = Repeats(series, user, mode, tuple(self._new_id() for _ in range(repeat)), warm_up)
        self._known.append(repeats)
        self._forget()
        task = asyncio.get_running_loop().create_task(self._go(repeats, submit))
        self._tasks[repeats] = task
        task.add_done_callback(lambda _: self._tasks.pop(repeats, None))
        await _first_of(task, repeats.accepted, SECONDS_FOR_FIRST)
        if repeats.refusal is not None:
            raise repeats.refusal
        return repeats

    def _forget(self) -> None:
        ended = [one for one in self._known if one.state != "running"]
        for one in ended[: max(len(ended) - MOST_REMEMBERED, 0)]:
            self._known.remove(one)

    async def _go(self, repeats: Repeats, submit: Submit) -> None:
        try:
            if repeats.mode is Mode.NATURAL:
                await self._all_at_once(repeats, submit)
            else:
                await self._one_by_one(repeats, submit)
            repeats.state = "done"
        except PromptRefused as error:
            repeats.state, repeats.message, repeats.refusal = "failed", str(error), error
            self._door.withdraw(repeats.prompt_ids)
        except Exception as error:
            log.exception("[Dataset Gates] A series of measured runs broke off")
            repeats.state, repeats.message = "failed", f"{type(error).__name__}: {error}"

    async def _all_at_once(self, repeats: Repeats, submit: Submit) -> None:
        for prompt_id in repeats.prompt_ids:
            await _submitted(repeats, submit, prompt_id, True)
        repeats.accepted.set()
        for prompt_id in repeats.prompt_ids:
            await self._ended(prompt_id)
            repeats.done += 1

    async def _one_by_one(self, repeats: Repeats, submit: Submit) -> None:
        first = [(repeats.warm_up_id, False)] if repeats.warm_up_id else []
        for prompt_id, recorded in [*first, *((one, True) for one in repeats.prompt_ids)]:
            self._door.drop(models=repeats.mode is Mode.COLD)
            await self._until(self._door.is_dropped)
            await _submitted(repeats, submit, prompt_id, recorded)
            repeats.accepted.set()
            await self._ended(prompt_id)
            repeats.done += recorded

    async def _ended(self, prompt_id: str) -> None:
        await self._until(lambda: not self._door.is_there(prompt_id))

    async def _until(self, come_true: Callable[[], bool]) -> None:
        pause, longest = SECONDS_BETWEEN_LOOKS
        while not come_true():
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, longest)

    def stop(self, user: str, series: str | None = None, prompt_id: str | None = None) -> Stopped:
        """End a series, that of a prompt, or all of this user's.

        What is queued never runs, what runs is interrupted.
        """
        cancelled: list[str] = []
        interrupted = None
        for repeats in self._running(user, series, prompt_id):
            repeats.state = "stopped"
            task = self._tasks.get(repeats)
            if task is not None:
                task.cancel()
            ids = [*repeats.prompt_ids, *filter(None, [repeats.warm_up_id])]
            gone = {*self._door.withdraw(ids), *(one for one in ids if one not in repeats.queued)}
            interrupted = next((one for one in ids if self._door.interrupt(one)), interrupted)
            cancelled += [one for one in repeats.prompt_ids if one in gone]
        return Stopped(tuple(cancelled), interrupted)

    def _running(self, user: str, series: str | None, prompt_id: str | None) -> Sequence[Repeats]:
        return [
            one
            for one in self.of(user)
            if one.state == "running"
            and (series is None or one.series == series)
            and (prompt_id is None or prompt_id in one.prompt_ids)
        ]

    async def close(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _submitted(repeats: Repeats, submit: Submit, prompt_id: str, recorded: bool) -> None:
    """Raises PromptRefused where nothing was queued."""
    try:
        status, answer = await submit(prompt_id, recorded)
    except Exception as error:
        log.exception("[Dataset Gates] ComfyUI fails on a prompt that was to be measured")
        name = type(error).__name__
        raise PromptRefused(f"ComfyUI fails on this workflow ({name}); its log says where.") from error
    node_errors = answer.get("node_errors")
    repeats.node_errors = node_errors if isinstance(node_errors, dict) else {}
    if status != 200:
        raise PromptRefused(_sentence(answer), node_errors=repeats.node_errors)
    repeats.queued.add(prompt_id)


def _sentence(answer: dict[str, Any]) -> str:
    error = answer.get("error")
    told = error.get("message") if isinstance(error, dict) else error
    details = error.get("details") if isinstance(error, dict) else None
    why = ": ".join(str(part) for part in (told, details) if part) or "it gives no reason"
    return f"ComfyUI does not queue this workflow: {why}"


async def _first_of(task: asyncio.Task[None], event: asyncio.Event, seconds: float) -> None:
    waiter = asyncio.ensure_future(event.wait())
    try:
        await asyncio.wait({task, waiter}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiter.cancel()
        await asyncio.gather(waiter, return_exceptions=True)
