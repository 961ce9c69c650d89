"""The packs of an install that others made, as they lie in its custom_nodes; nothing of them is run."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from .. import atomic
from ..errors import BadManifest
from . import tracking
from .checkouts import Checkout
from .git import Git
from .operation import is_link
from .snapshot_fields import DISABLED, is_name
from .snapshot_records import PACK_VERSION, REGISTRY_ID, Pack
from .toml_reading import read_toml

MOST_FILE_BYTES = 16 << 20


def packs_in(custom_nodes: Path, git: Git, called: str | None = None) -> tuple[Pack, ...]:
    """Those that ComfyUI would load, and those that are switched off; or the ones of a name alone."""
    aside = custom_nodes / DISABLED
    folders = _entries(custom_nodes)
    if not is_link(aside):
        folders += [f"{DISABLED}/{name}" for name in _entries(aside)]
    wanted = [one for one in folders if called is None or pack_name(one).casefold() == called.casefold()]
    return tuple(_pack(custom_nodes, folder, git) for folder in sorted(wanted))


def _entries(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        return sorted(
            entry.name for entry in entries if is_name(entry.name) and _is_pack(folder / entry.name)
        )


def _is_pack(path: Path) -> bool:
    if path.name == "__pycache__":
        return False
    return path.is_dir() or is_link(path) or path.name.removesuffix(DISABLED).endswith(".py")


def pack_name(folder: str) -> str:
    """What a pack is called when it is enabled: Manager's `.disabled/name@1_0` is `name`."""
    head, slash, last = folder.rpartition("/")
    return last.partition("@")[0] or last if slash else last.removesuffix(DISABLED) or last


def _pack(custom_nodes: Path, folder: str, git: Git) -> Pack:
    path = custom_nodes / folder
    disabled = folder.endswith(DISABLED) or folder.startswith(f"{DISABLED}/")
    name = pack_name(folder)
    if is_link(path):
        return Pack(name, "link", folder, disabled)
    if path.is_file():
        return Pack(name, "file", folder, disabled, sha256=digest(path))
    if os.path.lexists(path / ".git"):
        return _git_pack(name, folder, disabled, Checkout(git, path))
    found = registry_mark(path)
    if found is not None:
        return Pack(name, "registry", folder, disabled, registry_id=found[0], version=found[1])
    return Pack(name, "folder", folder, disabled)


def _git_pack(name: str, folder: str, disabled: bool, checkout: Checkout) -> Pack:
    return Pack(
        name, "git", folder, disabled, url=checkout.url, commit=checkout.head, dirty=checkout.is_dirty
    )


def registry_mark(folder: Path) -> tuple[str, str] | None:
    """Id and version of a pack of the registry, as ComfyUI-Manager tells one."""
    file = folder / "pyproject.toml"
    if not (folder / tracking.FILE).is_file() or not file.is_file() or file.stat().st_size > MOST_FILE_BYTES:
        return None
    try:
        project = read_toml(file.read_text("utf-8", "replace"), str(file)).get("project", {})
    except BadManifest:
        return None
    name, version = (str(project.get(key, "")) for key in ("name", "version"))
    good = REGISTRY_ID.fullmatch(name) and PACK_VERSION.fullmatch(version)
    return (name, version) if good else None


def digest(file: Path) -> str:
    with open(file, "rb") as source:
        return hashlib.sha256(source.read(MOST_FILE_BYTES)).hexdigest()


def entry(custom_nodes: Path, folder: str) -> Path:
    """Where a pack lies or would lie. Raises PathOutside; the last part is not followed if it is a link."""
    head, _, last = folder.rpartition("/")
    atomic.confined(custom_nodes, *([head] if head else []))
    if not is_name(last) or head not in ("", DISABLED):
        return atomic.confined(custom_nodes, folder)  # raises, with a sentence
    return custom_nodes / head / last if head else custom_nodes / last
