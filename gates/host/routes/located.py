"""From the name in an address to a file in input, output or temp, never to one outside of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from ..folders import Folders


def located(name: str, place: Mapping[str, Any], folders: Folders) -> Path:
    """The path that `name` means, its folder taken from ` [kind]` at its end, or `type` and `subfolder`.

    Raises the HTTP answer for a name or a folder that leads outside.
    """
    bare, directory = folders.annotated_filepath(name)
    if not bare or bare.startswith("/") or ".." in bare:
        raise web.HTTPBadRequest(body=b"")
    directory = directory or folders.get_directory_by_type(place.get("type", "output"))
    if directory is None:
        raise web.HTTPBadRequest(body=b"")
    below = os.path.join(directory, place.get("subfolder") or "")
    if not is_below(directory, below):
        raise web.HTTPForbidden(body=b"")
    return Path(below) / os.path.basename(bare)


def is_below(directory: str, path: str) -> bool:
    return os.path.commonpath((os.path.abspath(path), directory)) == directory
