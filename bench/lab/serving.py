"""The server that is measured: the pack's routes on a bare aiohttp application, in a process of its own.

`python -m bench.lab.serving BASE` prints its port and serves until its standard input closes. Beside the
pack's routes it has `/bare?path=` (a plain FileResponse) and `/heart/start`, `/heart/stop`: a task that wants
to wake every few milliseconds and remembers by how much it was late at most.
"""

from __future__ import annotations

import asyncio
import sys
import time
import uuid
from typing import Any

from aiohttp import web

from gates import extension
from gates.responses import Service

BEAT = 0.002  # seconds
START, STOP, BARE = "/heart/start", "/heart/stop", "/bare"


class Heart:
    """How late the event loop was at most, and for how long it worked itself at most, in seconds."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None
        self._longest = self._worked = 0.0

    async def start(self, request: web.Request) -> web.Response:
        self._longest = self._worked = 0.0
        self._task = asyncio.create_task(self._beat())
        return web.json_response({})

    async def stop(self, request: web.Request) -> web.Response:
        if self._task is not None:
            self._task.cancel()
        return web.json_response({"longest": self._longest, "worked": self._worked})

    async def _beat(self) -> None:
        while True:
            before, worked = time.perf_counter(), time.thread_time()
            await asyncio.sleep(BEAT)
            self._longest = max(self._longest, time.perf_counter() - before - BEAT)
            self._worked = max(self._worked, time.thread_time() - worked)


async def _bare(request: web.Request) -> web.FileResponse:
    return web.FileResponse(request.query["path"])


def application(base: str) -> web.Application:
    app, routes, heart = web.Application(), web.RouteTableDef(), Heart()
    extension.serve(app, routes, _service(base))
    app.add_routes(routes)
    app.add_routes([web.get(START, heart.start), web.get(STOP, heart.stop), web.get(BARE, _bare)])
    return app


def _service(base: str) -> Service:
    def forget(event: str, data: dict[str, Any]) -> None:
        """No tab listens here."""

    return Service(
        base=lambda: base,
        notify=forget,
        user_of=lambda request: None,
        clock=time.time,
        new_id=lambda: uuid.uuid4().hex,
    )


async def serve(base: str) -> None:
    runner = web.AppRunner(application(base), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
