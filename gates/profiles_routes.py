"""The routes of the profiles. Ids and times are minted here; archives stream without a temporary file."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from itertools import groupby
from typing import Any, BinaryIO

from aiohttp import web

from . import archive, pool, profiles
from .archive import Piece
from .errors import GatesError, ImageGone
from .manifest import Manifest
from .profiles import Entry, Imported
from .request_fields import Form, Most, query, read_form, read_json
from .responses import Service, attachment, changing, json_bytes, reading

PROFILES_EVENT = "dataset_gates.profiles"
SMALL_FILE = 2**18  # bytes: below this, files are read in batches; above, the system sends them
BATCH = 2**22
FILES_AHEAD = 32  # open at a time


def add_routes(routes: web.RouteTableDef, service: Service) -> None:
    """Add the profile routes to `routes`; `service` is what they serve."""
    _add_lists(routes, service)
    _add_names(routes, service)
    _add_trash(routes, service)
    _add_archives(routes, service)


def _told(service: Service, what: str, entry: Entry, extra: dict[str, Any] | None = None) -> web.Response:
    service.notify(PROFILES_EVENT, {"change": what, "id": entry["id"]})
    return json_bytes({**entry, **(extra or {})})


def described(base: str, entry: Entry) -> dict[str, Any]:
    """An entry with what its pool holds. A folder that cannot be read counts as unknown."""
    try:
        manifest: Manifest | None = pool.read_manifest(base, entry["id"])
    except GatesError:
        manifest = None
    count = None if manifest is None else len(manifest.slots)
    cover = manifest.slots[manifest.active].id if manifest is not None and manifest.slots else None
    return {**entry, "count": count, "cover": cover}


def _list(base: str) -> list[dict[str, Any]]:
    return [described(base, entry) for entry in profiles.read_registry(base)["profiles"]]


def _add_lists(routes: web.RouteTableDef, service: Service) -> None:
    @routes.get("/grid_pool/profiles/list")
    @reading
    async def list_profiles(request: web.Request) -> web.Response:
        return json_bytes({"profiles": await asyncio.to_thread(_list, service.base())})

    @routes.get("/grid_pool/profiles/trash")
    @reading
    async def list_trash(request: web.Request) -> web.Response:
        return json_bytes({"profiles": await asyncio.to_thread(profiles.list_trash, service.base())})


def _add_names(routes: web.RouteTableDef, service: Service) -> None:
    @routes.post("/grid_pool/profiles/create")
    @changing(service)
    async def create(request: web.Request) -> web.Response:
        name = (await read_json(request)).text("name")
        base, owner, ts = service.base(), service.user_of(request), service.now()
        new_id = service.new_id()
        entry = await asyncio.to_thread(profiles.create_profile, base, name, new_id, ts, owner=owner)
        return _told(service, "create", entry, {"count": 0, "cover": None})

    @routes.post("/grid_pool/profiles/rename")
    @changing(service)
    async def rename(request: web.Request) -> web.Response:
        fields = await read_json(request)
        pid, name, base = fields.pool_id("id"), fields.text("name"), service.base()
        entry = await asyncio.to_thread(profiles.rename_profile, base, pid, name)
        return _told(service, "rename", entry)

    @routes.post("/grid_pool/profiles/duplicate")
    @changing(service)
    async def duplicate(request: web.Request) -> web.Response:
        fields = await read_json(request)
        pid, name, owner = fields.pool_id("id"), fields.optional_text("name"), service.user_of(request)
        base, ts, new_id = service.base(), service.now(), service.new_id()
        entry = await asyncio.to_thread(profiles.duplicate_profile, base, pid, name, new_id, ts, owner=owner)
        return _told(service, "duplicate", entry, await asyncio.to_thread(described, base, entry))

    @routes.post("/grid_pool/profiles/seed")
    @changing(service)
    async def seed(request: web.Request) -> web.Response:
        fields = await read_json(request)
        source, pid, base = fields.pool_id("from"), fields.pool_id("id"), service.base()
        count = await asyncio.to_thread(profiles.seed_profile, base, source, pid, service.now())
        service.notify(PROFILES_EVENT, {"change": "seed", "id": pid})
        return json_bytes({"copied": count})


def _add_trash(routes: web.RouteTableDef, service: Service) -> None:
    @routes.post("/grid_pool/profiles/delete")
    @changing(service)
    async def delete(request: web.Request) -> web.Response:
        pid, base = (await read_json(request)).pool_id("id"), service.base()
        entry = await asyncio.to_thread(profiles.entry_of, base, pid)
        left = await asyncio.to_thread(profiles.delete_profile, base, pid, service.now())
        service.notify(PROFILES_EVENT, {"change": "delete", "id": entry["id"]})
        return json_bytes({"deleted": entry, **left})

    @routes.post("/grid_pool/profiles/restore")
    @changing(service)
    async def restore(request: web.Request) -> web.Response:
        pid, base = (await read_json(request)).pool_id("id"), service.base()
        entry = await asyncio.to_thread(profiles.restore_profile, base, pid)
        return _told(service, "restore", entry, await asyncio.to_thread(described, base, entry))

    @routes.post("/grid_pool/profiles/purge")
    @changing(service)
    async def purge(request: web.Request) -> web.Response:
        pid = (await read_json(request)).pool_id("id")
        await asyncio.to_thread(profiles.purge_profile, service.base(), pid)
        service.notify(PROFILES_EVENT, {"change": "purge", "id": pid})
        return json_bytes({"purged": pid})


def _add_archives(routes: web.RouteTableDef, service: Service) -> None:
    @routes.get("/grid_pool/profiles/export")
    @reading
    async def export(request: web.Request) -> web.StreamResponse:
        pid = query(request).pool_id("id")
        name, pieces = await asyncio.to_thread(profiles.export_pieces, service.base(), pid)
        headers = {"Content-Disposition": attachment(f"{name}.zip"), "X-Content-Type-Options": "nosniff"}
        response = web.StreamResponse(headers=headers)
        response.content_type = "application/zip"
        response.content_length = archive.total_size(pieces)
        await response.prepare(request)
        if request.method != "HEAD":
            await _send_or_break(request, response, pieces)
        await response.write_eof()
        return response

    @routes.post("/grid_pool/profiles/import")
    @changing(service)
    async def import_zip(request: web.Request) -> web.Response:
        most = service.limits.archive_bytes
        form = await read_form(request, service.base(), Most(most, most))
        owner = service.user_of(request)
        done = await asyncio.to_thread(_import, service, form, owner)
        base, carried = service.base(), [asdict(one) for one in done.contents.carried]
        extra = await asyncio.to_thread(described, base, done.entry)
        return _told(service, "import", done.entry, {**extra, "carried": carried})


def _import(service: Service, form: Form, owner: str | None) -> Imported:
    try:
        return profiles.import_archive(
            service.base(),
            form.one("file").path,
            service.new_id(),
            form.fields.optional_text("name") or None,
            service.now(),
            owner=owner,
            limits=service.limits,
        )
    finally:
        form.discard()


async def _send_or_break(request: web.Request, response: web.StreamResponse, pieces: Sequence[Piece]) -> None:
    """Send an archive. When a file is not what was planned, the connection breaks: never a false archive."""
    try:
        await _send(request, response, pieces)
    except (GatesError, OSError):
        if request.transport is not None:
            request.transport.abort()  # an error's own answer would count as bytes of the archive
        raise


async def _send(request: web.Request, response: web.StreamResponse, pieces: Sequence[Piece]) -> None:
    """Write an archive: small pieces gathered off the event loop, large files by the system itself."""
    for stretch in _stretches(pieces):
        with ExitStack() as files:
            for piece, ready in await asyncio.to_thread(_ready, stretch, files):
                if isinstance(ready, bytes):
                    await response.write(ready)
                else:
                    await _send_file(request, piece, ready)


def _stretches(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """The pieces in groups that one visit to a thread makes ready: the visits, not the bytes, cost time."""
    stretch: list[Piece] = []
    files = size = 0
    for piece in pieces:
        stretch.append(piece)
        files, size = (files + 1, size) if _is_large(piece) else (files, size + piece.size)
        if files >= FILES_AHEAD or size >= BATCH:
            yield stretch
            stretch, files, size = [], 0, 0
    yield stretch


def _is_large(piece: Piece) -> bool:
    return piece.path is not None and piece.size >= SMALL_FILE


def _ready(stretch: Sequence[Piece], files: ExitStack) -> list[tuple[Piece, bytes | BinaryIO]]:
    """Large files opened, and what lies between them as bytes."""
    ready: list[tuple[Piece, bytes | BinaryIO]] = []
    for large, group in groupby(stretch, _is_large):
        if large:
            ready += [(piece, files.enter_context(archive.open_piece(piece))) for piece in group]
        else:
            between = list(group)
            data = b"".join(part for piece in between for part in archive.piece_bytes(piece))
            ready.append((between[0], data))
    return ready


async def _send_file(request: web.Request, piece: Piece, source: BinaryIO) -> None:
    if request.transport is None:
        raise ConnectionResetError("The browser went away during an export.")
    sent = await asyncio.get_running_loop().sendfile(request.transport, source, 0, piece.size)
    if sent != piece.size:
        raise ImageGone(f"{piece.path} changed while it was exported.")
