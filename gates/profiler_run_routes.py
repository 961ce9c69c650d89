"""The routes that have something measured: queue, arm, stop, listen, and how things stand."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from .errors import BadField
from .profiler.arming import Ask
from .profiler.following import LastSeen
from .profiler.records import Mode
from .profiler.service import ProfilerService
from .profiler.shown import settings_json
from .profiler.wishes import Wish
from .profiler_desk import LONGEST_ID, PREFIX, Desk, answered, prompt_of
from .request_fields import Fields, read_json
from .responses import changing, json_bytes, reading

MOST_REPEATS = 1000
LONGEST_NAME = 200  # characters
LONGEST_COMMENT = 2000


def add_routes(routes: web.RouteTableDef, desk: Desk) -> None:
    _add_status(routes, desk)
    _add_run(routes, desk)
    _add_stop_and_subscribe(routes, desk)


def _add_status(routes: web.RouteTableDef, desk: Desk) -> None:
    @routes.get(f"{PREFIX}/status")
    @reading
    async def status(request: web.Request) -> web.Response:
        user, service = desk.user(request), desk.service
        now = {
            "version": desk.version,
            "tier": service.engine.tier,
            "recording": service.recording(user),
            "sources": sources_json(service.following.last),
            "armed": [
                {
                    "arm_id": arm.arm_id,
                    "client_id": arm.client_id,
                    "expires": arm.expires,
                    "name": arm.ask.name,
                }
                for arm in service.armed(user)
            ],
            "series": [one.public() for one in service.repeats.of(user)],
        }
        return await answered(lambda: {**now, **_kept(service, user)})


def _kept(service: ProfilerService, user: str) -> dict[str, Any]:
    store = service.stores.of(user)
    health, reference = store.health(), store.reference()
    settings = settings_json(store.settings())
    return {
        "store": {
            "path": health.path,
            "in_memory": health.where == "memory",
            "sentences": list(health.sentences),
            "bytes": health.size,
            "runs": store.runs(1).total,
        },
        "settings": {name: settings[name] for name in ("sample_ms", "max_runs", "max_bytes")},
        "reference": None
        if reference is None
        else {
            "snapshot_id": reference[0],
            "hash": reference[1].hash,
            "node_count": len(reference[1].nodes),
        },
    }


def sources_json(last: LastSeen) -> list[dict[str, Any]]:
    """What the last run was measured by, and what it lacked and why; nothing before the first run."""
    measured = [
        {"quantity": name, "source": source, "device": device, "why": None, "hint": None}
        for name, source, device in last.sources
    ]
    lacking = [
        {"quantity": name, "source": None, "device": None, "why": why, "hint": hint}
        for name, why, hint in last.missing
    ]
    return [*measured, *lacking]


def _add_run(routes: web.RouteTableDef, desk: Desk) -> None:
    @routes.post(f"{PREFIX}/run")
    @changing(desk)
    async def run(request: web.Request) -> web.Response:
        service = desk.service
        wish = wish_of(await read_json(request), desk.user(request))
        ask = await asyncio.to_thread(service.expected, wish)
        if wish.prompt is None:
            arm = service.arm(wish, ask)
            return json_bytes({"arm_id": arm.arm_id, "expires": arm.expires})
        repeats = await service.queue(wish, ask, request)
        return json_bytes(
            {
                "prompt_ids": list(repeats.prompt_ids),
                "series": repeats.series,
                "warm_up_id": repeats.warm_up_id,
                "node_errors": repeats.node_errors,
            }
        )


def wish_of(fields: Fields, user: str) -> Wish:
    """Raises BadField."""
    prompt = prompt_of(fields)
    repeat = fields.within("repeat", 1, MOST_REPEATS, 1)
    mode = _mode(fields)
    client_id = short(fields, "client_id", LONGEST_ID)
    series = short(fields, "series", LONGEST_NAME) or None
    if prompt is None and not client_id:
        raise BadField(
            "Send a prompt to queue, or the client_id whose next prompt is meant.", field="client_id"
        )
    if prompt is None and repeat != 1:
        raise BadField("An armed run is one run: send the prompt to have it repeated.", field="repeat")
    ask = Ask(
        name=short(fields, "name", LONGEST_NAME),
        comment=short(fields, "comment", LONGEST_COMMENT),
        series=series,
        mode=mode.value,
        force=fields.flag("force"),
    )
    return Wish(
        user,
        client_id or None,
        ask,
        mode,
        repeat,
        fields.flag("check", True),
        prompt,
        fields.mapping("workflow"),
        fields.mapping("extra_data"),
    )


def _mode(fields: Fields) -> Mode:
    text = fields.optional_text("mode") or Mode.NATURAL.value
    if text not in {one.value for one in Mode}:
        raise BadField(f"The field 'mode' is one of: {', '.join(one.value for one in Mode)}.", field="mode")
    return Mode(text)


def short(fields: Fields, name: str, longest: int) -> str:
    """A text that may be missing. Raises BadField where it is too long."""
    text = fields.optional_text(name) or ""
    if len(text) > longest:
        raise BadField(f"The field {name!r} has at most {longest} characters.", field=name)
    return text.encode("utf-8", "replace").decode("utf-8")


def _add_stop_and_subscribe(routes: web.RouteTableDef, desk: Desk) -> None:
    @routes.post(f"{PREFIX}/stop")
    @changing(desk)
    async def stop(request: web.Request) -> web.Response:
        user = desk.user(request)
        fields = await read_json(request)
        series, prompt_id = short(fields, "series", LONGEST_NAME), short(fields, "prompt_id", LONGEST_ID)
        return json_bytes(desk.service.stop(user, series or None, prompt_id or None))

    @routes.post(f"{PREFIX}/subscribe")
    @changing(desk)
    async def subscribe(request: web.Request) -> web.Response:
        user, fields = desk.user(request), await read_json(request)
        client_id = short(fields, "client_id", LONGEST_ID)
        if not client_id:
            raise BadField(
                "The field 'client_id' is needed: the id of the page's websocket.", field="client_id"
            )
        desk.service.telling.subscribe(user, client_id)
        return json_bytes({"subscribed": client_id})
