"""Whether a node pack could be added, as far as that can be told before it is fetched."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..errors import BadRequirement, GatesError, UnknownNode
from . import requirements
from .git import COMMIT, Git
from .processes import redacted
from .records import Issue, NodeInfo, ValidationResult
from .registry_answers import FLAGGED, PENDING, PublishedVersion


def remote_issues(git: Git, info: NodeInfo) -> Iterator[Issue]:
    """Asks the repository for its branches and tags. Raises CommandFailed, CommandTimedOut."""
    words = ("ls-remote", "--quiet", "--", info.repository or "")
    shown = redacted(info.repository or "")
    done = git.run(Path(tempfile.gettempdir()), *words).checked(f"Asking {shown}")
    names = set(re.findall(r"\trefs/(?:heads|tags)/(\S+)", done.out))
    if info.ref and info.ref not in names and not COMMIT.fullmatch(info.ref):
        yield Issue(UnknownNode.code, f"{shown} has no branch or tag {info.ref!r}.")


def version_issues(pack: str, version: PublishedVersion) -> Iterator[Issue]:
    if version.status in (FLAGGED, PENDING):
        sentence = f"The registry has {pack} as {version.status}: look at what it does before you add it."
        yield Issue(f"node_{version.status}", sentence, blocks=False)
    if version.deprecated:
        yield Issue("node_deprecated", f"{pack} is marked as outdated by its author.", blocks=False)


def folder_issues(folder: Path) -> Iterator[Issue]:
    if not (folder / "__init__.py").is_file():
        yield Issue("no_pack", f"{folder} has no __init__.py, so ComfyUI loads nothing from it.")
    try:
        requirements_of(folder)
    except GatesError as error:
        yield Issue(error.code, error.message)


def requirements_of(folder: Path) -> list[str]:
    return list(wanted_of(folder).lines)


def wanted_of(folder: Path) -> requirements.Wanted:
    """With what could not be taken over. Raises BadRequirement, also for a list that is a link.

    What it leads to outside is not the pack's.
    """
    for name in ("requirements.txt", "pyproject.toml"):
        if not (folder / name).resolve().is_relative_to(folder.resolve()):
            raise BadRequirement(f"{folder.name}/{name} is a link to outside of the pack. Nothing is read.")
    return requirements.scan(folder)


def result_of(issues: Iterator[Issue]) -> ValidationResult:
    """What stops the look itself is an issue like any other."""
    found: list[Issue] = []
    try:
        found.extend(issues)
    except GatesError as error:
        found.append(Issue(error.code, error.message))
    return ValidationResult(tuple(found))
