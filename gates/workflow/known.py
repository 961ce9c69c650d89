"""What is known of each node: its class, its inputs as they stand in the page, its widgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .class_info import MATCHED, ClassInfo, read_class
from .page import Page, PageNode, Sheet, Slot, Wire
from .widget_kinds import Widget
from .widgets import restored

VIRTUAL = ("Reroute", "PrimitiveNode", "Note", "MarkdownNote")  # nodes of the page alone
Place = tuple[str, str]  # the sheet's id and the node's


class Known:
    """Reads each class and node once. `set_value` is for primitives, before anything is asked."""

    def __init__(self, page: Page, node_info: Mapping[str, Any]) -> None:
        self.page = page
        self._node_info = node_info
        self._classes: dict[str, ClassInfo | None] = {}
        self._widgets: dict[Place, list[Widget]] = {}
        self._inputs: dict[Place, tuple[Slot, ...]] = {}
        self._wires: dict[Place, dict[int, Wire]] = {}
        self._ending: dict[str, dict[str, dict[str, Wire]]] = {}

    @property
    def sheets(self) -> list[Sheet]:
        return [self.page.root, *self.page.definitions.values()]

    def class_of(self, node: PageNode) -> ClassInfo | None:
        """None for what no server runs: virtual nodes, subgraphs, classes that this server lacks."""
        if node.type not in self._classes:
            info = self._node_info.get(node.type)
            virtual = node.type in VIRTUAL or node.type in self.page.definitions
            known = isinstance(info, Mapping) and not virtual
            self._classes[node.type] = read_class(node.type, info) if known and info is not None else None
        return self._classes[node.type]

    def definition(self, node: PageNode) -> Sheet | None:
        return self.page.definitions.get(node.type)

    def is_virtual(self, node: PageNode) -> bool:
        return node.type in VIRTUAL or node.type in self.page.definitions

    def title(self, node: PageNode) -> str:
        info = self.class_of(node)
        return node.title or (info.title if info else node.type)

    def widgets(self, sheet: Sheet, node: PageNode) -> list[Widget]:
        place = (sheet.id, node.id)
        if place not in self._widgets:
            info = self.class_of(node)
            self._widgets[place] = restored(info, node) if info else []
        return self._widgets[place]

    def widget(self, sheet: Sheet, node: PageNode, name: str | None) -> Widget | None:
        return next((one for one in self.widgets(sheet, node) if one.name == name), None)

    def set_value(self, sheet: Sheet, node: PageNode, name: str, value: Any) -> None:
        widgets = self.widgets(sheet, node)
        for at, widget in enumerate(widgets):
            if widget.name == name:
                widgets[at] = replace(widget, value=value)
                return

    def inputs(self, sheet: Sheet, node: PageNode) -> tuple[Slot, ...]:
        """In the order of the class, sockets before widgets; what the file has beyond that comes behind."""
        place = (sheet.id, node.id)
        if place not in self._inputs:
            self._inputs[place] = self._read_inputs(sheet, node)
        return self._inputs[place]

    def outputs(self, node: PageNode) -> tuple[str, ...]:
        """Types. One that follows what is connected is as the file has it."""
        saved = tuple(slot.type for slot in node.outputs)
        definition, info = self.definition(node), self.class_of(node)
        if definition is not None:
            return tuple(port.type for port in definition.outputs)
        declared = info.outputs if info else ()
        settled = [
            saved[at] if type == MATCHED and at < len(saved) else type for at, type in enumerate(declared)
        ]
        return (*settled, *saved[len(declared) :])

    def wire_into(self, sheet: Sheet, node: PageNode, at: int) -> Wire | None:
        """None for an input that nothing is connected to, and for a link that leads nowhere."""
        place = (sheet.id, node.id)
        if place not in self._wires:
            self._wires[place] = self._read_wires(sheet, node)
        return self._wires[place].get(at)

    def slot_of(self, sheet: Sheet, wire: Wire) -> tuple[PageNode, Slot] | None:
        """The node and input where a wire ends."""
        node = sheet.nodes.get(wire.target)
        for at, slot in enumerate(self.inputs(sheet, node)) if node else ():
            if node is not None and self.wire_into(sheet, node, at) == wire:
                return node, slot
        return None

    def _read_wires(self, sheet: Sheet, node: PageNode) -> dict[int, Wire]:
        """By the id that an input names; a wire that no input names ends where it says, if that is free."""
        if sheet.id not in self._ending:
            self._ending[sheet.id] = _by_target(sheet)
        left = dict(self._ending[sheet.id].get(node.id, {}))
        slots = self.inputs(sheet, node)
        named = {at: left.pop(slot.link) for at, slot in enumerate(slots) if slot.link in left}
        for wire in left.values():
            if 0 <= wire.target_slot < len(slots):
                named.setdefault(wire.target_slot, wire)
        return named

    def _read_inputs(self, sheet: Sheet, node: PageNode) -> tuple[Slot, ...]:
        definition, info = self.definition(node), self.class_of(node)
        if definition is not None:
            return tuple(_as_declared(node.inputs, [Slot(one.name, one.type) for one in definition.inputs]))
        if info is None:
            return node.inputs
        widgets = self.widgets(sheet, node)
        names = {widget.name for widget in widgets}
        declared = _declared(info, node, widgets)
        if info.dynamic:
            there = {slot.name for slot in node.inputs}
            return (*node.inputs, *(slot for slot in declared if slot.name not in there))
        known = {slot.name for slot in declared}
        more = [
            one for one in node.inputs if one.name not in known and (not one.widget or one.widget in names)
        ]
        return (*_as_declared(node.inputs, declared), *more)


def _by_target(sheet: Sheet) -> dict[str, dict[str, Wire]]:
    """The wires that end in each node, by their ids."""
    found: dict[str, dict[str, Wire]] = {}
    for wire in sheet.wires.values():
        found.setdefault(wire.target, {})[wire.id] = wire
    return found


def _declared(info: ClassInfo, node: PageNode, widgets: Sequence[Widget]) -> list[Slot]:
    saved = {slot.name: slot.type for slot in node.inputs}
    by_name = {widget.name: widget for widget in widgets}
    sockets, fields = list[Slot](), list[Slot]()
    for spec in info.specs:
        type = saved.get(spec.name, "*") if spec.type == MATCHED else spec.type
        widget = by_name.get(spec.name)
        if widget is None:
            sockets.append(Slot(spec.name, type))
        elif widget.socket:
            fields.append(Slot(spec.name, type, widget=spec.name))
    return [*sockets, *fields]


def _as_declared(saved: Sequence[Slot], declared: Sequence[Slot]) -> list[Slot]:
    """The declared inputs with the links that the file has for their names."""
    left = list(saved)
    found = []
    for slot in declared:
        same = next((one for one in left if one.name == slot.name), None)
        if same is not None:
            left.remove(same)
        found.append(replace(slot, link=same.link) if same is not None else slot)
    return found
