"""A user's settings, kept in one file."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any

from aiohttp import web

from ...atomic import write_bytes
from ..prompt_server import PromptServer

logger = logging.getLogger("gates.host.settings")

FILE = "comfy.settings.json"

# Without it a first visit opens a gallery of templates that need models.
DEFAULTS: dict[str, Any] = {"Comfy.TutorialCompleted": True}


def add_routes(routes: web.RouteTableDef, server: PromptServer) -> None:
    rooms = SettingRoutes(server)
    routes.get("/settings")(rooms.everything)
    routes.get("/settings/{id}")(rooms.one)
    routes.post("/settings")(rooms.change_many)
    routes.post("/settings/{id}")(rooms.change_one)


class SettingRoutes:
    def __init__(self, server: PromptServer) -> None:
        self._users = server.user_manager

    async def everything(self, request: web.Request) -> web.Response:
        return web.json_response({**DEFAULTS, **self._stored(request)})

    async def one(self, request: web.Request) -> web.Response:
        found = {**DEFAULTS, **self._stored(request)}
        return web.json_response(found.get(request.match_info["id"]))

    async def change_many(self, request: web.Request) -> web.Response:
        return self._merge(request, await request.json())

    async def change_one(self, request: web.Request) -> web.Response:
        return self._merge(request, {request.match_info["id"]: await request.json()})

    def _merge(self, request: web.Request, changes: dict[str, Any]) -> web.Response:
        # Read and written with nothing awaited in between: two changes at once both last.
        merged = {**self._stored(request), **changes}
        write_bytes(self._file(request), json.dumps(merged, indent=4).encode(), durable=False)
        return web.Response(status=200)

    def _stored(self, request: web.Request) -> dict[str, Any]:
        path = self._file(request)
        if not path.is_file():
            return {}
        try:
            found = json.loads(path.read_bytes())
        except ValueError:
            logger.error("the settings in %s cannot be read, so defaults are used", path)
            return {}
        return found if isinstance(found, dict) else {}

    def _file(self, request: web.Request) -> Path:
        try:
            path = self._users.get_request_user_filepath(request, FILE)
        except KeyError as error:
            raise web.HTTPUnauthorized from error
        if path is None:
            raise web.HTTPUnauthorized
        return Path(os.fspath(path))
