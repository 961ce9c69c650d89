"""The routes of groups of nodes, and of the trash."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from .errors import UnknownGroup
from .profiler.shown import group_json, trashed_json
from .profiler.store import ProfilerStore
from .profiler_desk import PREFIX, Desk, answered, number_of
from .request_fields import query, read_json
from .responses import changing, reading

NAMES = ("name", "color", "description", "workflow_hash")


def add_routes(routes: web.RouteTableDef, desk: Desk) -> None:
    _add_groups(routes, desk)
    _add_group_changes(routes, desk)
    _add_trash(routes, desk)


def _add_groups(routes: web.RouteTableDef, desk: Desk) -> None:
    @routes.get(f"{PREFIX}/groups")
    @reading
    async def groups(request: web.Request) -> web.Response:
        scope = query(request).optional_text("hash")
        return await desk.ask(
            request, lambda store: {"groups": [group_json(group) for group in store.groups(scope)]}
        )

    @routes.post(f"{PREFIX}/groups")
    @changing(desk)
    async def create_group(request: web.Request) -> web.Response:
        fields = await read_json(request)
        fields.text("name")
        given, user = fields.only(*NAMES, "members"), desk.user(request)

        def create() -> dict[str, Any]:
            store = desk.service.stores.of(user)
            return _group(store, store.create_group(**given))

        return await answered(create, status=201)


def _add_group_changes(routes: web.RouteTableDef, desk: Desk) -> None:
    @routes.patch(f"{PREFIX}/groups/{{number}}")
    @changing(desk)
    async def change_group(request: web.Request) -> web.Response:
        number = number_of(request, UnknownGroup, "group")
        changes = (await read_json(request)).only(*NAMES)

        def change(store: ProfilerStore) -> dict[str, Any]:
            store.set_group(number, **changes)
            return _group(store, number)

        return await desk.ask(request, change)

    @routes.delete(f"{PREFIX}/groups/{{number}}")
    @changing(desk)
    async def delete_group(request: web.Request) -> web.Response:
        number = number_of(request, UnknownGroup, "group")

        def delete(store: ProfilerStore) -> dict[str, Any]:
            store.delete_group(number)
            return {"trashed": {"kind": "group", "number": number}}

        return await desk.ask(request, delete)

    @routes.post(f"{PREFIX}/groups/{{number}}/members")
    @changing(desk)
    async def members(request: web.Request) -> web.Response:
        number = number_of(request, UnknownGroup, "group")
        changes = (await read_json(request)).only("add", "remove")

        def change(store: ProfilerStore) -> dict[str, Any]:
            store.set_members(number, **changes)
            return _group(store, number)

        return await desk.ask(request, change)


def _group(store: ProfilerStore, number: int) -> dict[str, Any]:
    """Raises UnknownGroup."""
    found = next((one for one in store.groups() if one.id == number), None)
    if found is None:
        raise UnknownGroup(f"There is no group {number}. It may lie in the trash.", group=number)
    return {"group": group_json(found)}


def _add_trash(routes: web.RouteTableDef, desk: Desk) -> None:
    @routes.get(f"{PREFIX}/trash")
    @reading
    async def trash(request: web.Request) -> web.Response:
        return await desk.ask(request, lambda store: {"items": [trashed_json(one) for one in store.trash()]})

    @routes.post(f"{PREFIX}/trash/restore")
    @changing(desk)
    async def restore(request: web.Request) -> web.Response:
        fields = await read_json(request)
        kind, number = fields.text("kind"), fields.within("number", 0, 2**62, -1)

        def put_back(store: ProfilerStore) -> dict[str, Any]:
            store.restore(kind, number)
            return {"restored": {"kind": kind, "number": number}}

        return await desk.ask(request, put_back)

    @routes.post(f"{PREFIX}/trash/purge")
    @changing(desk)
    async def purge(request: web.Request) -> web.Response:
        fields = await read_json(request)
        kind = number = None
        if fields.has("kind") or fields.has("number"):
            kind, number = fields.text("kind"), fields.within("number", 0, 2**62, -1)
        return await desk.ask(request, lambda store: {"purged": store.purge(kind, number)})
