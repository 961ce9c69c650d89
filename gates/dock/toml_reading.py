"""TOML of a person or a pack as plain values, and what is wrong in it."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

from ..errors import BadManifest
from .tools import library

DEEP = re.compile(r"(?:\.\s{0,8}[\w\"'-]{1,100}\s{0,8}){30}")  # time grows with the square of a key's depth


def read_toml(text: str, where: str) -> dict[str, Any]:
    """Plain values of a TOML text. Raises BadManifest with the place."""
    tomlkit = library("tomlkit")
    if DEEP.search(text):
        raise _unreadable(where, "it is nested too deep")
    try:
        value: dict[str, Any] = _quick(text)
        return value
    except (ValueError, RecursionError):
        try:
            return dict(tomlkit.parse(text).unwrap())
        except (tomlkit.exceptions.TOMLKitError, ValueError, RecursionError) as error:
            raise _unreadable(where, str(error)) from None


def _unreadable(where: str, why: str) -> BadManifest:
    back = "Mend it, or `gates dock rollback` takes the last change back."
    return BadManifest(f"{where} cannot be read: {why}. {back}")


def _quick(text: str) -> dict[str, Any]:
    """The standard library reads ten times as fast, and knows TOML 1.0 alone. Raises ValueError."""
    try:
        tomllib = import_module("tomllib")
    except ImportError:  # before Python 3.11
        raise ValueError("no tomllib") from None
    value: dict[str, Any] = tomllib.loads(text)
    return value
