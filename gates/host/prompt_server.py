"""The server object that packs reach as `server.PromptServer.instance`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from aiohttp import web

from .frames import TEXT, text_payload
from .middlewares import standard_middlewares
from .prompt_queue import PromptQueue
from .runtime import Runtime
from .sockets import MAX_UPLOAD_BYTES, Sockets
from .users import UserManager

if TYPE_CHECKING:
    OnPrompt = Callable[[dict[str, Any]], dict[str, Any]]

logger = logging.getLogger("gates.host.server")

Message = tuple[str | int, Any, str | None]


class PromptServer:
    """Routes, queue and messages under the names that packs use.

    One process has one server, as ComfyUI does; `instance` is how packs find it.
    """

    instance: ClassVar[PromptServer]
    # Packs look up the file of this class to find ComfyUI's folder, and write there: it must not be ours.
    __module__ = "server"

    def __init__(self, loop: asyncio.AbstractEventLoop, runtime: Runtime) -> None:
        PromptServer.instance = self
        self.loop = loop
        self.runtime = runtime
        self.app = web.Application(client_max_size=MAX_UPLOAD_BYTES, middlewares=standard_middlewares())
        self.routes = web.RouteTableDef()
        self.web_root = str(runtime.front_end)
        self.connections = Sockets()
        self.messages: asyncio.Queue[Message] = asyncio.Queue()
        self.user_manager = UserManager(runtime.folders, runtime.options.multi_user)
        self.prompt_queue = PromptQueue(self, runtime.interrupts.interrupt)
        self.supports = ["custom_nodes_from_web"]
        self.on_prompt_handlers: list[OnPrompt] = []
        self.number: float = 0
        self.client_id: str | None = None
        self.last_node_id: str | None = None
        self.last_prompt_id: str | None = None
        self.address = runtime.options.listen
        self.port = runtime.options.port

    @property
    def sockets(self) -> dict[str, web.WebSocketResponse]:
        return self.connections.open

    @property
    def sockets_metadata(self) -> dict[str, dict[str, Any]]:
        return self.connections.metadata

    def client_supports(self, feature: str) -> bool:
        return self.connections.supports(self.client_id, feature)

    def get_queue_info(self) -> dict[str, Any]:
        return {"exec_info": {"queue_remaining": self.prompt_queue.get_tasks_remaining()}}

    def queue_updated(self) -> None:
        self.send_sync("status", {"status": self.get_queue_info()})

    def send_sync(self, event: str | int, data: Any, sid: str | None = None) -> None:
        """Send from any thread; messages leave in the order of these calls."""
        if not self.loop.is_closed():  # a node that outlives the host has nobody left to tell
            self.loop.call_soon_threadsafe(self.messages.put_nowait, (event, data, sid))

    def send_progress_text(self, text: str | bytes, node_id: str, sid: str | None = None) -> None:
        self.send_sync(TEXT, text_payload(text, node_id), sid)

    async def send(self, event: str | int, data: Any, sid: str | None = None) -> None:
        await self.connections.send(event, data, sid)

    async def send_json(self, event: str, data: Any, sid: str | None = None) -> None:
        await self.connections.send(event, data, sid)

    async def send_bytes(self, event: int, data: bytes, sid: str | None = None) -> None:
        await self.connections.send(event, data, sid)

    async def publish_loop(self) -> None:
        while True:
            event, data, sid = await self.messages.get()
            try:
                await self.send(event, data, sid)
            except Exception:
                # What a pack wants to send may be no JSON; the messages behind it still have to leave.
                logger.exception("a message %r could not be sent", event)

    def add_on_prompt_handler(self, handler: OnPrompt) -> None:
        self.on_prompt_handlers.append(handler)

    def trigger_on_prompt(self, json_data: dict[str, Any]) -> dict[str, Any]:
        for handler in self.on_prompt_handlers:
            try:
                json_data = handler(json_data)
            except Exception:
                logger.exception("a pack's on_prompt handler failed; the prompt goes on without it")
        return json_data
