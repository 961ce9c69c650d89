"""Lists of model files. The host runs no models; the page and packs ask for their names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from aiohttp import web

from ..folders import Folders
from ..prompt_server import PromptServer

NOT_MODELS = ("configs", "custom_nodes")


def add_routes(routes: web.RouteTableDef, server: PromptServer) -> None:
    rooms = ModelRoutes(server.runtime.folders)
    routes.get("/embeddings")(rooms.embeddings)
    routes.get("/models")(rooms.kinds)
    routes.get("/models/{folder}")(rooms.names)
    routes.get("/experiment/models")(rooms.folders)
    routes.get("/experiment/models/{folder}")(rooms.files)


class ModelRoutes:
    def __init__(self, folders: Folders) -> None:
        self._folders = folders

    async def embeddings(self, request: web.Request) -> web.Response:
        names = self._folders.get_filename_list("embeddings")
        return web.json_response([os.path.splitext(name)[0] for name in names])

    async def kinds(self, request: web.Request) -> web.Response:
        return web.json_response(list(self._folders.folder_names_and_paths))

    async def names(self, request: web.Request) -> web.Response:
        folder = request.match_info["folder"]
        if folder not in self._folders.folder_names_and_paths:
            return web.Response(status=404)
        return web.json_response(self._folders.get_filename_list(folder))

    async def folders(self, request: web.Request) -> web.Response:
        table = self._folders.folder_names_and_paths
        return web.json_response(
            [
                {"name": name, "folders": paths, "extensions": sorted(extensions)}
                for name, (paths, extensions) in table.items()
                if name not in NOT_MODELS
            ]
        )

    async def files(self, request: web.Request) -> web.Response:
        folder = request.match_info["folder"]
        if folder not in self._folders.folder_names_and_paths:
            return web.Response(status=404)
        paths, extensions = self._folders.folder_names_and_paths[folder]
        found = [
            described(index, path, name)
            for index, path in enumerate(paths)
            for name in self._folders.filter_files_extensions(
                self._folders.recursive_search(path, [".git"])[0], extensions
            )
        ]
        return web.json_response(found)


def described(index: int, directory: str, name: str) -> dict[str, Any]:
    facts = Path(directory, name).stat()
    return {
        "name": name,
        "pathIndex": index,
        "modified": facts.st_mtime,
        "created": facts.st_ctime,
        "size": facts.st_size,
    }
