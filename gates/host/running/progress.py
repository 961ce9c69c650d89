"""How far each node of the running prompt is, under the names of `comfy_execution.progress`."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, Protocol, TypedDict

from ..frames import PREVIEW_IMAGE_WITH_METADATA, UNENCODED_PREVIEW_IMAGE, Preview
from ..interrupts import Interrupts
from .context import get_executing_context
from .graph import DynamicPrompt

PREVIEW_METADATA_FEATURE = "supports_preview_metadata"


class NodeState(Enum):
    Pending = "pending"
    Running = "running"
    Finished = "finished"
    Error = "error"


class NodeProgressState(TypedDict):
    state: NodeState
    value: float
    max: float


class ProgressServer(Protocol):
    """What progress is told to."""

    client_id: str | None
    last_prompt_id: str | None
    last_node_id: str | None

    def send_sync(self, event: str | int, data: Any, sid: str | None = None) -> None: ...

    def client_supports(self, feature: str) -> bool: ...


class ProgressHandler:
    """Hears of every change; override what is of interest."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.enabled = True
        self.registry: ProgressRegistry | None = None

    def set_registry(self, registry: ProgressRegistry) -> None:
        self.registry = registry

    def start_handler(self, node_id: str, state: NodeProgressState, prompt_id: str) -> None:
        return

    def update_handler(
        self,
        node_id: str,
        value: float,
        max_value: float,
        state: NodeProgressState,
        prompt_id: str,
        image: Preview | None = None,
    ) -> None:
        return

    def finish_handler(self, node_id: str, state: NodeProgressState, prompt_id: str) -> None:
        return

    def reset(self) -> None:
        return

    def enable(self) -> None:
        self.enabled = True

    def disable(self) -> None:
        self.enabled = False


class ProgressRegistry:
    """The states of one prompt's nodes, and who hears of them."""

    def __init__(self, prompt_id: str, dynprompt: DynamicPrompt) -> None:
        self.prompt_id = prompt_id
        self.dynprompt = dynprompt
        self.nodes: dict[str, NodeProgressState] = {}
        self.handlers: dict[str, ProgressHandler] = {}

    def register_handler(self, handler: ProgressHandler) -> None:
        self.handlers[handler.name] = handler

    def unregister_handler(self, handler_name: str) -> None:
        handler = self.handlers.pop(handler_name, None)
        if handler is not None:
            handler.reset()

    def enable_handler(self, handler_name: str) -> None:
        if handler_name in self.handlers:
            self.handlers[handler_name].enable()

    def disable_handler(self, handler_name: str) -> None:
        if handler_name in self.handlers:
            self.handlers[handler_name].disable()

    def ensure_entry(self, node_id: str) -> NodeProgressState:
        fresh: NodeProgressState = {"state": NodeState.Pending, "value": 0, "max": 1}
        return self.nodes.setdefault(node_id, fresh)

    def start_progress(self, node_id: str) -> None:
        entry = self.ensure_entry(node_id)
        entry.update({"state": NodeState.Running, "value": 0.0, "max": 1.0})
        for handler in self._listening():
            handler.start_handler(node_id, entry, self.prompt_id)

    def update_progress(
        self, node_id: str, value: float, max_value: float, image: Preview | None = None
    ) -> None:
        entry = self.ensure_entry(node_id)
        entry.update({"state": NodeState.Running, "value": value, "max": max_value})
        for handler in self._listening():
            handler.update_handler(node_id, value, max_value, entry, self.prompt_id, image)

    def finish_progress(self, node_id: str) -> None:
        entry = self.ensure_entry(node_id)
        entry.update({"state": NodeState.Finished, "value": entry["max"]})
        for handler in self._listening():
            handler.finish_handler(node_id, entry, self.prompt_id)

    def reset_handlers(self) -> None:
        for handler in self.handlers.values():
            handler.reset()

    def _listening(self) -> list[ProgressHandler]:
        return [handler for handler in self.handlers.values() if handler.enabled]


