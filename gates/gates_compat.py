"""The adapter to ComfyUI: the only file that names its modules, and only inside functions."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiohttp import web


def grid_pool_base() -> str:
    """The folder below which all pools lie. Raises ImportError outside of ComfyUI."""
    import folder_paths

    return os.path.join(folder_paths.get_input_directory(), "grid_pool")


def prompt_server() -> Any | None:
    """ComfyUI's running server; None where there is none (tests, scripts)."""
    try:
        from server import PromptServer
    except ImportError:
        return None
    return getattr(PromptServer, "instance", None)


def send(event: str, data: dict[str, Any]) -> None:
    """Tell every open tab; may be called from any thread."""
    server = prompt_server()
    if server is not None:
        server.send_sync(event, data)


def user_of(request: web.Request) -> str | None:
    """The user of a request in multi-user mode; None without users, or for one that nobody knows."""
    from comfy.cli_args import args

    server = prompt_server()
    if server is None or not getattr(args, "multi_user", False):
        return None
    try:
        return str(server.user_manager.get_request_user_id(request))
    except KeyError:
        return None
