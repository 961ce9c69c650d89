"""What a pack's pyproject.toml says of its web folder."""

from __future__ import annotations

import importlib
import logging
from dataclasses import dataclass
from pathlib import Path

logger = logging.getLogger("gates.host.packs")


@dataclass(frozen=True)
class WebFolder:
    name: str
    directory: Path


def web_directory_of_project(pack: Path) -> WebFolder | None:
    """`[tool.comfy] web`, under the project's name; None where there is none."""
    file = pack / "pyproject.toml"
    if not file.is_file():
        return None
    try:
        tomllib = importlib.import_module("tomllib")
    except ModuleNotFoundError:
        logger.warning("%s is not read: that needs Python 3.11", file)
        return None
    try:
        project = tomllib.loads(file.read_text("utf-8"))
    except ValueError as error:
        logger.warning("%s cannot be read: %s", file, error)
        return None
    folder = project.get("tool", {}).get("comfy", {}).get("web")
    if not folder or not (pack / folder).is_dir():
        return None
    return WebFolder(project.get("project", {}).get("name", pack.name), pack / folder)
