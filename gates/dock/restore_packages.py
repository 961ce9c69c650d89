"""The packages of a snapshot, put back by uv; afterwards it is looked at what came of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from ..errors import CommandFailed, GatesError
from .comfyui import BACKEND, TORCH_INDEX
from .installs import Install
from .processes import SLOW
from .restore_plan import RestorePlan
from .snapshot_fields import package_versions
from .uv import UVInterface

LABEL = re.compile(r"==[^+]+\+([a-z0-9.]+)$")
SOURCE_ALONE = re.compile(r"(Wheels are required|Building source distributions) for `|no usable wheels")


class Report(Protocol):
    done: list[str]
    not_restored: list[str]

    def attempt(self, what: str, action: Callable[[], object]) -> bool: ...


def restore_packages(
    plan: RestorePlan, install: Install, uv: UVInterface, scratch: Path, allow_builds: bool, report: Report
) -> None:
    words = ("--no-deps",) if allow_builds else ("--no-deps", "--no-build")
    installing = Installing(uv, install.python, scratch, words)
    # First away with the rest: two packages may have files of the same name (opencv-python, …-headless).
    uninstall(plan.uninstall, install.python, uv, report)
    for label, lines in by_index(plan.install):
        installing.all(lines, label, report)
    _look_again(plan, install, uv, report)


def by_index(lines: Iterable[str]) -> list[tuple[str | None, list[str]]]:
    """Lines by the index of PyTorch that their local version names: torch==2.9.0+cu128 is on no other."""
    groups: dict[str | None, list[str]] = {}
    for line in lines:
        found = LABEL.search(line)
        label = found[1] if found and BACKEND.fullmatch(found[1]) else None
        groups.setdefault(label, []).append(line)
    return list(groups.items())


class Installing:
    def __init__(self, uv: UVInterface, python: Path, scratch: Path, words: Sequence[str]) -> None:
        self._uv = uv
        self._python = python
        self._scratch = scratch
        self._words = words

    def all(self, lines: Sequence[str], label: str | None, report: Report) -> None:
        """Together, and one by one where that fails, so that one alone does not keep the others away."""
        try:
            self._install(lines, label)
        except GatesError:
            for line in lines:
                report.attempt(f"install {line}", partial(self._install, [line], label))
        else:
            report.done += [f"install {line}" for line in lines]

    def _install(self, lines: Sequence[str], label: str | None) -> None:
        file = self._scratch / "packages.txt"
        file.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        index = ("--index", f"{TORCH_INDEX}/{label}") if label else ()
        words = ("pip", "install", "--quiet", "--python", str(self._python), *self._words, *index)
        done = self._uv.run(self._python.parent, *words, "-r", str(file), timeout=SLOW)
        if done.exit_code != 0 and SOURCE_ALONE.search(done.err):
            raise CommandFailed(
                "it is there as source alone, and is not built unasked. "
                f"By hand: uv pip install --python {self._python} '{lines[0]}'"
            )
        done.checked("uv")


def uninstall(names: Sequence[str], python: Path, uv: UVInterface, report: Report) -> None:
    try:
        uv.uninstall(python, names)
    except GatesError:
        for name in names:
            report.attempt(f"uninstall {name}", partial(uv.uninstall, python, [name]))
    else:
        report.done += [f"uninstall {name}" for name in names]


def _look_again(plan: RestorePlan, install: Install, uv: UVInterface, report: Report) -> None:
    """Whatever uv said: what is there now is what counts."""
    try:
        now = package_versions(uv.freeze(install.python))
    except GatesError as error:
        report.not_restored.append(f"the packages could not be looked at afterwards: {error}")
        return
    said = " ".join(report.not_restored)
    for line in plan.install:
        ((name, version),) = package_versions([line]).items()
        if now.get(name) != version and line not in said:
            report.not_restored.append(f"{line}: there is {now.get(name, 'none')} now")
    for name in plan.uninstall:
        if name in now and f"uninstall {name}:" not in said:
            report.not_restored.append(f"{name} is still installed")
