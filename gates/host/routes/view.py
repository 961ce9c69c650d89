"""Looking at a file of input, output or temp: as it is, as a small preview, or one of its channels."""

from __future__ import annotations

import asyncio
import json
import mimetypes
import struct
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from aiohttp import web
from PIL import Image

from ..folder_contents import is_dangerous_content_type
from ..prompt_server import PromptServer
from .located import located

PREVIEW_FORMATS = ("webp", "jpeg")
PREVIEW_QUALITY = 90
LONGEST_HEADER_BYTES = 1024 * 1024
UNKNOWN_TYPE = "application/octet-stream"


def add_routes(routes: web.RouteTableDef, server: PromptServer) -> None:
    rooms = ViewRoutes(server)
    routes.get("/view")(rooms.view)
    routes.get("/view_metadata/{folder_name}")(rooms.metadata)


class ViewRoutes:
    def __init__(self, server: PromptServer) -> None:
        self._folders = server.runtime.folders

    async def view(self, request: web.Request) -> web.StreamResponse:
        query = request.query
        name = query.get("filename")
        # Content hashes name files of ComfyUI's asset store, which this host does not keep.
        if name is None or name.startswith("blake3:"):
            return web.Response(status=404)
        path = located(name, query, self._folders)
        if not path.is_file():
            return web.Response(status=404)
        if "preview" in query:
            return await _picture(path, preview, path, query["preview"], query.get("channel", ""))
        if query.get("channel") == "rgb":
            return await _picture(path, colours, path)
        if query.get("channel") == "a":
            return await _picture(path, alpha, path)
        return _whole(path)

    async def metadata(self, request: web.Request) -> web.Response:
        """What a model file says of itself."""
        name = request.query.get("filename", "")
        path = self._folders.get_full_path(request.match_info["folder_name"], name)
        if not name.endswith(".safetensors") or path is None:
            return web.Response(status=404)
        found = await asyncio.to_thread(safetensors_metadata, Path(path))
        return web.Response(status=404) if found is None else web.json_response(found)


async def _picture(path: Path, make: Any, *arguments: Any) -> web.Response:
    """An encoded picture; decoding and encoding take long, so not on the event loop."""
    data, kind = await asyncio.to_thread(make, *arguments)
    headers = {"Content-Disposition": f'filename="{_quoted(path.name)}"'}
    return web.Response(body=data, content_type=f"image/{kind}", headers=headers)


def _whole(path: Path) -> web.FileResponse:
    content_type = mimetypes.guess_type(path.name)[0] or UNKNOWN_TYPE
    disposition = f'filename="{_quoted(path.name)}"'
    if is_dangerous_content_type(content_type):
        content_type, disposition = UNKNOWN_TYPE, f"attachment; {disposition}"
    headers = {
        "Content-Disposition": disposition,
        "Content-Type": content_type,
        "X-Content-Type-Options": "nosniff",
    }
    return web.FileResponse(path, headers=headers)


def _quoted(name: str) -> str:
    plain = "".join(letter if letter.isprintable() else "_" for letter in name)
    return plain.replace("\\", "\\\\").replace('"', '\\"')


def preview(path: Path, wish: str, channel: str) -> tuple[bytes, str]:
    """`wish` is `webp` or `jpeg`, perhaps with `;quality` behind it."""
    parts = wish.split(";")
    kind = parts[0] if parts[0] in PREVIEW_FORMATS and "a" not in channel else "webp"
    quality = int(parts[-1]) if parts[-1].isdigit() else PREVIEW_QUALITY
    with Image.open(path) as image:
        plain = kind == "jpeg" or channel == "rgb"
        return _encoded(image.convert("RGB") if plain else image, kind, quality=quality), kind


def colours(path: Path) -> tuple[bytes, str]:
    with Image.open(path) as image:
        return _encoded(image.convert("RGB"), "png"), "png"


def alpha(path: Path) -> tuple[bytes, str]:
    with Image.open(path) as image:
        mask = image.getchannel("A") if image.mode == "RGBA" else Image.new("L", image.size, 255)
        out = Image.new("RGBA", image.size)
        out.putalpha(mask)
        return _encoded(out, "png"), "png"


def _encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = BytesIO()
    image.save(out, format=kind, **options)
    return out.getvalue()


def safetensors_metadata(path: Path) -> Mapping[str, Any] | None:
    with path.open("rb") as file:
        head = file.read(8)
        length = struct.unpack("<Q", head)[0] if len(head) == 8 else LONGEST_HEADER_BYTES + 1
        if length > LONGEST_HEADER_BYTES:
            return None
        header = json.loads(file.read(length))
    found = header.get("__metadata__")
    return found if isinstance(found, dict) else None
