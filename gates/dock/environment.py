"""One environment: its manifest, its ComfyUI, its packs and packages, and every change of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ..errors import (
    BadManifest,
    EnvironmentExists,
    NoComfyUI,
    NodeExists,
    NoEnvironment,
    UnknownCommit,
    UnknownNode,
)
from . import comfyui
from .applying import Applying
from .builds import Consent
from .creating import Wishes, build, discard
from .crew import Crew
from .differences import difference
from .installed import read_installed
from .journal import interrupted
from .model_folders import FILE, words_for
from .node_checks import wanted_of
from .operation import Operation
from .packs import taken
from .places import EnvironmentPlaces, environment_name
from .planning import complete, plan, scripts_in
from .processes import Command, Finished
from .pyproject import PyprojectManager
from .records import (
    Commit,
    EnvironmentDiff,
    EnvironmentStatus,
    NodeInfo,
    RepairResult,
    SyncPlan,
    SyncResult,
    Updated,
    ValidationResult,
    short,
)
from .recovering import Recovered, find_repository_again, recover, require_repository
from .requirements import added_by_hand
from .solving import Solved, read_lock, solve
from .standing import left_over, put_right, soundness, standing
from .syncing import Syncing
from .undoing import Undoing


class Environment:
    """Every change is tested first, then made, then committed; what fails, or is killed, leaves what was."""

    def __init__(self, places: EnvironmentPlaces, crew: Crew) -> None:
        self.places = places
        self.name = places.name
        self.path = places.root
        self._git = crew.git
        self._consent = Consent(places, crew.note)
        self._crew = replace(crew, uv=crew.uv.building(self._consent.is_given))
        self.notes: tuple[str, ...] = ()  # what somebody should know of the last change
        self._use(places.python())

    def _use(self, python: Path) -> None:
        """Solve and install for this interpreter, once it is there."""
        if python.exists():
            self._crew = replace(self._crew, uv=self._crew.uv.at(python))
        self._uv = self._crew.uv

    # --- coming to be

    @classmethod
    def create(
        cls,
        places: EnvironmentPlaces,
        crew: Crew,
        *,
        source: str | None = None,
        python: str | None = None,
        torch: str | None = None,
        allow_builds: bool = False,
    ) -> Environment:
        """Clone ComfyUI, solve what it asks for, install it, make the first commit. All of it, or nothing."""
        environment_name(places.name)
        url, ref = comfyui.parse_source(source)
        made = cls(places, crew)
        if allow_builds:
            made.allow_builds()
        with made._recovered():
            if places.root.exists():
                raise EnvironmentExists(
                    f"There is an environment {places.name!r} already. Choose another name."
                )
            operation = Operation(places, crew.step)
            try:
                operation.begin("create", f"Create {places.name}", None)
                places.root.mkdir(parents=True)
                made._crew = build(places, made._crew, operation, Wishes(url, ref, python, torch))
                made._uv = made._crew.uv
            except BaseException:
                for note in discard(places, crew, operation):
                    crew.note(note)
                raise
            made._consent.keep()
            operation.committed()
        return made

    def allow_builds(self) -> None:
        """From the next change on that succeeds; building a package runs what its author wrote."""
        self._consent.give()
        self._crew = replace(self._crew, uv=self._crew.uv.building())
        self._uv = self._crew.uv

    # --- looking

    def get_pyproject(self) -> PyprojectManager:
        return PyprojectManager(self.places.manifest)

    def list_nodes(self) -> list[NodeInfo]:
        return list(self.get_pyproject().nodes().values())

    def scripts_of(self, info: NodeInfo) -> list[str]:
        """Scripts that other installers would run for this pack."""
        return list(scripts_in(self.places, [info], read_installed(self.places.installed)))

    def log(self, most: int | None = None) -> list[Commit]:
        require_repository(self.places, self._git)
        return self._git.log(self.places.cec, most)

    def status(self, active: bool = False) -> EnvironmentStatus:
        """As it stands; starts git once or twice and uv not at all."""
        return standing(self.places, self._git, active)

    def interrupted(self) -> str | None:
        """The sentence of a change that did not end; the next one undoes it."""
        left = interrupted(self.places)
        return left.sentence if left is not None else None

    def diff(self) -> EnvironmentDiff:
        require_repository(self.places, self._git)
        return difference(self.places, self._git)

    def validate(self) -> ValidationResult:
        """The manifest, the packs that it names, and whether all packages can be had together."""
        return soundness(self.get_pyproject(), self._solved)

    # --- changing

    @contextmanager
    def _ready(self) -> Iterator[None]:
        """Under the lock, and with no half of an earlier command left: only then the manifest is read."""
        with self._recovered():
            require_repository(self.places, self._git)
            yield

    @contextmanager
    def _recovered(self) -> Iterator[Recovered | None]:
        """The same, with what was interrupted; the environment itself may be gone with it."""
        with self.places.held() as programs:
            found = recover(self.places, self._crew, programs)
            for line in found.lines if found is not None else ():
                self._crew.note(line)
            yield found

    @contextmanager
    def _changing(self, kind: str, sentence: str) -> Iterator[Applying]:
        """One operation, by who is `_ready`: undone where it raises."""
        operation = Operation(self.places, self._crew.step)
        try:
            operation.begin(kind, sentence, self._git.head(self.places.cec))
            applying = Applying(self.places, operation, self._crew)
            yield applying
        except BaseException:
            if operation.has_begun:
                for note in Undoing(self.places, operation, self._crew).undo():
                    self._crew.note(note)
                operation.forget()
            raise
        self._consent.keep()  # first: a kill in between leaves the new state, with what it needs
        operation.committed()
        self.notes = tuple(applying.notes)

    def _whole(self) -> PyprojectManager:
        manifest = self.get_pyproject()
        manifest.require_whole()
        return manifest

    def add_node(self, identifier: str, *, is_local: bool = False, allow_scripts: bool = False) -> NodeInfo:
        """Fetch a pack, test what it asks for, put it in and commit. Raises PackageConflict, NodeExists."""
        info = self._crew.registry.get_node(identifier, is_local=is_local)
        with self._ready():
            manifest = self._whole()
            self._require_new(manifest, info)
            with self._changing("add_node", f"Add {info.name}") as applying:
                info, folder = applying.stage(info)
                wanted = wanted_of(folder)
                manifest.set_node(info, wanted.lines)
                applying.manifest(self._solved(manifest))
                applying.packages()
                applying.put_in(info, folder)
                if allow_scripts:
                    applying.run_scripts(info)
                applying.commit(f"Add {info.name}{_at(info)}")
            for note in wanted.notes:
                self._crew.note(note)
        return info

    def _require_new(self, manifest: PyprojectManager, info: NodeInfo) -> None:
        known = manifest.nodes()
        same = next((one for key, one in known.items() if key == info.key), None)
        if same is not None:
            raise NodeExists(
                f"{same.name} is there already. `gates dock node remove {same.name}` takes it out."
            )
        there = taken(self.places.custom_nodes, info.name)
        if there is not None:
            raise NodeExists(
                f"custom_nodes/{there} is there already, and dock did not put it there. Move it away first."
            )

    def find_node(self, name: str) -> NodeInfo:
        """By folder, key or registry id. Raises UnknownNode."""
        nodes = self.get_pyproject().nodes()
        folded = name.casefold()
        for key, info in nodes.items():
            if folded in (key.casefold(), info.name.casefold(), (info.registry_id or "").casefold()):
                return info
        near = ", ".join(sorted(info.name for info in nodes.values())) or "none"
        raise UnknownNode(f"There is no pack {name[:80]!r} in {self.name}. There is: {near}.")

    def remove_node(self, name: str) -> str | None:
        """Take a pack out of the manifest and set its folder aside; where it lies now, None for a link."""
        with self._ready():
            manifest = self._whole()
            info = self.find_node(name)
            with self._changing("remove_node", f"Remove {info.name}") as applying:
                manifest.remove_node(info.key)
                applying.manifest(self._solved(manifest))
                kept = applying.take_out(info.key, info.name)
                applying.packages()
                applying.commit(f"Remove {info.name}")
        return kept

    def sync(self, dry_run: bool = False, allow_scripts: Sequence[str] = ()) -> SyncResult:
        """Make the disk what the manifest says. A dry run only says what that would be."""
        if dry_run:
            return self._syncing(allow_scripts).would_do(self._left_open())
        with self._ready():
            syncing = self._syncing(allow_scripts, fetch=True)
            if syncing.is_done and not self._git.changes(self.places.cec):
                self._consent.keep()
                return syncing.nothing()
            with self._changing("sync", "Sync") as applying:
                return syncing.follow(applying, self._solved)

    def _syncing(self, allow_scripts: Sequence[str], fetch: bool = False) -> Syncing:
        allowed = [self.find_node(name) for name in allow_scripts]
        return Syncing(self.places, self._whole(), self._git, self._uv, allowed, fetch)

    def _planned(self, manifest: PyprojectManager) -> tuple[SyncPlan, Solved]:
        installed = read_installed(self.places.installed)
        return plan(self.places, manifest, installed, self._git, self._uv)

    def _left_open(self) -> list[str]:
        left = self.interrupted()
        return [f"{left!r} was interrupted: a sync undoes it first"] if left is not None else []

    def commit(self, message: str) -> str | None:
        """Record the files of the manifest as they are; None where nothing changed."""
        if not message.strip() or "\0" in message:
            raise BadManifest("A commit wants a message: -m TEXT.")
        with self._ready():
            self.get_pyproject().values()  # what cannot be read could not be gone back to
            return self._git.commit_all(self.places.cec, message)

    def rollback(self, commit: str | None = None) -> SyncResult:
        """Go back to a commit, or undo the last change: what is uncommitted, else the last commit.

        A change that was interrupted is the last one. Uncommitted work goes to a stash, which the result
        names. The history only grows: going back is a commit too, so going back once more undoes it.
        """
        with self._recovered() as found:
            undone = found.sentence if found is not None and found.is_undone and commit is None else None
            if undone is not None and not self.places.cec.is_dir():
                return SyncResult(SyncPlan(), False)
            require_repository(self.places, self._git)
            changes = self._git.changes(self.places.cec)
            target = self._target(commit, bool(changes))
            sentence = f"Roll back to {target[:8]}"
            if undone is not None and undone != sentence:  # the same once more is meant to be done
                return SyncResult(SyncPlan(), False)
            with self._changing("rollback", sentence) as applying:
                if changes:
                    applying.set_aside(target)
                said = applying.restore(target)
                manifest = self.get_pyproject()
                planned, solved = self._planned(manifest)
                staged, _ = applying.stage_all(planned, tolerant=False)
                written = manifest.text
                complete(
                    manifest, {**staged}, self.places.custom_nodes, read_installed(self.places.installed)
                )
                solved = self._solved(manifest) if manifest.text != written else solved
                applying.manifest(solved)
                kept = applying.follow(planned, staged)
                made = applying.commit(f"{sentence}: {said}")
        notes = [*applying.notes, *solved.notes]
        if made is None:
            what = "Back at" if changes or not planned.is_empty else "Nothing to undo: all is as in"
            notes.insert(0, f"{what} {target[:8]}: {said}")
        return SyncResult(planned, False, tuple(kept), (), made, tuple(notes))

    def _target(self, commit: str | None, is_changed: bool) -> str:
        if commit is not None:
            return self._git.resolve(self.places.cec, commit)
        if is_changed:
            return self._git.resolve(self.places.cec, "HEAD")
        if len(self._git.log(self.places.cec, 2)) < 2:
            raise UnknownCommit("There is nothing to undo: this is the first state of the environment.")
        return self._git.resolve(self.places.cec, "HEAD~1")

    def update_comfyui(self, version: str | None = None) -> Updated:
        """Move the checkout to a ref, the newest version without one."""
        with self._ready():
            manifest = self._whole()
            if not self._git.is_repository(self.places.core):
                raise NoComfyUI(f"{self.name} has no checkout of ComfyUI. `gates dock repair` gets it again.")
            self._git.fetch(self.places.core)
            wanted = version or comfyui.newest(self._git, self.places.core)
            commit = self._git.find(self.places.core, wanted)
            asked = comfyui.wanted_at(self._git, self.places.core, commit, self.places.staging)
            before = comfyui.wanted_at(self._git, self.places.core, "HEAD", self.places.staging)
            manifest.set_dependencies([*asked.lines, *added_by_hand(manifest.dependencies(), before, asked)])
            manifest.set_settings(comfyui_version=wanted, comfyui_commit=commit)
            solved = self._solved(manifest)
            with self._changing("update_comfyui", f"Update ComfyUI to {wanted}") as applying:
                applying.notes += asked.notes
                applying.manifest(solved)
                applying.move_core(commit)
                applying.packages()
                applying.note_core()
                applying.commit(f"Update ComfyUI to {wanted}")
        return Updated(commit, wanted, tuple(applying.notes))

    def _solved(self, manifest: PyprojectManager) -> Solved:
        """The lock for an edited manifest, tried in a copy. Raises PackageConflict."""
        return solve(self._uv, manifest.text, read_lock(self.places.lock), self.places.staging, manifest.file)

    def repair(self) -> RepairResult:
        """End what was interrupted, then make the disk what manifest and lock say: `uv sync --frozen`."""
        with self.places.held() as programs:
            found = recover(self.places, self._crew, programs)
            done = found.lines if found is not None else []
            if not self.places.root.exists():
                return RepairResult(tuple(done))
            done += find_repository_again(self.places, self._git)
        try:
            if not self.places.python().exists():
                self._remake_venv()
                done.append("the virtual environment was made anew")
            result = self.sync()
            done += put_right(result)
            left = left_over(result, self.validate())
        except BaseException:
            for line in done:  # what was undone, and where edits lie, is to be known all the same
                self._crew.note(line)
            raise
        return RepairResult(tuple(done), left)

    def _remake_venv(self) -> None:
        python = self.get_pyproject().settings().get("python_version")
        interpreter = self._uv.find_version(str(python) if python else None, self.path)
        self._uv.make_venv(self.places.venv, interpreter)
        self._use(self.places.python())

    def run(self, args: Sequence[str] = ()) -> Finished:
        """Start ComfyUI in this environment, attached to the terminal, until it ends."""
        if self.interrupted() is not None:
            with self._ready():
                pass
        if not self.places.core.is_dir():
            raise NoComfyUI(f"{self.name} has no ComfyUI any more. `gates dock repair` gets it again.")
        if not self.places.python().exists():
            raise NoEnvironment(f"{self.name} has no virtual environment. `gates dock repair` makes it.")
        shared = self._crew.models or self.places.workspace.models
        told = words_for(shared, self.places.state / FILE)
        argv = (str(self.places.python()), "main.py", *args, *told)
        outside = dict(self._crew.outside)
        return self._crew.runner.run(Command(argv, self.places.core, outside, attached=True))


def _at(info: NodeInfo) -> str:
    return f" {short(info.version)}" if info.version else ""
