"""The steps of a change, each written down by its operation before it is taken."""

from __future__ import annotations

import os
import re
import shlex
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import GatesError, NoComfyUI, UnknownNode
from . import comfyui
from .crew import Crew
from .installed import Installed, InstalledNode, read_installed, write_installed
from .node_checks import wanted_of
from .operation import Operation, is_link, remove_owned
from .packs import digest_of, folder_of, head_of, make_link
from .places import EnvironmentPlaces
from .planning import DRY, version_of
from .processes import SLOW, Command, basic_environment
from .pyproject import PyprojectManager
from .records import NodeInfo, PackageChange, SyncPlan
from .requirements import is_run, scripts_of
from .solving import Solved
from .uv import canonical
from .wanted_core import made_core, named_core

Staged = tuple[NodeInfo, Path]
ROLLED_BACK = re.compile(r"(Roll back to [0-9a-f]{8}: )+")
NOT_AGAIN = "was there before and could not be installed again"


class Applying:
    def __init__(self, places: EnvironmentPlaces, operation: Operation, crew: Crew) -> None:
        self._places = places
        self._operation = operation
        self._crew = crew
        self._installed = read_installed(places.installed)
        self.notes: list[str] = []
        self.changed: tuple[PackageChange, ...] = ()  # packages, by the last `packages`
        self.left_alone: tuple[str, ...] = ()  # packages that are neither of the lock nor of dock
        self._stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(crew.clock()))

    def stage(self, info: NodeInfo) -> tuple[NodeInfo, Path]:
        """A pack fetched to where it disturbs nobody; a local one stays where it is."""
        self._crew.step("stage")
        if info.source == "local":
            return info, _local(info)
        apart = self._places.fetched / str(time.monotonic_ns())
        apart.mkdir(parents=True)
        folder = folder_of(apart, info.name)  # what is wrong in it is told by its name
        return self._crew.registry.download_node(info, folder), folder

    def manifest(self, solved: Solved) -> None:
        self._operation.write_file(self._places.manifest, solved.manifest.encode("utf-8"))
        self._operation.write_file(self._places.lock, solved.lock.encode("utf-8"))

    def packages(self) -> None:
        """Make the packages those of the lock; what is not of the lock stays, unless dock installed it."""
        uv, places, known = self._crew.uv, self._places, self._installed
        coming, going = self._versions()
        plus, minus, ours = {*coming}, {*going}, {*known.packages}
        by_hand = (plus & minus) - ours - {*known.replaced}
        replaced = self._lines_of(by_hand)
        self._operation.touching_packages(plus - minus, replaced.values())
        uv.sync(places.cec, places.venv)
        gone = (minus - plus) & ours
        uv.uninstall(places.venv, sorted(gone))
        named = [replaced.get(name, f"{name} {going[name]}") for name in sorted(by_hand)]
        self.notes += [f"{line}, which somebody installed by hand, was replaced" for line in named]
        unasked = (minus - plus) - ours
        back = self._put_back(unasked)
        self._note(known.with_packages(plus - minus, gone).with_replaced(replaced, unasked))
        after = {**dict.fromkeys(gone), **back, **coming}
        self.changed = tuple(PackageChange(name, going.get(name), after[name]) for name in sorted(after))
        self.left_alone = tuple(sorted(minus - {*after}))

    def _put_back(self, unasked: set[str]) -> dict[str, str | None]:
        """What somebody installed by hand and a pack replaced, once nothing asks for it any more."""
        back = {}
        for name, line in self._installed.replaced.items():
            if name not in unasked:
                continue
            if self._crew.uv.install(self._places.venv, line).exit_code == 0:
                back[name] = version_of(line)
                self.notes.append(
                    f"{line} is back: somebody installed it by hand, and a pack had replaced it"
                )
            else:
                self.notes.append(f"{line} {NOT_AGAIN}")
        return back

    def _difference(self) -> tuple[set[str], set[str]]:
        """Packages that would come, and those that would go; one that changes is in both."""
        coming, going = self._versions()
        return {*coming}, {*going}

    def _versions(self) -> tuple[dict[str, str], dict[str, str]]:
        rows = DRY.findall(self._crew.uv.dry_sync(self._places.cec, self._places.venv))
        coming = {canonical(name): version for sign, name, version in rows if sign == "+"}
        return coming, {canonical(name): version for sign, name, version in rows if sign == "-"}

    def _lines_of(self, names: set[str]) -> dict[str, str]:
        """Requirements that install these packages again as they are now."""
        if not names:
            return {}
        lines = self._crew.uv.freeze(self._places.python())
        by_name = {canonical(re.split(r"[\s=@]", line)[0]): line for line in lines}
        return {name: line for name, line in by_name.items() if name in names}

    def _note(self, installed: Installed) -> None:
        self._installed = installed
        write_installed(self._places.installed, installed)

    def put_in(self, info: NodeInfo, folder: Path) -> None:
        target = folder_of(self._places.custom_nodes, info.name)
        digest, asked = None, _asked(folder)
        if info.source == "local":
            runner = self._crew.runner
            self._operation.link(folder, target, lambda source, to: make_link(source, to, runner))
        else:
            digest = digest_of(folder) if info.source == "registry" else None
            self._operation.move(folder, target, digest or head_of(folder))
        noted = InstalledNode(info.name, info.version, info.source, digest, asked=asked)
        self._note(self._installed.with_node(info.key, noted))

    def saw_lists(self, lists: Iterable[tuple[NodeInfo, Sequence[str]]]) -> None:
        """What linked packs ask for now is in the manifest."""
        for info, lines in lists:
            node = self._installed.nodes[info.key]
            self._note(self._installed.with_node(info.key, replace(node, asked=tuple(lines))))

    def note_core(self) -> None:
        """ComfyUI is what the manifest calls it: from here on an edit of it is seen."""
        self._note(replace(self._installed, core=named_core(PyprojectManager(self._places.manifest))))

    def _note_core_as_it_was(self) -> None:
        manifest = PyprojectManager(self._places.manifest)
        core = made_core(self._places, manifest, self._crew.git)
        self._note(replace(self._installed, core=core))

    def take_out(self, key: str, name: str) -> str | None:
        """Set a pack's folder aside, with all that is in it; a link is only taken away."""
        folder = folder_of(self._places.custom_nodes, name)
        kept = None
        if os.path.lexists(folder):
            target = self._places.aside / f"{self._stamp}-{time.monotonic_ns()}" / name
            kept = None if is_link(folder) else str(target)
            self._operation.move(folder, target)
        self._note(self._installed.without_node(key))
        return kept

    def stage_all(self, plan: SyncPlan, tolerant: bool) -> tuple[dict[str, Staged], list[str]]:
        """All packs that a plan wants, fetched; and those that could not be, where one may fail by itself."""
        staged: dict[str, Staged] = {}
        failed: list[str] = []
        for info in (*plan.install_nodes, *(info for info, _ in plan.change_nodes)):
            try:
                staged[info.key] = self.stage(info)
            except GatesError as error:
                if not tolerant:
                    raise
                failed.append(f"{info.name}: {str(error).removeprefix(f'{info.name}: ')}")
        return staged, failed

    def follow(self, plan: SyncPlan, staged: Mapping[str, Staged]) -> list[str]:
        """Do what a plan says; the folders that were set aside and held local edits."""
        kept: dict[str, str] = {}
        if plan.comfyui:
            self.move_core(plan.comfyui)
        for name in plan.remove_nodes:
            key = next(key for key, node in self._installed.nodes.items() if node.name == name)
            kept[name] = self.take_out(key, name) or ""
        for info in (*plan.install_nodes, *(info for info, _ in plan.change_nodes)):
            if info.key in staged:
                kept[info.name] = self.take_out(info.key, info.name) or ""
                self.put_in(*staged[info.key])
        self.packages()
        self._note_core_as_it_was()
        return [path for name, path in kept.items() if name in plan.edited and path]

    def move_core(self, ref: str) -> str:
        """Check out another state of ComfyUI; edits of its files go to a stash of that checkout."""
        git, core = self._crew.git, self._places.core
        if not core.exists():
            return self._clone_core(ref)
        if not git.is_repository(core):
            return self._find_core_again(ref)
        self._operation.touching_core(head_of(core))
        self._stash_core(f"edits before ComfyUI went to {ref[:40]}")
        return git.checkout(core, ref)

    def _stash_core(self, why: str) -> None:
        """Edits of tracked files; what git does not know stays where it is."""
        git, core = self._crew.git, self._places.core
        if any(not entry.startswith("??") for entry in git.changes(core)):
            message = f"dock {self._stamp}-{time.monotonic_ns()}: {why}"
            self._operation.stashing(core, message)
            git.stash(core, message, untracked=False)
            self.notes.append(f"Edits of ComfyUI's files are kept in its stash: {message}")

    def _clone_core(self, ref: str) -> str:
        """ComfyUI is not there: cloned aside, moved to its place whole."""
        folder, made = self._cloned(ref)
        self._operation.move(folder, self._places.core, made.commit)
        self._pin_core(made.commit)
        return made.commit

    def _find_core_again(self, ref: str) -> str:
        """A ComfyUI that lost its repository gets one; its models and packs stay, its edits go to a stash."""
        core = self._places.core
        if is_link(core):
            raise NoComfyUI(f"{core} is a link to what is no checkout of git, and is left alone.")
        folder, made = self._cloned(ref)
        if os.path.lexists(core / ".git"):
            broken = self._places.aside / f"{self._stamp}-{time.monotonic_ns()}" / "ComfyUI.git"
            self._operation.move(core / ".git", broken)
            self.notes.append(f"What ComfyUI had for a repository is kept: {broken}")
        self._operation.move(folder / ".git", core / ".git", made.commit)
        self._stash_core("what was there when ComfyUI got a repository again")
        remove_owned(folder.parent, folder.name)
        self._pin_core(made.commit)
        return made.commit

    def _cloned(self, ref: str) -> tuple[Path, comfyui.Core]:
        settings = PyprojectManager(self._places.manifest).settings()
        self._places.staging.mkdir(parents=True, exist_ok=True)
        folder = self._places.staging / f"ComfyUI-{self._stamp}-{time.monotonic_ns()}"
        self._crew.step("clone")
        source = str(settings.get("comfyui_repository") or comfyui.REPOSITORY)
        return folder, comfyui.clone(self._crew.git, source, ref, folder)

    def _pin_core(self, commit: str) -> None:
        """What was cloned by another word than its commit is known by its commit from now on."""
        manifest = PyprojectManager(self._places.manifest)
        if manifest.settings().get("comfyui_commit") != commit:
            manifest.set_settings(comfyui_commit=commit)
            self._operation.write_file(self._places.manifest, manifest.text.encode("utf-8"))

    def set_aside(self, target: str) -> None:
        """Uncommitted work of .cec into a stash, under a name of its own."""
        cec = self._places.cec
        message = f"dock {self._stamp}-{time.monotonic_ns()}: uncommitted before going back to {target[:8]}"
        self._operation.stashing(cec, message)
        stash = self._crew.git.stash(cec, message) or ""
        again = f"git -C {shlex.quote(str(cec))} stash apply {stash[:12]}"
        self.notes.append(f"Uncommitted work is kept in the stash of .cec: {stash[:12]} {message}")
        self.notes.append(f"This brings it back: {again}")

    def restore(self, target: str) -> str:
        """Make the files of .cec those of a commit; what that commit was called."""
        said = self._crew.git.log_line(self._places.cec, target)
        self._operation.touching_tree(target)
        self._crew.git.restore_tree(self._places.cec, target)
        return ROLLED_BACK.sub("", said, count=1) if ROLLED_BACK.match(said) else said

    def run_scripts(self, info: NodeInfo) -> list[str]:
        """The install script of one pack, because somebody allowed it, in the environment's own Python."""
        folder = folder_of(self._places.custom_nodes, info.name)
        ran = []
        for script in (one for one in scripts_of(folder) if is_run(one)):
            argv = (str(self._places.python()), script)
            command = Command(argv, folder, basic_environment(self._crew.outside), SLOW)
            self._crew.runner.run(command).checked(f"The script {script} of {info.name}")
            ran.append(f"{info.name}: {script}")
        if folder.is_dir() and not scripts_of(folder):
            self.notes.append(f"{info.name} has no install script")
        noted = self._installed.nodes.get(info.key)
        if ran and noted is not None:
            self._note(self._installed.with_node(info.key, replace(noted, scripts_ran=True)))
        return ran

    def commit(self, sentence: str) -> str | None:
        self._crew.step("commit")
        return self._crew.git.commit_all(self._places.cec, sentence)

    def undo_packages(self) -> None:
        """The packages of the lock that is back, and those of others that were there instead."""
        journal, places, uv = self._operation.journal, self._places, self._crew.uv
        if not (journal.packages and places.lock.exists() and places.python().exists()):
            return
        plus, minus = self._difference()
        uv.sync(places.cec, places.venv)
        uv.uninstall(places.venv, sorted((minus - plus) & set(journal.added)))
        for line in journal.replaced:
            if uv.install(places.venv, line).exit_code != 0:
                self._operation.note(f"{line} {NOT_AGAIN}")


def _asked(folder: Path) -> tuple[str, ...] | None:
    """What a pack asks for; None where that cannot be read."""
    try:
        return tuple(wanted_of(folder).lines)
    except GatesError:
        return None


def _local(info: NodeInfo) -> Path:
    """The folder of a development link. Raises UnknownNode."""
    path = Path(str(info.path))
    if not path.is_absolute() or not path.is_dir():
        raise UnknownNode(f"{info.name}: there is no folder {path}; a local pack has its whole path.")
    return path
