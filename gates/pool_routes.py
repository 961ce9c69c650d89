"""The routes of one pool: parse, call one core function off the event loop, answer what changed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from . import pool, pool_trash, registry, staging, thumbs
from .errors import BadField, GatesError, UnknownItem
from .manifest import Item, Manifest, Slot
from .pool import Change, Ref
from .request_fields import Fields, Form, Most, Upload, query, read_form, read_json
from .responses import Service, changing, encode, reading
from .staging import Refusal, Staged

POOL_EVENT = "dataset_gates.pool"
FOREVER = "private, max-age=31536000, immutable"
THUMBNAIL_WORKERS = 4
AT_ONCE = 200  # slots encoded without a pause


def add_routes(routes: web.RouteTableDef, service: Service) -> None:
    """Add the pool routes to `routes`; `service` is what they serve."""
    _add_reading(routes, service)
    _add_uploads(routes, service)
    _add_removal(routes, service)
    _add_edits(routes, service)
    _add_order_and_copy(routes, service)
    _add_trash(routes, service)


def summary(pool_id: str, manifest: Manifest) -> dict[str, Any]:
    return {
        "pool_id": pool_id,
        "active": manifest.active,
        "count": len(manifest.slots),
        "revision": manifest.revision,
    }


def _told(
    service: Service, what: str, pool_id: str, manifest: Manifest, extra: dict[str, Any]
) -> web.Response:
    """The answer to a change, after every tab was told of it."""
    facts = summary(pool_id, manifest)
    service.notify(POOL_EVENT, {**facts, "change": what})
    return web.Response(body=encode({**facts, **extra}), content_type="application/json", charset="utf-8")


def _slot_told(service: Service, what: str, pool_id: str, change: Change) -> web.Response:
    return _told(service, what, pool_id, change.manifest, {"slot": change.slots[0].public()})


def _add_reading(routes: web.RouteTableDef, service: Service) -> None:
    busy = asyncio.Semaphore(THUMBNAIL_WORKERS)

    @routes.get("/grid_pool/list")
    @reading
    async def list_slots(request: web.Request) -> web.Response:
        pool_id = query(request).pool_id()
        body = await asyncio.to_thread(_listing, service.base(), pool_id)
        return web.Response(body=body, content_type="application/json", charset="utf-8")

    @routes.get("/grid_pool/thumb")
    @reading
    async def thumb(request: web.Request) -> web.Response:
        fields = query(request)
        size = _size(fields)
        async with busy:
            data = await asyncio.to_thread(_thumbnail, service.base(), fields, size)
        caching = FOREVER if fields.has("v") else "no-cache"
        return web.Response(body=data, content_type="image/webp", headers={"Cache-Control": caching})

    @routes.get("/grid_pool/trash")
    @reading
    async def trash(request: web.Request) -> web.Response:
        pool_id = query(request).pool_id()
        items = await asyncio.to_thread(pool_trash.list_items, service.base(), pool_id)
        body = {"pool_id": pool_id, "items": [item.public() for item in items], "count": len(items)}
        return web.Response(body=encode(body), content_type="application/json", charset="utf-8")


def _listing(base: str, pool_id: str) -> bytes:
    """The whole pool as JSON bytes, and the profile that it belongs to."""
    manifest = pool.read_manifest(base, pool_id)
    present = pool.present_files(base, pool_id)
    entry = registry.find_by_id(registry.read_registry(base), pool_id)
    facts = summary(pool_id, manifest) | {
        "trash": len(manifest.trash),
        "profile": {"id": entry["id"], "name": entry["name"]} if entry else None,
    }
    slots = _encoded([_listed(slot, present) for slot in manifest.slots])
    return encode(facts)[:-1] + b',"slots":' + slots + b"}"


def _encoded(values: Sequence[Any]) -> bytes:
    """A JSON list, encoded in groups: the encoder holds Python's lock, and the event loop waits for it."""
    groups = (encode(values[first : first + AT_ONCE])[1:-1] for first in range(0, len(values), AT_ONCE))
    return b"[" + b",".join(groups) + b"]"


def _listed(slot: Slot, present: frozenset[str]) -> dict[str, Any]:
    shown = slot.public()
    return shown if slot.image in present else {**shown, "missing": True}


def _size(fields: Fields) -> int:
    size = fields.whole_number("size") if fields.has("size") else 256
    if size < 1:
        raise BadField("The field 'size' is a number of pixels, at least 1.")
    return size


