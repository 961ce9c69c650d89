"""The programs and libraries that the dock works with; what is missing is said with what helps."""

from __future__ import annotations

import importlib
import os
import shutil
from collections.abc import Callable, Mapping
from typing import Any

from ..errors import ToolMissing

INSTALL = (
    "uv tool install 'comfyui-dataset-gates[dock]', or in a checkout: .venv/bin/pip install -e '.[dock]'"
)
HERE = {"", ".", os.curdir}


def library(name: str) -> Any:
    """A library of the extra `dock`. Raises ToolMissing."""
    try:
        return importlib.import_module(name)
    except ImportError:
        raise ToolMissing(
            f"`gates dock` needs {name}, which is not installed here. Install: {INSTALL}"
        ) from None


def uv_program(
    outside: Mapping[str, str], which: Callable[[str, str], str | None] = lambda n, p: shutil.which(n, path=p)
) -> str:
    """The uv beside this Python, from its package, else on the PATH. Raises ToolMissing."""
    try:
        found = importlib.import_module("uv")
        return str(found.find_uv_bin())
    except (ImportError, FileNotFoundError):
        program = on_path("uv", outside, which)
    if program is None:
        raise ToolMissing(f"uv is not installed here. Install it with: {INSTALL}")
    return program


def git_program(
    outside: Mapping[str, str], which: Callable[[str, str], str | None] = lambda n, p: shutil.which(n, path=p)
) -> str:
    program = on_path("git", outside, which)
    if program is None:
        raise ToolMissing("git is not installed, or not on the PATH. Install it from https://git-scm.com")
    return program


def on_path(
    name: str,
    outside: Mapping[str, str],
    which: Callable[[str, str], str | None] = lambda n, p: shutil.which(n, path=p),
) -> str | None:
    """Its full path; never one from the current folder, where a pack might have put it."""
    folders = [f for f in outside.get("PATH", "").split(os.pathsep) if f not in HERE and os.path.isabs(f)]
    found = which(name, os.pathsep.join(folders))
    return os.path.realpath(found) if found is not None and os.path.isabs(found) else None


def optional(name: str) -> Any | None:
    """A library that may be missing."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None
