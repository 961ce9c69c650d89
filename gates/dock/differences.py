"""What changed in the manifest since the last commit: packs, settings, packages."""

from __future__ import annotations

from .git import Git
from .places import EnvironmentPlaces
from .pyproject import PyprojectManager
from .records import EnvironmentDiff, NodeInfo, PackageChange
from .uv import locked_packages


def difference(places: EnvironmentPlaces, git: Git) -> EnvironmentDiff:
    """The files as they lie there against the last commit. Raises BadManifest."""
    now = PyprojectManager(places.manifest)
    old = PyprojectManager(places.manifest)
    old.text = git.show(places.cec, "HEAD", "pyproject.toml") or ""
    before = locked_packages(git.show(places.cec, "HEAD", "uv.lock") or "")
    after = locked_packages(places.lock.read_text("utf-8")) if places.lock.exists() else {}
    return EnvironmentDiff(
        tuple(_nodes(old.nodes(), now.nodes())),
        package_changes(before, after),
        tuple(_settings(old.settings(), now.settings())),
        git.diff(places.cec),
    )


def package_changes(before: dict[str, str], after: dict[str, str]) -> tuple[PackageChange, ...]:
    names = sorted({*before, *after})
    changes = (PackageChange(name, before.get(name), after.get(name)) for name in names)
    return tuple(change for change in changes if change.before != change.after)


def _nodes(before: dict[str, NodeInfo], after: dict[str, NodeInfo]) -> list[str]:
    lines = [f"+ {after[key].name} {after[key].version or ''}".rstrip() for key in after if key not in before]
    lines += [f"- {before[key].name}" for key in before if key not in after]
    return lines + [
        f"~ {after[key].name} {before[key].version} -> {after[key].version}"
        for key in after
        if key in before and before[key] != after[key]
    ]


def _settings(before: dict[str, object], after: dict[str, object]) -> list[str]:
    names = sorted({*before, *after})
    return [
        f"{name}: {before.get(name)} -> {after.get(name)}"
        for name in names
        if before.get(name) != after.get(name)
    ]
