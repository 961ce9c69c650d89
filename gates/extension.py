"""The composition root: builds what the pack is made of, hands it in, registers it once."""

from __future__ import annotations

import logging
import os
import time
import uuid
from typing import Any

from aiohttp import web

from . import (
    __version__,
    gates_compat,
    node,
    pool_routes,
    profile_node,
    profiler_wiring,
    profiles,
    profiles_routes,
)
from .errors import GatesError
from .limits import Limits
from .mount import Capability, mount
from .responses import Service, json_bytes

log = logging.getLogger("gates.extension")
POOLS = "/grid_pool"
STATUS = "/dataset_gates"


def register() -> tuple[dict[str, Any], dict[str, str]]:
    """Register routes where there is a server; the node mappings that ComfyUI asks for."""
    server = gates_compat.prompt_server()
    if server is not None:
        service = pool_service(os.environ)
        profiler = profiler_wiring.profiler()
        measuring = profiler_wiring.serve(server.app, server.routes, profiler, service.hosts)
        serve(server.app, server.routes, service, measuring)
        profiler_wiring.watch(profiler)
        clear_leftovers()
    classes = {**profile_node.NODE_CLASS_MAPPINGS, **node.NODE_CLASS_MAPPINGS}
    names = {**profile_node.NODE_DISPLAY_NAME_MAPPINGS, **node.NODE_DISPLAY_NAME_MAPPINGS}
    return classes, names


def pool_service(environ: os._Environ[str] | dict[str, str]) -> Service:
    """What the pool routes serve inside ComfyUI."""
    hosts = environ.get("DATASET_GATES_HOSTS", "").replace(";", ",").split(",")
    return Service(
        base=gates_compat.grid_pool_base,
        notify=gates_compat.send,
        user_of=gates_compat.user_of,
        clock=time.time,
        new_id=lambda: uuid.uuid4().hex,
        limits=Limits.from_environ(environ),
        hosts=frozenset(name.strip().lower() for name in hosts if name.strip()),
    )


def serve(
    app: web.Application, routes: Any, service: Service, measuring: Capability | None = None
) -> Capability:
    """Put all routes of the pack on a server; whether the pools may answer is known once it starts."""
    pools = Capability("Image Pool")
    table = web.RouteTableDef()
    pool_routes.add_routes(table, service)
    profiles_routes.add_routes(table, service)
    mount(app, routes, POOLS, table, pools)
    mount(app, routes, STATUS, _status_table(pools, measuring, service.limits), Capability("Status"))
    return pools


def _status_table(pools: Capability, measuring: Capability | None, limits: Limits) -> web.RouteTableDef:
    table = web.RouteTableDef()

    @table.get(f"{STATUS}/status")
    async def status(request: web.Request) -> web.Response:
        return json_bytes(
            {
                "version": __version__,
                "pools": {"available": pools.available, "reason": pools.reason},
                "profiler": {
                    "available": measuring is not None and measuring.available,
                    "reason": measuring.reason if measuring is not None else None,
                },
                "limits": {"max_upload_bytes": limits.file_bytes, "max_pixels": limits.pixels},
            }
        )

    return table


def clear_leftovers() -> None:
    """Remove what crashes left in staging and of purged profiles. A failure here must not stop ComfyUI."""
    try:
        base = gates_compat.grid_pool_base()
        if os.path.isdir(base):
            profiles.clear_leftovers(base)
    except (OSError, GatesError) as error:
        log.warning("[Dataset Gates] Leftovers of an earlier run stay where they are: %s", error)
