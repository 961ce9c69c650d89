"""Values that a subgraph node shows for widgets inside, so that each of its copies has its own.

Newer pages connect such a widget to an input of the subgraph; the node keeps the values of those inputs in
`widgets_values`. Older ones list node and widget in `proxyWidgets`, which newer pages turn into inputs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..errors import BrokenGraph
from .known import Known, Place
from .page import PageNode, Port, Sheet

NUMBERED = re.compile(r"^\s*(\d+)\s*:\s*(.+)$")  # `12: text`, as the first pages named them
PREVIEW = "$$"
ITSELF = "-1"
Inner = tuple[str, str]  # a node inside, and its widget


@dataclass
class Shown:
    """`inputs` by name; `inner` by node and widget: the name it has outside, and the value."""

    inputs: dict[str, Any] = field(default_factory=dict)
    inner: dict[Inner, tuple[str, Any]] = field(default_factory=dict)


class Promotions:
    def __init__(self, known: Known) -> None:
        self._known = known
        self._shown: dict[Place, Shown] = {}
        self._open: set[Place] = set()

    def of(self, sheet: Sheet, node: PageNode) -> Shown:
        """What a subgraph node on a sheet shows."""
        place = (sheet.id, node.id)
        if place in self._open:
            raise BrokenGraph(f"Take {node.label(node.id)} out of the subgraph that it is")
        if place not in self._shown:
            self._open.add(place)
            self._shown[place] = self._read(node)
            self._open.discard(place)
        return self._shown[place]

    def _read(self, node: PageNode) -> Shown:
        shown, definition = Shown(), self._known.definition(node)
        if definition is None:
            return shown
        sources: dict[Inner, str] = {}
        kept = list(node.values)
        named = _set_aside(node)
        for port in definition.inputs:
            source = self._source(definition, port)
            if source is None:
                continue
            inner, value = source
            sources.setdefault(inner, port.name)
            own = kept.pop(0) if kept else value
            shown.inputs[port.name] = named.get(port.name, own)
        for at, (id, widget) in enumerate(proxies_of(node)):
            own = node.values[at] if at < len(node.values) else None
            self._add_proxy(definition, shown, sources, (id, widget), own)
        return shown

    def _source(self, sheet: Sheet, port: Port) -> tuple[Inner, Any] | None:
        """The first widget that an input of a subgraph leads to, and its value there."""
        for id in port.links:
            wire = sheet.wires.get(id)
            end = self._known.slot_of(sheet, wire) if wire else None
            if end is None:
                continue
            node, slot = end
            if self._known.definition(node) is not None:
                inputs = self.of(sheet, node).inputs
                if slot.name in inputs:
                    return (node.id, slot.name), inputs[slot.name]
            widget = self._known.widget(sheet, node, slot.widget)
            if widget is not None:
                return (node.id, widget.name), widget.value
        return None

    def _add_proxy(
        self, sheet: Sheet, shown: Shown, sources: dict[Inner, str], inner: Inner, own: Any
    ) -> None:
        id, name = inner
        node = sheet.nodes.get(id)
        if inner in sources or (id == ITSELF and name in shown.inputs):
            if own is not None:
                shown.inputs[sources.get(inner, name)] = own
        elif node is None or name.startswith(PREVIEW):
            return
        elif node.type == "PrimitiveNode":
            self._add_primitive(sheet, shown, node, name, own)
        else:
            found = self._widget_inside(sheet, node, name)
            if found is not None:
                inner, value = found
                shown.inner[inner] = (name, value if own is None else own)

    def _widget_inside(self, sheet: Sheet, node: PageNode, name: str) -> tuple[Inner, Any] | None:
        stripped = name
        while match := NUMBERED.match(stripped):
            stripped = match[2]
        for wanted in dict.fromkeys((name, stripped)):
            if self._known.definition(node) is None:
                widget = self._known.widget(sheet, node, wanted)
                if widget is not None and widget.socket:
                    return (node.id, wanted), widget.value
                continue
            nested = self.of(sheet, node)
            if wanted in nested.inputs:
                return (node.id, wanted), nested.inputs[wanted]
            for outside, value in nested.inner.values():
                if outside == wanted:
                    return (node.id, wanted), value
        return None

    def _add_primitive(self, sheet: Sheet, shown: Shown, node: PageNode, name: str, own: Any) -> None:
        value = own if own is not None else (node.values[0] if node.values else None)
        for wire in sheet.wires.values():
            end = self._known.slot_of(sheet, wire) if wire.source == node.id else None
            if end is not None and end[1].widget and value is not None:
                shown.inner[(end[0].id, end[1].widget)] = (node.title or name, value)


def proxies_of(node: PageNode) -> Iterator[Inner]:
    """Nodes and widgets inside that an older page noted down to be shown."""
    listed = node.properties.get("proxyWidgets")
    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, list) and len(entry) >= 2 and isinstance(entry[1], str):
            yield str(entry[0]), entry[1]


def _set_aside(node: PageNode) -> dict[str, Any]:
    """Values that the page could not place once and kept by name."""
    listed = node.properties.get("proxyWidgetErrorQuarantine")
    found: dict[str, Any] = {}
    for entry in listed if isinstance(listed, list) else ():
        origin = entry.get("originalEntry") if isinstance(entry, dict) else None
        if isinstance(origin, list) and len(origin) >= 2 and origin[0] == ITSELF and "hostValue" in entry:
            found.setdefault(str(origin[1]), entry["hostValue"])
    return found
