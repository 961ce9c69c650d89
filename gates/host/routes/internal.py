"""What only the page itself asks: log lines, folders, lists of files."""

from __future__ import annotations

import os

from aiohttp import web

from ..log_buffer import TERMINAL_SIZE
from ..prompt_server import PromptServer


def make_app(server: PromptServer) -> web.Application:
    rooms = InternalRoutes(server)
    app = web.Application()
    app.router.add_get("/logs", rooms.text)
    app.router.add_get("/logs/raw", rooms.entries)
    app.router.add_patch("/logs/subscribe", rooms.subscribe)
    app.router.add_get("/folder_paths", rooms.folders)
    app.router.add_get("/files/{directory_type}", rooms.files)
    return app


class InternalRoutes:
    def __init__(self, server: PromptServer) -> None:
        self._logs = server.runtime.logs
        self._folders = server.runtime.folders

    async def text(self, request: web.Request) -> web.Response:
        lines = [f"{entry['t']} - {entry['m']}" for entry in tuple(self._logs.entries)]
        return web.json_response("".join(lines))

    async def entries(self, request: web.Request) -> web.Response:
        return web.json_response({"entries": list(self._logs.entries), "size": TERMINAL_SIZE})

    async def subscribe(self, request: web.Request) -> web.Response:
        body = await request.json()
        self._logs.watch(body["clientId"], body["enabled"])
        return web.Response(status=200)

    async def folders(self, request: web.Request) -> web.Response:
        table = self._folders.folder_names_and_paths
        return web.json_response({name: paths for name, (paths, _) in table.items()})

    async def files(self, request: web.Request) -> web.Response:
        """Names of a folder's files, newest first, each with the folder's kind behind it."""
        kind = request.match_info["directory_type"]
        directory = self._folders.get_directory_by_type(kind)
        if directory is None:
            return web.json_response({"error": "Invalid directory type"}, status=400)
        entries = [each for each in os.scandir(directory) if each.is_file() and each.name[0] != "."]
        entries.sort(key=lambda entry: -entry.stat().st_mtime)
        return web.json_response([f"{entry.name} [{kind}]" for entry in entries])
