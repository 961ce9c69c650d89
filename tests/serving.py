"""The routes on a real port, as ComfyUI serves them, for tests that speak HTTP."""

from __future__ import annotations

import asyncio
import io
import itertools
import json
import time
import zipfile
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from aiohttp import ClientSession, FormData, web
from PIL import Image

from gates import extension
from gates.limits import Limits
from gates.mount import Capability
from gates.responses import Service

LEVELS = ("one", "two", "three", "four", "input", "grid_pool")
NOW = 1_800_000_000  # seconds; what the server's clock says in tests
Color = int | tuple[int, ...]
Pack = Callable[[web.Application, web.RouteTableDef], object]
File = tuple[str, bytes]  # name, content
Members = Sequence[tuple[str | zipfile.ZipInfo, bytes]]


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    data: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.data)

    @property
    def code(self) -> str | None:
        """The code of an error; None for an answer that is none."""
        if self.status < 400:
            return None
        error = self.body["error"]
        assert set(self.body) == {"error"} and set(error) == {"code", "message"}, self.data
        assert isinstance(error["message"], str) and error["message"], self.data
        return str(error["code"])


@dataclass
class Served:
    """A running server of the pack's routes, and a client that speaks to it."""

    url: str
    port: int
    root: Path  # everything that a test may touch
    base: Path  # the pool base, deep below root
    client: ClientSession
    pools: Capability
    clock: list[float] = field(default_factory=lambda: [float(NOW)])
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def ask(self, method: str, path: str, **options: Any) -> Answer:
        async with self.client.request(method, self.url + path, **options) as answer:
            return Answer(answer.status, answer.headers, await answer.read())

    async def get(self, path: str, **query: str | int) -> Answer:
        return await self.ask("GET", path, params=query)

    async def post(self, path: str, /, **fields: Any) -> Answer:
        return await self.ask("POST", path, json=fields)

    async def send(self, path: str, part: str, files: Iterable[File], /, **fields: str | int) -> Answer:
        return await self.ask("POST", path, data=form(part, files, **fields))

    async def add(self, pool_id: str, *files: File, **fields: str | int) -> Answer:
        return await self.send("/grid_pool/add", "image", files, pool_id=pool_id, **fields)

    async def filled(self, pool_id: str, count: int, size: tuple[int, int] = (8, 6)) -> list[str]:
        """Put `count` different images into a pool; the ids of all its slots."""
        files = [(f"{at}.png", png((at % 256, at // 256, 7), size)) for at in range(count)]
        answer = await self.add(pool_id, *files)
        assert answer.status == 200, answer.data
        return await self.ids(pool_id)

    async def profile(self, name: str, count: int = 0) -> str:
        """Create a profile that holds `count` images; its id."""
        answer = await self.post("/grid_pool/profiles/create", name=name)
        assert answer.status == 200, answer.data
        if count:
            await self.filled(answer.body["id"], count)
        return str(answer.body["id"])

    async def listed(self, pool_id: str = "p") -> Any:
        """What the grid of a pool is told."""
        answer = await self.get("/grid_pool/list", pool_id=pool_id)
        assert answer.status == 200, answer
        return answer.body

    async def ids(self, pool_id: str) -> list[str]:
        return [slot["id"] for slot in (await self.listed(pool_id))["slots"]]

    async def raw(self, data: bytes, *, hang_up: bool = False, patience: float = 10.0) -> bytes:
        """Send bytes that no client would, and read all that comes back; with `hang_up`, close first."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(data)
            if hang_up:
                writer.write_eof()
            return await asyncio.wait_for(reader.read(), patience)
        finally:
            writer.close()

    def changes(self, event: str = "dataset_gates.pool") -> list[str]:
        return [data["change"] for name, data in self.events if name == event]


def form(part: str, files: Iterable[File], **fields: str | int) -> FormData:
    data = FormData(quote_fields=False, default_to_multipart=True)  # names as browsers send them
    for key, value in fields.items():
        data.add_field(key, str(value))
    for name, content in files:
        data.add_field(part, content, filename=name, content_type="application/octet-stream")
    return data


def png(
    color: Color = (200, 30, 30), size: tuple[int, int] = (8, 6), mode: str = "RGB", kind: str = "PNG"
) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, color).save(out, kind)
    return out.getvalue()


def zipped(members: Members, compression: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as made:
        for name, data in members:
            made.writestr(name, data)
    return out.getvalue()


def deep_base(root: Path) -> Path:
    """A pool base six levels below `root`, with a file to watch on every level around it."""
    base = root.joinpath(*LEVELS)
    base.parent.mkdir(parents=True)
    for depth in range(len(LEVELS)):
        level = root.joinpath(*LEVELS[:depth])
        (level / "keep.txt").write_text(f"level {depth}")
        (level / "aside").mkdir()
        (level / "aside" / "img_0001.png").write_bytes(png())
        (level / "aside" / "manifest.json").write_text('{"slots": []}')
    return base


def outside(served: Served) -> dict[str, bytes | None]:
    """Every file (with its bytes) and folder below the root that is not in the pool base."""
    found: dict[str, bytes | None] = {}
    for path in sorted(served.root.rglob("*")):
        if served.base != path and served.base not in path.parents:
            inside = path.is_file() and not path.is_symlink()
            found[path.relative_to(served.root).as_posix()] = path.read_bytes() if inside else None
    return found


def add_as_core(app: web.Application, routes: web.RouteTableDef) -> None:
    """Register a route table as ComfyUI does: everything below /api too."""
    twins = web.RouteTableDef()
    for route in routes:
        if isinstance(route, web.RouteDef):
            twins.route(route.method, "/api" + route.path)(route.handler, **route.kwargs)
    app.add_routes(twins)
    app.add_routes(routes)


@asynccontextmanager
async def serving(
    root: Path,
    *,
    limits: Limits | None = None,
    hosts: Iterable[str] = (),
    user_of: Callable[[web.Request], str | None] = lambda request: None,
    before: Sequence[Pack] = (),
    after: Sequence[Pack] = (),
) -> AsyncIterator[Served]:
    """Serve the pack below `root`, with other packs that load `before` and `after` it."""
    base, numbers = deep_base(root), itertools.count(1)
    events: list[tuple[str, dict[str, Any]]] = []
    clock = [float(NOW)]
    service = Service(
        base=lambda: str(base),
        notify=lambda event, data: events.append((event, data)),
        user_of=user_of,
        clock=lambda: clock[0],
        new_id=lambda: f"id{next(numbers)}",
        limits=limits or Limits(),
        hosts=frozenset(hosts),
    )
    app, routes = web.Application(client_max_size=104857600), web.RouteTableDef()
    for pack in before:
        pack(app, routes)
    capability = extension.serve(app, routes, service)
    for pack in after:
        pack(app, routes)
    add_as_core(app, routes)
    runner = web.AppRunner(app, handle_signals=False)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = int(runner.addresses[0][1])
        url = f"http://127.0.0.1:{port}"
        async with ClientSession() as client:
            yield Served(url, port, root, base, client, capability, clock, events)
    finally:
        await runner.cleanup()


class Pulse:
    """Measures how long the event loop stood still at most while a block ran; `worst` in seconds."""

    def __init__(self, every: float = 0.002) -> None:
        self.worst = 0.0
        self.whole = 0.0
        self._every = every

    def is_steady(self) -> bool:
        """Whether the work was done elsewhere. Done on the loop, the worst stall is nearly the whole time."""
        return self.worst < max(0.25, self.whole / 2)

    async def __aenter__(self) -> Pulse:
        self._began = time.perf_counter()
        self._task = asyncio.create_task(self._beat())
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.whole = time.perf_counter() - self._began
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _beat(self) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(self._every)
            self.worst = max(self.worst, time.perf_counter() - before - self._every)
