"""The adapter to ComfyUI: the only file that names its modules, and only inside functions."""

from __future__ import annotations

import functools
import inspect
import logging
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from .hook_wrappers import (
    Watcher,
    put_in,
    slot_of,
    watched_execute,
    watched_message,
    watched_output,
    watched_progress,
    watched_run,
    watched_run_async,
)
from .prompt_door import PromptDoor

if TYPE_CHECKING:
    from aiohttp import web

log = logging.getLogger("gates.compat")

DEFAULT_USER = "default"
EXECUTE_ARGUMENTS = 10  # of ComfyUI's `execute`, in the oldest version that we know


def grid_pool_base() -> str:
    """The folder below which all pools lie. Raises ImportError outside of ComfyUI."""
    import folder_paths

    return os.path.join(folder_paths.get_input_directory(), "grid_pool")


def prompt_server() -> Any | None:
    """ComfyUI's running server; None where there is none (tests, scripts)."""
    try:
        from server import PromptServer
    except ImportError:
        return None
    return getattr(PromptServer, "instance", None)


def send(event: str, data: dict[str, Any]) -> None:
    """Tell every open tab; may be called from any thread."""
    server = prompt_server()
    if server is not None:
        server.send_sync(event, data)


def user_of(request: web.Request) -> str | None:
    """The user of a request in multi-user mode; None without users, or for one that nobody knows."""
    from comfy.cli_args import args

    server = prompt_server()
    if server is None or not getattr(args, "multi_user", False):
        return None
    try:
        return str(server.user_manager.get_request_user_id(request))
    except KeyError:
        return None


def profile_user(request: web.Request) -> str | None:
    """Whose runs a request is about; None in multi-user mode for a user that nobody knows."""
    return user_of(request) if has_users() else DEFAULT_USER


def has_users() -> bool:
    try:
        from comfy.cli_args import args
    except ImportError:
        return False
    return bool(getattr(args, "multi_user", False))


def user_folder(user: str) -> str:
    """Where the files of a user lie. Raises ImportError outside of ComfyUI."""
    import folder_paths

    return os.path.join(folder_paths.get_user_directory(), user)


def send_to(event: str, data: dict[str, Any], client_id: str) -> None:
    """Tell one tab; may be called from any thread."""
    server = prompt_server()
    if server is not None:
        server.send_sync(event, data, client_id)


def is_connected(client_id: str) -> bool:
    """Whether this tab has an open socket; True where that cannot be told."""
    sockets = getattr(prompt_server(), "sockets", None)
    return sockets is None or client_id in sockets


def call_later(seconds: float, call: Callable[[], None]) -> None:
    """On the server's event loop, from any thread."""
    loop = getattr(prompt_server(), "loop", None)
    if loop is not None and not loop.is_closed():
        loop.call_soon_threadsafe(loop.call_later, seconds, call)


def prompt_door() -> PromptDoor:
    return PromptDoor(prompt_server, _interrupt)


def _interrupt() -> None:
    import nodes

    nodes.interrupt_processing()


def install_hooks(watcher: Watcher) -> str:
    """Watch prompts run: the tier that is active, `execute`, `progress`, `events` or `none`.

    Wrappers are put in once and stay: others may have wrapped them since. Installing again changes who
    watches.
    """
    try:
        import execution
    except ImportError:
        watcher.tier = "none"
        return watcher.tier
    executor = getattr(execution, "PromptExecutor", None)
    runs = _hook_runs(executor, watcher) if executor is not None else False
    watcher.tier = _best_tier(execution, watcher) if runs else "none"
    return watcher.tier


def _best_tier(execution: Any, watcher: Watcher) -> str:
    execute, output = getattr(execution, "execute", None), getattr(execution, "get_output_data", None)
    if _takes_a_node(execute) and callable(output):
        put_in(execution, "execute", watcher, watched_execute)
        put_in(execution, "get_output_data", watcher, watched_output)
        return "execute"
    if _hook_progress(watcher):
        return "progress"
    return "events" if _hook_messages(watcher) else "none"


