"""Primitive nodes write their value into the widgets that they are connected to, before a prompt is made."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .known import Known
from .page import PageNode, Sheet
from .promoted import proxies_of
from .widget_kinds import Widget

PRIMITIVE = "PrimitiveNode"
REPLACES = "Run widget replace on values"  # a property of the node


def apply_primitives(known: Known, replaced: Callable[[str], str]) -> None:
    """`replaced` fills `%Node.widget%` into texts. What stands behind a reroute is not reached.

    One that a subgraph node shows is left out: there the value of that node counts.
    """
    hosts = [node for sheet in known.sheets for node in sheet.nodes.values()]
    for sheet in known.sheets:
        shown = {id for host in hosts if host.type == sheet.id for id, _ in proxies_of(host)}
        for node in sheet.nodes.values():
            if node.type == PRIMITIVE and node.values and node.id not in shown:
                value = node.values[0]
                if isinstance(value, str) and node.properties.get(REPLACES):
                    value = replaced(value)
                _apply(known, sheet, node, value)


def _apply(known: Known, sheet: Sheet, primitive: PageNode, value: Any) -> None:
    for wire in sheet.wires.values():
        if wire.source != primitive.id or wire.slot != 0:
            continue
        end = known.slot_of(sheet, wire)
        widget = known.widget(sheet, end[0], end[1].widget) if end else None
        if end is not None and widget is not None:
            known.set_value(sheet, end[0], widget.name, taken(widget, value))


def taken(widget: Widget, value: Any) -> Any:
    """What a widget makes of a value that is put into it: numbers are rounded to its steps."""
    if isinstance(value, bool) or not isinstance(value, int | float) or widget.spec is None:
        return value
    if widget.kind == "INT":
        return _to_step(value, widget)
    return _to_digits(value, widget) if widget.kind == "FLOAT" else value


def _number(raw: Any, otherwise: float) -> float:
    return raw if isinstance(raw, int | float) and not isinstance(raw, bool) else otherwise


def _rounded(value: float) -> int:
    """As JavaScript: halves go up."""
    return math.floor(value + 0.5) if isinstance(value, float) else value


def _to_step(value: float, widget: Widget) -> float:
    options = widget.spec.options if widget.spec else {}
    step = _number(options.get("step"), 1) or 1
    if step == 1:
        return _rounded(value)
    least = _number(options.get("min"), 0)
    offset = math.fmod(least, step)
    found = _rounded((value - offset) / step) * step + offset
    return int(found) if float(found).is_integer() else found


def _to_digits(value: float, widget: Widget) -> float:
    options = widget.spec.options if widget.spec else {}
    step = _number(options.get("step"), 0.5)
    digits = max(0, -math.floor(math.log10(step))) if step > 0 else 0
    unit = _number(options.get("round"), 0) or (10**-digits if digits else 0)
    if not unit:
        return value
    found = round(_rounded(value / unit) * unit, min(digits, 100))
    found = min(max(found, _number(options.get("min"), 0)), _number(options.get("max"), 2048))
    return int(found) if float(found).is_integer() else found
