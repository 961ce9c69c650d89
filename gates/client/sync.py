"""The client for scripts that know no asyncio: the same methods, blocking."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from .client import Client
from .events import Event
from .exchange import NOTHING
from .limits import Limits
from .values import PREFIX, Job, Output, Queue, Result, State, Uploaded, Workflow

T = TypeVar("T")
SECONDS_TO_STOP = 10.0


class SyncClient:
    """`Client` with blocking methods. `with SyncClient(url) as client:`

    The client lives in a thread of its own, also where a loop runs already, as in a notebook; `on_event` is
    called there. Ctrl-C in `run` cancels that run on the server, and no other.
    """

    def __init__(
        self, url: str, *, limits: Limits | None = None, headers: Mapping[str, str] = NOTHING
    ) -> None:
        self._client = Client(url, limits=limits, headers=headers)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="gates client", daemon=True)

    def __enter__(self) -> SyncClient:
        self._thread.start()
        self._do(self._client.__aenter__())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._do(self._client.__aexit__(kind, error, trace))
            self._do(self._loop.shutdown_asyncgens())
            self._do(self._loop.shutdown_default_executor())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(SECONDS_TO_STOP)
            self._loop.close()

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        """What `work` returns. Interrupted, it is cancelled and waited for: it may have a run to stop."""
        finished = threading.Event()

        async def to_the_end() -> T:
            try:
                return await work
            finally:
                finished.set()

        future = asyncio.run_coroutine_threadsafe(to_the_end(), self._loop)
        try:
            return future.result()
        except BaseException:
            if future.cancel() or future.cancelled():
                finished.wait(SECONDS_TO_STOP)
            raise

    @property
    def url(self) -> str:
        return self._client.url

    @property
    def client_id(self) -> str:
        return self._client.client_id

    @property
    def ignored(self) -> int:
        return self._client.ignored

    def submit(
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
        return self._do(
            self._client.submit(
                workflow,
                job=job,
                prompt_id=prompt_id,
                partial=partial,
                front=front,
                prefix=prefix,
                extra_data=extra_data,
                targets=targets,
            )
        )

    def run(
        self,
        workflow: Workflow,
        *,
        timeout: float | None = None,
        on_event: Callable[[Event], None] | None = None,
        job: str | None = None,
        prompt_id: str | None = None,
        partial: bool = False,
        front: bool = False,
        prefix: str | None = PREFIX,
        extra_data: Mapping[str, Any] = NOTHING,
        targets: Sequence[str] = (),
    ) -> Result:
        return self._do(
            self._client.run(
                workflow,
                timeout=timeout,
                on_event=on_event,
                job=job,
                prompt_id=prompt_id,
                partial=partial,
                front=front,
                prefix=prefix,
                extra_data=extra_data,
                targets=targets,
            )
        )

    def wait(
        self,
        job: Job | str,
        *,
        timeout: float | None = None,
        on_event: Callable[[Event], None] | None = None,
    ) -> Result:
        return self._do(self._client.wait(job, timeout=timeout, on_event=on_event))

    def events(self, job: Job | str, *, timeout: float | None = None) -> Iterator[Event]:
        events = self._client.events(job, timeout=timeout)

        async def next_event() -> Event | None:
            return await anext(events, None)

        async def close() -> None:
            await events.aclose()

        try:
            while (event := self._do(next_event())) is not None:
                yield event
        finally:
            self._do(close())

    def outputs(self, prompt_id: str) -> tuple[Output, ...]:
        return self._do(self._client.outputs(prompt_id))

    def download(
        self, output: Output, into: Path | str, *, name: str | None = None, overwrite: bool = False
    ) -> Path:
        return self._do(self._client.download(output, into, name=name, overwrite=overwrite))

    def upload(
        self,
        file: Path | str | bytes,
        *,
        name: str | None = None,
        subfolder: str = "",
        type: str = "input",
        overwrite: bool = False,
    ) -> Uploaded:
        return self._do(
            self._client.upload(file, name=name, subfolder=subfolder, type=type, overwrite=overwrite)
        )

    def cancel(self, job: Job | str) -> bool:
        return self._do(self._client.cancel(job))

    def queue(self) -> Queue:
        return self._do(self._client.queue())

    def history(self, prompt_id: str | None = None, *, max_items: int | None = None) -> Mapping[str, Any]:
        return self._do(self._client.history(prompt_id, max_items=max_items))

    def node_info(self, class_type: str | None = None) -> Mapping[str, Any]:
        return self._do(self._client.node_info(class_type))

    def system_stats(self) -> Mapping[str, Any]:
        return self._do(self._client.system_stats())

    def lookup(self, prompt_id: str) -> State:
        return self._do(self._client.lookup(prompt_id))


def run_workflow(
    url: str,
    workflow: Workflow,
    out: Path | str | None = None,
    *,
    timeout: float | None = None,
    on_event: Callable[[Event], None] | None = None,
    job: str | None = None,
    prompt_id: str | None = None,
    partial: bool = False,
    prefix: str | None = PREFIX,
    overwrite: bool = False,
    limits: Limits | None = None,
    headers: Mapping[str, str] = NOTHING,
) -> Result:
    """Run a workflow on the server at `url`; its files of type `output` go to the folder `out`, if named."""
    with SyncClient(url, limits=limits, headers=headers) as client:
        result = client.run(
            workflow,
            timeout=timeout,
            on_event=on_event,
            job=job,
            prompt_id=prompt_id,
            partial=partial,
            prefix=prefix,
        )
        for output in result.files:
            if out is not None and output.type == "output":
                client.download(output, out, overwrite=overwrite)
        return result
