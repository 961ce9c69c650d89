"""Our routes on the host's server, so that they can never stop it from starting.

A method and path that two packs register make ComfyUI exit. So the host sees one catch-all for each prefix,
behind which our own table is looked up: another pack's route of the same path is more specific and wins,
whichever pack loads first. Once all packs are loaded we look whether that happened.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

from aiohttp import web

from .errors import RouteTaken, UnknownRoute, WrongMethod
from .responses import Handler, error_response

log = logging.getLogger("gates.routes")
Handlers = dict[tuple[str, str], Any]  # by method and path; a path may have {places}
ALLOWED = {"GET": "GET, HEAD"}
PLACE = re.compile(r"\{([a-z_]+)(?::(\.\*))?\}")  # {name}, or {name:.*} for all that follows


class Capability:
    """Whether a part of the pack may answer, and the sentence why not."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.reason: str | None = None

    @property
    def available(self) -> bool:
        return self.reason is None


def mount(
    app: web.Application, routes: Any, prefix: str, table: web.RouteTableDef, capability: Capability
) -> None:
    """Serve `table`, all of whose paths begin with `prefix`, through the host's `routes`."""
    handlers = {(one.method, one.path): one.handler for one in table if isinstance(one, web.RouteDef)}
    dispatch = _dispatcher(handlers, capability)
    routes.route("*", f"{prefix}/{{gates_path:.*}}")(dispatch)
    app.on_startup.append(_watch(handlers, dispatch, capability))


def _dispatcher(handlers: Handlers, capability: Capability) -> Handler:
    shapes = [(method, path, _shape(path), handler) for (method, path), handler in handlers.items()]

    async def dispatch(request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix("/api")
        method = "GET" if request.method == "HEAD" else request.method
        if not capability.available:
            return error_response(RouteTaken(capability.reason or ""))
        served = None
        for serves, one, shape, handler in shapes:
            places = shape.fullmatch(path)
            if places is None:
                continue
            if serves == method:
                request.match_info.update(places.groupdict())
                answer: web.StreamResponse = await handler(request)
                return answer
            served = served or one
        if served is not None:
            refusal = error_response(WrongMethod(f"{path[:200]} does not take {request.method}."))
            refusal.headers["Allow"] = _allowed(handlers, served)
            return refusal
        return error_response(UnknownRoute(f"There is nothing at {path[:200]}."))

    return dispatch


def _shape(path: str) -> re.Pattern[str]:
    """What a path with {places} stands for; each is one part of the address."""
    parts = PLACE.split(path)  # text, name, ".*" or None, text, ...
    shape = re.escape(parts[0])
    for name, rest, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        shape += f"(?P<{name}>{rest or '[^/]+'}){re.escape(text)}"
    return re.compile(shape, re.S)


def _allowed(handlers: Handlers, path: str) -> str:
    return ", ".join(ALLOWED.get(method, method) for method, served in handlers if served == path)


def _watch(handlers: Handlers, ours: Handler, capability: Capability) -> Callable[[web.Application], Any]:
    async def look(app: web.Application) -> None:
        taken = sorted(
            {  # a set: the host serves each route also under /api
                f"{route.method} {path}"
                for route in app.router.routes()
                if (path := _path(route)) is not None
                and _serves(route.method, path, handlers)
                and route.handler is not ours
            }
        )
        if taken:
            capability.reason = (
                f"{capability.name} is off: another node pack serves {taken[0]}"
                f"{f' and {len(taken) - 1} more of our routes' if len(taken) > 1 else ''}. "
                "Remove or disable one of the two packs and restart ComfyUI."
            )
            log.warning("[Dataset Gates] %s", capability.reason)

    return look


def _serves(method: str, path: str, handlers: Handlers) -> bool:
    """Whether a route of this method and path answers what we would, however it calls its places."""
    return any(_nameless(path) == _nameless(ours) and method in (one, "*") for one, ours in handlers)


def _nameless(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def _path(route: web.AbstractRoute) -> str | None:
    if route.resource is None:
        return None
    return route.resource.canonical.removeprefix("/api")
