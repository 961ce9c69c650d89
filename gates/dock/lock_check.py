"""Which packages of uv.lock a virtual environment lacks: told by the names of folders, without uv."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import BadManifest
from .places import EnvironmentPlaces
from .solving import LOCK_VERSION
from .toml_reading import read_toml
from .tools import library
from .uv import canonical

# Most of a lock are addresses and hashes of files, which nobody asks for here.
FILES = re.compile(r"^wheels = \[\n(?:    .*\n)*\]\n|^sdist = .*\n", re.M)
VERSION = re.compile(r"^version(?:_info)?\s*=\s*(\d+)\.(\d+)(\S*)", re.M)
MOST = 4  # packages that a line names
Entry = dict[str, Any]


def package_lines(places: EnvironmentPlaces) -> Iterator[str]:
    """What is not as the lock says, one line each."""
    there = installed_versions(places.venv)
    try:
        lock = places.lock.read_text("utf-8")
        wanted = wanted_versions(lock, _system(places.venv)).items()
    except (BadManifest, OSError, KeyError, TypeError, AttributeError, ValueError):
        yield "uv.lock is empty, damaged or of another uv"
        return
    if not places.python().exists():
        return
    gone = [f"{name} {version}".rstrip() for name, version in wanted if name not in there]
    other = [
        f"{name} {there[name]} (not {version})"
        for name, version in wanted
        if name in there and version and not _is_same(version, there[name])
    ]
    if gone:
        yield f"packages that are not installed: {_some(gone)}"
    if other:
        yield f"packages of another version: {_some(other)}"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
    return ", ".join(names[:MOST]) + more


def installed_versions(venv: Path) -> dict[str, str]:
    """By canonical name, as `NAME-VERSION.dist-info` has them."""
    found: dict[str, str] = {}
    for folder in (venv / "Lib" / "site-packages", *venv.glob("lib/python*/site-packages")):
        for name in os.listdir(folder) if folder.is_dir() else ():
            if name.endswith(".dist-info"):
                package, _, version = name.removesuffix(".dist-info").partition("-")
                found[canonical(package)] = version
    return found


def wanted_versions(lock: str, system: Mapping[str, str]) -> dict[str, str]:
    """What a system gets of a lock, all groups of packs with it; "" for a package without a version.

    Raises BadManifest, or what Python raises for values that a lock does not have.
    """
    whole = read_toml(FILES.sub("", lock), "uv.lock")
    if whole.get("version") != LOCK_VERSION:
        raise ValueError("no lock of this format")
    entries: list[Entry] = whole.get("package", [])
    by_name: dict[str, list[Entry]] = {}
    for entry in entries:
        by_name.setdefault(entry["name"], []).append(entry)
    roots = [entry for entry in entries if "." in entry.get("source", {}).values()]
    waiting = [one for root in roots for one in _asked(root, (), dev=True)]
    found: dict[str, str] = {}
    seen: set[tuple[str, str, tuple[str, ...]]] = set()
    while waiting:
        one = waiting.pop()
        if not _applies(one, system):
            continue
        for entry in by_name.get(one["name"], []):
            mark = (entry["name"], str(entry.get("version", "")), tuple(one.get("extra", ())))
            if one.get("version", entry.get("version")) != entry.get("version") or mark in seen:
                continue
            seen.add(mark)
            if "virtual" not in entry.get("source", {}) and entry not in roots:
                found[canonical(mark[0])] = mark[1]
            waiting += _asked(entry, mark[2])
    return found


def _asked(entry: Entry, extras: Sequence[str], dev: bool = False) -> Iterator[Entry]:
    yield from entry.get("dependencies", [])
    for extra in extras:
        yield from entry.get("optional-dependencies", {}).get(extra, [])
    for group in entry.get("dev-dependencies", {}).values() if dev else ():
        yield from group


def _applies(one: Entry, system: Mapping[str, str]) -> bool:
    marker = one.get("marker")
    if marker is None:
        return True
    return bool(library("packaging.markers").Marker(marker).evaluate({**system, "extra": ""}))


def _system(venv: Path) -> dict[str, str]:
    """What markers ask for that this process, under a Python of its own, would answer otherwise."""
    try:
        found = VERSION.search((venv / "pyvenv.cfg").read_text("utf-8", "replace"))
    except OSError:
        found = None
    if found is None:
        return {}
    return {
        "python_version": f"{found[1]}.{found[2]}",
        "python_full_version": f"{found[1]}.{found[2]}{found[3]}",
    }


def _is_same(wanted: str, there: str) -> bool:
    if wanted == there:
        return True
    versions = library("packaging.version")
    try:
        return bool(versions.Version(wanted) == versions.Version(there))
    except versions.InvalidVersion:
        return False
