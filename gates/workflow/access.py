"""The nodes, links and titles of a workflow in either format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import NotAWorkflow
from .formats import NEITHER, TOO_DEEP, is_api, is_link, is_ui
from .ids import with_unique_ids
from .known import Known
from .page import Page
from .placing import Placed, place_all
from .reading import read_page


@dataclass(frozen=True)
class Node:
    """`title` is None where the workflow gives none; `id` is that of the API format, `12:3` in a subgraph."""

    id: str
    class_type: str
    title: str | None


@dataclass(frozen=True)
class Link:
    source: str
    slot: int  # which output of the source, from 0
    target: str
    input: str


def nodes(workflow: Mapping[str, Any]) -> tuple[Node, ...]:
    """Every node in the order of the file, those in subgraphs behind the node that holds them.

    Notes, reroutes and muted nodes of the UI format are among them. Raises NotAWorkflow, BrokenGraph.
    """
    if is_api(workflow):
        return tuple(Node(str(id), node["class_type"], _title(node)) for id, node in workflow.items())
    _, placed = _opened(workflow)
    return tuple(Node(id, one.node.type, one.node.title) for id, one in placed.items())


def links(workflow: Mapping[str, Any]) -> tuple[Link, ...]:
    """What is connected to what; in the UI format as it is drawn, without the ends in a subgraph's wall."""
    if is_api(workflow):
        return tuple(
            Link(str(value[0]), int(value[1]), str(id), name)
            for id, node in workflow.items()
            for name, value in node["inputs"].items()
            if is_link(value)
        )
    page, placed = _opened(workflow)
    known, found = Known(page, {}), []
    for id, one in placed.items():
        for at, slot in enumerate(known.inputs(one.sheet, one.node)):
            wire = known.wire_into(one.sheet, one.node, at)
            if wire is not None and wire.source in one.sheet.nodes:
                found.append(Link(Placed.inside(one.host, wire.source), wire.slot, id, slot.name))
    return tuple(found)


def titles(workflow: Mapping[str, Any]) -> dict[str, str]:
    """Titles by id, of the nodes that have one."""
    return {node.id: node.title for node in nodes(workflow) if node.title is not None}


def _opened(workflow: Mapping[str, Any]) -> tuple[Page, Mapping[str, Placed]]:
    if not is_ui(workflow):
        raise NotAWorkflow(NEITHER)
    try:
        page = with_unique_ids(read_page(workflow))
    except RecursionError:
        raise NotAWorkflow(TOO_DEEP) from None
    return page, place_all(Known(page, {}), open_silent=True)


def _title(node: Mapping[str, Any]) -> str | None:
    meta = node.get("_meta")
    title = meta.get("title") if isinstance(meta, Mapping) else None
    return title if isinstance(title, str) and title else None
