"""What a sync does: first what somebody wrote is read and planned, then it is made real, then it is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from .applying import Applying, Staged
from .git import Git
from .installed import read_installed
from .node_checks import wanted_of
from .places import EnvironmentPlaces
from .planning import NEW_VENV, complete, plan, relisted, scripts_in, unknown_yet
from .pyproject import PyprojectManager
from .records import NodeInfo, SyncPlan, SyncResult, short
from .requirements import scripts_of
from .solving import UNREADABLE_LOCK, Solved, read_lock
from .uv import UVInterface
from .wanted_core import settle, wanted_core


class Syncing:
    """One sync of a manifest, which is edited in memory: refs become commits, lists of links are read again.

    With `fetch` the network is asked for a ComfyUI that is not there yet. Nothing else changes before
    `follow`. Raises PackageConflict, BadManifest, UnknownCommit, CommandFailed.
    """

    def __init__(
        self,
        places: EnvironmentPlaces,
        manifest: PyprojectManager,
        git: Git,
        uv: UVInterface,
        allowed: Sequence[NodeInfo],
        fetch: bool,
    ) -> None:
        self._places = places
        self._manifest = manifest
        self._allowed = allowed
        self._written = manifest.text
        self._installed = read_installed(places.installed)
        core = wanted_core(places, manifest, self._installed, git)
        self._notes = settle(places, manifest, core, git, fetch)
        self._relisted, self._broken = relisted(places, manifest.nodes(), self._installed)
        self._notes += self._take_lists()
        self._plan, self._solved = plan(places, manifest, self._installed, git, uv)
        if places.lock.exists() and read_lock(places.lock) is None:
            self._notes.append(UNREADABLE_LOCK)

    def _take_lists(self) -> list[str]:
        """What linked packs ask for now; what somebody wrote for one of them stays."""
        notes, groups = [], self._manifest.groups()
        for info, lines in [*self._relisted]:
            own = [list(seen) for seen in self._installed.lists.get(info.key, ())]
            if groups.get(info.key, []) in own:
                self._manifest.set_node(info, lines)
                notes.append(f"{info.name} asks for other packages now: {', '.join(lines) or 'none'}")
            else:
                notes.append(f"{info.name} asks for other packages now; what you wrote for it stays")
        return notes

    @property
    def is_done(self) -> bool:
        """Whether there is nothing to do, unless something is to be committed."""
        return self._is_idle(self._plan)

    def _is_idle(self, planned: SyncPlan) -> bool:
        is_same = self._manifest.text == self._written
        return planned.is_empty and is_same and not (self._allowed or self._relisted)

    def would_do(self, more: Sequence[str]) -> SyncResult:
        unknown = unknown_yet(self._plan, self._manifest, self._installed)
        folders = [self._places.custom_nodes / one.name for one in self._allowed]
        without = [
            f"{one.name} has no install script" for one in folders if one.is_dir() and not scripts_of(one)
        ]
        notes = (*self._notes, *self._solved.notes, *unknown, *without, *more)
        return SyncResult(self._plan, True, notes=notes, failed=tuple(self._broken))

    def nothing(self) -> SyncResult:
        return SyncResult(self._plan, False, notes=tuple(self._notes), failed=tuple(self._broken))

    def follow(self, applying: Applying, solved: Callable[[PyprojectManager], Solved]) -> SyncResult:
        """Make it real; what is told, and committed, is what was done. One pack's failure stops no other."""
        places, manifest = self._places, self._manifest
        staged, failed = applying.stage_all(self._plan, tolerant=True)
        before = manifest.text
        failed += complete(manifest, staged, places.custom_nodes, self._installed)
        applying.notes += [note for _, folder in staged.values() for note in wanted_of(folder).notes]
        lock = solved(manifest) if manifest.text != before else self._solved
        done = _without(self._plan, staged)
        failed += self._broken
        if failed and self._is_idle(done):
            return SyncResult(done, False, notes=tuple(self._notes), failed=tuple(failed))
        applying.manifest(lock)
        kept = applying.follow(self._plan, staged)
        applying.note_core()
        applying.saw_lists(self._relisted)
        ran = [script for info in self._allowed for script in applying.run_scripts(info)]
        made = applying.commit(_sentence(done))
        return SyncResult(
            self._as_done(done, applying),
            False,
            tuple(kept),
            tuple(ran),
            made,
            (*self._notes, *applying.notes, *lock.notes),
            tuple(failed),
        )

    def _as_done(self, done: SyncPlan, applying: Applying) -> SyncPlan:
        """With the packages that really changed, and the scripts of the packs that are there now."""
        installed = read_installed(self._places.installed)
        nodes = PyprojectManager(self._places.manifest).nodes().values()
        made = (NEW_VENV,) if NEW_VENV in done.packages else ()
        return replace(
            done,
            packages=(*made, *applying.changed),
            foreign_packages=applying.left_alone,
            scripts=scripts_in(self._places, nodes, installed),
        )


def _without(planned: SyncPlan, staged: Mapping[str, Staged]) -> SyncPlan:
    """The plan without the packs that could not be had."""
    return replace(
        planned,
        install_nodes=tuple(info for info in planned.install_nodes if info.key in staged),
        change_nodes=tuple((info, there) for info, there in planned.change_nodes if info.key in staged),
    )


def _sentence(done: SyncPlan) -> str:
    parts = [f"add {info.name}" for info in done.install_nodes]
    parts += [f"{info.name} to {short(info.version)}" for info, _ in done.change_nodes]
    parts += [f"remove {name}" for name in done.remove_nodes]
    parts += [f"ComfyUI to {short(done.comfyui)}"] if done.comfyui else []
    return f"Sync: {', '.join(parts)}" if parts else "Sync"
