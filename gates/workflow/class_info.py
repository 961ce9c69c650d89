"""What a server says about a class of nodes, in the order in which the page builds inputs and widgets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .reading import type_of
from .values import as_page_reads

GROUPS = ("required", "optional")
MATCHED = "COMFY_MATCHTYPE_V3"  # takes the type of what is connected
GROWING = "COMFY_AUTOGROW_V3"  # a row of inputs that grows
CHOOSING = "COMFY_DYNAMICCOMBO_V3"  # a choice that brings inputs of its own
DYNAMIC = (GROWING, CHOOSING)


@dataclass(frozen=True)
class Spec:
    """One declared input. `type` is COMBO for a list of choices, which then are `options["options"]`."""

    name: str
    type: str
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def widget_type(self) -> str:
        shown = self.options.get("widgetType")
        return shown if isinstance(shown, str) else self.type

    @property
    def only_socket(self) -> bool:
        return bool(self.options.get("forceInput"))


@dataclass(frozen=True)
class ClassInfo:
    name: str
    title: str
    specs: tuple[Spec, ...]
    outputs: tuple[str, ...]  # types

    @property
    def dynamic(self) -> bool:
        return any(spec.type in DYNAMIC for spec in self.specs)


def read_class(name: str, info: Mapping[str, Any]) -> ClassInfo:
    """From one value of `/object_info`."""
    shown = info.get("display_name")
    outputs = info.get("output")
    return ClassInfo(
        name,
        shown if isinstance(shown, str) and shown else name,
        tuple(_ordered(info)),
        tuple(type_of(one) for one in outputs) if isinstance(outputs, list | tuple) else (),
    )


def specs_of(inputs: Any, prefix: str = "") -> Iterator[Spec]:
    """The inputs of `{"required": {...}, "optional": {...}}` in their own order."""
    for group in GROUPS:
        declared = inputs.get(group) if isinstance(inputs, Mapping) else None
        for name, raw in declared.items() if isinstance(declared, Mapping) else ():
            yield read_spec(f"{prefix}{name}", raw)


def read_spec(name: str, raw: Any) -> Spec:
    """From `["INT", {options}]` or, as older nodes write it, `[[choices], {options}]`."""
    parts = list(raw) if isinstance(raw, list | tuple) else []
    options = dict(parts[1]) if len(parts) > 1 and isinstance(parts[1], Mapping) else {}
    first = parts[0] if parts else "*"
    if isinstance(first, list | tuple):
        options["options"] = list(first)
    return Spec(name, type_of(list(first) if isinstance(first, tuple) else first), as_page_reads(options))


def _ordered(info: Mapping[str, Any]) -> list[Spec]:
    inputs, order = info.get("input"), info.get("input_order")
    found: list[Spec] = []
    for group in GROUPS:
        declared = inputs.get(group) if isinstance(inputs, Mapping) else None
        specs = {spec.name: spec for spec in specs_of({group: declared})}
        named = order.get(group) if isinstance(order, Mapping) else None
        first = (
            [one for one in named if isinstance(one, str) and one in specs] if isinstance(named, list) else []
        )
        found += [specs[name] for name in dict.fromkeys([*first, *specs])]
    return found
