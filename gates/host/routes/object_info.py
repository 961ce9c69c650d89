"""What the page and clients know of each node class."""

from __future__ import annotations

import logging
from typing import Any

from aiohttp import web

from ..prompt_server import PromptServer
from ..registry import NodeClass, NodeRegistry
from ..running.v3 import is_v3

logger = logging.getLogger("gates.host.object_info")

# Attribute of the class, name in the answer; said only where it is true.
MARKS = (("DEPRECATED", "deprecated"), ("EXPERIMENTAL", "experimental"), ("DEV_ONLY", "dev_only"))


def add_routes(routes: web.RouteTableDef, server: PromptServer) -> None:
    nodes = server.runtime.nodes

    async def everything(request: web.Request) -> web.Response:
        return web.json_response(all_nodes(nodes))

    async def one(request: web.Request) -> web.Response:
        name = request.match_info["node_class"]
        return web.json_response({name: node_info(name, nodes)} if name in nodes.classes else {})

    routes.get("/object_info")(everything)
    routes.get("/object_info/{node_class}")(one)


def all_nodes(nodes: NodeRegistry) -> dict[str, Any]:
    """A class that cannot describe itself is named in the log and left out."""
    found = {}
    for name in nodes.classes:
        try:
            found[name] = node_info(name, nodes)
        except Exception:
            logger.exception("the node %r cannot be described and is left out", name)
    return found


def node_info(name: str, nodes: NodeRegistry) -> dict[str, Any]:
    node = nodes.classes[name]
    if is_v3(node):
        described: dict[str, Any] = node.GET_NODE_INFO_V1()
        return described
    inputs = node.INPUT_TYPES()
    outputs = node.RETURN_TYPES
    return {
        "input": inputs,
        "input_order": {category: list(names) for category, names in inputs.items()},
        "is_input_list": getattr(node, "INPUT_IS_LIST", False),
        "output": outputs,
        "output_is_list": getattr(node, "OUTPUT_IS_LIST", [False] * len(outputs)),
        "output_name": getattr(node, "RETURN_NAMES", outputs),
        "name": name,
        "display_name": nodes.display_names.get(name, name),
        "description": getattr(node, "DESCRIPTION", ""),
        "python_module": getattr(node, "RELATIVE_PYTHON_MODULE", "nodes"),
        "category": getattr(node, "CATEGORY", "sd"),
        "output_node": getattr(node, "OUTPUT_NODE", False) is True,
        "has_intermediate_output": getattr(node, "HAS_INTERMEDIATE_OUTPUT", False) is True,
        **_known(node, "OUTPUT_TOOLTIPS", "output_tooltips"),
        **{key: True for attribute, key in MARKS if getattr(node, attribute, False)},
        **_known(node, "API_NODE", "api_node"),
        "search_aliases": getattr(node, "SEARCH_ALIASES", []),
        **_known(node, "ESSENTIALS_CATEGORY", "essentials_category"),
    }


def _known(node: NodeClass, attribute: str, key: str) -> dict[str, Any]:
    """Said only where the class has it."""
    return {key: getattr(node, attribute)} if hasattr(node, attribute) else {}
