"""The profiler inside ComfyUI: its parts put together, its hooks, its routes. Nothing is opened here."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from . import (
    __version__,
    gates_compat,
    pool_prints,
    profiler_compare_routes,
    profiler_file_routes,
    profiler_group_routes,
    profiler_routes,
    profiler_run_routes,
)
from .mount import Capability, mount
from .profiler.fingerprint import Host, environment
from .profiler.probes.finding import all_probes
from .profiler.probes.surroundings import surroundings
from .profiler.service import ProfilerService, Surroundings
from .profiler_desk import PREFIX, Desk

log = logging.getLogger("gates.extension")
WEB = Path(__file__).parents[1] / "web"
ROOMS = (
    profiler_routes,
    profiler_group_routes,
    profiler_run_routes,
    profiler_compare_routes,
    profiler_file_routes,
)
QUEUEING = ("/prompt", "/api/prompt")


def profiler() -> ProfilerService:
    """What measures inside ComfyUI."""
    return ProfilerService(
        Surroundings(
            folder_of=lambda user: Path(gates_compat.user_folder(user)),
            queue=gates_compat.prompt_door(),
            send=gates_compat.send_to,
            is_connected=gates_compat.is_connected,
            later=gates_compat.call_later,
            has_users=gates_compat.has_users,
            new_id=lambda: str(uuid.uuid4()),
            probes=lambda: all_probes(gates_compat.dynamic_vram),
            environment=_environment,
            pools_of=lambda prompt: pool_prints.prints_of(gates_compat.grid_pool_base(), prompt),
        )
    )


def _environment() -> Mapping[str, Any]:
    facts = gates_compat.core_facts()
    folder = Path(facts["folder"]) if facts["folder"] else None
    details = {"dynamic_vram": facts["dynamic_vram"]}
    return environment(
        Host(facts["version"], folder, tuple(Path(pack) for pack in facts["packs"]), details), surroundings()
    )


def serve(app: web.Application, routes: Any, service: ProfilerService, hosts: frozenset[str]) -> Capability:
    """Put the routes on a server; whether they may answer is known later."""
    capability = Capability("Profiler")
    desk = Desk(service, gates_compat.profile_user, WEB, __version__, hosts)
    table = web.RouteTableDef()
    for room in ROOMS:
        room.add_routes(table, desk)
    mount(app, routes, PREFIX, table, capability)
    if gates_compat.has_users():
        app.middlewares.append(_knowing_users(service))
    app.on_cleanup.append(lambda _: _close(service))
    return capability


def watch(service: ProfilerService) -> None:
    """See every prompt that is queued and run. A failure here must not stop ComfyUI."""
    try:
        tier = gates_compat.install_hooks(service.engine)
        gates_compat.on_every_prompt(service.on_prompt)
        if tier != "execute":
            log.warning("[Dataset Gates] The profiler sees less than usual here (tier: %s)", tier)
    except Exception:
        log.exception("[Dataset Gates] The profiler cannot watch prompts here")


def _knowing_users(service: ProfilerService) -> Any:
    """Where there are several users, the request that queues a prompt says whose it is."""

    @web.middleware
    async def known(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.method != "POST" or request.path not in QUEUEING:
            return await handler(request)
        with service.asking(gates_compat.profile_user(request)):
            return await handler(request)

    return known


async def _close(service: ProfilerService) -> None:
    await service.repeats.close()
    await asyncio.to_thread(service.close)