def _takes_a_node(execute: Any) -> bool:
    """The self-test: whether this is still the function that gives one node its turn."""
    if not callable(execute):
        return False
    if slot_of(execute) is not None:
        return True
    try:
        parameters = inspect.signature(execute, follow_wrapped=False).parameters.values()
    except (TypeError, ValueError):
        return False
    if any(each.kind is inspect.Parameter.VAR_POSITIONAL for each in parameters):
        return True
    return len(parameters) >= EXECUTE_ARGUMENTS and inspect.iscoroutinefunction(execute)


def _hook_runs(executor: Any, watcher: Watcher) -> bool:
    """Where a prompt begins and ends; older and newer cores may have either of the two."""
    if callable(getattr(executor, "execute_async", None)):
        put_in(executor, "execute_async", watcher, watched_run_async)
        return True
    if callable(getattr(executor, "execute", None)):
        put_in(executor, "execute", watcher, watched_run)
        return True
    return False


def _hook_progress(watcher: Watcher) -> bool:
    """The second tier: where a node is said to start and to finish."""
    try:
        from comfy_execution.progress import ProgressRegistry
    except ImportError:
        return False
    names = {"start_progress": "start", "finish_progress": "finish"}
    if not all(callable(getattr(ProgressRegistry, name, None)) for name in names):
        return False
    for name, kind in names.items():
        put_in(ProgressRegistry, name, watcher, functools.partial(watched_progress, kind))
    return True


def _hook_messages(watcher: Watcher) -> bool:
    """The third tier: what a client is told, which is nothing where a prompt has none."""
    try:
        from server import PromptServer
    except ImportError:
        return False
    if not callable(getattr(PromptServer, "send_sync", None)):
        return False
    put_in(PromptServer, "send_sync", watcher, watched_message)
    return True


def on_every_prompt(handler: Callable[[dict[str, Any]], dict[str, Any]]) -> bool:
    """Show `handler` each request to queue a prompt before it is checked; False where that is not offered."""
    add = getattr(prompt_server(), "add_on_prompt_handler", None)
    if not callable(add):
        return False
    add(handler)
    return True


def dynamic_vram() -> Callable[[], int | None] | None:
    """What tells the bytes that ComfyUI's dynamic VRAM holds; None where that is not in use."""
    if "comfy_aimdo.control" not in sys.modules:  # asked where a run begins: no place to look for modules
        return None
    try:
        import comfy.memory_management as management
        import comfy_aimdo.control as control
    except ImportError:
        return None
    total = getattr(control, "get_total_vram_usage", None)
    if not getattr(management, "aimdo_enabled", False) or not callable(total):
        return None
    return lambda: int(total())


def core_facts() -> dict[str, Any]:
    """Version and folder of ComfyUI, the folders of its packs, how it treats memory. Reads folders."""
    facts: dict[str, Any] = {"version": None, "folder": None, "packs": [], "dynamic_vram": None}
    try:
        import comfyui_version

        facts["version"] = str(comfyui_version.__version__)
    except (ImportError, AttributeError):
        facts["version"] = None
    try:
        import folder_paths

        facts["folder"] = str(folder_paths.base_path)
        facts["packs"] = sorted(set(_packs(folder_paths.get_folder_paths("custom_nodes"))))
    except Exception as error:
        log.debug("[Dataset Gates] The packs could not be listed: %s", error)
    facts["dynamic_vram"] = dynamic_vram() is not None
    return facts


def _packs(folders: Sequence[str]) -> list[str]:
    return [
        os.path.join(folder, name)
        for folder in folders
        if os.path.isdir(folder)
        for name in os.listdir(folder)
        if not name.startswith((".", "__"))
        and not name.endswith((".disabled", ".example"))
        and (os.path.isdir(os.path.join(folder, name)) or name.endswith(".py"))
    ]
