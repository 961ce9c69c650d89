"""What a manifest says of where packages come from and how they are built, besides what the dock writes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .comfyui import TORCH_INDEX
from .places import EnvironmentPlaces
from .processes import redacted
from .pyproject import PyprojectManager

# They say which versions are meant, and lead to no other host and to no program.
HARMLESS = frozenset(
    [
        "package",
        "managed",
        "environments",
        "required-environments",
        "constraint-dependencies",
        "default-groups",
        "dependency-groups",
        "conflicts",
        "prerelease",
        "resolution",
        "fork-strategy",
        "exclude-newer",
        "required-version",
    ]
)
LONGEST = 120  # characters of a value


def foreign_settings(values: Mapping[str, Any]) -> list[str]:
    """One line each: indexes, sources, builds and all else of [tool.uv] that is not the dock's."""
    uv = values.get("tool", {}).get("uv", {}) if isinstance(values.get("tool"), dict) else {}
    tables = uv if isinstance(uv, dict) else {}
    return [
        *_indexes(tables.get("index")),
        *_sources(tables.get("sources"), _own_indexes(tables.get("index"))),
        *(f"[build-system]: {_shown(values['build-system'])}" for _ in [0] if "build-system" in values),
        *(
            f"tool.uv.{key}: {_shown(value)}"
            for key, value in tables.items()
            if key not in HARMLESS | {"index", "sources"}
        ),
    ]


def settings_of(places: EnvironmentPlaces) -> list[str]:
    """Those of an environment. Raises BadManifest."""
    return foreign_settings(PyprojectManager(places.manifest).values())


def unseen_settings(places: EnvironmentPlaces) -> list[str]:
    """The same, where somebody else wrote the manifest and nothing was installed by it yet."""
    is_known = places.installed.exists() or not places.manifest.exists()
    return [] if is_known else settings_of(places)


def _indexes(listed: Any) -> Iterator[str]:
    for one in listed if isinstance(listed, list) else ():
        if not _is_own(one):
            place = ", in the place of the usual one" if isinstance(one, dict) and one.get("default") else ""
            named = one.get("name", "without a name") if isinstance(one, dict) else "of no form"
            yield f"index {_shown(named)}: {_shown(one.get('url') if isinstance(one, dict) else one)}{place}"


def _is_own(index: Any) -> bool:
    return isinstance(index, dict) and str(index.get("url")).startswith(f"{TORCH_INDEX}/")


def _own_indexes(listed: Any) -> set[str]:
    return {str(one.get("name")) for one in (listed if isinstance(listed, list) else ()) if _is_own(one)}


def _sources(table: Any, own: set[str]) -> Iterator[str]:
    for package, source in table.items() if isinstance(table, dict) else ():
        listed = source if isinstance(source, list) else [source]
        if not all(isinstance(one, dict) and one.get("index") in own for one in listed):
            yield f"source of {_shown(package)}: {_shown(source)}"


def _shown(value: Any) -> str:
    """As TOML has it, more or less; of a URL neither who asks nor what is asked."""
    if isinstance(value, Mapping):
        text = ", ".join(f"{key} = {_shown(one)}" for key, one in value.items())
    elif isinstance(value, list):
        text = f"[{', '.join(_shown(one) for one in value)}]"
    else:
        text = str(value).lower() if isinstance(value, bool) else str(value)
    return re.sub(r"(://[^\s?#]*)[?#]\S*", r"\1", redacted(text))[:LONGEST]
