"""The addresses that ComfyUI answers, one file per subject."""

from __future__ import annotations

from ..prompt_server import PromptServer
from . import (
    assets,
    extensions,
    history,
    jobs,
    models,
    object_info,
    packs,
    prompts,
    settings,
    socket,
    system,
    upload,
    userdata,
    users,
    view,
)

ROOMS = (
    socket,
    extensions,
    object_info,
    system,
    prompts,
    history,
    jobs,
    view,
    upload,
    models,
    users,
    settings,
    userdata,
    packs,
    assets,
)


def add_all(server: PromptServer) -> None:
    """Before any pack is loaded, so that a pack which takes one of these addresses is noticed."""
    for room in ROOMS:
        room.add_routes(server.routes, server)
