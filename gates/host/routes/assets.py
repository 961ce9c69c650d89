"""ComfyUI's asset store, which is switched off there by default and always here."""

from __future__ import annotations

from aiohttp import web

from ..prompt_server import PromptServer

ASSET = r"/api/assets/{id:[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}}"
ADDRESSES = (
    ("HEAD", "/api/assets/hash/{hash}"),
    ("GET", "/api/assets"),
    ("POST", "/api/assets"),
    ("POST", "/api/assets/from-hash"),
    ("GET", "/api/assets/tags/refine"),
    ("GET", "/api/assets/seed/status"),
    ("POST", "/api/assets/seed"),
    ("POST", "/api/assets/seed/cancel"),
    ("POST", "/api/assets/prune"),
    ("GET", ASSET),
    ("PUT", ASSET),
    ("DELETE", ASSET),
    ("GET", f"{ASSET}/content"),
    ("POST", f"{ASSET}/tags"),
    ("DELETE", f"{ASSET}/tags"),
    ("GET", "/api/tags"),
)
ANSWER = {
    "error": {
        "code": "SERVICE_DISABLED",
        "message": "The stand-in host of Dataset Gates keeps no assets: run this in ComfyUI itself.",
        "details": {},
    }
}


def add_routes(routes: web.RouteTableDef, server: PromptServer) -> None:
    async def disabled(request: web.Request) -> web.Response:
        return web.json_response(ANSWER, status=503)

    for method, address in ADDRESSES:
        options = {"allow_head": False} if method == "GET" else {}
        routes.route(method, address, **options)(disabled)
