"""Ids of nodes that are one of a kind in the whole file.

The page renumbers the nodes of a subgraph whose ids another graph of the file uses, and the server's
answers carry the new ids; so the same is done here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from .page import Page, PageNode, Sheet, Wire

LARGEST = 2**53 - 1


def with_unique_ids(page: Page) -> Page:
    used = set(page.root.nodes)
    last = page.last_node_id
    changed: dict[str, dict[str, str]] = {}
    for sheet in page.definitions.values():
        changed[sheet.id], last = _new_ids(sheet.nodes, used, last)
    if not any(changed.values()):
        return page
    definitions = {
        sheet.id: _renumbered(sheet, changed[sheet.id], changed) for sheet in page.definitions.values()
    }
    return replace(page, root=_renumbered(page.root, {}, changed), definitions=definitions)


def _new_ids(ids: Iterable[str], used: set[str], last: int) -> tuple[dict[str, str], int]:
    """New ids by old, of those that are taken; `used` grows by what this graph has."""
    changed = {}
    for id in ids:
        if id not in used:
            used.add(id)
            last = max(last, _number(id))
            continue
        last += 1
        while str(last) in used:
            last += 1
        changed[id] = str(last)
        used.add(str(last))
    return changed, last


def _number(id: str) -> int:
    number = int(id) if id.isdecimal() and len(id) < 17 else 0
    return number if number <= LARGEST else 0


def _renumbered(sheet: Sheet, new: Mapping[str, str], all_new: Mapping[str, Mapping[str, str]]) -> Sheet:
    nodes = [
        _pointing_at(replace(node, id=new.get(node.id, node.id)), all_new) for node in sheet.nodes.values()
    ]
    wires = [_rewired(wire, new) for wire in sheet.wires.values()]
    return replace(sheet, nodes={node.id: node for node in nodes}, wires={wire.id: wire for wire in wires})


def _rewired(wire: Wire, new: Mapping[str, str]) -> Wire:
    return replace(wire, source=new.get(wire.source, wire.source), target=new.get(wire.target, wire.target))


def _pointing_at(node: PageNode, all_new: Mapping[str, Mapping[str, str]]) -> PageNode:
    """What a subgraph node shows of the nodes inside follows their new ids."""
    new, shown = all_new.get(node.type), node.properties.get("proxyWidgets")
    if not new or not isinstance(shown, list):
        return node
    moved = [
        [new.get(str(entry[0]), entry[0]), *entry[1:]] if isinstance(entry, list) and entry else entry
        for entry in shown
    ]
    return replace(node, properties={**node.properties, "proxyWidgets": moved})
