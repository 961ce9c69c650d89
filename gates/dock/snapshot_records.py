"""What a snapshot of an install is, and its JSON; a file of strangers is checked before it is believed."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..errors import BadDockSnapshot
from .snapshot_fields import Fields, folder_path, package_line, read_object

FORMAT, VERSION = "dataset-gates-snapshot", 1
SOURCES = ("dock", "manager", "desktop")
KINDS = ("git", "registry", "file", "folder", "link")
REGISTRY_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
PACK_VERSION = re.compile(r"[A-Za-z0-9][\w.+!-]{0,99}")
LONGEST_PATH = 4096
SHA256 = re.compile(r"[0-9a-f]{64}")


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
    """`when` in ISO 8601; `packages` as `uv pip freeze` has them; `source` is who took it.

    `python` is a version, `interpreter` the path of the one whose packages these are, None where it is not
    known; `left_out` says what of somebody's file could not be read: what is missing here may be that.
    """

    name: str
    when: str
    core: CoreState = CoreState()
    python: str | None = None
    packs: tuple[Pack, ...] = ()
    packages: tuple[str, ...] = ()
    source: str = "dock"
    interpreter: str | None = None
    left_out: tuple[str, ...] = ()

    @property
    def knows_edits(self) -> bool:
        """Whether it knows what was edited: the files of others do not say it."""
        return self.source == "dock"


def to_bytes(snapshot: Snapshot) -> bytes:
    data = {"format": FORMAT, "version": VERSION, **asdict(snapshot)}
    return json.dumps(data, indent=1, ensure_ascii=False).encode("utf-8") + b"\n"


def from_bytes(data: bytes, where: str) -> Snapshot:
    """Raises BadDockSnapshot."""
    return from_values(read_object(data, where), where)


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
        fields.matched("source", SOURCES.__contains__) or "dock",
        fields.matched("interpreter", is_kept_path),
        fields.sentences("left_out"),
    )


def is_kept_path(text: str) -> bool:
    return 0 < len(text) <= LONGEST_PATH and text.isprintable()


def _pack(value: Any, where: str) -> Pack:
    if not isinstance(value, dict):
        raise BadDockSnapshot(f"{where}: a pack is no object.")
    return pack_of(value, f"{where}: pack {str(value.get('name'))[:60]!r}")


def pack_of(value: dict[str, Any], where: str) -> Pack:
    """Raises BadDockSnapshot."""
    fields = Fields(value, where)
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


def unique(packs: Sequence[Pack], where: str) -> tuple[Pack, ...]:
    """The packs, by folder. Raises BadDockSnapshot where two want the same one."""
    seen: set[str] = set()
    for pack in packs:
        if pack.folder.casefold() in seen:
            raise BadDockSnapshot(f"{where}: two packs want the folder {pack.folder!r}.")
        seen.add(pack.folder.casefold())
    return tuple(sorted(packs, key=lambda pack: pack.folder))
