"""One ComfyUI server, spoken to."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Any

from ..errors import ClientError, GatesError, PartlyRefused, RunTimedOut
from ..workflow import is_ui, to_api
from . import preparing
from .answers import Accepted, complaints
from .events import END, Cancelled, Event, Failed, Finished, Lost, Queued
from .exchange import NOTHING
from .farewells import Farewells
from .inbox import Inbox
from .limits import Limits
from .runs import Run, Runs
from .server import Server
from .socket import Socket
from .submission import Submission
from .values import PREFIX, Job, Result, Workflow
from .watch import Watch
from .within import within

OnEvent = Callable[[Event], None]


class Client(Server):
    """One server and one websocket with a client id of its own. `async with Client(url) as client:`

    `headers` go with every request to this server and to no other. Methods raise the leaves of
    `gates.errors.ClientError`.
    """

    def __init__(
        self, url: str, *, limits: Limits | None = None, headers: Mapping[str, str] = NOTHING
    ) -> None:
        super().__init__(url, limits or Limits(), headers)
        self._runs = Runs(self.url, self.limits.kept_events)
        self._submission = Submission(self._exchange, self._inquiries)
        self._socket = Socket(self._exchange, self._runs.hear, self._socket_changed, self._runs.are_read)
        self._node_info: Mapping[str, Any] | None = None
        self._farewells = Farewells(self.cancel, self.lookup, self.limits)

    @property
    def client_id(self) -> str:
        return self._socket.client_id

    @property
    def ignored(self) -> int:
        """How many messages of the server made no sense."""
        return self._runs.ignored

    async def __aenter__(self) -> Client:
        self._exchange.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._farewells.close()
        await self._socket.close()
        await self._exchange.close()

    def _socket_changed(self, stands: bool) -> None:
        self._inquiries.forget()
        if stands:
            self._runs.tell_reconnected()
        self._runs.stir()

    # --- running --------------------------------------------------------------------------------

    async def submit(
        self,
        workflow: Workflow,
        *,
        job: str | None = None,
        prompt_id: str | None = None,
        partial: bool = False,
        front: bool = False,
        prefix: str | None = PREFIX,
        extra_data: Mapping[str, Any] = NOTHING,
        targets: Sequence[str] = (),
    ) -> Job:
        """Queue a workflow, in API or UI format, and return at once.

        `job` names the run and its files, `prefix` says how (None: as the workflow does). `partial` takes a
        run of which some outputs were refused; `targets` are ids of the output nodes to run, all by default.
        Raises WorkflowRefused, PartlyRefused (the rest was cancelled then), ServerTrouble.
        """
        name = preparing.new_job_name() if job is None else preparing.check_job_name(job)
        prompt_id = preparing.new_id() if prompt_id is None else preparing.check_prompt_id(prompt_id)
        prompt, extra_data = await self._as_prompt(workflow, extra_data)
        prompt = preparing.with_prefix(prompt, name, prefix)
        await self._socket.ensure()
        body = preparing.request_body(prompt, self.client_id, prompt_id, front, extra_data, targets)
        run = self._runs.add(prompt_id, name, ours=True)
        try:
            accepted = await self._submission.send(body)
        except asyncio.CancelledError:
            await self._farewells.stop(prompt_id)
            raise
        except GatesError:
            self._runs.drop(run)
            raise
        run = self._renamed(run, accepted)
        if accepted.node_errors and not partial:
            self._runs.drop(run)
            await self._refuse_partly(accepted)
        sent = Job(accepted.prompt_id, name, self.url, accepted.number, accepted.node_errors, prompt)
        run.tell_first(Queued(sent.prompt_id, name, self.url, sent.number))
        return sent

    async def _as_prompt(
        self, workflow: Workflow, extra_data: Mapping[str, Any]
    ) -> tuple[Workflow, Mapping[str, Any]]:
        """The workflow in API format; one of the page goes along as the page would send it."""
        if not is_ui(workflow):
            return workflow, extra_data
        if self._node_info is None:
            self._node_info = await self.node_info()
        prompt = to_api(workflow, self._node_info)
        pnginfo = {"workflow": workflow, **extra_data.get("extra_pnginfo", {})}
        return prompt, {**extra_data, "extra_pnginfo": pnginfo}

    def _renamed(self, run: Run, accepted: Accepted) -> Run:
        """Servers of before 2025-08 choose the id themselves."""
        if accepted.prompt_id == run.prompt_id:
            return run
        self._runs.drop(run)
        return self._runs.add(accepted.prompt_id, run.job, ours=True)

    async def _refuse_partly(self, accepted: Accepted) -> None:
        await self._farewells.stop(accepted.prompt_id)
        raise PartlyRefused(
            f"{self.url} refuses some outputs; the others were cancelled. Pass partial=True to run them. "
            + "; ".join(complaints(accepted.node_errors)),
            node_errors=accepted.node_errors,
            prompt_id=accepted.prompt_id,
        )

    async def wait(
        self, job: Job | str, *, timeout: float | None = None, on_event: OnEvent | None = None
    ) -> Result:
        """The result of a run, however it was started. Gives up waiting after `timeout` seconds.

        Raises RunFailed, RunCancelled, RunLost, RunTimedOut, ServerTrouble.
        """
        async with aclosing(self.events(job, timeout=timeout)) as events:
            async for event in events:
                if on_event is not None:
                    on_event(event)
                if isinstance(event, Finished):
                    return event.result
                if isinstance(event, Failed | Cancelled | Lost):
                    raise event.error
        raise AssertionError("events end with an end")

    async def run(
        self,
        workflow: Workflow,
        *,
        timeout: float | None = None,
        on_event: OnEvent | None = None,
        job: str | None = None,
        prompt_id: str | None = None,
        partial: bool = False,
        front: bool = False,
        prefix: str | None = PREFIX,
        extra_data: Mapping[str, Any] = NOTHING,
        targets: Sequence[str] = (),
    ) -> Result:
        """`submit` and `wait`. Cancelled or timed out, it cancels that run on the server, and no other."""
        deadline = None if timeout is None else time.monotonic() + timeout
        sending = self.submit(
            workflow,
            job=job,
            prompt_id=prompt_id,
            partial=partial,
            front=front,
            prefix=prefix,
            extra_data=extra_data,
            targets=targets,
        )
        try:
            sent = await within(sending, timeout)
        except ClientError:  # some are TimeoutErrors, and not that of `within`
            raise
        except asyncio.TimeoutError as error:
            raise RunTimedOut(f"{self.url} did not take the workflow in time.") from error
        try:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            return await self.wait(sent, timeout=left, on_event=on_event)
        except BaseException as error:
            if not isinstance(error, ClientError) or isinstance(error, RunTimedOut):
                await self._farewells.stop(sent.prompt_id)
            raise

    async def events(self, job: Job | str, *, timeout: float | None = None) -> AsyncGenerator[Event, None]:
        """What happens to a run, from its start, until Finished, Failed, Cancelled or Lost.

        Raises RunTimedOut after `timeout` seconds.
        """
        prompt_id = job if isinstance(job, str) else job.prompt_id
        run = self._runs.find(prompt_id)
        if run is None:
            run = self._runs.add(prompt_id, "" if isinstance(job, str) else job.job, ours=False)
        deadline = None if timeout is None else time.monotonic() + timeout
        with run.reading() as inbox:
            if run.watch is None:
                run.watch = asyncio.create_task(self._watch(run), name=f"gates client watch {prompt_id}")
            try:
                while True:
                    event = await self._next(inbox, deadline, prompt_id)
                    yield event
                    if isinstance(event, END):
                        return
            finally:
                if run.readers == 1:
                    await self._unwatch(run)

    async def _next(self, inbox: Inbox, deadline: float | None, prompt_id: str) -> Event:
        if deadline is None:
            return await inbox.get()
        try:
            return await within(inbox.get(), max(0.0, deadline - time.monotonic()))
        except asyncio.TimeoutError as error:
            told = f"The run {prompt_id} on {self.url} was not done in time."
            raise RunTimedOut(told, prompt_id=prompt_id) from error

    async def _watch(self, run: Run) -> None:
        if run.ours:
            self._socket.mend()
        try:
            await Watch(run, self.url, self._inquiries, self.limits, self._socket.suspect).follow()
        except Exception as error:
            run.fail(error)  # a mistake of ours must reach the reader, not leave it waiting

    async def _unwatch(self, run: Run) -> None:
        task, run.watch = run.watch, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if run.end is not None:
            self._runs.drop(run)

    # --- stopping -------------------------------------------------------------------------------

    async def cancel(self, job: Job | str) -> bool:
        """Take this run out of the queue or stop it; whether there was something to stop."""
        prompt_id = job if isinstance(job, str) else job.prompt_id
        stopped = await self._inquiries.cancel(prompt_id)
        run = self._runs.find(prompt_id)
        if run is not None and stopped:
            run.stopped_here = True
            run.stirred.set()
        return stopped
