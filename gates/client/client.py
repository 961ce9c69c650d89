"""One ComfyUI server, spoken to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any

from .events import Event
from .limits import Limits
from .values import PREFIX, Job, Output, Queue, Result, State, Uploaded, Workflow

NOTHING: Mapping[str, Any] = MappingProxyType({})


class Client:
    """One server and one websocket with a client id of its own. `async with Client(url) as client:`"""

    url: str
    client_id: str
    ignored: int  # messages of the server that made no sense

    def __init__(
        self, url: str, *, limits: Limits | None = None, headers: Mapping[str, str] = NOTHING
    ) -> None:
        raise NotImplementedError

    async def __aenter__(self) -> Client:
        raise NotImplementedError

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        raise NotImplementedError

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
        raise NotImplementedError

    async def wait(
        self,
        job: Job | str,
        *,
        timeout: float | None = None,
        on_event: Callable[[Event], None] | None = None,
    ) -> Result:
        raise NotImplementedError

    async def run(
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
        raise NotImplementedError

    def events(self, job: Job | str, *, timeout: float | None = None) -> AsyncIterator[Event]:
        raise NotImplementedError

    async def outputs(self, prompt_id: str) -> tuple[Output, ...]:
        raise NotImplementedError

    async def download(
        self, output: Output, into: Path, *, name: str | None = None, overwrite: bool = False
    ) -> Path:
        raise NotImplementedError

    async def upload(
        self,
        file: Path | bytes,
        *,
        name: str | None = None,
        subfolder: str = "",
        type: str = "input",
        overwrite: bool = False,
    ) -> Uploaded:
        raise NotImplementedError

    async def cancel(self, job: Job | str) -> bool:
        raise NotImplementedError

    async def queue(self) -> Queue:
        raise NotImplementedError

    async def history(
        self, prompt_id: str | None = None, *, max_items: int | None = None
    ) -> Mapping[str, Any]:
        raise NotImplementedError

    async def node_info(self, class_type: str | None = None) -> Mapping[str, Any]:
        raise NotImplementedError

    async def system_stats(self) -> Mapping[str, Any]:
        raise NotImplementedError

    async def lookup(self, prompt_id: str) -> State:
        raise NotImplementedError
