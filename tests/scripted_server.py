"""A server on a real port that speaks like ComfyUI and misbehaves on demand.

It runs nothing: a `plan` says what a prompt does, step by step, and a `fault` takes the place of the answer
to a request. Without either it is a polite server that finishes every prompt at once.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSCloseCode, web

Fault = Callable[["ScriptedServer", web.Request], Awaitable[web.StreamResponse | None]]
Plan = Callable[["ScriptedServer", "Prompt"], Coroutine[Any, Any, None]]
IMAGE = b"\x89PNG not quite"
SAVED = {"images": [{"filename": "a.png", "subfolder": "sub", "type": "output"}]}


@dataclass
class Prompt:
    """One prompt that was taken."""

    prompt_id: str
    client_id: str
    body: dict[str, Any]
    number: int
    messages: list[list[Any]] = field(default_factory=list)

    def item(self) -> list[Any]:
        return [self.number, self.prompt_id, self.body["prompt"], {"client_id": self.client_id}, ["2"]]


class ScriptedServer:
    """`async with serving() as server:`; `server.url` is its address."""

    def __init__(self) -> None:
        self.plan: Plan = finishes
        self.has_jobs = True
        self.has_socket = True
        self.deaf = False  # sockets stand, and nothing is sent to them
        self.own_ids = False  # as servers that know no prompt ids of clients
        self.node_errors: dict[str, Any] = {}
        self.file: bytes = IMAGE
        self.requests: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.queries: list[dict[str, str]] = []
        self.uploads: list[dict[str, Any]] = []
        self.prompts: list[Prompt] = []
        self.history: dict[str, Any] = {}
        self.pending: list[Prompt] = []
        self.running: list[Prompt] = []
        self.sockets: dict[str, web.WebSocketResponse] = {}
        self.seen_ids: list[str] = []  # client ids of the sockets, in their order
        self.interrupts: list[Any] = []
        self.go = asyncio.Event()  # plans that wait, wait for this
        self.port = 0
        self._faults: dict[str, list[Fault]] = {}
        self._plans: set[asyncio.Task[None]] = set()
        self._transports: set[asyncio.Transport] = set()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def count(self, method: str, path: str) -> int:
        return sum(1 for seen in self.requests if seen[0] == method and seen[1].startswith(path))

    def fault(self, request: str, *faults: Fault, forever: Fault | None = None) -> None:
        """The next answers to `"METHOD /path"` (a start of the path); `forever` gives all after those."""
        self._faults[request] = [*faults, *([forever] * 10_000 if forever else [])]

    # --- being there, or not ----------------------------------------------------------------------

    async def start(self) -> None:
        app = web.Application(client_max_size=2**24)
        app.router.add_get("/ws", self._socket)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=0.01)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True).start()
        self.port = int(self._runner.addresses[0][1])

    async def die(self) -> None:
        """As a killed process: every connection breaks, nothing listens."""
        runner, self._runner = self._runner, None
        for task in self._plans - {asyncio.current_task()}:
            task.cancel()
        for transport in self._transports:
            transport.abort()
        self._transports.clear()
        if runner is not None:
            await runner.cleanup()

    async def restart(self) -> None:
        """Die and come back at the same port with nothing in memory."""
        await self.die()
        self.history.clear()
        self.pending.clear()
        self.running.clear()
        self.sockets.clear()
        await self.start()

    # --- what a prompt does -------------------------------------------------------------------------

    async def say(self, prompt: Prompt, kind: str, /, **data: Any) -> None:
        """A message about a prompt, kept for its history as ComfyUI does."""
        body = {"prompt_id": prompt.prompt_id, **data}
        if kind.startswith("execution_"):
            prompt.messages.append([kind, {**body, "timestamp": 1000 * len(prompt.messages)}])
        await self.send(prompt, json.dumps({"type": kind, "data": body}))

    async def send(self, prompt: Prompt, raw: str | bytes) -> None:
        socket = self.sockets.get(prompt.client_id)
        if socket is None or socket.closed or self.deaf:
            return
        try:
            await (socket.send_str(raw) if isinstance(raw, str) else socket.send_bytes(raw))
        except ConnectionError:
            self.sockets.pop(prompt.client_id, None)

    def begin(self, prompt: Prompt) -> None:
        if prompt in self.pending:
            self.pending.remove(prompt)
        self.running.append(prompt)

    def end(self, prompt: Prompt, status: str = "success", outputs: dict[str, Any] | None = None) -> None:
        self.running = [one for one in self.running if one is not prompt]
        self.history[prompt.prompt_id] = {
            "prompt": prompt.item(),
            "outputs": {"2": SAVED} if outputs is None else outputs,
            "status": {"status_str": status, "completed": status == "success", "messages": prompt.messages},
            "meta": {},
        }

    async def cut_sockets(self) -> None:
        for socket in list(self.sockets.values()):
            await socket.close(code=WSCloseCode.GOING_AWAY)
        self.sockets.clear()

    # --- answers --------------------------------------------------------------------------------------

    async def _fault_for(self, request: web.Request) -> web.StreamResponse | None:
        self.requests.append((request.method, request.path))
        self.headers.append(dict(request.headers))
        self.queries.append(dict(request.query))
        if isinstance(request.transport, asyncio.Transport):
            self._transports.add(request.transport)
        for key, faults in self._faults.items():
            method, path = key.split(" ")
            if method == request.method and request.path.startswith(path) and faults:
                return await faults.pop(0)(self, request)
        return None

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        instead = await self._fault_for(request)
        if instead is not None or not self.has_socket:
            return instead or web.Response(status=404)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        client_id = request.query["clientId"]
        self.sockets[client_id] = socket
        self.seen_ids.append(client_id)
        async for _ in socket:
            continue
        return socket

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        instead = await self._fault_for(request)
        if instead is not None:
            return instead
        method, path = request.method, request.path
        if (method, path) == ("POST", "/prompt"):
            return web.json_response(self.take(await request.json()))
        if path.startswith("/api/jobs/") and self.has_jobs:
            return self._job(path.split("/")[3], path.endswith("/cancel"))
        if path.startswith("/history"):
            found = self.history.get(path.rpartition("/")[2])
            return web.json_response({} if found is None else {path.rpartition("/")[2]: found})
        if (method, path) == ("GET", "/queue"):
            return web.json_response(
                {
                    "queue_running": [one.item() for one in self.running],
                    "queue_pending": [one.item() for one in self.pending],
                }
            )
        if path == "/queue":
            gone = (await request.json())["delete"]
            self.pending = [one for one in self.pending if one.prompt_id not in gone]
            return web.Response()
        if path == "/interrupt":
            said = await request.json()
            self.interrupts.append(said.get("prompt_id"))
            self._interrupt(said.get("prompt_id"))
            return web.Response()
        if path == "/view":
            return web.Response(body=self.file)
        if path == "/upload/image":
            self.uploads.append({key: _field(value) for key, value in (await request.post()).items()})
            return web.json_response({"name": "given.png", "subfolder": "s", "type": "input"})
        if path.startswith(("/object_info", "/system_stats")):
            return web.json_response({"system": {}})
        return web.Response(status=404)

    def take(self, body: dict[str, Any]) -> dict[str, Any]:
        """Queue a prompt and let its plan run."""
        prompt_id = f"own-{len(self.prompts)}" if self.own_ids else body["prompt_id"]
        prompt = Prompt(prompt_id, body["client_id"], body, len(self.prompts))
        self.prompts.append(prompt)
        self.pending.append(prompt)
        task = asyncio.create_task(self.plan(self, prompt))
        self._plans.add(task)
        task.add_done_callback(self._plans.discard)
        return {"prompt_id": prompt_id, "number": prompt.number, "node_errors": self.node_errors}

    def _job(self, prompt_id: str, cancel: bool) -> web.Response:
        waiting = [one for one in self.pending if one.prompt_id == prompt_id]
        running = [one for one in self.running if one.prompt_id == prompt_id]
        if cancel:
            self.pending = [one for one in self.pending if one not in waiting]
            self._interrupt(prompt_id)
            return web.json_response({"cancelled": bool(waiting or running)})
        if prompt_id in self.history:
            stopped = any(
                m[0] == "execution_interrupted" for m in self.history[prompt_id]["status"]["messages"]
            )
            failed = self.history[prompt_id]["status"]["status_str"] == "error"
            status = "cancelled" if stopped else "failed" if failed else "completed"
        elif waiting or running:
            status = "in_progress" if running else "pending"
        else:
            return web.json_response({"error": "Job not found"}, status=404)
        return web.json_response({"id": prompt_id, "status": status})

    def _interrupt(self, prompt_id: str | None) -> None:
        for prompt in self.running:
            if prompt_id in (None, prompt.prompt_id):
                prompt.messages.append(["execution_interrupted", {"prompt_id": prompt.prompt_id}])
                self.end(prompt, "error", {})


def _field(value: Any) -> Any:
    return (value.filename, value.file.read()) if isinstance(value, web.FileField) else value


@asynccontextmanager
async def serving() -> AsyncIterator[ScriptedServer]:
    server = ScriptedServer()
    await server.start()
    try:
        yield server
    finally:
        await server.die()


# --- plans: what a prompt does -----------------------------------------------------------------------


async def begins(server: ScriptedServer, prompt: Prompt) -> None:
    server.begin(prompt)
    await server.say(prompt, "execution_start")
    await server.say(prompt, "execution_cached", nodes=["1"])
    await server.say(prompt, "executing", node="2", display_node="2")


async def finishes(server: ScriptedServer, prompt: Prompt) -> None:
    """All goes well, with the messages in ComfyUI's order."""
    await begins(server, prompt)
    await server.say(prompt, "progress", node="2", value=1, max=2)
    await server.say(prompt, "executed", node="2", display_node="2", output=SAVED)
    await server.say(prompt, "execution_success")
    server.end(prompt)
    await server.say(prompt, "executing", node=None)
