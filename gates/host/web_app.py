"""Putting every address into the application, in ComfyUI's order."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from .prompt_server import PromptServer
from .routes import internal
from .routes.packs import example_folders


def complete_app(server: PromptServer) -> None:
    """After the packs are loaded. Raises RuntimeError where two of them take the same address."""
    nodes = server.runtime.nodes
    for pack, directory in nodes.module_directories.items():
        for folder in example_folders(Path(directory)):
            server.app.add_routes([web.static(f"/api/workflow_templates/{pack}", folder)])
    server.app.add_subapp("/internal", internal.make_app(server))
    server.app.add_routes(_twins(server.routes))
    server.app.add_routes(server.routes)
    for pack, directory in nodes.web_directories.items():
        server.app.add_routes([web.static(f"/extensions/{pack}", directory)])
    server.app.add_routes([web.static("/", server.web_root)])


def _twins(routes: web.RouteTableDef) -> web.RouteTableDef:
    """Every route once more below /api, which is where the page asks."""
    twins = web.RouteTableDef()
    for route in routes:
        if isinstance(route, web.RouteDef):
            twins.route(route.method, f"/api{route.path}", **route.kwargs)(route.handler)
    return twins
