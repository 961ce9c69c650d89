"""How an environment stands: what it is, what is not as the manifest says, whether the manifest is sound."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from ..errors import BadManifest, DockError
from .git import Git
from .installed import Installed, read_installed
from .journal import interrupted
from .lock_check import package_lines
from .packs import head_of
from .places import EnvironmentPlaces
from .planning import node_plan, relisted, still_there
from .pyproject import PyprojectManager
from .records import EnvironmentStatus, Issue, NodeInfo, SyncResult, ValidationResult, short
from .solving import Solved
from .wanted_core import WantedCore, wanted_core


def standing(places: EnvironmentPlaces, git: Git, active: bool) -> EnvironmentStatus:
    """Starts git once or twice and uv not at all. Raises BadManifest."""
    left = interrupted(places)
    if left is not None and left.kind == "create" and head_of(places.cec) is None:
        return EnvironmentStatus(places.name, places.root, active, None, None, interrupted=left.sentence)
    manifest = PyprojectManager(places.manifest)
    settings, nodes = manifest.settings(), manifest.nodes()
    manifest.require_whole()
    installed = read_installed(places.installed)
    core = wanted_core(places, manifest, installed, git)
    unsynced = [*_packs(places, nodes, installed), *_core(places, core), *_others(places)]
    commits = git.log(places.cec, 1)
    return EnvironmentStatus(
        name=places.name,
        path=places.root,
        active=active,
        comfyui=settings.get("comfyui_version"),
        python=settings.get("python_version"),
        nodes=tuple(nodes.values()),
        changes=tuple(_changes(places.cec, git)),
        unsynced=tuple(unsynced),
        commit=commits[0].id if commits else None,
        message=commits[0].message if commits else None,
        interrupted=left.sentence if left is not None else None,
    )


def _changes(cec: Path, git: Git) -> list[str]:
    if head_of(cec) is None and not git.is_repository(cec):
        return [f"all of it: {cec} is no repository any more (gates dock repair)"]
    return git.changes(cec)


def _packs(places: EnvironmentPlaces, nodes: dict[str, NodeInfo], installed: Installed) -> Iterator[str]:
    missing, wrong = node_plan(places, nodes, installed)
    yield from (f"{info.name} is not installed" for info in missing)
    for info, there in wrong:
        wanted = f"not at {short(info.version)}" if info.version else "and has no version in the manifest"
        yield f"{info.name} is at {short(there)}, {wanted}"
    yield from (f"{name} is still installed" for name in still_there(places, nodes, installed))
    changed, broken = relisted(places, nodes, installed)
    yield from (f"{info.name} asks for other packages than when it was linked" for info, _ in changed)
    yield from broken


def _core(places: EnvironmentPlaces, wanted: WantedCore) -> Iterator[str]:
    there = head_of(places.core)
    if not places.core.exists():
        yield "ComfyUI is missing"
    elif wanted.ref is None or wanted.commit == there:
        return
    elif wanted.key == "comfyui_version":
        yield f"comfyui_version was changed to {wanted.ref}, and ComfyUI is at {short(there)}"
    else:
        yield f"ComfyUI is at {short(there)}, not at {short(wanted.ref)}"


def _others(places: EnvironmentPlaces) -> Iterator[str]:
    if not places.python().exists():
        yield "the virtual environment is missing"
    if not places.lock.exists():
        yield "uv.lock is missing"
    else:
        yield from package_lines(places)


def soundness(manifest: PyprojectManager, solved: Callable[[PyprojectManager], Solved]) -> ValidationResult:
    """What is wrong with a manifest: in itself, in its packs, or because the packages cannot be had."""
    try:
        manifest.require_whole()
        issues = list(_of_packs(manifest.nodes()))
    except BadManifest as error:
        return ValidationResult((Issue(error.code, str(error)),))
    try:
        notes = solved(manifest).notes
        issues += [Issue("package_conflict", note, blocks=False) for note in notes]
    except DockError as error:
        issues.append(Issue(error.code, str(error)))
    return ValidationResult(tuple(issues))


def _of_packs(nodes: dict[str, NodeInfo]) -> Iterator[Issue]:
    seen: dict[str, str] = {}
    for key, info in nodes.items():
        same = seen.setdefault(info.name.casefold(), key)
        if same != key:
            yield Issue("node_exists", f"{key} and {same} have one folder, {info.name}.")
        if info.source == "local" and not Path(str(info.path)).is_dir():
            yield Issue("unknown_node", f"{info.name}: the folder {info.path} is gone.")


def put_right(done: SyncResult) -> list[str]:
    """What a sync put back, one line each."""
    plan = done.plan
    lines = [f"installed {info.name}" for info in plan.install_nodes]
    lines += [f"put {info.name} back to {short(info.version)}" for info, _ in plan.change_nodes]
    lines += [f"took out {name}" for name in plan.remove_nodes]
    lines += [f"ComfyUI is at {short(plan.comfyui)} again"] if plan.comfyui else []
    lines += ["uv.lock was written anew"] if plan.lock else []
    packages = [change.name for change in plan.packages]
    lines += [f"packages: {', '.join(packages)}"] if packages else []
    return [*lines, *(f"kept aside: {path}" for path in done.kept_aside), *done.notes]


def left_over(done: SyncResult, found: ValidationResult) -> tuple[Issue, ...]:
    """What a repair could not put right, each pack once."""
    failed = {text.partition(":")[0]: text for text in done.failed}
    others = [issue for issue in found.issues if issue.message.partition(":")[0] not in failed]
    return (*(Issue("unknown_node", text) for text in failed.values()), *others)
