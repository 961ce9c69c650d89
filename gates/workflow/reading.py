"""The JSON of a saved workflow as a `Page`: version 0.4 with lists for links, version 1 with objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import NotAWorkflow
from .page import Page, PageNode, Port, Sheet, Slot, Wire
from .values import as_page_reads

ROOT = ""
FIELDS_OF_LINK = ("id", "origin_id", "origin_slot", "target_id", "target_slot")


def read_page(workflow: Mapping[str, Any]) -> Page:
    """Raises NotAWorkflow for what cannot be read at all; what the page overlooks is overlooked here too."""
    raw = as_page_reads(workflow)
    definitions: dict[str, Sheet] = {}
    for one in _definitions(raw):
        sheet = _sheet(one, _text(one.get("id")), _name_of(one), keep_first=True)
        definitions.setdefault(sheet.id, sheet)
    state = _mapping(raw.get("state"))
    last = raw.get("last_node_id", state.get("lastNodeId"))
    root = _sheet(raw, ROOT, "the workflow", keep_first=False)
    return Page(root, definitions, last if isinstance(last, int) else 0)


def _definitions(raw: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """Definitions in the order of the page: each before those that are written inside it."""
    for one in _objects(_mapping(raw.get("definitions")).get("subgraphs"), "the list of subgraphs"):
        yield one
        yield from _definitions(one)


def _name_of(raw: Mapping[str, Any]) -> str:
    return f"the subgraph “{_text(raw.get('name')) or _text(raw.get('id'))}”"


def _sheet(raw: Mapping[str, Any], id: str, name: str, keep_first: bool) -> Sheet:
    nodes: dict[str, PageNode] = {}
    for one in _objects(raw.get("nodes"), f"the list of nodes of {name}"):
        node = _node(one, name)
        if node.id in nodes and not keep_first:
            raise NotAWorkflow(f"Two nodes of {name} have the id {node.id}; give one of them another")
        nodes.setdefault(node.id, node)
    wires: dict[str, Wire] = {}
    for link in _list(raw.get("links"), f"the list of links of {name}"):
        wire = _wire(link, name)
        if wire is not None:
            wires.setdefault(wire.id, wire)
    return Sheet(id, name, nodes, wires, _ports(raw.get("inputs")), _ports(raw.get("outputs")))


def _node(raw: Mapping[str, Any], where: str) -> PageNode:
    id, type = raw.get("id"), raw.get("type")
    if isinstance(id, bool) or not isinstance(id, int | str) or not isinstance(type, str):
        raise NotAWorkflow(f"A node of {where} has no id or no type; the file is damaged")
    title, mode, values = raw.get("title"), raw.get("mode"), raw.get("widgets_values")
    named = values if isinstance(values, Mapping) else raw.get("widgets_values_named")
    return PageNode(
        id=str(id),
        type=type,
        title=title if isinstance(title, str) and title else None,
        mode=mode if isinstance(mode, int) else 0,
        inputs=_slots(raw.get("inputs")),
        outputs=_slots(raw.get("outputs")),
        values=tuple(values) if isinstance(values, list) else (),
        named=named if isinstance(named, Mapping) else None,
        properties=_mapping(raw.get("properties")),
    )


def _slots(raw: Any) -> tuple[Slot, ...]:
    found = []
    for one in raw if isinstance(raw, list) else ():
        if isinstance(one, Mapping):
            widget = _mapping(one.get("widget")).get("name")
            link = one.get("link")
            kept = widget if isinstance(widget, str) else None
            found.append(Slot(_text(one.get("name")), type_of(one.get("type")), _id(link), kept))
    return tuple(found)


def _ports(raw: Any) -> tuple[Port, ...]:
    found = []
    for one in raw if isinstance(raw, list) else ():
        if isinstance(one, Mapping):
            links = one.get("linkIds")
            ids = tuple(filter(None, map(_id, links if isinstance(links, list) else ())))
            found.append(Port(_text(one.get("name")), type_of(one.get("type")), ids))
    return tuple(found)


def _wire(raw: Any, where: str) -> Wire | None:
    """None for an entry that the page skips."""
    if raw is None:
        return None
    if isinstance(raw, Mapping):
        fields = [raw.get(name) for name in FIELDS_OF_LINK]
    elif isinstance(raw, list) and len(raw) >= len(FIELDS_OF_LINK):
        fields = raw[: len(FIELDS_OF_LINK)]
    else:
        raise NotAWorkflow(
            f"A link of {where} is no list of id, origin, slot, target, slot; the file is damaged"
        )
    id, source, slot, target, target_slot = fields
    ids = [_id(one) for one in (id, source, target)]
    if None in ids:
        return None
    return Wire(str(ids[0]), str(ids[1]), _index(slot), str(ids[2]), _index(target_slot))


def type_of(raw: Any) -> str:
    """The type of a slot: a list of choices is a COMBO, 0 and nothing are any."""
    if isinstance(raw, list):
        return "COMBO"
    return raw if isinstance(raw, str) and raw else "*"


def _id(raw: Any) -> str | None:
    return str(raw) if isinstance(raw, int | str) and not isinstance(raw, bool) else None


def _index(raw: Any) -> int:
    if isinstance(raw, str) and raw.isdecimal():
        return int(raw[:9])
    return raw if isinstance(raw, int) and not isinstance(raw, bool) else -1


def _text(raw: Any) -> str:
    return raw if isinstance(raw, str) else "" if raw is None else str(raw)


def _mapping(raw: Any) -> Mapping[str, Any]:
    return raw if isinstance(raw, Mapping) else {}


def _list(raw: Any, what: str) -> list[Any]:
    if raw is None:
        return []
    if not isinstance(raw, list):
        raise NotAWorkflow(f"{what[0].upper()}{what[1:]} is no list; the file is damaged")
    return raw


def _objects(raw: Any, what: str) -> Iterable[Mapping[str, Any]]:
    for one in _list(raw, what):
        if not isinstance(one, Mapping):
            raise NotAWorkflow(f"An entry in {what} is no object; the file is damaged")
        yield one
