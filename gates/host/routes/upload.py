"""Taking images and painted masks into input, output or temp."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from aiohttp import web
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ..folders import Folders
from ..prompt_server import PromptServer
from .located import is_below, located

Write = Callable[[Path], None]
OVERWRITE = ("true", "1")


def add_routes(routes: web.RouteTableDef, server: PromptServer) -> None:
    folders = server.runtime.folders

    async def image(request: web.Request) -> web.Response:
        post = await request.post()
        return await _answer(post, folders, lambda data: lambda path: _write(path, data))

    async def mask(request: web.Request) -> web.Response:
        post = await request.post()
        return await _answer(
            post, folders, lambda data: lambda path: _write_masked(path, _original(post, folders), data)
        )

    routes.post("/upload/image")(image)
    routes.post("/upload/mask")(mask)


async def _answer(post: Any, folders: Folders, writer: Callable[[bytes], Write]) -> web.Response:
    part = post.get("image")
    if not part or part == b"":
        return web.Response(status=400)
    if not isinstance(part, web.FileField):
        raise ValueError("the field `image` is no file")  # 500, as ComfyUI answers it
    if not part.filename:
        return web.Response(status=400)
    kind = post.get("type", "input")
    directory = folders.get_directory_by_type(kind)
    if directory is None:
        raise ValueError(f"there is no folder of type {kind!r}")  # 500, as ComfyUI answers it
    subfolder = str(post.get("subfolder", ""))
    folder = os.path.join(directory, os.path.normpath(subfolder))
    if not is_below(directory, os.path.join(folder, part.filename)):
        return web.Response(status=400)
    data = await asyncio.to_thread(part.file.read)
    overwrite = post.get("overwrite") in OVERWRITE
    name = await asyncio.to_thread(_save, Path(folder), part.filename, data, overwrite, writer(data))
    return web.json_response({"name": name, "subfolder": subfolder, "type": kind})


def _save(folder: Path, name: str, data: bytes, overwrite: bool, write: Write) -> str:
    """The name it got: a free one, unless the same bytes already have one."""
    folder.mkdir(parents=True, exist_ok=True)
    stem, suffix = os.path.splitext(name)
    number = 0
    while not overwrite and (folder / name).exists():
        if (folder / name).read_bytes() == data:
            return name
        number += 1
        name = f"{stem} ({number}){suffix}"
    write(folder / name)
    return name


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _original(post: Any, folders: Folders) -> Path | None:
    """The picture that the mask was painted on; None where there is none to be reached."""
    asked = json.loads(str(post.get("original_ref")))
    try:
        found = located(asked["filename"], asked, folders)
    except web.HTTPException:
        return None
    return found if found.is_file() else None


def _write_masked(path: Path, source: Path | None, data: bytes) -> None:
    """The original picture with the alpha channel of the uploaded one, its texts kept.

    Without an original nothing is written and the answer is the same, as ComfyUI has it.
    """
    if source is None:
        return
    with Image.open(source) as original, Image.open(BytesIO(data)) as painted:
        texts = PngInfo()
        for key, value in getattr(original, "text", {}).items():
            texts.add_text(key, value)
        picture = original.convert("RGBA")
        picture.putalpha(painted.convert("RGBA").getchannel("A"))
        picture.save(path, compress_level=4, pnginfo=texts)