def _thumbnail(base: str, fields: Fields, size: int) -> bytes:
    pool_id, part = fields.pool_id(), fields.optional_text("part") or "image"
    if part not in ("image", "mask"):
        raise BadField("The field 'part' is 'image' or 'mask'.")
    manifest = pool.read_manifest(base, pool_id)
    if fields.has("item"):
        slot = pool_trash.find_item(manifest, fields.text("item")).slot
    else:
        slot = manifest.slots[pool.position_of(manifest, fields.ref())]
    name = slot.mask if part == "mask" else slot.image
    if name is None:
        raise BadField("This image has no mask.")
    return thumbs.thumbnail(pool.pool_dir(base, pool_id), name, size)


def _add_uploads(routes: web.RouteTableDef, service: Service) -> None:
    @routes.post("/grid_pool/add")
    @changing(service)
    async def add(request: web.Request) -> web.Response:
        form = await _form(request, service)
        pool_id = _id_or_discard(form)
        change, refused = await asyncio.to_thread(_add, service, pool_id, form)
        added = [slot.public() for slot in change.slots]
        return _told(service, "add", pool_id, change.manifest, {"added": added, "refused": refused})

    @routes.post("/grid_pool/replace")
    @changing(service)
    async def replace_image(request: web.Request) -> web.Response:
        form = await _form(request, service)
        pool_id = _id_or_discard(form)
        change = await asyncio.to_thread(_replace, service, pool_id, form)
        return _slot_told(service, "replace", pool_id, change)

    @routes.post("/grid_pool/set_mask")
    @changing(service)
    async def set_mask(request: web.Request) -> web.Response:
        form = await _form(request, service)
        pool_id = _id_or_discard(form)
        change = await asyncio.to_thread(_set_mask, service, pool_id, form)
        return _slot_told(service, "set_mask", pool_id, change)


async def _form(request: web.Request, service: Service) -> Form:
    most = Most(service.limits.file_bytes, service.limits.archive_bytes)
    return await read_form(request, service.base(), most)


def _id_or_discard(form: Form) -> str:
    try:
        return form.fields.pool_id()
    except GatesError:
        form.discard()
        raise


def _add(service: Service, pool_id: str, form: Form) -> tuple[Change, list[dict[str, str]]]:
    """Take what can be taken of an upload. When that is nothing, the first refusal is the error."""
    try:
        revision = form.fields.revision()
        pool.read_manifest(service.base(), pool_id)  # a pool in the trash takes nothing
        taken, refused = _staged(service, form)
        if not taken:
            raise refused[0].error if refused else BadField("The form holds no file in a part named 'image'.")
        change = pool.add_staged(
            service.base(), pool_id, taken, service.now(), revision=revision, limits=service.limits
        )
    finally:
        form.discard()
    return change, [_refusal(one) for one in refused]


def _staged(service: Service, form: Form) -> tuple[list[Staged], list[Refusal]]:
    alpha = form.fields.optional_text("alpha_mask") in ("1", "true")
    taken: list[Staged] = []
    refused: list[Refusal] = []
    for upload in (one for one in form.uploads if one.field == "image"):
        try:
            taken.append(_checked(service, upload, alpha))
        except GatesError as error:
            refused.append(Refusal(upload.name, error))
    return taken, refused


def _checked(service: Service, upload: Upload, alpha: bool) -> Staged:
    if upload.error is not None:
        raise upload.error
    return staging.stage_file(upload.path, upload.name, service.limits, alpha_mask=alpha)


def _refusal(one: Refusal) -> dict[str, str]:
    return {"name": one.name, "code": one.error.code, "message": str(one.error)}


def _replace(service: Service, pool_id: str, form: Form) -> Change:
    try:
        ref, revision = form.fields.ref(), form.fields.revision()
        upload = _checked(service, form.one("image"), alpha=False)
        base, now = service.base(), service.now()
        return pool.replace_image(base, pool_id, ref, upload, now, revision=revision)
    finally:
        form.discard()


def _set_mask(service: Service, pool_id: str, form: Form) -> Change:
    """A painted mask in the part `mask`, or with the field source=alpha what is transparent in the image."""
    try:
        ref, revision = form.fields.ref(), form.fields.revision()
        base, now, limits = service.base(), service.now(), service.limits
        if form.fields.optional_text("source") == "alpha":
            return pool.mask_from_alpha(base, pool_id, ref, now, revision=revision, limits=limits)
        path = form.one("mask").path
        return pool.mask_from_file(base, pool_id, ref, path, now, revision=revision, limits=limits)
    finally:
        form.discard()


def _add_removal(routes: web.RouteTableDef, service: Service) -> None:
    @routes.post("/grid_pool/remove")
    @changing(service)
    async def remove(request: web.Request) -> web.Response:
        fields = await read_json(request)
        pool_id, revision = fields.pool_id(), fields.revision()
        refs = fields.refs("slots") if fields.has("slots") else [fields.ref()]
        base, now = service.base(), service.now()
        change = await asyncio.to_thread(pool.remove_slots, base, pool_id, refs, now, revision=revision)
        removed = {"removed": [slot.id for slot in change.slots]}
        return _told(service, "remove", pool_id, change.manifest, removed)


