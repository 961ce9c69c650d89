"""What the host does not have of ComfyUI says so by name, instead of failing somewhere else."""

from __future__ import annotations

import types
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from typing import Any

COMFYUI_MODULES = frozenset(
    {
        "comfy",
        "comfy_api",
        "comfy_api_nodes",
        "comfy_config",
        "comfy_execution",
        "comfy_extras",
        "comfyui_version",
        "cuda_malloc",
        "execution",
        "folder_paths",
        "latent_preview",
        "node_helpers",
        "nodes",
        "protocol",
        "server",
    }
)


def lacks(what: str) -> str:
    return f"the stand-in host of Dataset Gates has no {what}: run this in ComfyUI itself"


class LackingModule(ModuleNotFoundError):
    """A module of ComfyUI, or a name in one, that the host does not have."""

    def __init__(self, name: str) -> None:
        super().__init__(lacks(name), name=f"{name} (stand-in)")


class LackingName(AttributeError):
    """An attribute of a module of ComfyUI's that the host does not have."""

    def __init__(self, name: str) -> None:
        super().__init__(lacks(name))


class LackingFinder(MetaPathFinder):
    """Asked for a module that nobody else found."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.split(".", 1)[0] in COMFYUI_MODULES:
            raise LackingModule(fullname)
        return None


class StandInModule(types.ModuleType):
    """A module whose names are those of an object, read when they are asked for.

    It has a path, so that `from it import name` asks the finder above and fails with a reason too.
    """

    def __init__(self, name: str, base: str, surface: object = None, **names: Any) -> None:
        super().__init__(name, "Stand-in for ComfyUI's module of this name.")
        self.__file__ = f"{base}/{name.replace('.', '/')}.py"
        self.__path__: list[str] = []
        self.__dict__.update(names)
        self.__dict__["_surface"] = surface

    def __dir__(self) -> list[str]:
        surface = (name for name in dir(self.__dict__["_surface"]) if not name.startswith("_"))
        return sorted({*self.__dict__, *surface})

    def __getattr__(self, name: str) -> Any:
        surface = self.__dict__.get("_surface")
        if not name.startswith("_") and hasattr(surface, name):
            return getattr(surface, name)
        if name.startswith("__"):
            raise AttributeError(name)
        raise LackingName(f"{self.__name__}.{name}")
