"""What a snapshot of an install is, and its JSON; a file of strangers is checked before it is believed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .. import atomic
from ..errors import BadDockSnapshot, BadRequirement
from .git import COMMIT, is_url
from .requirements import checked
from .tools import library
from .uv import canonical

FORMAT, VERSION = "dataset-gates-snapshot", 1
KINDS = ("git", "registry", "file", "folder", "link")
MOST_BYTES = 8 << 20
MOST_ROWS = 10_000
REGISTRY_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
PACK_VERSION = re.compile(r"[A-Za-z0-9][\w.+!-]{0,99}")
SHA256 = re.compile(r"[0-9a-f]{64}")
DISABLED = ".disabled"
DIRECT = re.compile(r"(https?|file|git\+(https?|ssh|file))://\S+")
EDITABLE = "-e "
OPTION = re.compile(r"^-|://-|@-")


@dataclass(frozen=True)
class Pack:
    """One entry of custom_nodes. `folder` is its path below it, `name` what it is called when enabled.

    `kind` is git, registry, file, folder (of unknown origin) or link; `dirty`: tracked files were edited.
    """

    name: str
    kind: str
    folder: str
    disabled: bool = False
    url: str | None = None
    commit: str | None = None
    dirty: bool = False
    registry_id: str | None = None
    version: str | None = None
    sha256: str | None = None

    @property
    def state(self) -> str:
        """What it is at, for a person."""
        at = {"git": (self.commit or "?")[:12], "registry": self.version or "?"}.get(self.kind, self.kind)
        return at + (" edited" if self.dirty else "") + (" disabled" if self.disabled else "")


@dataclass(frozen=True)
class CoreState:
    commit: str | None = None
    version: str | None = None
    url: str | None = None
    dirty: bool = False


@dataclass(frozen=True)
class Snapshot:
    """`when` in ISO 8601; `packages` as `uv pip freeze` has them."""

    name: str
    when: str
    core: CoreState = CoreState()
    python: str | None = None
    packs: tuple[Pack, ...] = ()
    packages: tuple[str, ...] = ()


def to_bytes(snapshot: Snapshot) -> bytes:
    data = {"format": FORMAT, "version": VERSION, **asdict(snapshot)}
    return json.dumps(data, indent=1, ensure_ascii=False).encode("utf-8") + b"\n"


def from_bytes(data: bytes, where: str) -> Snapshot:
    """Raises BadDockSnapshot."""
    return from_values(read_object(data, where), where)


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


def from_values(value: dict[str, Any], where: str) -> Snapshot:
    fields = Fields(value, where)
    if value.get("format") != FORMAT or value.get("version") != VERSION:
        raise BadDockSnapshot(f"{where} is no snapshot of `gates dock`, version {VERSION}.")
    core = Fields(fields.table("core"), f"{where}: core")
    return Snapshot(
        fields.name("name"),
        fields.text("when") or "",
        CoreState(core.commit("commit"), core.text("version"), core.url("url"), core.flag("dirty")),
        fields.text("python"),
        unique([_pack(one, where) for one in fields.rows("packs")], where),
        tuple(package_line(one, where) for one in fields.rows("packages")),
    )


def _pack(value: Any, where: str) -> Pack:
    if not isinstance(value, dict):
        raise BadDockSnapshot(f"{where}: a pack is no object.")
    fields = Fields(value, f"{where}: pack {str(value.get('name'))[:60]!r}")
    return Pack(
        fields.name("name"),
        fields.matched("kind", lambda text: text in KINDS) or "folder",
        folder_path(value.get("folder"), fields.where),
        fields.flag("disabled"),
        fields.url("url"),
        fields.commit("commit"),
        fields.flag("dirty"),
        fields.matched("registry_id", REGISTRY_ID.fullmatch),
        fields.matched("version", PACK_VERSION.fullmatch),
        fields.matched("sha256", SHA256.fullmatch),
    )


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


def unique(packs: Sequence[Pack], where: str) -> tuple[Pack, ...]:
    """The packs, by folder. Raises BadDockSnapshot where two want the same one."""
    seen: set[str] = set()
    for pack in packs:
        if pack.folder.casefold() in seen:
            raise BadDockSnapshot(f"{where}: two packs want the folder {pack.folder!r}.")
        seen.add(pack.folder.casefold())
    return tuple(sorted(packs, key=lambda pack: pack.folder))


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
