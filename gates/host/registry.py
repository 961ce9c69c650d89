"""What is loaded: node classes, their display names, and the folders that packs serve to the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

NodeClass = type[Any]


class NodeRegistry:
    """The dictionaries that ComfyUI keeps in its module `nodes`; packs read them under those names."""

    def __init__(self) -> None:
        self.classes: dict[str, NodeClass] = {}
        self.display_names: dict[str, str] = {}
        self.web_directories: dict[str, str] = {}
        self.module_directories: dict[str, str] = {}
        self.pack_directories: list[Path] = []
        # By the class that is gone; V3 packs register them.
        self.replacements: dict[str, list[Any]] = {}

    def add(self, name: str, node: NodeClass, python_module: str) -> None:
        node.RELATIVE_PYTHON_MODULE = python_module
        self.classes[name] = node
