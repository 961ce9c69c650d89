"""What the page and clients know of each node class."""

from __future__ import annotations

import json
import logging
from typing import Any, NoReturn

from aiohttp import web

from ..prompt_server import PromptServer
from ..registry import NodeClass, NodeRegistry
from ..running.v3 import is_v3
from ..shims.lacking import LackingName
from ..shims.placeholder import name_of

logger = logging.getLogger("gates.host.object_info")

LEFT_OUT = "the node %r cannot be described and is left out"

# Attribute of the class, name in the answer; said only where it is true.
MARKS = (("DEPRECATED", "deprecated"), ("EXPERIMENTAL", "experimental"), ("DEV_ONLY", "dev_only"))


def add_routes(routes: web.RouteTableDef, server: PromptServer) -> None:
    nodes = server.runtime.nodes

    async def everything(request: web.Request) -> web.Response:
        described = (f"{json.dumps(name)}: {text}" for name, text in all_nodes(nodes).items())
        return web.Response(text="{" + ", ".join(described) + "}", content_type="application/json")

    async def one(request: web.Request) -> web.Response:
        name = request.match_info["node_class"]
        found = {name: node_info(name, nodes)} if name in nodes.classes else {}
        return web.json_response(found, dumps=as_json)

    routes.get("/object_info")(everything)
    routes.get("/object_info/{node_class}")(one)


def all_nodes(nodes: NodeRegistry) -> dict[str, str]:
    """What is known of each, as JSON; one that cannot describe itself is named in the log and left out."""
    found = {}
    for name in nodes.classes:
        try:
            described = node_info(name, nodes)
        except Exception:
            logger.exception(LEFT_OUT, name)
            continue
        try:
            found[name] = as_json(described)
        except LackingName:
            logger.exception(LEFT_OUT, name)
    return found


def as_json(described: Any) -> str:
    """Raises LackingName for what the host lacks, TypeError for what is no JSON anywhere."""
    return json.dumps(described, default=_no_json)


def _no_json(value: Any) -> NoReturn:
    lacking = name_of(value)
    if lacking is not None:
        raise LackingName(lacking)
    raise TypeError(f"{value!r} is no JSON")


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
