"""Who uses this host."""

from __future__ import annotations

import os

from aiohttp import web

from ..prompt_server import PromptServer


def add_routes(routes: web.RouteTableDef, server: PromptServer) -> None:
    users = server.user_manager

    async def known(request: web.Request) -> web.Response:
        if users.multi_user:
            return web.json_response({"storage": "server", "users": users.users})
        directory = users.get_request_user_filepath(request, None, create_dir=False)
        migrated = directory is not None and os.path.exists(directory)
        return web.json_response({"storage": "server", "migrated": migrated})

    async def add(request: web.Request) -> web.Response:
        name = (await request.json())["username"]
        if name in users.users.values():
            return web.json_response({"error": "Duplicate username."}, status=400)
        try:
            return web.json_response(users.add_user(name))
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)

    routes.get("/users")(known)
    routes.post("/users")(add)
