"""The nodes, links and titles of a workflow in either format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


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
    """Every node in the order of the file, those in subgraphs after the node that holds them."""
    raise NotImplementedError


def links(workflow: Mapping[str, Any]) -> tuple[Link, ...]:
    raise NotImplementedError


def titles(workflow: Mapping[str, Any]) -> dict[str, str]:
    """Titles by id, of the nodes that have one."""
    return {node.id: node.title for node in nodes(workflow) if node.title is not None}
