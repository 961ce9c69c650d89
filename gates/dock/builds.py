"""What would have to be built: nothing is, until somebody at this machine allows it for an environment."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from .. import atomic
from ..errors import BadRequirement, BuildRefused
from .places import EnvironmentPlaces
from .pyproject import PyprojectManager
from .records import node_key
from .requirements import MENDED, checked, name_of
from .toml_reading import read_toml

# As uv says it of a package, while it solves and while it installs.
NO_WHEEL = re.compile(r"(?:Wheels are required|Building source distributions) for `([^`]+)`")
MARKED = re.compile(r"Distribution `([\w.-]+)[^`]*` can't be installed because it is marked as `--no-build`")
ALLOWS = "The option --allow-builds (of sync, node add and the like) allows it in this environment."
FROM_NOW_ON = "Packages may be built in this environment from now on."


class Consent:
    """Whether packages may be built here. Not in the manifest: another's must not bring it along."""

    def __init__(self, places: EnvironmentPlaces, note: Callable[[str], None]) -> None:
        self._mark = places.state / "builds-allowed"
        self._note = note
        self._is_new = False

    @property
    def is_given(self) -> bool:
        return self._mark.is_file()

    def give(self) -> None:
        self._is_new = not self.is_given

    def keep(self) -> None:
        """Once what it was given for has been done; said once."""
        if self._is_new:
            self._mark.parent.mkdir(parents=True, exist_ok=True)
            atomic.write_bytes(self._mark, b"")
            self._note(FROM_NOW_ON)
        self._is_new = False


def require_no_own_build(file: Path) -> None:
    """A project and the members of its workspace are built whatever uv is told. Raises BuildRefused."""
    if not file.is_file():
        return
    values = PyprojectManager(file).values()
    uv = _table(_table(values, "tool"), "uv")
    if "workspace" in uv:
        what = "[tool.uv.workspace]"
    elif uv.get("package") is True or ("build-system" in values and uv.get("package") is not False):
        what = "[build-system]" if "build-system" in values else "tool.uv.package"
    else:
        return
    raise BuildRefused(
        f"{what} of the manifest makes uv build what lies beside it, which runs what its author wrote. "
        f"Take it out. {ALLOWS}"
    )


def _table(values: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = values.get(key)
    return found if isinstance(found, dict) else {}


def refusal(said: str, project: Path) -> BuildRefused | None:
    """Where uv ended because something would have to be built: which package that is, and who wants it."""
    names = dict.fromkeys(node_key(name) for name in (*NO_WHEEL.findall(said), *MARKED.findall(said)))
    if not names:
        return None
    manifest = PyprojectManager(project / "pyproject.toml")
    names.pop(node_key(own_name(manifest)), None)  # uv builds it where it cannot read what it asks for
    if not names:
        return None
    told = [_wanted(name, manifest, said, project / "uv.lock") for name in names]
    why = "there is no wheel of it, and building it runs what its author wrote"
    return BuildRefused(
        f"{'; '.join(told[:3])}: {why}. {ALLOWS}",
        said=said,
        packages=[*names],
    )


def _wanted(name: str, manifest: PyprojectManager, said: str, lock: Path) -> str:
    asked = {**manifest.groups(), "comfyui": manifest.dependencies()}
    direct = [owner for owner, lines in asked.items() if any(_is_of(line, name) for line in lines)]
    if direct:
        return f"{direct[0]} wants {name}"
    owner = _owner_told(said) or _owner_locked(name, lock)
    return f"{owner} brings {name}" if owner else f"{name} is wanted"


def own_name(manifest: PyprojectManager) -> str:
    return str(_table(manifest.values(), "project").get("name", ""))


def why_not_whole(said: str, manifest: PyprojectManager) -> str | None:
    """Where uv could not read [project] and so tried to build it: why."""
    if f"Failed to build `{own_name(manifest)} @" not in said:
        return None
    try:
        for owner, lines in {"dependencies": manifest.dependencies(), **manifest.groups()}.items():
            for line in lines:
                checked(line, owner)
    except BadRequirement as error:
        return str(error).partition(f" {MENDED}")[0].rstrip(".")
    return "[project] says too little, or says that something in it is dynamic"


def _is_of(line: str, name: str) -> bool:
    try:
        return name_of(line) == name
    except ValueError:
        return False


def _owner_told(said: str) -> str | None:
    """uv speaks of `project:group`; the group is the pack."""
    text = " ".join(said.split())
    found = re.search(r"\b[\w.-]+:([\w.-]+?)(?:'s requirements| depends on)", text)
    if found:
        return found[1]
    return "comfyui" if "your project depends on" in text else None


def _owner_locked(name: str, lock: Path) -> str | None:
    """Whose wish it is that a lock holds this package."""
    try:
        listed = read_toml(lock.read_text("utf-8"), lock.name).get("package", [])
    except (OSError, ValueError):
        return None
    needs = {one["name"]: list(_names(one.get("dependencies", []))) for one in listed}
    own: dict[str, Any] = next((one for one in listed if "virtual" in one.get("source", {})), {})
    groups = {group: list(_names(rows)) for group, rows in own.get("dev-dependencies", {}).items()}
    claims = {"comfyui": list(_names(own.get("dependencies", []))), **groups}
    return next((owner for owner, first in claims.items() if name in _closure(first, needs)), None)


def _names(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    return (str(row["name"]) for row in rows if "name" in row)


def _closure(first: Sequence[str], needs: Mapping[str, Sequence[str]]) -> set[str]:
    seen: set[str] = set()
    left = [*first]
    while left:
        name = left.pop()
        if name not in seen:
            seen.add(name)
            left += needs.get(name, ())
    return seen
