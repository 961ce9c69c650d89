"""The websocket of one client: opened before the first prompt, opened again when it breaks or goes deaf.

It is never needed: polls decide how a run ends. A second socket with the id of a first one can be cut off by
the end of that first one (the server forgets the id, and the new socket stays open and hears nothing). So
the old one is closed in full before another is opened, and whoever finds out by a poll that the socket kept
silent calls `suspect`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress

import aiohttp

from ..errors import ClientError
from .address import websocket_address
from .exchange import Exchange
from .preparing import new_id
from .within import within

SECONDS_TO_CLOSE = 2.0
FLAGS = json.dumps({"type": "feature_flags", "data": {"supports_preview_metadata": True}})


class Socket:
    """`hear` gets each message, `changed` is called when the socket broke (False) and stands again (True)."""

    def __init__(
        self,
        exchange: Exchange,
        hear: Callable[[str | bytes], None],
        changed: Callable[[bool], None],
        wanted: Callable[[], bool],
    ) -> None:
        self.client_id = new_id()
        self._exchange = exchange
        self._hear = hear
        self._changed = changed
        self._wanted = wanted
        self._lock = asyncio.Lock()
        self._open: aiohttp.ClientWebSocketResponse[bool] | None = None
        self._reader: asyncio.Task[None] | None = None
        self._mender: asyncio.Task[None] | None = None
        self._used = False
        self._suspected = False

    @property
    def is_open(self) -> bool:
        return self._open is not None and not self._open.closed

    async def ensure(self) -> bool:
        """Whether the socket stands, opened now if need be. Takes at most `limits.connect` seconds."""
        async with self._lock:
            if self.is_open and not self._suspected:
                return True
            await self._drop()
            if self._used and not self._wanted():
                self.client_id = new_id()  # no queued prompt speaks to the old one
            try:
                opened = await within(self._connect(), self._exchange.limits.connect)
            except (ClientError, aiohttp.ClientError, OSError, asyncio.TimeoutError, ValueError):
                return False  # polls do; the next request says what is wrong with the server
            self._open, self._suspected = opened, False
            self._reader = asyncio.create_task(self._read(opened), name="gates client socket")
            if self._used:
                self._changed(True)
            self._used = True
            return True

    def suspect(self, mend: bool) -> None:
        """A poll knows of things that the socket did not say: open it anew, with `mend` at once."""
        self._suspected = True
        if mend:
            self.mend()

    def mend(self) -> None:
        """Open the socket again in the background, while anybody wants it."""
        if self._mender is None or self._mender.done():
            self._mender = asyncio.create_task(self._mend(), name="gates client reconnect")

    async def close(self) -> None:
        for task in (self._mender, self._reader):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        await self._drop()

    async def _connect(self) -> aiohttp.ClientWebSocketResponse[bool]:
        opened = await self._exchange.session.ws_connect(
            websocket_address(self._exchange.url),
            params={"clientId": self.client_id},
            headers=self._exchange.headers,
            max_msg_size=self._exchange.limits.message_bytes,
        )
        await opened.send_str(FLAGS)
        return opened

    async def _read(self, opened: aiohttp.ClientWebSocketResponse[bool]) -> None:
        async for message in opened:
            if message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                self._hear(message.data)
        self._changed(False)
        if self._wanted():
            self.mend()

    async def _mend(self) -> None:
        pause = self._exchange.limits.backoff
        while self._wanted() and not await self.ensure():
            await asyncio.sleep(pause)
            pause = min(2 * pause, self._exchange.limits.slowest_poll)

    async def _drop(self) -> None:
        """Close what is open, and wait for the server to notice."""
        opened, self._open = self._open, None
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
            self._reader = None
        if opened is not None:
            with suppress(asyncio.TimeoutError):
                await within(opened.close(), SECONDS_TO_CLOSE)
