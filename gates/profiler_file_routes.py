"""The routes that send and take files: exports, imports, the standalone page."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from .atomic import confined
from .errors import BadField, PathOutside, TooManyBytes, UnknownRoute, UnknownRun
from .profiler.export import export_chrome, export_csv, export_json
from .profiler.records import Recording
from .profiler.store import DatabaseBounds, ProfilerStore
from .profiler_desk import PREFIX, Desk, answered, number_of
from .request_fields import PIECE, Most, query, read_form
from .responses import attachment, changing, reading

EXPORTS: dict[str, tuple[Callable[[Recording], str], str, str]] = {
    "csv": (export_csv, "csv", "text/csv"),
    "json": (export_json, "json", "application/json"),
    "chrome": (export_chrome, "trace.json", "application/json"),
}
LARGEST_FILE = DatabaseBounds().size
SQLITE = b"SQLite format 3\0"
KINDS = {".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
ALONE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def add_routes(routes: web.RouteTableDef, desk: Desk) -> None:
    _add_export(routes, desk)
    _add_import(routes, desk)
    _add_page(routes, desk)


def _add_export(routes: web.RouteTableDef, desk: Desk) -> None:
    @routes.get(f"{PREFIX}/runs/{{number}}/export")
    @reading
    async def export(request: web.Request) -> web.Response:
        number, kind = number_of(request, UnknownRun, "run"), query(request).text("format")
        if kind not in EXPORTS:
            raise BadField(f"The field 'format' is one of: {', '.join(EXPORTS)}.", field="format")
        write, ending, content_type = EXPORTS[kind]
        user = desk.user(request)

        def written() -> tuple[str, bytes]:
            recording = desk.service.stores.of(user).recording(number)
            name = f"{recording.run.name or 'run'}-{number}.{ending}"
            return name, write(recording).encode("utf-8", "replace")

        name, body = await asyncio.to_thread(written)
        headers = {"Content-Disposition": attachment(name), "X-Content-Type-Options": "nosniff"}
        return web.Response(body=body, content_type=content_type, charset="utf-8", headers=headers)


def _add_import(routes: web.RouteTableDef, desk: Desk) -> None:
    @routes.post(f"{PREFIX}/import")
    @changing(desk)
    async def import_file(request: web.Request) -> web.Response:
        user = desk.user(request)
        folder = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="gates-import-")
        try:
            path = await _received(request, Path(folder.name))
            return await answered(lambda: _imported(desk.service.stores.of(user), path))
        finally:
            await asyncio.to_thread(folder.cleanup)


async def _received(request: web.Request, folder: Path) -> Path:
    """The file of a form, or the body itself, on disk. Raises BadField, TooManyBytes."""
    if request.content_type == "multipart/form-data":
        form = await read_form(request, str(folder), Most(LARGEST_FILE, LARGEST_FILE))
        return form.one("file").path
    path, size = folder / "body", 0
    with await asyncio.to_thread(path.open, "xb") as out:
        async for piece in request.content.iter_chunked(PIECE):
            size += len(piece)
            if size > LARGEST_FILE:
                raise TooManyBytes(f"The file has more than {LARGEST_FILE // 2**20} MB, more than is taken.")
            await asyncio.to_thread(out.write, piece)
    if not size:
        raise BadField("Send a file: in a part named 'file' of a form, or as the body.", field="file")
    return path


def _imported(store: ProfilerStore, path: Path) -> dict[str, Any]:
    """Raises BadRecording, TooManyBytes."""
    with path.open("rb") as file:
        is_database = file.read(len(SQLITE)) == SQLITE
    if is_database:
        done = store.import_database(path)
        counted = {"runs": len(done.runs), "groups": done.groups}
        return {"imported": counted, "run_ids": list(done.runs), "known": done.known}
    number, is_new = store.import_json(path.read_bytes())
    return {"imported": {"runs": int(is_new), "groups": 0}, "run_ids": [number], "known": int(not is_new)}


def _add_page(routes: web.RouteTableDef, desk: Desk) -> None:
    @routes.get(f"{PREFIX}/view")
    @reading
    async def view(request: web.Request) -> web.Response:
        return await _file(desk.web_folder, "profiler/index.html", "text/html")

    @routes.get(f"{PREFIX}/static/{{path:.*}}")
    @reading
    async def static(request: web.Request) -> web.Response:
        path = request.match_info["path"]
        kind = KINDS.get(Path(path).suffix)
        if kind is None:
            raise UnknownRoute(f"There is no file {path[:200]!r} for the page.")
        return await _file(desk.web_folder, path, kind)


async def _file(folder: Path, name: str, kind: str) -> web.Response:
    """A file below `folder`. Raises UnknownRoute."""
    try:
        body = await asyncio.to_thread(lambda: confined(folder, *name.split("/")).read_bytes())
    except (PathOutside, OSError, ValueError) as error:
        raise UnknownRoute(f"There is no file {name[:200]!r} for the page.") from error
    return web.Response(body=body, content_type=kind, charset="utf-8", headers=ALONE)
