"""Why a pack and a ComfyUI do not go together, told by pack and package."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from .processes import Finished, redacted
from .records import PackageChange
from .requirements import name_of
from .tools import library

NAME = r"(?:all versions of )?([A-Za-z0-9][\w.-]*?)(?:[=<>!~]=?\S*)?"


def explained(
    pack: str,
    change: PackageChange,
    lines: Sequence[str],
    own: Sequence[str],
    said: str,
    held: Sequence[PackageChange] | None,
) -> str:
    """One sentence: who wants it elsewhere, and where it is. `said` is uv's with ComfyUI's packages held."""
    has = f"ComfyUI has {change.before}"
    wanted = next((line for line in lines if _excludes(line, change.name, change.before)), None)
    through = _through(said, change.name)
    if wanted is not None:
        claim = f"{pack} wants {wanted}, {has}"
    elif through is not None:
        claim = f"{pack} brings {through[0]}, which wants {through[1]}, {has}"
    else:
        claim = f"{pack} would take {change.name} to {change.after or 'nothing'}, {has}"
    clash = next((line for line in own if _excludes(line, change.name, change.after)), None)
    ending = f"; ComfyUI itself wants {clash}" if clash else ""
    return claim + (ending if held is None else "; with what ComfyUI needs held in place it installs too")


def _excludes(line: str, name: str, version: str | None) -> bool:
    if name_of(line) != name or version is None:
        return False
    specifier = library("packaging.requirements").Requirement(line).specifier
    try:
        return not specifier.contains(version, prereleases=True)
    except library("packaging.version").InvalidVersion:
        return False


def _through(said: str, name: str) -> tuple[str, str] | None:
    """The package that asks for `name`, and what it asks, as uv explains it."""
    found = re.search(
        rf"{NAME} depends? on ({re.escape(name)}(?:\[.*?\])?[=<>!~][^\s]*)", _joined(said), re.I
    )
    return (found[1], found[2].rstrip(",.")) if found else None


def _joined(said: str) -> str:
    return " ".join(said.split())


def reason(said: str) -> str:
    """uv's explanation of a conflict as one paragraph."""
    return redacted(_joined(said.partition("cause:")[2].partition("hint:")[0]))[:500]


def why_impossible(pack: str, python: Path, done: Finished) -> str:
    """Why there are no versions for the pack at all; what uv calls `you` is the pack."""
    told = reason(done.err).replace("you require", f"{pack} wants").replace("your requirements", "these")
    return f"{pack} cannot be installed as it is in {python}. {told}"
