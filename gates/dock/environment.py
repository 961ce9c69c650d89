"""One environment: its manifest, its ComfyUI, its packs and packages, and every change of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ..errors import (
    BadManifest,
    DockError,
    EnvironmentExists,
    NodeExists,
    NoEnvironment,
    UnknownCommit,
    UnknownNode,
)
from . import comfyui
from .applying import Applying, Staged
from .crew import Crew
from .differences import difference
from .installed import read_installed
from .node_checks import requirements_of
from .operation import Operation, interrupted, remove_owned, sweep
from .packs import head_of, taken
from .places import EnvironmentPlaces, Programs, environment_name
from .planning import complete, node_plan, plan, scripts_in, still_there
from .processes import Command, Finished
from .pyproject import PyprojectManager, new_manifest
from .records import (
    Commit,
    EnvironmentDiff,
    EnvironmentStatus,
    Issue,
    NodeInfo,
    RepairResult,
    SyncPlan,
    SyncResult,
    Updated,
    ValidationResult,
)
from .requirements import added_by_hand
from .solving import Solved, read_lock, solve
from .torch_backend import hold_torch, set_torch
from .uv import locked_packages


class Environment:
    """Every change is tested first, then made, then committed; what fails, or is killed, leaves what was."""

    def __init__(self, places: EnvironmentPlaces, crew: Crew) -> None:
        self.places = places
        self.name = places.name
        self.path = places.root
        self._git = crew.git
        self._crew = crew
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
    ) -> Environment:
        """Clone ComfyUI, solve what it asks for, install it, make the first commit. All of it, or nothing."""
        environment_name(places.name)
        url, ref = comfyui.parse_source(source)
        made = cls(places, crew)
        with made._ready():
            if places.root.exists():
                raise EnvironmentExists(
                    f"There is an environment {places.name!r} already. Choose another name."
                )
            operation = Operation(places, crew.step)
            try:
                operation.begin("create", f"Create {places.name}", None)
                places.root.mkdir(parents=True)
                made._build(operation, url, ref, python, torch)
            except BaseException:
                made._discard()
                raise
            operation.committed()
        return made

    def _build(
        self, operation: Operation, url: str, ref: str | None, python: str | None, torch: str | None
    ) -> None:
        interpreter = self._uv.find_python(python, self.path)
        self._use(interpreter)
        crew_step = self._crew.step
        crew_step("clone")
        core = comfyui.clone(self._git, url, ref, self.places.core)
        self.places.cec.mkdir()
        (self.places.cec / "workflows").mkdir()
        version = self._uv.version_of(interpreter)
        manifest = PyprojectManager(self.places.manifest)
        manifest.text = new_manifest(self.name, version)
        manifest.set_dependencies(comfyui.wanted_by(self.places.core).lines)
        manifest.set_settings(
            comfyui_repository=core.repository,
            comfyui_version=core.ref or core.version or core.commit[:12],
            comfyui_commit=core.commit,
        )
        if torch is not None:
            set_torch(manifest, torch, self._crew)
        solved = solve(self._uv, manifest.text, None, self.places.staging)
        if torch is not None:
            manifest.text = solved.manifest
            hold_torch(manifest, locked_packages(solved.lock))
            solved = solve(self._uv, manifest.text, solved.lock, self.places.staging)
        crew_step("solved")
        operation.write_file(self.places.manifest, solved.manifest.encode("utf-8"))
        operation.write_file(self.places.lock, solved.lock.encode("utf-8"))
        crew_step("venv")
        self._uv.make_venv(self.places.venv, interpreter)
        self._applying(operation).packages()
        self._git.init(self.places.cec)
        crew_step("commit")
        sentence = f"Create {self.name} with ComfyUI {core.version or core.commit[:12]}"
        self._git.commit_all(self.places.cec, sentence)

    def _discard(self) -> None:
        """What a creation left that did not end."""
        if self.places.root.exists():
            remove_owned(self.places.root.parent, self.places.root.name)
        if self.places.state.exists():
            remove_owned(self.places.state.parent, self.places.state.name)

    # --- looking

    def get_pyproject(self) -> PyprojectManager:
        return PyprojectManager(self.places.manifest)

    def list_nodes(self) -> list[NodeInfo]:
        return list(self.get_pyproject().nodes().values())

    def scripts_of(self, info: NodeInfo) -> list[str]:
        """Scripts that other installers would run for this pack."""
        return list(scripts_in(self.places, [info], read_installed(self.places.installed)))

    def log(self, most: int | None = None) -> list[Commit]:
        return self._git.log(self.places.cec, most)

    def status(self, active: bool = False) -> EnvironmentStatus:
        """As it stands; starts git once or twice and uv not at all."""
        manifest = self.get_pyproject()
        settings, nodes = manifest.settings(), manifest.nodes()
        installed = read_installed(self.places.installed)
        missing, wrong = node_plan(self.places, nodes, installed)
        commits = self._git.log(self.places.cec, 1)
        left = interrupted(self.places)
        return EnvironmentStatus(
            name=self.name,
            path=self.path,
            active=active,
            comfyui=settings.get("comfyui_version"),
            python=settings.get("python_version"),
            nodes=tuple(nodes.values()),
            changes=tuple(self._git.changes(self.places.cec)),
            unsynced=tuple(self._unsynced(settings, nodes, missing, wrong)),
            commit=commits[0].id if commits else None,
            message=commits[0].message if commits else None,
            interrupted=left.sentence if left is not None else None,
        )

    def _unsynced(
        self,
        settings: dict[str, object],
        nodes: dict[str, NodeInfo],
        missing: Sequence[NodeInfo],
        wrong: Sequence[tuple[NodeInfo, str | None]],
    ) -> list[str]:
        lines = [f"{info.name} is not installed" for info in missing]
        lines += [
            f"{info.name} is at {_short(there)}, not at {_short(info.version)}" for info, there in wrong
        ]
        known = read_installed(self.places.installed)
        lines += [f"{name} is still installed" for name in still_there(self.places, nodes, known)]
        wanted = settings.get("comfyui_commit")
        there = head_of(self.places.core)
        if wanted and there != wanted:
            lines.append(f"ComfyUI is at {_short(there)}, not at {_short(str(wanted))}")
        if not self.places.python().exists():
            lines.append("the virtual environment is missing")
        if not self.places.lock.exists():
            lines.append("uv.lock is missing")
        return lines

    def diff(self) -> EnvironmentDiff:
        return difference(self.places, self._git)

    def validate(self) -> ValidationResult:
        """The manifest, the packs that it names, and whether all packages can be had together."""
        issues: list[Issue] = []
        try:
            manifest = self.get_pyproject()
            nodes = manifest.nodes()
        except BadManifest as error:
            return ValidationResult((Issue(error.code, str(error)),))
        seen: dict[str, str] = {}
        for key, info in nodes.items():
            folded = info.name.casefold()
            if folded in seen:
                issues.append(Issue("node_exists", f"{key} and {seen[folded]} have one folder, {info.name}."))
            seen[folded] = key
            if info.source == "local" and not Path(str(info.path)).is_dir():
                issues.append(Issue("unknown_node", f"{info.name}: the folder {info.path} is gone."))
        try:
            notes = self._solved(manifest).notes
            issues += [Issue("package_conflict", note, blocks=False) for note in notes]
        except DockError as error:
            issues.append(Issue(error.code, str(error)))
        return ValidationResult(tuple(issues))

    # --- changing

    @contextmanager
    def _ready(self) -> Iterator[None]:
        """Under the lock, and with no half of an earlier command left: only then the manifest is read."""
        with self.places.held() as programs:
            self._recover(programs)
            yield

    @contextmanager
    def _changing(self, kind: str, sentence: str) -> Iterator[Applying]:
        """One operation, by who is `_ready`: undone where it raises."""
        operation = Operation(self.places, self._crew.step)
        try:
            operation.begin(kind, sentence, self._git.head(self.places.cec))
            yield self._applying(operation)
        except BaseException:
            if operation.has_begun:
                self._applying(operation).undo()
                operation.forget()
            raise
        operation.committed()

    def _applying(self, operation: Operation) -> Applying:
        return Applying(self.places, operation, self._crew)

    def add_node(self, identifier: str, *, is_local: bool = False, allow_scripts: bool = False) -> NodeInfo:
        """Fetch a pack, test what it asks for, put it in and commit. Raises PackageConflict, NodeExists."""
        info = self._crew.registry.get_node(identifier, is_local=is_local)
        with self._ready():
            manifest = self.get_pyproject()
            self._require_new(manifest, info)
            with self._changing("add_node", f"Add {info.name}") as applying:
                info, folder = applying.stage(info)
                manifest.set_node(info, requirements_of(folder))
                applying.manifest(self._solved(manifest))
                applying.packages()
                applying.put_in(info, folder)
                if allow_scripts:
                    applying.run_scripts(info)
                applying.commit(f"Add {info.name}{_at(info)}")
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
            info = self.find_node(name)
            manifest = self.get_pyproject()
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
            planned, solved = self._planned(self.get_pyproject())
            return SyncResult(planned, True, notes=(*solved.notes, *self._left_open()))
        with self._ready():
            manifest = self.get_pyproject()
            allowed = [self.find_node(name) for name in allow_scripts]
            planned, solved = self._planned(manifest)
            if planned.is_empty and not allowed and not self._git.changes(self.places.cec):
                return SyncResult(planned, False)
            with self._changing("sync", "Sync") as applying:
                return self._follow(applying, manifest, planned, solved, allowed)

    def _follow(
        self,
        applying: Applying,
        manifest: PyprojectManager,
        planned: SyncPlan,
        solved: Solved,
        allowed: Sequence[NodeInfo],
    ) -> SyncResult:
        staged, failed = applying.stage_all(planned, tolerant=True)
        before = manifest.text
        failed += complete(manifest, staged, self.places.custom_nodes)
        if manifest.text != before:
            solved = self._solved(manifest)
        applying.manifest(solved)
        kept = applying.follow(planned, staged)
        ran = [script for info in allowed for script in applying.run_scripts(info)]
        made = applying.commit(_sync_sentence(planned, staged))
        installed = read_installed(self.places.installed)
        planned = replace(planned, scripts=scripts_in(self.places, self.list_nodes(), installed))
        notes = (*applying.notes, *solved.notes)
        return SyncResult(planned, False, tuple(kept), tuple(ran), made, notes, tuple(failed))

    def _planned(self, manifest: PyprojectManager) -> tuple[SyncPlan, Solved]:
        installed = read_installed(self.places.installed)
        return plan(self.places, manifest, installed, self._git, self._uv)

    def _left_open(self) -> list[str]:
        left = interrupted(self.places)
        return [f"{left.sentence!r} was interrupted: a sync undoes it first"] if left is not None else []

    def commit(self, message: str) -> str | None:
        """Record the files of the manifest as they are; None where nothing changed."""
        if not message.strip() or "\0" in message:
            raise BadManifest("A commit wants a message: -m TEXT.")
        with self._ready():
            return self._git.commit_all(self.places.cec, message)

    def rollback(self, commit: str | None = None) -> SyncResult:
        """Go back to a commit, or undo the last change: what is uncommitted, else the last commit.

        Uncommitted work goes to a stash, which the result names. The history only grows: going back is a
        commit too, so going back once more undoes it.
        """
        with self._ready():
            changes = self._git.changes(self.places.cec)
            target = self._target(commit, bool(changes))
            with self._changing("rollback", f"Roll back to {target[:8]}") as applying:
                if changes:
                    applying.set_aside(target)
                said = applying.restore(target)
                planned, solved = self._planned(self.get_pyproject())
                applying.manifest(solved)
                staged, _ = applying.stage_all(planned, tolerant=False)
                kept = applying.follow(planned, staged)
                made = applying.commit(f"Roll back to {target[:8]}: {said}")
        return SyncResult(planned, False, tuple(kept), (), made, (*applying.notes, *solved.notes))

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
            manifest = self.get_pyproject()
            self._git.fetch(self.places.core)
            wanted = version or comfyui.newest(self._git, self.places.core)
            commit = self._git.find(self.places.core, wanted)
            asked = comfyui.wanted_at(self._git, self.places.core, commit, self.places.staging)
            before = comfyui.wanted_at(self._git, self.places.core, "HEAD", self.places.staging)
            manifest.set_dependencies([*asked.lines, *added_by_hand(manifest.dependencies(), before, asked)])
            manifest.set_settings(comfyui_version=wanted, comfyui_commit=commit)
            solved = self._solved(manifest)
            with self._changing("update_comfyui", f"Update ComfyUI to {wanted}") as applying:
                applying.manifest(solved)
                applying.move_core(commit)
                applying.packages()
                applying.commit(f"Update ComfyUI to {wanted}")
        return Updated(commit, wanted, tuple(applying.notes))

    def _solved(self, manifest: PyprojectManager) -> Solved:
        """The lock for an edited manifest, tried in a copy. Raises PackageConflict."""
        return solve(self._uv, manifest.text, read_lock(self.places.lock), self.places.staging)

    def repair(self) -> RepairResult:
        """End what was interrupted, then make the disk what manifest and lock say: `uv sync --frozen`."""
        done: list[str] = []
        with self.places.held() as programs:
            left = interrupted(self.places)
            head = self._git.head(self.places.cec) if self.places.cec.is_dir() else None
            notes = self._recover(programs)
        if left is not None:
            end = "the state before it is back" if head == left.head else "it had been done"
            done += [f"{left.sentence!r} was interrupted: {end}", *notes]
        if not self.places.root.exists():
            return RepairResult(tuple(done))
        if not self.places.python().exists():
            done.append("the virtual environment was made anew")
            self._remake_venv()
        result = self.sync()
        done += [f"installed {info.name}" for info in result.plan.install_nodes]
        done += [f"put {info.name} back to {_short(info.version)}" for info, _ in result.plan.change_nodes]
        done += [f"took out {name}" for name in result.plan.remove_nodes]
        done += [f"ComfyUI is at {_short(result.plan.comfyui)} again"] if result.plan.comfyui else []
        packages = [change.name for change in result.plan.packages]
        done += [f"packages: {', '.join(packages)}"] if packages else []
        done += [f"kept aside: {path}" for path in result.kept_aside]
        return RepairResult(tuple(done), self.validate().issues)

    def _remake_venv(self) -> None:
        python = self.get_pyproject().settings().get("python_version")
        interpreter = self._uv.find_python(str(python) if python else None, self.path)
        self._uv.make_venv(self.places.venv, interpreter)
        self._use(self.places.python())

    def run(self, args: Sequence[str] = ()) -> Finished:
        """Start ComfyUI in this environment, attached to the terminal, until it ends."""
        if not self.places.python().exists():
            raise NoEnvironment(f"{self.name} has no virtual environment. `gates dock repair` makes it.")
        argv = (str(self.places.python()), "main.py", *args)
        outside = dict(self._crew.outside)
        return self._crew.runner.run(Command(argv, self.places.core, outside, attached=True))

    def _recover(self, programs: Programs) -> list[str]:
        """End or undo what an earlier command left; what it could not bring back."""
        operation = Operation(self.places, self._crew.step)
        sweep(self.places.staging)
        if not operation.load():
            return []
        programs.wait()
        for folder in (self.places.cec, self.places.core):
            self._git.unlock(folder)
        head = self._git.head(self.places.cec) if self.places.cec.is_dir() else None
        if operation.journal.kind == "create" and head is None:
            self._discard()
            return []
        applying = self._applying(operation)
        if head == operation.journal.head:
            applying.undo()
        operation.forget()
        return applying.notes


def _short(version: str | None) -> str:
    if version is None:
        return "an unknown version"
    return version[:12] if len(version) >= 40 else version


def _at(info: NodeInfo) -> str:
    return f" {_short(info.version)}" if info.version else ""


def _sync_sentence(planned: SyncPlan, staged: Mapping[str, Staged]) -> str:
    parts = [f"add {info.name}" for info in planned.install_nodes if info.key in staged]
    parts += [f"{i.name} to {_short(i.version)}" for i, _ in planned.change_nodes if i.key in staged]
    parts += [f"remove {name}" for name in planned.remove_nodes]
    parts += [f"ComfyUI to {_short(planned.comfyui)}"] if planned.comfyui else []
    return f"Sync: {', '.join(parts)}" if parts else "Sync"
