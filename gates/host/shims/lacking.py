"""What the host does not have of ComfyUI says so by name, instead of failing somewhere else."""

from __future__ import annotations


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
