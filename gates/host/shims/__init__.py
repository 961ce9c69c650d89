"""The modules that packs import from ComfyUI, as far as this host has them."""

from __future__ import annotations

import sys

from ..prompt_server import PromptServer
from .api.finder import ApiFinder
from .hollow import LackingFinder
from .surface import modules_for


def install_shims(server: PromptServer) -> None:
    """Put the modules where `import` finds them; what is not among them is missed with a reason."""
    sys.modules.update(modules_for(server))
    # First, as the modules above are: ComfyUI itself may lie on the path.
    sys.meta_path.insert(0, ApiFinder(server))
    # Last, so that it speaks only where nobody else has the module.
    sys.meta_path.append(LackingFinder(str(server.runtime.folders.base_path)))


__all__ = ["install_shims"]
