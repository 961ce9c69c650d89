"""Where the value of an input comes from: through reroutes, bypassed nodes and the walls of subgraphs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import BrokenGraph
from .bypass import way_through
from .known import Known
from .page import BYPASS, NEVER, OUTSIDE, RESULT, Wire
from .placing import Placed
from .promoted import Promotions


@dataclass(frozen=True)
class Output:
    """The output of a node that runs."""

    id: str
    slot: int


@dataclass(frozen=True)
class Given:
    """A value that a subgraph node shows for this input."""

    value: Any


@dataclass(frozen=True)
class _Into:
    placed: Placed
    at: int
    wanted: str | None = None  # the type at the end of the way, where the input's own says less
    from_inside: bool = False  # of a subgraph node; only then what it shows counts


@dataclass(frozen=True)
class _OutOf:
    placed: Placed
    at: int
    wanted: str


Answer = Output | Given | None
_Step = _Into | _OutOf


class Tracer:
    def __init__(self, known: Known, placed: Mapping[str, Placed]) -> None:
        self._known = known
        self._placed = placed
        self._promotions = Promotions(known)

    def trace(self, placed: Placed, at: int) -> Answer:
        """What stands behind input `at`; None where nothing does. Raises BrokenGraph for a circle."""
        step: _Step | Answer = _Into(placed, at)
        seen: set[tuple[str, bool, int]] = set()
        while isinstance(step, _Into | _OutOf):
            here = (step.placed.id, isinstance(step, _Into), step.at)
            if here in seen:
                label = step.placed.label
                raise BrokenGraph(f"The links through {label} run in a circle; disconnect one of them")
            seen.add(here)
            step = self._into(step) if isinstance(step, _Into) else self._out_of(step)
        return step

    def _into(self, step: _Into) -> _Step | Answer:
        placed, slots = step.placed, self._known.inputs(step.placed.sheet, step.placed.node)
        if not 0 <= step.at < len(slots):
            return None
        slot = slots[step.at]
        shown = self._shown(placed.host, (placed.node.id, slot.widget or slot.name))
        if shown is not None:
            return shown
        wire = self._known.wire_into(placed.sheet, placed.node, step.at)
        if wire is None:
            return self._own(placed, slot.name) if step.from_inside else None
        if wire.source == OUTSIDE:
            return _Into(placed.host, wire.slot, from_inside=True) if placed.host else None
        source = self._placed.get(Placed.inside(placed.host, wire.source))
        return _OutOf(source, wire.slot, step.wanted or slot.type) if source else None

    def _shown(self, host: Placed | None, inner: tuple[str, str]) -> Given | None:
        """The value that a subgraph node, or one around it, shows for a widget inside."""
        if host is None:
            return None
        found = self._promotions.of(host.sheet, host.node).inner.get(inner)
        if found is None:
            return None
        name, value = found
        return self._shown(host.host, (host.node.id, name)) or Given(value)

    def _own(self, placed: Placed, name: str) -> Given | None:
        """The value of an unconnected input of a subgraph node."""
        if self._known.definition(placed.node) is None:
            return None
        inputs = self._promotions.of(placed.sheet, placed.node).inputs
        return Given(inputs[name]) if name in inputs else None

    def _out_of(self, step: _OutOf) -> _Step | Answer:
        placed, node = step.placed, step.placed.node
        if node.mode == NEVER:
            return None
        if node.mode == BYPASS:
            return self._around(step)
        definition = self._known.definition(node)
        if definition is not None:
            wire = _result_of(definition.wires, definition.outputs, step.at)
            return self._inside(step, wire) if wire else None
        if self._known.is_virtual(node):
            return _Into(placed, step.at, step.wanted)
        return Output(placed.id, step.at)

    def _around(self, step: _OutOf) -> _Step | Answer:
        node = step.placed.node
        inputs = [slot.type for slot in self._known.inputs(step.placed.sheet, node)]
        outputs = self._known.outputs(node)
        output = outputs[step.at] if 0 <= step.at < len(outputs) else "*"
        through = way_through(inputs, output, step.at, step.wanted)
        return None if through is None else _Into(step.placed, through)

    def _inside(self, step: _OutOf, wire: Wire) -> _Step | Answer:
        """On from the output of a subgraph node to what is connected to it inside."""
        if wire.source == OUTSIDE:
            return _Into(step.placed, wire.slot, from_inside=True)
        source = self._placed.get(Placed.inside(step.placed, wire.source))
        return _OutOf(source, wire.slot, step.wanted) if source else None


def _result_of(wires: Mapping[str, Wire], outputs: Any, at: int) -> Wire | None:
    """The wire inside a subgraph that ends in its output `at`."""
    if not 0 <= at < len(outputs):
        return None
    named = [wires[id] for id in outputs[at].links if id in wires]
    met = [wire for wire in wires.values() if wire.target == RESULT and wire.target_slot == at]
    return next(iter([*named, *met]), None)
