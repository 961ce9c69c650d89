"""Modules of ComfyUI that the host lacks: they can be imported, and hold placeholders."""

from __future__ import annotations

import types
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from typing import Any

from .core_names import ANSWERING, CHOICES, MODULES, TREE
from .lacking import LackingModule
from .modules import StandInModule
from .placeholder import Placeholder, placeholder

# Nodes of services on the net are none of a host that reaches none.
TOPS = frozenset({*TREE["."], "comfy_api_nodes"})


class HollowModule(StandInModule):
    """Any name in it is a placeholder; a package holds its modules alone, as the real one does."""

    def _lacking(self, name: str) -> Any:
        if self.__name__ in TREE and self.__name__ not in ANSWERING:
            return super()._lacking(name)
        return self._kept(name)


class LackingFinder(MetaPathFinder, Loader):
    """Asked for a module that nobody else found: hollow where ComfyUI has one, else missing with a reason."""

    def __init__(self, base: str) -> None:
        self._base = base

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname in MODULES:
            return ModuleSpec(fullname, self, is_package=True)
        if fullname.partition(".")[0] in TOPS:
            raise LackingModule(fullname)
        return None

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        return HollowModule(spec.name, self._base, **_values(spec.name))

    def exec_module(self, module: types.ModuleType) -> None:
        """It is whole when it is made."""


def _values(module: str) -> dict[str, Any]:
    """Lists that packs read while they load: the choices of their own nodes."""
    if module == "latent_preview":
        return {"MAX_PREVIEW_RESOLUTION": 512}
    if module != "comfy.samplers":
        return {}
    samplers, schedulers = CHOICES["SAMPLERS"].copy(), CHOICES["SCHEDULERS"].copy()
    handlers: dict[str, Placeholder] = {
        name: placeholder(f"{module}.SCHEDULER_HANDLERS[{name!r}]") for name in schedulers
    }
    return {
        "KSAMPLER_NAMES": [name for name in samplers if name not in ("ddim", "uni_pc", "uni_pc_bh2")],
        "SAMPLER_NAMES": samplers,
        "SCHEDULER_NAMES": schedulers,
        "SCHEDULER_HANDLERS": handlers,
        "KSampler": placeholder(f"{module}.KSampler", SAMPLERS=samplers, SCHEDULERS=schedulers),
    }