class WebUIProgressHandler(ProgressHandler):
    """Tells the client of the prompt, or everybody where it has none."""

    def __init__(self, server_instance: ProgressServer) -> None:
        super().__init__("webui")
        self._server = server_instance
        # What was last told of each node. A message tells of all of them, so only what changed is made anew.
        self._told: dict[str, dict[str, Any]] = {}

    def set_registry(self, registry: ProgressRegistry) -> None:
        super().set_registry(registry)
        self._told = {}

    def start_handler(self, node_id: str, state: NodeProgressState, prompt_id: str) -> None:
        self._send_states(node_id, state, prompt_id)

    def finish_handler(self, node_id: str, state: NodeProgressState, prompt_id: str) -> None:
        self._send_states(node_id, state, prompt_id)

    def update_handler(
        self,
        node_id: str,
        value: float,
        max_value: float,
        state: NodeProgressState,
        prompt_id: str,
        image: Preview | None = None,
    ) -> None:
        self._send_states(node_id, state, prompt_id)
        if image is not None and self._server.client_supports(PREVIEW_METADATA_FEATURE):
            metadata = self._ids(node_id, prompt_id)
            self._send(PREVIEW_IMAGE_WITH_METADATA, (image, metadata))

    def _send_states(self, node_id: str, state: NodeProgressState, prompt_id: str) -> None:
        self._told[node_id] = {
            "value": state["value"],
            "max": state["max"],
            "state": state["state"].value,
            **self._ids(node_id, prompt_id),
        }
        self._send("progress_state", {"prompt_id": prompt_id, "nodes": dict(self._told)})

    def _ids(self, node_id: str, prompt_id: str) -> dict[str, str | None]:
        graph = self.registry.dynprompt if self.registry else DynamicPrompt({})
        return {
            "node_id": node_id,
            "prompt_id": prompt_id,
            "display_node_id": graph.get_display_node_id(node_id),
            "parent_node_id": graph.get_parent_node_id(node_id),
            "real_node_id": graph.get_real_node_id(node_id),
        }

    def _send(self, event: str | int, data: Any) -> None:
        self._server.send_sync(event, data, self._server.client_id)


class ProgressBoard:
    """Holds the registry of the running prompt, for everything that asks by function."""

    def __init__(self) -> None:
        self._registry = ProgressRegistry("", DynamicPrompt({}))

    def get_progress_state(self) -> ProgressRegistry:
        return self._registry

    def reset_progress_state(self, prompt_id: str, dynprompt: DynamicPrompt) -> None:
        self._registry.reset_handlers()
        self._registry = ProgressRegistry(prompt_id, dynprompt)

    def add_progress_handler(self, handler: ProgressHandler) -> None:
        handler.set_registry(self._registry)
        self._registry.register_handler(handler)


BarHook = Callable[..., None]


def progress_bar_hook(server: ProgressServer, board: ProgressBoard, interrupts: Interrupts) -> BarHook:
    """What a progress bar calls: stop if asked to, then tell where the node is."""

    def hook(
        value: float,
        total: float,
        preview_image: Preview | None,
        prompt_id: str | None = None,
        node_id: str | None = None,
    ) -> None:
        interrupts.raise_if_asked()
        context = get_executing_context()
        prompt = prompt_id or (context.prompt_id if context else server.last_prompt_id)
        node = node_id or (context.node_id if context else server.last_node_id)
        board.get_progress_state().update_progress(str(node), value, total, preview_image)
        told = {"value": value, "max": total, "prompt_id": prompt, "node": node}
        server.send_sync("progress", told, server.client_id)
        if preview_image is not None and not server.client_supports(PREVIEW_METADATA_FEATURE):
            server.send_sync(UNENCODED_PREVIEW_IMAGE, preview_image, server.client_id)

    return hook
