"""What the scripted server can do wrong: plans (what a prompt does) and faults (what an answer is)."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

from aiohttp import web

from tests.scripted_server import Fault, Prompt, ScriptedServer, begins, finishes


async def waits(server: ScriptedServer, prompt: Prompt) -> None:
    """Runs until the test says `server.go.set()`."""
    await begins(server, prompt)
    await server.go.wait()
    await server.say(prompt, "execution_success")
    server.end(prompt)
    await server.say(prompt, "executing", node=None)


async def stays_pending(server: ScriptedServer, prompt: Prompt) -> None:
    return


async def fails(server: ScriptedServer, prompt: Prompt) -> None:
    await begins(server, prompt)
    error = {
        "node_id": "2",
        "node_type": "Sampler",
        "exception_type": "RuntimeError",
        "exception_message": "out of paint\n",
        "traceback": ["line 1"],
    }
    await server.say(prompt, "execution_error", **error)
    server.end(prompt, "error", {})
    await server.say(prompt, "executing", node=None)


async def loses_its_socket(server: ScriptedServer, prompt: Prompt) -> None:
    await begins(server, prompt)
    await server.cut_sockets()
    while len(server.seen_ids) < 2:
        await asyncio.sleep(0.01)
    await server.say(prompt, "execution_success")
    server.end(prompt)
    await server.say(prompt, "executing", node=None)


async def babbles(server: ScriptedServer, prompt: Prompt) -> None:
    for raw in ("{", "[]", '{"type": 3}', '{"type": "executing", "data": []}', b"", b"\0\0\0\1", b"\0" * 64):
        await server.send(prompt, raw)
    nonsense: tuple[dict[str, Any], ...] = (
        {},
        {"node": {}},
        {"node": [1]},
        {"nodes": 3},
        {"value": "x", "max": None},
        {"output": 7},
    )
    for data in nonsense:
        for kind in ("executing", "executed", "progress", "progress_state", "execution_cached", "new_kind"):
            if kind != "executing" or "node" in data:
                await server.say(prompt, kind, **data)
    await finishes(server, prompt)


# --- faults: what an answer is instead -------------------------------------------------------------------


def answers(status: int = 200, body: str | bytes = b"", **headers: str) -> Fault:
    async def fault(server: ScriptedServer, request: web.Request) -> web.StreamResponse:
        await request.read()
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        return web.Response(
            status=status, body=body if isinstance(body, bytes) else body.encode(), headers=named
        )

    return fault


async def polite(server: ScriptedServer, request: web.Request) -> None:
    """No fault: this once the usual answer."""


async def cuts(server: ScriptedServer, request: web.Request) -> web.StreamResponse:
    await request.read()
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def stalls(server: ScriptedServer, request: web.Request) -> web.StreamResponse:
    await request.read()
    await asyncio.Event().wait()
    raise AssertionError("waits for ever")


def after_taking(then: Fault) -> Fault:
    """The prompt is queued, and then the answer goes wrong."""

    async def fault(server: ScriptedServer, request: web.Request) -> web.StreamResponse | None:
        server.take(await request.json())
        return await then(server, request)

    return fault


def streams(piece: bytes, pause: float = 0.0, chunks: int | None = None, abort: bool = False) -> Fault:
    """A body in chunks, without end unless told; with `abort` the line breaks instead of an end."""

    async def fault(server: ScriptedServer, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        for number in itertools.count():
            if number == chunks or request.transport is None or request.transport.is_closing():
                break
            await response.write(piece)
            await asyncio.sleep(pause)
        if abort and request.transport is not None:
            request.transport.close()
        return response

    return fault


def ends_early(body: bytes, announced: int) -> Fault:
    async def fault(server: ScriptedServer, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(announced)})
        await response.prepare(request)
        await response.write(body)
        if request.transport is not None:
            request.transport.close()
        return response

    return fault
