"""V3 node classes: how they are told from V1, and how their methods are called."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .dynamic_inputs import Dynamic, nested


class V3Node:
    """Base of every V3 node; packs know it as `comfy_api.internal._ComfyNodeInternal`."""


class V3Output:
    """Base of what V3 nodes return; packs know it as `comfy_api.internal._NodeOutputInternal`."""

    result: Any
    ui: Any
    expand: Any
    block_execution: str | None


@dataclass(frozen=True)
class V3Data:
    """What a call gets beside its inputs: hidden values by name, and which inputs are nested how."""

    hidden: Mapping[str, Any] = field(default_factory=dict)
    dynamic: Dynamic = field(default_factory=Dynamic)
    with_names: bool = False


def is_v3(node: Any) -> bool:
    """Whether a node class, or an object of one, is V3."""
    return isinstance(node, V3Node) or (isinstance(node, type) and issubclass(node, V3Node))


def override_of(class_def: Any, name: str) -> Callable[..., Any] | None:
    """The class method `name`, or None where a class leaves it as the API has it."""
    base = class_def.GET_BASE_CLASS()
    placeholder = getattr(base, name).__func__
    for each in class_def.mro():
        if each is base:
            break
        if name in each.__dict__ and getattr(each, name).__func__ is not placeholder:
            found: Callable[..., Any] = getattr(class_def, name)
            return found
    return None


def own_method(class_def: Any, v3_name: str, v1_name: str) -> str | None:
    """Under which of its two names a class answers a question of the executor's; None: it does not."""
    if is_v3(class_def) and override_of(class_def, v3_name) is not None:
        return v3_name
    return v1_name if hasattr(class_def, v1_name) else None


def bound(node: Any, function: str, data: V3Data | None) -> Callable[..., Any]:
    """The method of a V3 node, bound to a copy of its class that keeps nothing that is set on it."""
    class_def: Any = node if isinstance(node, type) else type(node)
    class_def.VALIDATE_CLASS()
    clone = class_def.PREPARE_CLASS_CLONE(data)
    return functools.partial(getattr(class_def, function).__func__, clone)


def shaped(inputs: dict[str, Any], data: V3Data | None) -> dict[str, Any]:
    """The inputs of one call as a V3 node takes them."""
    return inputs if data is None else nested(inputs, data.dynamic, data.with_names)
