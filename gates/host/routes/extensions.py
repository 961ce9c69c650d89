"""Which scripts the page imports: the frontend's own and those of every pack."""

from __future__ import annotations

import glob
import os
from urllib.parse import quote

from aiohttp import web

from ..prompt_server import PromptServer


def add_routes(routes: web.RouteTableDef, server: PromptServer) -> None:
    async def extensions(request: web.Request) -> web.Response:
        own = [f"/extensions/{name}" for name in scripts(os.path.join(server.web_root, "extensions"))]
        for pack, directory in server.runtime.nodes.web_directories.items():
            own += [f"/extensions/{quote(pack)}/{name}" for name in scripts(directory)]
        return web.json_response(own)

    routes.get("/extensions")(extensions)


def scripts(directory: str) -> list[str]:
    """Every script below a folder, as the page names it."""
    found = glob.glob("**/*.js", root_dir=directory, recursive=True)
    return [name.replace(os.sep, "/") for name in found]
