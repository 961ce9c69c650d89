"""Values out of a JSON file that somebody else wrote, each checked as it is taken."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from .. import atomic
from ..errors import BadDockSnapshot, BadRequirement
from .git import COMMIT, is_url
from .requirements import checked
from .tools import library
from .uv import canonical

MOST_BYTES = 8 << 20
MOST_ROWS = 10_000
DISABLED = ".disabled"
DIRECT = re.compile(r"(https?|file|git\+(https?|ssh|file))://\S+")
EDITABLE = "-e "
OPTION = re.compile(r"^-|://-|@-")


def read_object(data: bytes, where: str) -> dict[str, Any]:
    """The JSON object that a file holds. Raises BadDockSnapshot."""
    if len(data) > MOST_BYTES:
        raise BadDockSnapshot(f"{where} is larger than a snapshot can be.")
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise BadDockSnapshot(f"{where} is no snapshot: it holds no JSON object.")
    return value


class Fields:
    """Values of an object that somebody else wrote, each checked as it is taken."""

    def __init__(self, value: dict[str, Any], where: str) -> None:
        self._value = value
        self.where = where

    def bad(self, key: str) -> BadDockSnapshot:
        return BadDockSnapshot(f"{self.where}: {key} cannot be {str(self._value.get(key))[:80]!r}.")

    def table(self, key: str) -> dict[str, Any]:
        value = self._value.get(key, {})
        if not isinstance(value, dict) or len(value) > MOST_ROWS:
            raise self.bad(key)
        return value

    def rows(self, key: str) -> list[Any]:
        value = self._value.get(key, [])
        if not isinstance(value, list) or len(value) > MOST_ROWS:
            raise self.bad(key)
        return value

    def matched(self, key: str, is_good: Callable[[str], object]) -> str | None:
        value = self._value.get(key)
        if value is None:
            return None
        if not isinstance(value, str) or not is_good(value):
            raise self.bad(key)
        return value

    def text(self, key: str) -> str | None:
        return self.matched(key, lambda text: len(text) <= 200 and text.isprintable())

    def sentences(self, key: str) -> tuple[str, ...]:
        rows = self.rows(key)
        if not all(isinstance(one, str) and len(one) < 1000 and one.isprintable() for one in rows):
            raise self.bad(key)
        return tuple(rows)

    def name(self, key: str) -> str:
        return self.matched(key, is_name) or self._missing(key)

    def _missing(self, key: str) -> str:
        raise self.bad(key)

    def url(self, key: str) -> str | None:
        """One that git may be given; a host that begins with a dash would be an option to ssh."""
        return self.matched(key, lambda text: is_url(text) and len(text) < 1000 and not OPTION.search(text))

    def commit(self, key: str) -> str | None:
        return self.matched(key, COMMIT.fullmatch)

    def flag(self, key: str) -> bool:
        value = self._value.get(key, False)
        if not isinstance(value, bool):
            raise self.bad(key)
        return value


def is_name(text: str) -> bool:
    """Whether it can name a snapshot or a pack: one plain file name, and no option or hidden file."""
    return atomic.is_plain_name(text) and text[0] not in ".-"


def folder_path(value: Any, where: str) -> str:
    """A path below custom_nodes: one name, or one in `.disabled`, as ComfyUI-Manager has it."""
    last = value.removeprefix(f"{DISABLED}/") if isinstance(value, str) else ""
    if not is_name(last):
        raise BadDockSnapshot(f"{where}: {str(value)[:80]!r} is no folder in custom_nodes.")
    return str(value)


def package_line(line: Any, where: str) -> str:
    """A line of `uv pip freeze`: NAME==VERSION, NAME @ URL or -e URL, and no other option."""
    if isinstance(line, str) and len(line) < 1000 and line.isprintable():
        if line.startswith(EDITABLE) and DIRECT.fullmatch(line.removeprefix(EDITABLE)):
            return line
        try:
            found = library("packaging.requirements").Requirement(checked(line, where))
        except BadRequirement:
            raise _no_package(line, where) from None
        exact = [one.operator for one in found.specifier] in (["=="], ["==="]) and "*" not in str(found)
        if exact if found.url is None else DIRECT.fullmatch(found.url):
            return line
    raise _no_package(line, where)


def _no_package(line: Any, where: str) -> BadDockSnapshot:
    return BadDockSnapshot(f"{where}: {str(line)[:80]!r} is no installed package.")


def package_versions(lines: Sequence[str]) -> dict[str, str]:
    """Version, or the URL it came from, by canonical name; an editable one under its whole line."""
    found = {}
    for line in lines:
        name, at, url = line.partition(" @ ")
        if line.startswith(EDITABLE):
            found[line] = line
        elif at:
            found[canonical(name.strip())] = f"@ {url.strip()}"
        else:
            name, _, version = line.partition("==")
            found[canonical(name.strip())] = version.lstrip("=").strip()
    return found
