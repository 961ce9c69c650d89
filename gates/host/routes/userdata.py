"""A user's own files: workflows, templates, style sheets."""

from __future__ import annotations

import logging
import mimetypes
import os
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from ...atomic import write_bytes
from ..folder_contents import is_dangerous_content_type
from ..prompt_server import PromptServer

logger = logging.getLogger("gates.host.userdata")

UNKNOWN_TYPE = "application/octet-stream"
BAD_NAME = 'Invalid filename. Please avoid special characters like :\\/*?"<>|'


def add_routes(routes: web.RouteTableDef, server: PromptServer) -> None:
    rooms = UserDataRoutes(server)
    routes.get("/userdata")(rooms.listing)
    routes.get("/v2/userdata")(rooms.tree)
    routes.get("/userdata/{file}")(rooms.read)
    routes.post("/userdata/{file}")(rooms.write)
    routes.delete("/userdata/{file}")(rooms.delete)
    routes.post("/userdata/{file}/move/{dest}")(rooms.move)


class UserDataRoutes:
    def __init__(self, server: PromptServer) -> None:
        self._users = server.user_manager

    async def listing(self, request: web.Request) -> web.Response:
        asked = request.query.get("dir", "")
        if not asked:
            return web.Response(status=400, text="Directory not provided")
        found = self._users.get_request_user_filepath(request, asked)
        if found is None:
            return web.Response(status=403, text="Invalid directory")
        directory = Path(found)
        if not directory.exists():
            return web.Response(status=404, text="Directory not found")
        pattern = "**/*" if _says_yes(request, "recurse") else "*"
        # Names with a dot in front stay out, as a shell's pattern leaves them out.
        files = [path for path in directory.glob(pattern) if path.is_file() and not _hidden(path, directory)]
        return web.json_response([_listed(path, directory, request) for path in files])

    async def tree(self, request: web.Request) -> web.Response:
        asked = unquote(request.query.get("path", ""))
        try:
            root = self._users.get_request_user_filepath(request, None, create_dir=False)
            found = self._users.get_request_user_filepath(request, asked or None, create_dir=False)
        except KeyError:
            return web.Response(status=403, text="Invalid user specified in request")
        if root is None or found is None:
            return web.Response(status=400, text="Invalid path requested")
        if not os.path.exists(found):
            missing = web.Response(status=404, text="Requested path not found")
            return web.json_response([]) if found == root else missing
        if not os.path.isdir(found):
            return web.Response(status=400, text="Requested path is not a directory")
        return web.json_response(tree_entries(Path(found), Path(root)))

    async def read(self, request: web.Request) -> web.FileResponse:
        path = self._path(request, must_exist=True)
        kind = mimetypes.guess_type(path)[0] or UNKNOWN_TYPE
        headers = {
            "Content-Type": UNKNOWN_TYPE if is_dangerous_content_type(kind) else kind,
            "X-Content-Type-Options": "nosniff",
            "Content-Disposition": "attachment",  # never shown as a page of this host
        }
        return web.FileResponse(path, headers=headers)

    async def write(self, request: web.Request) -> web.Response:
        path = self._path(request)
        if self._keeps(request, path):
            return web.Response(status=409, text="File already exists")
        body = await request.read()
        try:
            write_bytes(path, body, durable=False)
        except OSError as error:
            logger.warning("%s could not be saved: %s", path, error)
            return web.Response(status=400, reason=BAD_NAME)
        return self._named(request, path)

    async def delete(self, request: web.Request) -> web.Response:
        self._path(request, must_exist=True).unlink()
        return web.Response(status=204)

    async def move(self, request: web.Request) -> web.Response:
        source = self._path(request, must_exist=True)
        target = self._path(request, "dest")
        if self._keeps(request, target):
            return web.Response(status=409, text="File already exists")
        shutil.move(source, target)
        return self._named(request, target)

    def _path(self, request: web.Request, part: str = "file", must_exist: bool = False) -> Path:
        """The file that the address names; raises the HTTP answer where it names none."""
        found = self._users.get_request_user_filepath(request, request.match_info[part])
        if found is None:
            raise web.HTTPForbidden(body=b"")
        if must_exist and not os.path.exists(found):
            raise web.HTTPNotFound(body=b"")
        return Path(found)

    @staticmethod
    def _keeps(request: web.Request, path: Path) -> bool:
        return request.query.get("overwrite", "true") == "false" and path.exists()

    def _named(self, request: web.Request, path: Path) -> web.Response:
        root = Path(self._users.get_request_user_filepath(request, None) or "")
        if _says_yes(request, "full_info"):
            return web.json_response(file_info(path, root))
        return web.json_response(_relative(path, root))


def _says_yes(request: web.Request, name: str) -> bool:
    return request.query.get(name, "").lower() == "true"


def _listed(path: Path, directory: Path, request: web.Request) -> Any:
    if _says_yes(request, "full_info"):
        return file_info(path, directory)
    name = _relative(path, directory)
    return [name, *name.split("/")] if _says_yes(request, "split") else name


def _hidden(path: Path, directory: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(directory).parts)


def _relative(path: Path, directory: Path) -> str:
    return path.relative_to(directory).as_posix()


def file_info(path: Path, directory: Path) -> dict[str, Any]:
    """Size in bytes, times in milliseconds."""
    facts = path.stat()
    return {
        "path": _relative(path, directory),
        "size": facts.st_size,
        "modified": int(facts.st_mtime * 1000),
        "created": int(facts.st_ctime * 1000),
    }


def tree_entries(directory: Path, root: Path) -> list[dict[str, Any]]:
    """Everything below a folder, folders first."""
    found = [_entry(path, root) for path in directory.rglob("*")]
    return sorted(found, key=lambda entry: (entry["type"] != "directory", entry["name"].lower()))


def _entry(path: Path, root: Path) -> dict[str, Any]:
    entry = {"name": path.name, "path": _relative(path, root)}
    if path.is_dir():
        return {**entry, "type": "directory"}
    facts = path.stat()
    return {**entry, "type": "file", "size": facts.st_size, "modified": facts.st_mtime}
