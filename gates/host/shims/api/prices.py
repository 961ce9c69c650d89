"""Prices that nodes of ComfyUI's paid services show: described, never computed here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .sockets import Input

ENGINE = "jsonata"


@dataclass
class PriceBadgeDepends:
    widgets: list[str] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    input_groups: list[str] = field(default_factory=list)

    def validate(self) -> None:
        for name in ("widgets", "inputs", "input_groups"):
            value = getattr(self, name)
            if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
                raise ValueError(f"PriceBadgeDepends.{name} is a list of names, not {value!r}")

    def as_dict(self, schema_inputs: Iterable[Input]) -> dict[str, Any]:
        types = _types_by_name(schema_inputs)
        unknown = [name for name in self.widgets if name not in types]
        if unknown:
            raise ValueError(f"a price depends on {unknown}, but the node has only {list(types)}")
        return {
            "widgets": [{"name": name, "type": types[name]} for name in self.widgets],
            "inputs": self.inputs,
            "input_groups": self.input_groups,
        }


def _types_by_name(inputs: Iterable[Input]) -> dict[str, str]:
    types: dict[str, str] = {}
    for each in inputs:
        types[each.id] = each.get_io_type()
        types.update({f"{each.id}.{inner.id}": inner.get_io_type() for inner in each.get_all()[1:]})
    return types


@dataclass
class PriceBadge:
    expr: str
    depends_on: PriceBadgeDepends = field(default_factory=PriceBadgeDepends)
    engine: str = ENGINE

    def validate(self) -> None:
        if self.engine != ENGINE:
            raise ValueError(f"the engine of a price is {ENGINE!r}, not {self.engine!r}")
        if not isinstance(self.expr, str) or not self.expr.strip():
            raise ValueError("the expression of a price is empty")
        self.depends_on.validate()

    def as_dict(self, schema_inputs: Iterable[Input]) -> dict[str, Any]:
        depends_on = self.depends_on.as_dict(schema_inputs)
        return {"engine": self.engine, "depends_on": depends_on, "expr": self.expr}
