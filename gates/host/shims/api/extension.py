"""What a pack is to the host, and what the host is to a pack's nodes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from PIL import Image

from ...frames import Preview
from ...prompt_server import PromptServer
from ...running.context import get_executing_context
from ..lacking import LackingName
from .outcome import NodeReplace
from .values import Tensor

# Pixels of a preview's longest side.
PREVIEW_SIZE = 512


class ComfyExtension(ABC):
    """A pack's nodes; `comfy_entrypoint` answers one of these."""

    async def on_load(self) -> None:  # noqa: B027
        """May be written: called once, before the nodes are asked for."""

    @abstractmethod
    async def get_node_list(self) -> list[type[Any]]:
        """The node classes."""


class Execution:
    def __init__(self, server: PromptServer) -> None:
        self._board = server.runtime.progress

    def tell(
        self,
        value: float,
        max_value: float,
        node_id: str | None = None,
        preview_image: Any = None,
        ignore_size_limit: bool = False,
    ) -> None:
        """Say how far a node is; the one that runs, unless it is named."""
        context = get_executing_context()
        node_id = node_id or (context.node_id if context else None)
        if node_id is None:
            raise ValueError("node_id must be provided if not in executing context")
        shown = _preview(preview_image, None if ignore_size_limit else PREVIEW_SIZE)
        self._board.get_progress_state().update_progress(node_id, value, max_value, shown)


def _preview(image: Any, longest: int | None) -> Preview | None:
    if image is None:
        return None
    if isinstance(image, Tensor):
        import numpy as np  # here, since a host without previews never needs it

        pixels: Any = image
        pixels = pixels[0] if len(pixels.shape) == 4 else pixels
        image = Image.fromarray((pixels.cpu().numpy() * 255).astype(np.uint8))
    return image.format or "JPEG", image, longest


class Replacements:
    def __init__(self, server: PromptServer) -> None:
        self._known = server.runtime.nodes.replacements

    def add(self, node_replace: NodeReplace) -> None:
        """Once for each pair of old and new."""
        before = self._known.setdefault(node_replace.old_node_id, [])
        if all(each.new_node_id != node_replace.new_node_id for each in before):
            before.append(node_replace)


class _Part:
    """A part of the API; what it does not have says so."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise LackingName(f"comfy_api.latest.ComfyAPI().{name}")


def api_classes(server: PromptServer) -> tuple[type[Any], type[Any]]:
    """`ComfyAPI` and `ComfyAPISync` of one host."""
    execution, replacements = Execution(server), Replacements(server)

    class AsyncExecution(_Part):
        async def set_progress(self, *args: Any, **kwargs: Any) -> None:
            execution.tell(*args, **kwargs)

    class AsyncReplacement(_Part):
        async def register(self, node_replace: NodeReplace) -> None:
            replacements.add(node_replace)

    class SyncExecution(_Part):
        set_progress = staticmethod(execution.tell)

    class SyncReplacement(_Part):
        register = staticmethod(replacements.add)

    class ComfyAPI(_Part):
        VERSION = "latest"
        STABLE = False

        def __init__(self) -> None:
            self.execution = AsyncExecution()
            self.node_replacement = AsyncReplacement()

    class ComfyAPISync(_Part):
        def __init__(self) -> None:
            self.execution = SyncExecution()
            self.node_replacement = SyncReplacement()

    return ComfyAPI, ComfyAPISync
