"""Modules of ComfyUI's names, as far as the host has them."""

from __future__ import annotations

import importlib
import types
from typing import Any

from .core_names import MODULES, NAMES, OUTPUTS
from .lacking import LackingName
from .placeholder import Placeholder, placeholder


class StandInModule(types.ModuleType):
    """A module whose names are those of an object, read when they are asked for.

    It has a path, so that `from it import name` asks the finders too and fails with a reason.
    """

    def __init__(self, name: str, base: str, surface: object = None, **names: Any) -> None:
        super().__init__(name, "Stand-in for ComfyUI's module of this name.")
        self.__file__ = f"{base}/{name.replace('.', '/')}.py"
        self.__path__: list[str] = []
        self.__dict__.update(names)
        self.__dict__["_surface"] = surface
        self.__dict__["_placeholders"] = {}

    def __dir__(self) -> list[str]:
        surface = (name for name in dir(self.__dict__["_surface"]) if not name.startswith("_"))
        return sorted({*self.__dict__, *surface})

    def __getattr__(self, name: str) -> Any:
        surface = self.__dict__.get("_surface")
        if not name.startswith("_") and hasattr(surface, name):
            return getattr(surface, name)
        if name.startswith("__"):
            raise AttributeError(name)
        full = f"{self.__name__}.{name}"
        # A core that runs has all of them loaded, so packs read them without an import of their own.
        return importlib.import_module(full) if full in MODULES else self._lacking(name)

    def _lacking(self, name: str) -> Any:
        """What the module has neither itself nor below it."""
        if name in NAMES.get(self.__name__, ()):
            return self._kept(name)
        raise LackingName(f"{self.__name__}.{name}")

    def _kept(self, name: str) -> Placeholder:
        """One placeholder for each name; apart from the module's own, which `import *` takes."""
        kept: dict[str, Placeholder] = self.__dict__["_placeholders"]
        if name not in kept:
            parts = _known_of_node(name) if self.__name__ == "nodes" else {}
            kept.setdefault(name, placeholder(f"{self.__name__}.{name}", **parts))
        return kept[name]


def _known_of_node(name: str) -> dict[str, Any]:
    for types_of_outputs, names in OUTPUTS.items():
        if name in names:
            return {"RETURN_TYPES": tuple(types_of_outputs.split(","))}
    return {}
