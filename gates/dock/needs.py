"""What the packages of an interpreter need of each other, read from what they were installed with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from .tools import library
from .uv import UVInterface, canonical

LOCATION = re.compile(r"^Location: (.+)$", re.M)
MOST_EXTRAS = 50


@dataclass(frozen=True)
class Package:
    """`requires` are its requirements as it states them, those of extras and other systems among them."""

    name: str
    version: str
    requires: tuple[str, ...] = ()


@dataclass(frozen=True)
class Broken:
    """`package` wants `requirement`, and gets `got` (None: it is not there)."""

    package: str
    requirement: str
    got: str | None


def read_packages(uv: UVInterface, python: Path) -> dict[str, Package]:
    """All that is installed, by canonical name; where they lie is asked of uv, and nothing is imported."""
    versions = uv.installed(python)
    if not versions:
        return {}
    words = ("pip", "show", "--python", str(python), *sorted(versions))
    places = set(LOCATION.findall(uv.run(python.parent, *words).out))
    found = {name: Package(name, version) for name, version in versions.items()}
    for one in distributions(path=sorted(places)):
        package = _package(one)
        if package is not None and versions.get(package.name) == package.version:
            found[package.name] = package
    return found


def _package(one: Distribution) -> Package | None:
    name, version = one.metadata["Name"], one.metadata["Version"]
    if not name or not version:
        return None
    return Package(canonical(name), version, tuple(one.requires or ()))


class Needs:
    """Answers about `packages` under the markers of an interpreter of version `python`, on this machine."""

    def __init__(self, packages: Mapping[str, Package], python: str | None) -> None:
        self._packages = packages
        self._environment: dict[str, str] = dict(library("packaging.markers").default_environment())
        if python is not None:
            short = ".".join(python.split(".")[:2])
            self._environment |= {"python_version": short, "python_full_version": python}

    def closure(self, lines: Iterable[str]) -> set[str]:
        """Names of what `lines` need, and what that needs, as far as it is installed."""
        waiting = [(line, frozenset[str]()) for line in lines]
        seen: set[tuple[str, frozenset[str]]] = set()
        while waiting:
            line, extras = waiting.pop()
            wanted = self._wanted(line, extras)
            key = None if wanted is None else (canonical(wanted.name), frozenset(wanted.extras))
            if key is None or key in seen or len(key[1]) > MOST_EXTRAS:
                continue
            seen.add(key)
            package = self._packages.get(key[0])
            waiting += [(one, key[1]) for one in (package.requires if package else ())]
        return {name for name, _ in seen}

    def _wanted(self, line: str, extras: frozenset[str] = frozenset()) -> Any:
        """The requirement, where it holds here; None for one of an extra or a system that is not."""
        requirements = library("packaging.requirements")
        try:
            found = requirements.Requirement(line)
        except requirements.InvalidRequirement:
            return None
        cases = ({**self._environment, "extra": extra} for extra in (extras or {""}))
        return found if found.marker is None or any(found.marker.evaluate(case) for case in cases) else None

    def broken(self, package: str, lines: Iterable[str], versions: Mapping[str, str]) -> list[Broken]:
        """Those of `lines` that `versions` do not meet."""
        found = []
        for line in lines:
            wanted = self._wanted(line)
            if wanted is None:
                continue
            got = versions.get(canonical(wanted.name))
            if got is None or not _meets(wanted, got):
                found.append(Broken(package, f"{wanted.name}{wanted.specifier}", got))
        return found

    def newly_broken(self, before: Mapping[str, str], after: Mapping[str, str]) -> list[Broken]:
        """Requirements of what stays installed that held before and would not hold after."""
        found = []
        for package in self._packages.values():
            if after.get(package.name) == package.version:
                held = set(self.broken(package.name, package.requires, before))
                names = {(one.package, one.requirement) for one in held}
                now = self.broken(package.name, package.requires, after)
                found += [one for one in now if (one.package, one.requirement) not in names]
        return found


def _meets(wanted: Any, version: str) -> bool:
    try:
        return bool(wanted.specifier.contains(version, prereleases=True))
    except library("packaging.version").InvalidVersion:
        return True  # what came from a URL: nobody can tell
