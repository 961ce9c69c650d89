"""What a ComfyUI server can be asked for and given, runs aside."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..errors import UploadRefused
from . import transfers
from .address import read_address
from .answers import an_object
from .exchange import Exchange
from .inquiries import Inquiries
from .limits import Limits
from .values import Output, Queue, State, Uploaded


class Server:
    """The part of the client that needs no websocket."""

    def __init__(self, url: str, limits: Limits, headers: Mapping[str, str]) -> None:
        self.limits = limits
        self._exchange = Exchange(read_address(url), limits, headers)
        self._inquiries = Inquiries(self._exchange)
        self.url = self._exchange.name

    async def lookup(self, prompt_id: str) -> State:
        """Where a prompt is now."""
        return await self._inquiries.lookup(prompt_id)

    async def queue(self) -> Queue:
        """What runs, and what waits in the order in which it will run."""
        return await self._inquiries.queue()

    async def history(
        self, prompt_id: str | None = None, *, max_items: int | None = None
    ) -> Mapping[str, Any]:
        """`{prompt id: entry}` as the server has it; empty for a prompt that has not ended or is unknown."""
        return await self._inquiries.history(prompt_id, max_items)

    async def outputs(self, prompt_id: str) -> tuple[Output, ...]:
        """What a prompt put out; () for one that has not ended. Raises RunLost for an unknown one."""
        entry = await self._inquiries.entry(prompt_id)
        if entry is None and await self.lookup(prompt_id) is State.UNKNOWN:
            raise self._inquiries.forgotten(prompt_id)
        return entry.read(self.url) if entry is not None else ()

    async def node_info(self, class_type: str | None = None) -> Mapping[str, Any]:
        """`{class: description}` of all nodes, or of one; empty for an unknown one."""
        path = "/object_info" if class_type is None else f"/object_info/{quote(class_type, safe='')}"
        return await self._exchange.get(path, "The list of nodes", an_object)

    async def system_stats(self) -> Mapping[str, Any]:
        return await self._exchange.get("/system_stats", "The state of the system", an_object)

    async def download(
        self, output: Output, into: Path | str, *, name: str | None = None, overwrite: bool = False
    ) -> Path:
        """Fetch the file of `output` into the folder `into`, as `name` or under its own name.

        It appears whole or not at all. Raises HostileName, OutputExists, OutputGone, OutputCut.
        """
        target = transfers.target_of(Path(into), output.filename if name is None else name)
        return await transfers.download(self._exchange, output, target, overwrite)

    async def upload(
        self,
        file: Path | str | bytes,
        *,
        name: str | None = None,
        subfolder: str = "",
        type: str = "input",
        overwrite: bool = False,
    ) -> Uploaded:
        """Put a file into one of the server's folders. Bytes need a `name`.

        The server keeps what is there: other content under the same name gets another name, unless
        `overwrite`. Raises UploadRefused.
        """
        source = Path(file) if isinstance(file, str) else file
        called = name or (source.name if isinstance(source, Path) else "")
        if not called or any(ord(letter) < 32 for letter in called):
            raise UploadRefused(f"{called!r} names no file. Pass name=.")
        place = {"type": type, "subfolder": subfolder, **({"overwrite": "true"} if overwrite else {})}
        return await transfers.upload(self._exchange, source, called, place)
