"""`comfy_api` is made when a pack first imports it: a host whose packs are all V1 never pays for it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..modules import StandInModule

if TYPE_CHECKING:
    from ...prompt_server import PromptServer

PACKAGE = "comfy_api"
# Attributes of these modules are modules too.
ALIASES = {"io": "_io_public", "IO": "_io_public", "ui": "_ui_public", "UI": "_ui_public"}
WITH_ALIASES = ("latest", "v0_0_2")  # 0.0.1 never had them


class ApiFinder(MetaPathFinder, Loader):
    def __init__(self, server: PromptServer) -> None:
        self._server = server
        self._modules: dict[str, ModuleType] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.split(".", 1)[0] != PACKAGE:
            return None
        self._modules = self._modules or _modules(self._server)
        if fullname not in self._modules:
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._modules[spec.name]

    def exec_module(self, module: ModuleType) -> None:
        """They are whole when they are made."""


def _modules(server: PromptServer) -> dict[str, ModuleType]:
    from .names import module_names

    base = server.runtime.folders.base_path
    modules: dict[str, Any] = {}
    for name, names in module_names(server).items():
        public = [each for each in names if not each.startswith("_")]
        modules[name] = StandInModule(name, base, __all__=public, **names)
    for version in WITH_ALIASES:
        for alias, name in ALIASES.items():
            module = modules[f"{PACKAGE}.{version}"]
            setattr(module, alias, modules[f"{PACKAGE}.latest.{name}"])
            module.__all__.append(alias)
    return modules
