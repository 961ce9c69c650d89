"""The profiler of a server, asked over HTTP: runs measured, listed, compared, fetched."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import aiohttp

from ..errors import BadAnswer, NotMeasured, ProfilerMissing, ProfilerRefused, RunTimedOut
from ..workflow import is_api, to_api
from .address import read_address
from .answers import an_object
from .exchange import NOTHING, Answer, Exchange
from .inquiries import Inquiries
from .limits import Limits
from .values import State, Workflow

PREFIX = "/holaf/profiler"
MOST_RUNS = 1000
SECONDS_TO_BE_KEPT = 15.0  # from the end of a run to its place in the list


@dataclass(frozen=True)
class Measuring:
    """Runs that were asked for together."""

    prompt_ids: tuple[str, ...]
    series: str | None


class ProfilerClient:
    """`async with ProfilerClient(url) as profiler:`. Runs are dicts, with the columns of the profiler.

    Methods raise ServerTrouble, ProfilerRefused, ProfilerMissing.
    """

    def __init__(
        self, url: str, *, limits: Limits | None = None, headers: Mapping[str, str] = NOTHING
    ) -> None:
        self._exchange = Exchange(read_address(url), limits or Limits(), headers)
        self._inquiries = Inquiries(self._exchange)
        self.url = self._exchange.name

    async def __aenter__(self) -> ProfilerClient:
        self._exchange.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._exchange.close()

    async def status(self) -> dict[str, Any]:
        return await self._ask("GET", "/status")

    async def start(
        self,
        workflow: Workflow,
        *,
        name: str = "",
        comment: str = "",
        series: str | None = None,
        mode: str = "natural",
        repeat: int = 1,
    ) -> Measuring:
        """Queue a workflow, in API or UI format, to be measured; it is held against no reference."""
        body: dict[str, Any] = {
            "prompt": await self._prompt(workflow),
            "name": name,
            "comment": comment,
            "mode": mode,
            "repeat": repeat,
            "check": False,
        }
        if series:
            body["series"] = series
        if not is_api(workflow):
            body["workflow"] = dict(workflow)
        answer = await self._ask("POST", "/run", body)
        return Measuring(tuple(answer["prompt_ids"]), answer["series"])

    async def _prompt(self, workflow: Workflow) -> Workflow:
        if is_api(workflow):
            return workflow
        return to_api(workflow, await self._exchange.get("/object_info", "The list of nodes", an_object))

    async def wait(self, measuring: Measuring, timeout: float | None = None) -> list[dict[str, Any]]:
        """The runs, in the order in which they were asked for. On a timeout the rest is stopped.

        Raises NotMeasured, RunTimedOut.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        try:
            return [await self._kept(one, deadline) for one in measuring.prompt_ids]
        except (asyncio.CancelledError, RunTimedOut):
            await asyncio.shield(self._ask("POST", "/stop", {"prompt_id": measuring.prompt_ids[0]}))
            raise

    async def _kept(self, prompt_id: str, deadline: float | None) -> dict[str, Any]:
        limits = self._exchange.limits
        pause, given_up = limits.poll / 4, None
        while True:
            now = time.monotonic()
            if await self._is_over(prompt_id):
                for run in await self.runs(limit=MOST_RUNS):
                    if run["prompt_id"] == prompt_id and run["status"] != "running":
                        return await self.run(run["id"])
                given_up = given_up or now + SECONDS_TO_BE_KEPT
            if deadline is not None and now >= deadline:
                raise RunTimedOut(f"The measured run took longer than was allowed at {self.url}.")
            if given_up is not None and now >= given_up:
                raise NotMeasured(f"The workflow ran at {self.url}, but no measured run of it was kept.")
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, limits.slowest_poll / 2)

    async def _is_over(self, prompt_id: str) -> bool:
        """Ended; or nowhere, as one that was stopped before it ran, or one that waits for its turn."""
        state = await self._inquiries.lookup(prompt_id)
        if state is not State.UNKNOWN:
            return state.is_end
        status = await self.status()
        return all(one["state"] != "running" for one in status["series"])

    async def runs(self, **query: Any) -> list[dict[str, Any]]:
        """Newest first; `query` as the route has it."""
        given = {key: str(value) for key, value in query.items() if value is not None}
        return list((await self._ask("GET", "/runs", query=given))["runs"])

    async def run(self, number: int) -> dict[str, Any]:
        """One run, with its `steps`."""
        whole = await self._ask("GET", f"/runs/{number}")
        return {**whole["run"], "steps": whole["steps"]}

    async def compare(self, a: Sequence[int], b: Sequence[int], **more: Any) -> dict[str, Any]:
        body = {"a": {"runs": list(a)}, "b": {"runs": list(b)}, **more}
        return await self._ask("POST", "/compare", body)

    async def export(self, number: int, kind: str) -> bytes:
        """`kind` is csv, json or chrome."""
        path = f"{PREFIX}/runs/{number}/export"
        answer = await self._exchange.ask("GET", path, params={"format": kind})
        self._check(answer)
        return answer.body

    async def bring(self, file: Path) -> tuple[int, ...]:
        """Import an export or a database into the server; the numbers of its runs there."""
        form = aiohttp.FormData()
        form.add_field("file", await asyncio.to_thread(file.read_bytes), filename="run")
        answer = await self._exchange.once("POST", f"{PREFIX}/import", data=form)
        self._check(answer)
        return tuple(self._object(answer)["run_ids"])

    async def _ask(
        self, method: str, path: str, body: Any = None, query: Mapping[str, str] = NOTHING
    ) -> dict[str, Any]:
        if method == "GET":
            answer = await self._exchange.ask(method, PREFIX + path, params=query)
        else:
            answer = await self._exchange.once(method, PREFIX + path, json=body)
        self._check(answer)
        return self._object(answer)

    def _object(self, answer: Answer) -> dict[str, Any]:
        return dict(self._exchange.read(answer, "The profiler's answer", an_object))

    def _check(self, answer: Answer) -> None:
        """Raises what an answer of another status says."""
        if 200 <= answer.status < 300:
            return
        told = _told(answer)
        if told is not None:
            raise ProfilerRefused(f"{self.url}: {told['message']}", refusal=told["code"])
        if answer.status == 404:
            raise ProfilerMissing(f"{self.url} has no profiler. Install Dataset Gates there.")
        raise self._exchange.trouble(answer)


def _told(answer: Answer) -> dict[str, Any] | None:
    """The error in the body, where it is one of ours."""
    try:
        error = an_object(answer.json("The error")).get("error")
    except BadAnswer:
        return None
    if not isinstance(error, dict) or not isinstance(error.get("message"), str) or "code" not in error:
        return None
    return {"message": error["message"], "code": str(error["code"])}
