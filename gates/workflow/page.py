"""A workflow as the page saves it, read into values that cannot change.

A sheet is one graph: the root, or the definition of a subgraph. Ids are text here, whatever the file has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

NEVER = 2  # `mode` of a muted node
BYPASS = 4
OUTSIDE = "-10"  # the origin of a link that enters a subgraph
RESULT = "-20"  # the target of a link that leaves one


@dataclass(frozen=True)
class Slot:
    """An input or output of a node; `link` is the id of the wire that ends in this input."""

    name: str
    type: str
    link: str | None = None
    widget: str | None = None


@dataclass(frozen=True)
class Wire:
    id: str
    source: str
    slot: int
    target: str
    target_slot: int


@dataclass(frozen=True)
class PageNode:
    """`values` are those of the widgets by position; `named` those of newer pages, or an object's."""

    id: str
    type: str
    title: str | None = None
    mode: int = 0
    inputs: tuple[Slot, ...] = ()
    outputs: tuple[Slot, ...] = ()
    values: tuple[Any, ...] = ()
    named: Mapping[str, Any] | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)

    @property
    def silent(self) -> bool:
        return self.mode in (NEVER, BYPASS)

    @property
    def seems_subgraph(self) -> bool:
        """Whether its class is an id, which subgraphs alone have for one."""
        return len(self.type) == 36 and self.type.count("-") == 4

    def label(self, id: str) -> str:
        """How a sentence names it, under the id that a server sees."""
        title = f" “{self.title}”" if self.title and self.title != self.type else ""
        return f"node {id}{title}" if self.seems_subgraph else f"node {id}{title} of class {self.type}"


@dataclass(frozen=True)
class Port:
    """An input or output of a subgraph, and the wires inside that meet it."""

    name: str
    type: str
    links: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """`name` is how a sentence calls it; the id of the root is empty."""

    id: str
    name: str
    nodes: Mapping[str, PageNode]
    wires: Mapping[str, Wire]
    inputs: tuple[Port, ...] = ()
    outputs: tuple[Port, ...] = ()


@dataclass(frozen=True)
class Page:
    root: Sheet
    definitions: Mapping[str, Sheet]
    last_node_id: int = 0
