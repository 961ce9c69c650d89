"""Loading node packs as ComfyUI does: each a package named by its path, one that fails stops nothing."""

from __future__ import annotations

import importlib.util
import inspect
import logging
import os
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from .pack_project import web_directory_of_project
from .registry import NodeRegistry
from .shims.lacking import LackingName
from .shims.placeholder import lacking_in

logger = logging.getLogger("gates.host.packs")

PARENT = "custom_nodes"
THIS_PACK = Path(__file__).resolve().parents[2]


class UnsupportedPack(ImportError):
    """A pack that needs something this host does not have."""


@dataclass(frozen=True)
class LoadedPack:
    path: Path
    seconds: float
    loaded: bool


def packs_to_load(named: Iterable[Path], custom_nodes: Path, with_own: bool = True) -> list[Path]:
    """This pack, the named ones, and what lies in custom_nodes; each once.

    This pack comes first, unless it is named or installed itself: then where it stands there. Without
    `with_own`, or where `gates` was installed without the pack around it, it does not come by itself.
    """
    found = [*(path.resolve() for path in named), *_installed(custom_nodes)]
    with_own = with_own and (THIS_PACK / "__init__.py").is_file()
    if with_own and THIS_PACK not in [path.resolve() for path in found]:
        found.insert(0, THIS_PACK)
    once: dict[Path, Path] = {}
    for path in found:
        once.setdefault(path.resolve(), path)
    return list(once.values())


def _installed(custom_nodes: Path) -> list[Path]:
    if not custom_nodes.is_dir():
        return []
    return [
        path
        for path in sorted(custom_nodes.iterdir())
        if path.name != "__pycache__"
        and not path.name.endswith(".disabled")
        and (path.is_dir() or path.suffix == ".py")
    ]


def run_prestartup_scripts(packs: Iterable[Path]) -> None:
    for pack in packs:
        script = pack / "prestartup_script.py"
        if script.is_file():
            try:
                _import(f"{_module_name(pack)}.prestartup_script", script)
            except Exception:
                logger.exception("the prestartup script of %s failed", pack)


async def load_packs(packs: Iterable[Path], nodes: NodeRegistry) -> list[LoadedPack]:
    """Load each; built-in classes keep their names, later packs take those of earlier ones."""
    taken = frozenset(nodes.classes)
    done = []
    for pack in packs:
        began = time.perf_counter()
        loaded = await load_pack(pack, nodes, taken)
        done.append(LoadedPack(pack, time.perf_counter() - began, loaded))
    _log_times(done)
    return done


def _log_times(done: list[LoadedPack]) -> None:
    lines = [
        f"{pack.seconds:6.1f} seconds{'' if pack.loaded else ' (IMPORT FAILED)'}: {pack.path}"
        for pack in sorted(done, key=lambda pack: pack.seconds)
    ]
    logger.info("\nImport times for custom nodes:\n%s\n", "\n".join(lines))


async def load_pack(path: Path, nodes: NodeRegistry, taken: frozenset[str] = frozenset()) -> bool:
    if path.is_dir():
        nodes.pack_directories.append(path)
    try:
        module = _import(_module_name(path), path / "__init__.py" if path.is_dir() else path)
        await _register(path, module, nodes, taken)
    except (Exception, SystemExit) as error:  # whatever a pack does at import, the others go on
        logger.warning("Cannot import %s module for custom nodes: %s", path, error, exc_info=True)
        return False
    _log_lacking(path)
    return True


def _log_lacking(path: Path) -> None:
    """Once for a pack: what it names that is missed when it is used."""
    names = lacking_in(_module_name(path))
    if names:
        logger.info("%s names what the stand-in host has nothing behind: %s", path, ", ".join(names))


def _module_name(path: Path) -> str:
    """The name under which a pack is imported: its path, since folder names are free."""
    if path.is_dir():
        return str(path).replace(".", "_x_")
    return os.path.splitext(path)[0]


def _import(name: str, file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise UnsupportedPack(f"{file} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


async def _register(path: Path, module: ModuleType, nodes: NodeRegistry, taken: frozenset[str]) -> None:
    name = path.name if path.is_dir() else path.stem
    directory = path if path.is_dir() else path.parent
    nodes.module_directories[name] = str(directory)
    _register_web(path, directory, name, module, nodes)
    origin = f"{PARENT}.{name}"
    classes: dict[str, Any] | None = getattr(module, "NODE_CLASS_MAPPINGS", None)
    if classes is None:
        await _register_extension(module, nodes, taken, origin)
        return
    for class_name, node in classes.items():
        if class_name not in taken:
            nodes.add(class_name, node, origin)
    nodes.display_names.update(getattr(module, "NODE_DISPLAY_NAME_MAPPINGS", None) or {})


async def _register_extension(
    module: ModuleType, nodes: NodeRegistry, taken: frozenset[str], origin: str
) -> None:
    """Ask a V3 pack for its nodes: `comfy_entrypoint` is asked only where there are no mappings."""
    for node in await _extension_nodes(module):
        try:
            schema = node.GET_SCHEMA()
        except LackingName:
            logger.exception("the node %r cannot be described and is left out", node)
            continue
        if schema.node_id not in taken:
            nodes.add(schema.node_id, node, origin)
        if schema.display_name is not None:
            nodes.display_names[schema.node_id] = schema.display_name


async def _extension_nodes(module: ModuleType) -> list[Any]:
    from .shims.api.extension import ComfyExtension  # what V1 packs never need

    entrypoint = getattr(module, "comfy_entrypoint", None)
    if not callable(entrypoint):
        raise UnsupportedPack("it has neither NODE_CLASS_MAPPINGS nor comfy_entrypoint")
    extension = await entrypoint() if inspect.iscoroutinefunction(entrypoint) else entrypoint()
    if not isinstance(extension, ComfyExtension):
        raise UnsupportedPack(f"its comfy_entrypoint answers {extension!r}, which is no ComfyExtension")
    await extension.on_load()
    found = await extension.get_node_list()
    if not isinstance(found, list):
        raise UnsupportedPack(f"its get_node_list answers {type(found).__name__}, which is no list")
    return found


def _register_web(path: Path, directory: Path, name: str, module: ModuleType, nodes: NodeRegistry) -> None:
    project = web_directory_of_project(path)
    if project is not None:
        nodes.web_directories[project.name] = str(project.directory)
    declared = getattr(module, "WEB_DIRECTORY", None)
    if declared is not None and (directory / declared).is_dir():
        nodes.web_directories[name] = os.path.abspath(directory / declared)
