"""The queue of ComfyUI's server: prompts put into it as its own route does, looked after by their ids."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiohttp import web

ID = 1  # place of the prompt's id in an item of the queue


class PromptRequest:
    """What the server's route reads of a request, with a body of ours; the rest is the asking request's."""

    def __init__(self, asked: web.Request, body: dict[str, Any]) -> None:
        self._asked = asked
        self._body = body
        self.method = "POST"
        self.path = "/prompt"
        self.content_type = "application/json"

    async def json(self, **_: Any) -> dict[str, Any]:
        return copy.deepcopy(self._body)  # others may change what they are handed

    async def read(self) -> bytes:
        return json.dumps(self._body).encode("utf-8")

    async def text(self) -> str:
        return json.dumps(self._body)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._asked, name)


class PromptDoor:
    """For the event loop; nothing here waits."""

    def __init__(self, server: Callable[[], Any | None], interrupt: Callable[[], None]) -> None:
        self._server = server
        self._interrupt = interrupt

    async def submit(self, asked: web.Request, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Queue `body` as a POST to /prompt would: status and answer of the server's own route."""
        server = self._server()
        for route in server.app.router.routes() if server is not None else ():
            if route.method == "POST" and route.resource and route.resource.canonical == "/prompt":
                response = await route.handler(PromptRequest(asked, body))
                return int(response.status), json.loads(response.body)
        return 503, {"error": {"message": "This server has no route to queue prompts."}}

    def is_there(self, prompt_id: str) -> bool:
        """Whether the prompt waits or runs."""
        queue = self._queue()
        with queue.mutex:
            waiting = any(item[ID] == prompt_id for item in queue.queue)
            return waiting or _runs(queue, prompt_id)

    def drop(self, models: bool) -> None:
        """Ask the server to forget all results before the next prompt, and to unload models or keep them.

        Both flags at once: the server takes them one by one, and unloads where it finds the first alone.
        """
        queue = self._queue()
        with queue.mutex:
            queue.flags.update(unload_models=models, free_memory=True)
            queue.not_empty.notify()

    def is_dropped(self) -> bool:
        """Whether the server has taken the flags; what it drops is gone before it runs another prompt."""
        queue = self._queue()
        with queue.mutex:
            return "free_memory" not in queue.flags

    def withdraw(self, prompt_ids: Iterable[str]) -> tuple[str, ...]:
        """Take those that wait out of the queue; which they were."""
        queue = self._queue()
        return tuple(
            one for one in prompt_ids if queue.delete_queue_item(lambda item, one=one: item[ID] == one)
        )

    def interrupt(self, prompt_id: str) -> bool:
        """Stop this prompt if it is the one that runs; no other can slip in between."""
        queue = self._queue()
        with queue.mutex:
            running = _runs(queue, prompt_id)
            if running:
                self._interrupt()
            return running

    def _queue(self) -> Any:
        server = self._server()
        assert server is not None
        return server.prompt_queue


def _runs(queue: Any, prompt_id: str) -> bool:
    return any(item[ID] == prompt_id for item in queue.currently_running.values())
