"""What machine and versions these are, and that this is a stand-in."""

from __future__ import annotations

import sys
from typing import Any

from aiohttp import web

from ... import __version__
from ..frontend import installed_version
from ..memory import free_bytes, total_bytes
from ..prompt_server import PromptServer
from ..sockets import SERVER_FEATURES

# The version whose answers this host gives.
COMFYUI_VERSION = "0.29.0"
# The frontend that this version asks for; the page warns of an older one.
REQUIRED_FRONTEND = "1.47.10"
# ComfyUI's switch for what this host always does; the page looks for it before it asks for news.
NO_NETWORK = "--disable-api-nodes"
TEMPLATES = "comfyui-workflow-templates"


def add_routes(routes: web.RouteTableDef, server: PromptServer) -> None:
    async def stats(request: web.Request) -> web.Response:
        return web.json_response(system_stats())

    async def features(request: web.Request) -> web.Response:
        return web.json_response(SERVER_FEATURES)

    routes.get("/system_stats")(stats)
    routes.get("/features")(features)


def system_stats() -> dict[str, Any]:
    total, free = total_bytes(), free_bytes()
    return {
        "stand_in": {"name": "Dataset Gates stand-in host", "version": __version__},
        "system": {
            "os": sys.platform,
            "ram_total": total,
            "ram_free": free,
            "comfyui_version": COMFYUI_VERSION,
            "required_frontend_version": REQUIRED_FRONTEND,
            "installed_templates_version": installed_version(TEMPLATES),
            "required_templates_version": None,
            "comfy_package_versions": [],
            "python_version": sys.version,
            "pytorch_version": installed_version("torch") or "not installed",
            "embedded_python": False,
            "deploy_environment": "local-git",
            "argv": [*sys.argv, NO_NETWORK],
        },
        "devices": [
            {
                "name": "cpu",
                "type": "cpu",
                "index": None,
                "vram_total": total,
                "vram_free": free,
                "torch_vram_total": total,
                "torch_vram_free": free,
            }
        ],
    }
