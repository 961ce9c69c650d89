"""Bringing an install back to a snapshot, item by item: what fails is named and stops nothing else."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from .. import atomic
from ..errors import CommandFailed, DockBusy, DockRefused, GatesError, UnknownNode
from .checkouts import Checkout, sentence_of
from .custom_nodes import entry
from .git import Git
from .guard import Registry
from .installs import Install
from .operation import is_link, remove_owned
from .pack_pairs import same_commit
from .records import NodeInfo
from .restore_packages import restore_packages
from .restore_plan import PackStep, RestorePlan, plan_restore
from .running import Running, is_running, refuse_while_running
from .snapshots import STAMP, free_name, home, look, store
from .uv import UVInterface

BEFORE = "before-restore-"
SCRATCH = "restore-"
PATIENCE = 5.0  # s that a command waits for another one


@dataclass(frozen=True)
class RestoreResult:
    """`saved` is the snapshot that was taken first; the rest one sentence for each thing."""

    saved: str
    done: tuple[str, ...] = ()
    stashed: tuple[str, ...] = ()
    set_aside: tuple[str, ...] = ()
    not_restored: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass
class Report:
    """What has happened so far."""

    done: list[str] = field(default_factory=list)
    stashed: list[str] = field(default_factory=list)
    set_aside: list[str] = field(default_factory=list)
    not_restored: list[str] = field(default_factory=list)

    def attempt(self, what: str, action: Callable[[], object]) -> bool:
        try:
            action()
        except (GatesError, OSError) as error:
            self.not_restored.append(f"{what}: {sentence_of(error)}")
            return False
        self.done.append(what)
        return True


def restore(
    plan: RestorePlan,
    install: Install,
    uv: UVInterface,
    git: Git,
    when: datetime,
    registry: Registry | None = None,
    *,
    allow_builds: bool = False,
    running: Callable[[Install], Running] = is_running,
) -> RestoreResult:
    """Do what the plan says, after a snapshot of how it was. No script of a pack is run.

    Without `allow_builds` no source distribution is built. Raises ComfyUIRuns, DockBusy, and DockRefused
    where the install is not the one any more that the plan was made for.
    """
    refuse_while_running(install, running)
    with _held(install):
        _sweep(install)
        name = free_name(install, f"{BEFORE}{when.strftime(STAMP)}")
        stamp = name.removeprefix(BEFORE)
        before = look(install, uv, git, name, when)
        if plan_restore(plan.snapshot, before, install.is_sure) != plan:
            raise DockRefused("The install changed since the plan was shown. Look at the plan again.")
        store(install, before)
        report = Report(not_restored=list(plan.cannot))
        with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=home(install)) as scratch:
            Restoring(install, git, registry, stamp, Path(scratch), report).all(plan)
            restore_packages(plan, install, uv, Path(scratch), allow_builds, report)
    return RestoreResult(
        before.name,
        tuple(report.done),
        tuple(report.stashed),
        tuple(report.set_aside),
        tuple(report.not_restored),
        plan.notes,
    )


@contextmanager
def _held(install: Install) -> Iterator[None]:
    with open(home(install) / "lock", "a+b") as opened:
        try:
            atomic.take_lock(opened.fileno(), patience=PATIENCE)
        except TimeoutError:
            raise DockBusy(f"Another command is at {install.root}. Try again when it is done.") from None
        yield


def _sweep(install: Install) -> None:
    """What a restore left that was killed; the lock is held, so none is at work."""
    for folder in home(install).glob(f"{SCRATCH}*"):
        remove_owned(home(install), folder.name)


class Restoring:
    """The core and the packs. Nothing is deleted: what has to go is moved to `aside/STAMP`."""

    def __init__(
        self, install: Install, git: Git, registry: Registry | None, stamp: str, scratch: Path, report: Report
    ) -> None:
        self._install = install
        self._git = git
        self._registry = registry
        self._stamp = stamp
        self._scratch = scratch
        self._report = report

    def all(self, plan: RestorePlan) -> None:
        core, place = plan.core, self._install.core
        if core is not None and core.commit is not None and place is not None:
            what = f"ComfyUI at {core.version or core.commit[:12]}"
            checkout = Checkout(self._git, place)
            self._report.attempt(what, partial(self._move, checkout, core.commit, core.url))
        if is_link(self._install.custom_nodes) and plan.packs:
            self._report.not_restored.append("custom_nodes is a link: the packs in it are left alone")
            return
        for step in plan.packs:
            self._report.attempt(step.sentence, partial(self._step, step))

    def _step(self, step: PackStep) -> None:
        path = entry(self._install.custom_nodes, step.folder)
        if is_link(path):
            raise UnknownNode("it is a link, and what it leads to is left alone")
        if step.action == "aside":
            self._set_aside(path, step.folder)
        elif step.action == "rename" and step.target is not None:
            target = entry(self._install.custom_nodes, step.target.folder)
            target.parent.mkdir(exist_ok=True)
            atomic.move_new(path, target)
        elif step.target is not None:
            self._bring(step, path)

    def _bring(self, step: PackStep, path: Path) -> None:
        target = step.target
        assert target is not None
        if step.action == "checkout" and target.commit is not None:
            checkout = Checkout(self._git, path)
            if checkout.obstacle is None:
                self._move(checkout, target.commit, target.url)
                return
        staged = self._scratch / "packs" / path.name
        staged.parent.mkdir(exist_ok=True)
        if target.kind == "registry":
            self._download(target.registry_id or "", target.version or "", staged)
        elif target.url is None:
            raise UnknownNode("where it came from is not known")
        else:
            self._git.clone(target.url, staged, target.commit)
        if os.path.lexists(path):
            self._set_aside(path, step.folder)
        path.parent.mkdir(exist_ok=True)
        atomic.move_new(staged, path)

    def _download(self, registry_id: str, version: str, staged: Path) -> None:
        if self._registry is None:
            raise UnknownNode("no registry was given that it could be fetched from")
        found: NodeInfo = self._registry.get_node(f"{registry_id}@{version}")
        self._registry.download_node(found, staged)

    def _move(self, checkout: Checkout, commit: str, url: str | None) -> None:
        """A checkout to another commit, its edits in a stash and its commit under a name of its own."""
        name = checkout.folder.name
        if checkout.obstacle is not None:
            raise CommandFailed(f"{checkout.obstacle}; nothing of it was touched")
        if not checkout.has(commit):
            source = url or checkout.url
            if source is None:
                raise UnknownNode(
                    f"its commit {commit[:12]} is not here, and where it came from is not known"
                )
            checkout.fetch_from(source, commit, self._scratch)
        checkout.keep(f"{BEFORE}{self._stamp}")
        message = f"dataset-gates {BEFORE}{self._stamp}"
        kept = checkout.stash(message) if checkout.is_dirty else None
        if same_commit(checkout.head, commit):  # its branch stays checked out
            if checkout.is_dirty:
                raise CommandFailed("git did not put all of its edits into a stash; look at its `git status`")
        else:
            self._away(checkout, commit, kept)
        if kept is not None:
            self._report.stashed.append(f"{name}: local edits are in its stash {kept[:12]}, {message!r}")

    def _away(self, checkout: Checkout, commit: str, kept: str | None) -> None:
        try:
            checkout.move(commit)
        except GatesError:
            if kept is not None:
                checkout.unstash()
            raise
        if checkout.has_submodules:
            name = checkout.folder.name
            self._report.not_restored.append(f"{name}: it has submodules, which were not moved")

    def _set_aside(self, path: Path, folder: str) -> None:
        target = home(self._install, "aside", self._stamp) / folder.replace("/", "_")
        atomic.move_new(path, target)
        self._report.set_aside.append(f"{folder} is in {target.relative_to(self._install.root).as_posix()}")
