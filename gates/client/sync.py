"""The client for scripts that know no asyncio."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from .client import NOTHING
from .events import Event
from .limits import Limits
from .values import PREFIX, Result, Workflow


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
    """Run a workflow on the server at `url`; its files go to the folder `out`, where one is named."""
    raise NotImplementedError


class SyncClient:
    """`Client` with blocking methods. `with SyncClient(url) as client:`"""

    def __init__(
        self, url: str, *, limits: Limits | None = None, headers: Mapping[str, str] = NOTHING
    ) -> None:
        raise NotImplementedError