def _add_edits(routes: web.RouteTableDef, service: Service) -> None:
    @routes.post("/grid_pool/active")
    @changing(service)
    async def active(request: web.Request) -> web.Response:
        fields = await read_json(request)
        pool_id, ref, revision = fields.pool_id(), fields.ref(), fields.revision()
        change = await asyncio.to_thread(pool.activate, service.base(), pool_id, ref, revision=revision)
        return _slot_told(service, "active", pool_id, change)

    @routes.post("/grid_pool/label")
    @changing(service)
    async def label(request: web.Request) -> web.Response:
        fields = await read_json(request)
        pool_id, ref, text, revision = fields.pool_id(), fields.ref(), fields.text("label"), fields.revision()
        base = service.base()
        change = await asyncio.to_thread(pool.relabel, base, pool_id, ref, text, revision=revision)
        return _slot_told(service, "label", pool_id, change)

    @routes.post("/grid_pool/clear_mask")
    @changing(service)
    async def clear_mask(request: web.Request) -> web.Response:
        fields = await read_json(request)
        pool_id, ref, revision = fields.pool_id(), fields.ref(), fields.revision()
        base, now = service.base(), service.now()
        change = await asyncio.to_thread(pool.put_mask, base, pool_id, ref, None, now, revision=revision)
        return _slot_told(service, "clear_mask", pool_id, change)


def _add_order_and_copy(routes: web.RouteTableDef, service: Service) -> None:
    @routes.post("/grid_pool/reorder")
    @changing(service)
    async def reorder(request: web.Request) -> web.Response:
        fields = await read_json(request)
        pool_id, order, revision = fields.pool_id(), fields.refs("order"), fields.revision()
        manifest = await asyncio.to_thread(pool.reorder, service.base(), pool_id, order, revision=revision)
        ids = [slot.id for slot in manifest.slots]
        return _told(service, "reorder", pool_id, manifest, {"order": ids})

    @routes.post("/grid_pool/copy")
    @changing(service)
    async def copy(request: web.Request) -> web.Response:
        fields = await read_json(request)
        target = fields.pool_id("to")
        change = await asyncio.to_thread(
            pool.copy_slots,
            service.base(),
            fields.pool_id(),
            target,
            _chosen(fields),
            service.now(),
            revision=fields.revision(),
            limits=service.limits,
        )
        ids = [slot.id for slot in change.slots]
        return _told(service, "copy", target, change.manifest, {"copied": len(ids), "added": ids})


def _chosen(fields: Fields) -> Sequence[Ref] | None:
    """The slots that a copy means: a list, one, or all (None)."""
    if fields.has("slots"):
        return fields.refs("slots")
    return [fields.ref()] if fields.has("slot") or fields.has("index") else None


def _add_trash(routes: web.RouteTableDef, service: Service) -> None:
    @routes.post("/grid_pool/restore")
    @changing(service)
    async def restore(request: web.Request) -> web.Response:
        fields = await read_json(request)
        pool_id, revision = fields.pool_id(), fields.revision()
        base, now = service.base(), service.now()
        ref = await asyncio.to_thread(_item_ref, base, pool_id, fields)
        change = await asyncio.to_thread(pool_trash.restore, base, pool_id, ref, now, revision=revision)
        slot = change.slots[0]
        extra = {"slot": slot.public(), "index": change.manifest.position(slot.id)}
        return _told(service, "restore", pool_id, change.manifest, extra)

    @routes.post("/grid_pool/purge")
    @changing(service)
    async def purge(request: web.Request) -> web.Response:
        fields = await read_json(request)
        pool_id, revision = fields.pool_id(), fields.revision()
        base = service.base()
        ref = await asyncio.to_thread(_item_ref, base, pool_id, fields)
        manifest, gone = await asyncio.to_thread(pool_trash.purge, base, pool_id, ref, revision=revision)
        return _told(service, "purge", pool_id, manifest, {"purged": gone})


def _item_ref(base: str, pool_id: str, fields: Fields) -> str | None:
    """What a restore or purge means: `item`, `slot`, `index` (newest first), or None for none of them."""
    if fields.has("item"):
        return fields.text("item")
    if fields.has("index"):
        return _item_at(pool_trash.list_items(base, pool_id), fields.whole_number("index")).id
    return fields.optional_text("slot")


def _item_at(items: Sequence[Item], index: int) -> Item:
    if not 0 <= index < len(items):
        raise UnknownItem(f"There is no position {index} in the trash; it holds {len(items)}.")
    return items[index]
