"""What packs bring beside nodes: translations, example workflows, subgraphs."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from aiohttp import web

from ..prompt_server import PromptServer

logger = logging.getLogger("gates.host.packs")

EXAMPLE_FOLDERS = ("example_workflows", "example", "examples", "workflow", "workflows")
# What the page reads for its dialog of templates; how to search them it knows itself.
NO_TEMPLATES: dict[str, Any] = {"index.json": [], "index_logo.json": {}, "fuse_options.json": None}
LOCALE_FILES = ("nodeDefs", "commands", "settings")


def add_routes(routes: web.RouteTableDef, server: PromptServer) -> None:
    packs = server.runtime.nodes.pack_directories

    async def i18n(request: web.Request) -> web.Response:
        return web.json_response(translations(packs))

    async def workflow_templates(request: web.Request) -> web.Response:
        found = {pack.name: names for pack in packs if (names := example_names(pack))}
        return web.json_response(found)

    async def subgraphs(request: web.Request) -> web.Response:
        return web.json_response({each: entry for each, (entry, _) in blueprints(packs).items()})

    async def subgraph(request: web.Request) -> web.Response:
        found = blueprints(packs).get(request.match_info["id"])
        if found is None:
            return web.json_response(None)
        return web.json_response({**found[0], "data": found[1].read_text("utf-8")})

    async def replacements(request: web.Request) -> web.Response:
        known = server.runtime.nodes.replacements
        return web.json_response({old: [each.as_dict() for each in found] for old, found in known.items()})

    async def no_templates(request: web.Request) -> web.Response:
        """ComfyUI's own templates need models; the page wants a list of them all the same."""
        return web.json_response(NO_TEMPLATES[request.path.rsplit("/", 1)[-1]])

    routes.get("/i18n")(i18n)
    for name in NO_TEMPLATES:
        routes.get(f"/templates/{name}")(no_templates)
    routes.get("/workflow_templates")(workflow_templates)
    routes.get("/global_subgraphs")(subgraphs)
    routes.get("/global_subgraphs/{id}")(subgraph)
    routes.get("/node_replacements")(replacements)


def example_names(pack: Path) -> list[str]:
    return [file.stem for folder in example_folders(pack) for file in sorted(folder.glob("*.json"))]


def example_folders(pack: Path) -> Iterator[Path]:
    return (pack / name for name in EXAMPLE_FOLDERS if (pack / name).is_dir())


def blueprints(packs: Iterable[Path]) -> dict[str, tuple[dict[str, Any], Path]]:
    """Subgraphs by an id made from where they lie."""
    found = {}
    for pack in packs:
        for file in sorted((pack / "subgraphs").glob("*.json")):
            name = hashlib.sha256(f"custom_node{file.as_posix()}".encode()).hexdigest()
            info = {"node_pack": f"custom_nodes.{pack.name}"}
            found[name] = ({"source": "custom_node", "name": file.stem, "info": info}, file)
    return found


def translations(packs: Iterable[Path]) -> dict[str, Any]:
    """Everything that packs translate, by language."""
    found: dict[str, Any] = {}
    for pack in sorted(packs):
        for folder in sorted((pack / "locales").glob("*/")):
            if texts := _locale(folder):
                found[folder.name] = merged(found.get(folder.name, {}), texts)
    return found


def _locale(folder: Path) -> dict[str, Any]:
    texts = _read(folder / "main.json")
    for name in LOCALE_FILES:
        if more := _read(folder / f"{name}.json"):
            texts[name] = more
    return texts


def _read(file: Path) -> dict[str, Any]:
    if not file.is_file():
        return {}
    try:
        return dict(json.loads(file.read_text("utf-8")))
    except ValueError as error:
        logger.error("the translations in %s cannot be read: %s", file, error)
        return {}


def merged(base: Any, update: Any) -> Any:
    """Objects joined key by key, lists one behind the other, everything else replaced."""
    if isinstance(base, list) and isinstance(update, list):
        return base + update
    if not isinstance(base, dict) or not isinstance(update, dict):
        return update
    out = dict(base)
    for key, value in update.items():
        out[key] = merged(out[key], value) if key in out else value
    return out
