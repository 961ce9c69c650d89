"""Node classes made from a description and a plain function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_RESOLUTION = 16_384

Tensor = Any
Input = tuple[Any, dict[str, Any]]


@dataclass(frozen=True)
class SimpleNode:
    """`run` is called with the inputs by name and returns one value for each of `outputs`.

    `module` is where ComfyUI has the node; clients sort by it.
    """

    name: str
    display_name: str
    category: str
    inputs: Mapping[str, Input]
    outputs: tuple[str, ...]
    run: Callable[..., Any]
    module: str
    optional: Mapping[str, Input] = field(default_factory=dict)
    hidden: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, Any] = field(default_factory=dict)

    def make(self) -> type[Any]:
        groups = {"required": self.inputs, "optional": self.optional, "hidden": self.hidden}
        declared = {name: dict(group) for name, group in groups.items() if group or name == "required"}
        body = {
            "CATEGORY": self.category,
            "RETURN_TYPES": self.outputs,
            "FUNCTION": "execute",
            "RELATIVE_PYTHON_MODULE": self.module,
            "INPUT_TYPES": classmethod(lambda cls: declared),
            "execute": staticmethod(self.run),
            **self.marks,
        }
        return type(self.name, (), body)


def image() -> Input:
    return "IMAGE", {}


def mask() -> Input:
    return "MASK", {}


def whole(default: int, least: int, most: int = MAX_RESOLUTION, **more: Any) -> Input:
    return "INT", {"default": default, "min": least, "max": most, **more}


def number(default: float, least: float, most: float, step: float) -> Input:
    return "FLOAT", {"default": default, "min": least, "max": most, "step": step}


def choice(*options: str) -> Input:
    return "COMBO", {"multiselect": False, "options": list(options)}
