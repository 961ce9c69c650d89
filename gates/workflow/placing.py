"""Every node that there is when all subgraphs are opened, by the id that a server sees: `12:3`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..errors import BrokenGraph
from .known import Known
from .page import PageNode, Sheet

MOST_NODES = 50_000  # with all subgraphs open; a file of a few lines could mean billions


@dataclass(frozen=True)
class Placed:
    """`host` is the node of the subgraph that this one stands in, None on the root."""

    node: PageNode
    sheet: Sheet
    host: Placed | None = None

    @property
    def id(self) -> str:
        return self.inside(self.host, self.node.id)

    @property
    def label(self) -> str:
        return self.node.label(self.id)

    @staticmethod
    def inside(host: Placed | None, id: str) -> str:
        return f"{host.id}:{id}" if host else id


def place_all(known: Known, open_silent: bool = False) -> Mapping[str, Placed]:
    """By id, each node before those inside it.

    A muted or bypassed subgraph on the root stays closed, unless `open_silent`; inside of another it opens,
    as in the page.
    """
    found: dict[str, Placed] = {}
    waiting = [Placed(node, known.page.root) for node in reversed(list(known.page.root.nodes.values()))]
    while waiting:
        placed = waiting.pop()
        found[placed.id] = placed
        definition = known.definition(placed.node)
        closed = placed.host is None and placed.node.silent and not open_silent
        if definition is None or closed:
            continue
        if any(host.node.type == placed.node.type for host in _hosts(placed)):
            raise BrokenGraph(f"Take {placed.label} out of {definition.name}, which would hold itself")
        waiting += [Placed(node, definition, placed) for node in reversed(list(definition.nodes.values()))]
        if len(found) + len(waiting) > MOST_NODES:
            raise BrokenGraph(f"With all subgraphs open the workflow has more than {MOST_NODES} nodes")
    return found


def _hosts(placed: Placed) -> Iterator[Placed]:
    host = placed.host
    while host is not None:
        yield host
        host = host.host
