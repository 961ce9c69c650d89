"""What a node class takes from the inputs at hand, and which of them it checks itself."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from .dynamic_inputs import expanded
from .v3 import is_v3, override_of


class Takes(NamedTuple):
    """What a class takes from the inputs at hand, by path where they are nested."""

    declared: Mapping[str, Any]
    nested: bool = False

    def called(self, name: str) -> str:
        return name.rsplit(".", 1)[-1] if self.nested else name


@dataclass(frozen=True)
class OwnCheck:
    """What a class's VALIDATE_INPUTS wants to see; those inputs are not checked for it."""

    function: str | None  # its name
    names: frozenset[str]
    takes_all: bool

    def covers(self, name: str) -> bool:
        return self.takes_all or name in self.names


def takes_of(class_def: Any, inputs: Mapping[str, Any]) -> Takes:
    declared = class_def.INPUT_TYPES()
    if not is_v3(class_def):
        return Takes(declared)
    declared, dynamic = expanded(declared, inputs)
    return Takes(declared, bool(dynamic.paths))


def own_check(class_def: Any) -> OwnCheck:
    v3 = is_v3(class_def)
    name = "validate_inputs" if v3 else "VALIDATE_INPUTS"
    function = override_of(class_def, name) if v3 else getattr(class_def, name, None)
    if function is None:
        return OwnCheck(None, frozenset(), False)
    spec = inspect.getfullargspec(function)
    return OwnCheck(name, frozenset(spec.args), spec.varkw is not None)
