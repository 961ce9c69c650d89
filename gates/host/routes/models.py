"""Lists of model files. The host runs no models; the page and packs ask for their names."""

from __future__ import annotations

import asyncio
import os
from io import BytesIO
from pathlib import Path
from typing import Any

from aiohttp import web
from PIL import Image

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
    routes.get("/experiment/models/preview/{folder}/{index}/{name:.*}")(rooms.preview)


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

    async def preview(self, request: web.Request) -> web.Response:
        """The picture that lies beside a model file, as webp."""
        named = request.match_info
        if not named["index"].lstrip("-").isdigit():
            return web.Response(status=400)
        paths, _ = self._folders.folder_names_and_paths.get(named["folder"], ([], set()))
        index = int(named["index"])
        if not 0 <= index < len(paths):
            return web.Response(status=404)
        directory = paths[index]
        model = os.path.join(directory, named["name"])
        if not self._folders.is_within_directory(directory, model):
            return web.Response(status=403)
        picture = picture_beside(Path(model), self._folders)
        if picture is None:
            return web.Response(status=404)
        if not self._folders.is_within_directory(directory, str(picture)):
            return web.Response(status=403)
        return web.Response(body=await asyncio.to_thread(_as_webp, picture), content_type="image/webp")


def picture_beside(model: Path, folders: Folders) -> Path | None:
    """`<model>.png`, `<model>.preview.png` and the like."""
    if not model.parent.is_dir():
        return None
    stems = (model.stem, f"{model.stem}.preview")
    names = sorted(path.name for path in model.parent.iterdir() if path.stem in stems)
    pictures = folders.filter_files_content_types(names, ["image"])
    return model.parent / pictures[0] if pictures else None


def _as_webp(picture: Path) -> bytes:
    out = BytesIO()
    with Image.open(picture) as image:
        image.save(out, format="WEBP")
    return out.getvalue()


def described(index: int, directory: str, name: str) -> dict[str, Any]:
    facts = Path(directory, name).stat()
    return {
        "name": name,
        "pathIndex": index,
        "modified": facts.st_mtime,
        "created": facts.st_ctime,
        "size": facts.st_size,
    }
