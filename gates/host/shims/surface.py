"""Which module of ComfyUI has which names here."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from .. import execution, frames, jobs
from ..builtin_nodes.pictures import MAX_RESOLUTION
from ..interrupts import InterruptProcessingException
from ..prompt_server import PromptServer
from ..routes.system import COMFYUI_VERSION
from ..running import cache, context, graph, graph_builder, progress, types_match
from . import comfy_types, node_helpers, utils
from .cli_args import arguments
from .model_management import ModelManagement
from .modules import StandInModule
from .progress_bar import BarHooks


def modules_for(server: PromptServer) -> dict[str, ModuleType]:
    """Modules by the name under which packs import them."""
    base = server.runtime.folders.base_path
    found = {**_main_modules(server, base), **_comfy_modules(server, base)}
    found.update(_execution_modules(server, base))
    for name, module in found.items():  # `import comfy.utils` binds `comfy`, then reads `.utils`
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(found[parent], child, module)
    return found


def _main_modules(server: PromptServer, base: str) -> dict[str, ModuleType]:
    runtime = server.runtime
    nodes_names: dict[str, Any] = {
        **runtime.nodes.classes,
        "NODE_CLASS_MAPPINGS": runtime.nodes.classes,
        "NODE_DISPLAY_NAME_MAPPINGS": runtime.nodes.display_names,
        "EXTENSION_WEB_DIRS": runtime.nodes.web_directories,
        "LOADED_MODULE_DIRS": runtime.nodes.module_directories,
        "MAX_RESOLUTION": MAX_RESOLUTION,
        "interrupt_processing": runtime.interrupts.interrupt,
        "before_node_execution": runtime.interrupts.raise_if_asked,
    }
    return {
        "server": StandInModule(
            "server", base, PromptServer=PromptServer, BinaryEventTypes=frames.BinaryEventTypes
        ),
        "protocol": StandInModule("protocol", base, BinaryEventTypes=frames.BinaryEventTypes),
        "folder_paths": StandInModule("folder_paths", base, runtime.folders),
        "nodes": StandInModule("nodes", base, **nodes_names),
        "node_helpers": StandInModule("node_helpers", base, node_helpers),
        "comfyui_version": StandInModule("comfyui_version", base, __version__=COMFYUI_VERSION),
        # The module itself, so that a function that a pack replaces in it is the one that is called.
        "execution": execution,
    }


def _comfy_modules(server: PromptServer, base: str) -> dict[str, ModuleType]:
    runtime = server.runtime
    hook = progress.progress_bar_hook(server, runtime.progress, runtime.interrupts)
    hooks = BarHooks(hook)
    management = ModelManagement(runtime.interrupts)
    return {
        "comfy": StandInModule("comfy", base),
        "comfy.comfy_types": StandInModule("comfy.comfy_types", base, comfy_types),
        "comfy.comfy_types.node_typing": StandInModule("comfy.comfy_types.node_typing", base, comfy_types),
        "comfy.cli_args": StandInModule("comfy.cli_args", base, args=arguments(runtime.options)),
        "comfy.model_management": StandInModule(
            "comfy.model_management",
            base,
            management,
            InterruptProcessingException=InterruptProcessingException,
        ),
        "comfy.utils": StandInModule(
            "comfy.utils",
            base,
            hooks,
            ProgressBar=hooks.make_bar_class(),
            **{name: getattr(utils, name) for name in utils.__all__},
        ),
    }


def _execution_modules(server: PromptServer, base: str) -> dict[str, ModuleType]:
    def module(name: str, surface: object, **names: Any) -> StandInModule:
        return StandInModule(f"comfy_execution.{name}", base, surface, **names)

    progress_names = {
        name: getattr(progress, name)
        for name in (
            "NodeProgressState",
            "NodeState",
            "ProgressHandler",
            "ProgressRegistry",
            "WebUIProgressHandler",
        )
    }
    modules = (
        module("graph", graph),
        module("graph_utils", graph_builder),
        module("utils", context),
        module("validation", types_match),
        module("caching", cache),
        module("jobs", jobs),
        module("progress", server.runtime.progress, **progress_names),
    )
    return {
        "comfy_execution": StandInModule("comfy_execution", base),
        **{each.__name__: each for each in modules},
    }
