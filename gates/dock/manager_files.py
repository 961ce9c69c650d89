"""Snapshot files of other programs: ComfyUI-Manager's in and out, Comfy Desktop's in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any, TypeVar

from ..errors import BadDockSnapshot
from .processes import redacted
from .snapshot_fields import DISABLED, EDITABLE, Fields, package_line, read_object
from .snapshot_records import CoreState, Pack, Snapshot, from_bytes, from_values, pack_of, to_bytes, unique

T = TypeVar("T")
OTHERS = "It is neither of `gates dock`, nor of ComfyUI-Manager, nor of Comfy Desktop."
DESKTOP_KINDS = {"cnr": "registry", "git": "git", "file": "file"}


def read_any(data: bytes, name: str, when: str, where: str) -> Snapshot:
    """A snapshot file of any program that we know, under the name `name`. Raises BadDockSnapshot.

    `when` is for a file that does not say it.
    """
    value = read_object(data, where)
    if isinstance(value.get("custom_nodes"), dict):  # as comfy-cli wraps it
        value = value["custom_nodes"]
    if "git_custom_nodes" in value or "cnr_custom_nodes" in value:
        return read_manager(value, name, when, where)
    if "customNodes" in value:
        return read_desktop(value, name, when, where)
    if "format" in value:
        # A path of another machine may be that of an interpreter here, and is none that it is of.
        return from_values({**value, "name": name, "interpreter": None}, where)
    raise BadDockSnapshot(f"{where} is no snapshot. {OTHERS}")


# --- ComfyUI-Manager


def read_manager(value: dict[str, Any], name: str, when: str, where: str) -> Snapshot:
    """Of a pack it says only where it comes from: its folder is taken to be called after that.

    `left_out` of the snapshot names the entries that cannot be read.
    """
    fields = Fields(value, where)
    tables = [fields.table(key) for key in ("git_custom_nodes", "cnr_custom_nodes", "pips")]
    rows: list[Callable[[], Pack]] = [
        *(partial(_git_pack, url, one) for url, one in tables[0].items()),
        *(partial(_registry_pack, one, version) for one, version in tables[1].items()),
        *(partial(_file_pack, one) for one in fields.rows("file_custom_nodes")),
    ]
    left_out: list[str] = []
    packs = _without_doubles(_readable(rows, left_out), left_out)
    pips = [partial(_line, key, url) for key, url in tables[2].items() if not key.startswith("#")]
    lines = _readable(pips, left_out)
    commits = _readable([partial(_commit, value)], left_out)
    core = CoreState(commit=commits[0] if commits else None)
    packages = tuple(lines)
    found = Snapshot(
        name, when, core, None, unique(packs, where), packages, "manager", left_out=tuple(left_out)
    )
    return _checked(found, where)


def _readable(rows: Iterable[Callable[[], T]], left_out: list[str]) -> list[T]:
    """One entry that cannot be read does not take the others along: it is named."""
    found = []
    for read in rows:
        try:
            found.append(read())
        except BadDockSnapshot as error:
            left_out.append(str(error))
    return found


def _without_doubles(packs: Sequence[Pack], left_out: list[str]) -> list[Pack]:
    found: dict[str, Pack] = {}
    for pack in packs:
        if found.setdefault(pack.folder.casefold(), pack) is not pack:
            left_out.append(
                f"a second pack for the folder {pack.folder!r}: {redacted(pack.url or pack.name)}"
            )
    return list(found.values())


def _commit(value: dict[str, Any]) -> str | None:
    return None if value.get("comfyui") == "" else Fields(value, "ComfyUI's commit").commit("comfyui")


def _git_pack(url: str, value: Any) -> Pack:
    where = f"pack {redacted(url)[:60]!r}"
    fields = Fields(value if isinstance(value, dict) else {}, where)
    disabled = fields.flag("disabled")
    name = _last(url)
    pack = Pack(name, "git", _folder(name, disabled), disabled, url, fields.commit("hash"))
    return pack_of(asdict(pack), where)


def _registry_pack(registry_id: str, version: Any) -> Pack:
    where = f"pack {registry_id[:60]!r}"
    if not isinstance(version, str):
        raise BadDockSnapshot(f"{where} has no version.")
    pack = Pack(registry_id, "registry", registry_id, registry_id=registry_id, version=version)
    return pack_of(asdict(pack), where)


def _file_pack(value: Any) -> Pack:
    fields = Fields(value if isinstance(value, dict) else {}, f"pack {str(value)[:60]!r}")
    name = fields.name("filename").removesuffix(DISABLED)
    disabled = fields.flag("disabled")
    return pack_of(asdict(Pack(name, "file", _folder(name, disabled), disabled)), fields.where)


def _last(url: str) -> str:
    return url.rstrip("/").replace(":", "/").rpartition("/")[2].removesuffix(".git")


def _folder(name: str, disabled: bool) -> str:
    return name + DISABLED if disabled else name


def _line(key: str, url: Any) -> str:
    where = f"package {redacted(key)[:60]!r}"
    if not isinstance(url, str):
        raise BadDockSnapshot(f"{where} cannot come from {redacted(str(url))[:60]!r}.")
    return package_line(f"{key} @ {url}" if url else key, where)


def write_manager(snapshot: Snapshot) -> tuple[bytes, tuple[str, ...]]:
    """The file as Manager restores it, and a sentence for each thing that it has no place for."""
    git = {p.url: {"hash": p.commit, "disabled": p.disabled} for p in snapshot.packs if _fits_git(p)}
    registry = {p.registry_id: p.version for p in snapshot.packs if _fits_registry(p)}
    files = [{"filename": p.name, "disabled": p.disabled} for p in snapshot.packs if p.kind == "file"]
    value = {
        "comfyui": snapshot.core.commit or "",
        "git_custom_nodes": git,
        "cnr_custom_nodes": registry,
        "file_custom_nodes": files,
        "pips": dict(_pip(line) for line in snapshot.packages if not line.startswith(EDITABLE)),
    }
    return json.dumps(value, indent=4, ensure_ascii=False).encode("utf-8"), tuple(_left_out(snapshot))


def _fits_git(pack: Pack) -> bool:
    return pack.kind == "git" and pack.url is not None and pack.commit is not None


def _fits_registry(pack: Pack) -> bool:
    return pack.kind == "registry" and not pack.disabled


def _pip(line: str) -> tuple[str, str]:
    name, _, url = line.partition(" @ ")
    return name, url


def _left_out(snapshot: Snapshot) -> Iterable[str]:
    for pack in snapshot.packs:
        if pack.kind != "file" and not _fits_git(pack) and not _fits_registry(pack):
            yield f"{pack.folder} ({pack.state}): Manager's file has no place for it"
    for line in snapshot.packages:
        if line.startswith(EDITABLE):
            yield f"{line}: Manager's file has no place for it"


# --- Comfy Desktop


def read_desktop(value: dict[str, Any], name: str, when: str, where: str) -> Snapshot:
    """Version 1 of what newer Desktops keep of each start."""
    fields = Fields(value, where)
    if value.get("version") != 1:
        raise BadDockSnapshot(f"{where} is a snapshot of Comfy Desktop in a version that is not known here.")
    core = Fields(fields.table("comfyui"), f"{where}: comfyui")
    packs = [_desktop_pack(one, where) for one in fields.rows("customNodes")]
    lines = [_desktop_line(key, one, where) for key, one in fields.table("pipPackages").items()]
    state = CoreState(core.commit("commit"), core.text("ref"))
    when = fields.text("createdAt") or when
    found = Snapshot(name, when, state, None, unique(packs, where), _rows(lines, where), "desktop")
    return _checked(found, where)


def _desktop_pack(value: Any, where: str) -> Pack:
    fields = Fields(value if isinstance(value, dict) else {}, where)
    kind = DESKTOP_KINDS[fields.matched("type", DESKTOP_KINDS.__contains__) or "git"]
    disabled = not fields.flag("enabled")
    own = fields.name("id")
    name = fields.matched("dirName", bool) or own
    commit, url = fields.commit("commit"), fields.url("url")
    if kind == "git" and commit is None and url is None:
        kind = "folder"  # what it found no mark in
    registry_id = own if kind == "registry" else None
    version = fields.text("version") if kind == "registry" else None
    return Pack(
        name, kind, _folder(name, disabled), disabled, url, commit, registry_id=registry_id, version=version
    )


def _desktop_line(name: str, version: Any, where: str) -> str:
    if not isinstance(version, str):
        raise BadDockSnapshot(f"{where}: {name[:60]!r} among the packages has no version.")
    if version.startswith(EDITABLE):
        return version
    return f"{name} @ {version}" if "://" in version else f"{name}=={version}"


def _rows(lines: list[str], where: str) -> tuple[str, ...]:
    return tuple(package_line(line, where) for line in lines)


def _checked(found: Snapshot, where: str) -> Snapshot:
    """By way of our own format, whose reader knows what is hostile."""
    return from_bytes(to_bytes(found), where)
