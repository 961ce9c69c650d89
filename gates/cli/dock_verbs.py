"""What each verb of `gates dock` does, and its answer."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from ..dock.config import KEYS, SERVICES
from ..dock.environment import Environment
from ..dock.foreign_settings import settings_of, unseen_settings
from ..dock.solving import HERE_ALONE
from ..dock.workspace import WorkspaceManager
from ..errors import BadConfig, DockError
from . import dock_view as view
from .dock_answer import result, with_notes
from .dock_setting import Setting
from .result import FAILED, INTERRUPTED, Problem, Result, redraw, remark

Verb = Callable[[Setting, argparse.Namespace], Result]


def answer(args: argparse.Namespace) -> Result:
    setting = Setting(args, Path.cwd(), Path.home())
    try:
        return with_notes(VERBS[args.verb](setting, args), setting.notes)
    except DockError as error:
        if not setting.notes:
            raise
        failed = Result("dock", error.exit_code, errors=(Problem(error.code, str(error)),))
        return with_notes(failed, setting.notes)
    except BaseException:
        for note in setting.notes:
            remark(note)
        raise
    finally:
        if setting.shows_progress:
            redraw("")


# --- the workspace


def _init(setting: Setting, args: argparse.Namespace) -> Result:
    workspace = WorkspaceManager.create(setting.new_root(), setting.crew_of)
    command = setting.command_at(workspace.places.root)
    taken = workspace.take_over(Path(args.other).expanduser()) if args.other else {}
    lines = [f"Workspace: {workspace.places.root}"]
    settings: dict[str, list[str]] = {}
    for name, there in taken.items():
        renamed = "" if name == there else f" ({there!r} there)"
        lines.append(f"Took over: {name}{renamed}. `{command} --env {name} repair` builds it here.")
        settings[name] = _own_settings(workspace.get_environment(name))
        lines += [f"  {line}" for line in settings[name]]
    if not taken:
        lines.append(f"Next: {command} create NAME")
    return result(lines, workspace=workspace.places.root, taken=[*taken], settings=settings)


def _own_settings(environment: Environment) -> list[str]:
    """What the manifest of another program says of indexes, sources and builds, or why it cannot be read."""
    try:
        return [f"its own {line}" for line in settings_of(environment.places)]
    except DockError as error:
        return [str(error)]


def _config(setting: Setting, args: argparse.Namespace) -> Result:
    config = setting.config(setting.workspace().places)
    if args.key is None:
        if sys.stdin.isatty() and not getattr(args, "json", False):
            changed = config.interactive_setup(lambda text, now: input(f"{text} [{now}]: ") or now)
            return result([f"{key} = {value}" for key, value in changed.items()] or ["Nothing changed."])
        values, keys = config.get_workspace_config(), config.get_api_keys()
        lines = [f"{key} = {values.get(key, '')}" for key in KEYS]
        lines += [f"key.{name}: {keys.get(name, 'not set')}" for name in SERVICES]
        return result(lines, config=values, keys=keys)
    if args.key.startswith("key."):
        return _key(setting, args, args.key.removeprefix("key."))
    if args.value is None:
        if args.key not in KEYS:
            raise BadConfig(f"There is no setting {args.key[:40]!r}; there is: {', '.join(KEYS)}.")
        value = config.value(args.key)
        return result([value or ""], key=args.key, value=value)
    value = _typed(args.value)
    if args.key == "models" and value:
        value = os.path.abspath(Path(value).expanduser())
    config.set_workspace_config(args.key, value or None)
    return result([f"{args.key} = {value}"], key=args.key, value=value)


def _key(setting: Setting, args: argparse.Namespace, service: str) -> Result:
    config = setting.config(setting.workspace().places)
    if args.value is None:
        where = config.get_api_keys().get(service)
        if service not in SERVICES:
            raise BadConfig(f"There is no service {service[:40]!r}; keys are kept for {', '.join(SERVICES)}.")
        return result([f"The key for {service} lies in: {where or 'nowhere'}"], service=service, where=where)
    key = _typed(args.value) or None
    where = config.set_api_key(service, key)
    if key is None:
        return result([f"The key for {service} is taken away."], service=service, where=None)
    return result([f"The key for {service} is kept in the {where}."], service=service, where=where)


def _typed(value: str) -> str:
    return sys.stdin.readline().strip() if value == "-" else value


def _list(setting: Setting, args: argparse.Namespace) -> Result:
    workspace = setting.workspace()
    active = workspace.get_config().active
    rows, problems = [], []
    for environment in workspace.list_environments():
        settings: Mapping[str, object] = {}
        left = None
        try:
            left = environment.interrupted()
            if left is None or environment.places.manifest.exists():
                settings = environment.get_pyproject().settings()
        except DockError as error:  # the others are there all the same
            problems.append(Problem(error.code, f"{environment.name}: {error}"))
        rows.append(
            {
                "name": environment.name,
                "active": environment.name == active,
                "comfyui": settings.get("comfyui_version"),
                "python": settings.get("python_version"),
                "path": str(environment.path),
                "interrupted": left,
            }
        )
    trash = workspace.trashed()
    lines = view.environment_rows(rows, trash)
    return result(lines, FAILED if problems else 0, problems, environments=rows, trash=trash)


def _create(setting: Setting, args: argparse.Namespace) -> Result:
    workspace = setting.workspace()
    config = setting.config(workspace.places)
    python, comfyui = args.python or config.value("python"), args.comfyui or config.value("comfyui")
    made = workspace.create_environment(args.name, python, comfyui, args.torch, args.allow_builds)
    status = made.status()
    lines = [f"Environment {args.name}: ComfyUI {status.comfyui}, Python {status.python}", str(made.path)]
    if backend := made.get_pyproject().settings().get("torch_backend"):
        lines.append(f"PyTorch: {backend}, held in place")
    lines += _of_the_lock(made)
    return result([*lines, "Next: gates dock node add PACK, gates dock run"], environment=status)


def _of_the_lock(environment: Environment) -> list[str]:
    """Where the packages could not be solved for all systems."""
    return [HERE_ALONE] if environment.get_pyproject().has_environments() else []


def _delete(setting: Setting, args: argparse.Namespace) -> Result:
    where = setting.workspace().delete_environment(args.name)
    line = f"Environment {args.name} is in the trash. `gates dock restore {args.name}` brings it back."
    return result([line], trash=where)


def _restore(setting: Setting, args: argparse.Namespace) -> Result:
    environment = setting.workspace().restore_environment(args.name)
    return result([f"Environment {environment.name} is back."], path=environment.path)


def _use(setting: Setting, args: argparse.Namespace) -> Result:
    setting.workspace().set_active_environment(args.name)
    return result([f"Commands are about {args.name} now."], active=args.name)


# --- one environment


def _run(setting: Setting, args: argparse.Namespace) -> Result:
    words = args.args[1:] if args.args[:1] == ["--"] else args.args
    environment = setting.environment()
    models = setting.config(environment.places.workspace).models()
    if models is not None and not models.is_dir():
        remark(f"The folder of models {models} is not there: ComfyUI starts without it.")
    try:
        done = environment.run(words)
    except KeyboardInterrupt:
        return Result("dock", INTERRUPTED)
    code = done.exit_code
    problem = [] if code == 0 else [Problem("comfyui_ended", f"ComfyUI ended with {code}.")]
    return result([], 0 if code == 0 else FAILED, problem, comfyui_exit_code=code)


def _status(setting: Setting, args: argparse.Namespace) -> Result:
    environment = setting.environment()
    active = WorkspaceManager(environment.places.workspace, setting.crew_of).get_config().active
    status = environment.status(active == environment.name)
    return result(view.status_lines(status), environment=status)


def _to_change(setting: Setting, args: argparse.Namespace) -> Environment:
    """The environment, once somebody agreed to what a manifest of others brings along, and to builds."""
    environment = setting.environment()
    unseen = unseen_settings(environment.places)
    if unseen:
        text = f"The manifest of {environment.name} has settings of its own: {'; '.join(unseen)}."
        setting.confirm(text, "Packages would come from there, or be built so")
        setting.notes.extend([f"The manifest's own {line}" for line in unseen])
    if getattr(args, "allow_builds", False):
        environment.allow_builds()
    return environment


def _sync(setting: Setting, args: argparse.Namespace) -> Result:
    environment = setting.environment() if args.dry_run else _to_change(setting, args)
    if args.dry_run:
        setting.notes.extend([f"The manifest's own {line}" for line in settings_of(environment.places)])
        if args.allow_builds:
            environment.allow_builds()
    for pack in args.allow_scripts if not args.dry_run else ():
        setting.confirm(f"The install script of {pack} runs as you, and may do anything.")
    done = environment.sync(args.dry_run, args.allow_scripts)
    problems = [Problem("unknown_node", text) for text in done.failed]
    return result(view.sync_lines(done), FAILED if problems else 0, problems, sync=done)


def _commit(setting: Setting, args: argparse.Namespace) -> Result:
    made = setting.environment().commit(args.message)
    return result([f"Committed {made[:8]}: {args.message}" if made else "Nothing to commit."], commit=made)


def _rollback(setting: Setting, args: argparse.Namespace) -> Result:
    environment = _to_change(setting, args)
    done = environment.rollback(args.commit)
    if done.commit is None:
        lines = list(done.notes) if done.plan.is_empty else view.sync_lines(done)
        return result(lines, sync=done, message=None)
    said = environment.log(1)[0].message
    lines = [f"{said}. `gates dock rollback` undoes this too.", *view.sync_lines(done)]
    return result(lines, sync=done, message=said)


def _looked_at(setting: Setting) -> Environment:
    """For what changes nothing, and so undoes nothing either."""
    environment = setting.environment()
    left = environment.interrupted()
    if left is not None:
        setting.notes.append(f"{left!r} was interrupted. `gates dock repair` puts it right.")
    return environment


def _validate(setting: Setting, args: argparse.Namespace) -> Result:
    environment = _looked_at(setting)
    setting.notes.extend([f"The manifest's own {line}" for line in settings_of(environment.places)])
    found = environment.validate()
    problems = [Problem(issue.code, issue.message) for issue in found.issues if issue.blocks]
    notes = [issue.message for issue in found.issues if not issue.blocks]
    lines = [*notes, *([] if problems else ["The manifest is sound, and all packages can be had together."])]
    return result(lines, FAILED if problems else 0, problems, ok=found.ok, notes=notes)


def _diff(setting: Setting, args: argparse.Namespace) -> Result:
    found = _looked_at(setting).diff()
    return result(view.diff_lines(found), diff=found)


def _repair(setting: Setting, args: argparse.Namespace) -> Result:
    done = _to_change(setting, args).repair()
    problems = [Problem(issue.code, issue.message) for issue in done.left if issue.blocks]
    lines = list(done.done) or ([] if problems else ["Nothing to repair."])
    return result(lines, FAILED if problems else 0, problems, repair=done)


def _update(setting: Setting, args: argparse.Namespace) -> Result:
    environment = _to_change(setting, args)
    moved = environment.update_comfyui(args.ref)
    lines = [
        f"ComfyUI is at {moved.version} ({moved.commit[:12]}).",
        *moved.notes,
        *_of_the_lock(environment),
    ]
    return result([*lines, "`gates dock rollback` takes it back."], comfyui=moved)


def _log(setting: Setting, args: argparse.Namespace) -> Result:
    commits = _looked_at(setting).log(args.limit)
    return result([f"{one.id[:8]}  {one.when[:16]}  {one.message}" for one in commits], commits=commits)


# --- packs


def _node(setting: Setting, args: argparse.Namespace) -> Result:
    return NODE_VERBS[args.node_verb](setting, args)


def _node_find(setting: Setting, args: argparse.Namespace) -> Result:
    found = setting.registry().search_nodes(" ".join(args.query), args.limit)
    return result(view.node_rows(found) or ["Nothing was found."], nodes=found)


def _node_add(setting: Setting, args: argparse.Namespace) -> Result:
    is_local = args.local or args.node.startswith((".", os.sep))
    if args.allow_scripts:
        setting.confirm(f"The install script of {args.node} runs as you, and may do anything.")
    environment = _to_change(setting, args)
    info = environment.add_node(args.node, is_local=is_local, allow_scripts=args.allow_scripts)
    lines = [f"Added {view.node_line(info)}. `gates dock rollback` takes it back."]
    scripts = environment.scripts_of(info)
    lines += [*map(view.not_run, scripts), *environment.notes, *_of_the_lock(environment)]
    return result(lines, node=info, scripts=scripts, notes=environment.notes)


def _node_remove(setting: Setting, args: argparse.Namespace) -> Result:
    environment = _to_change(setting, args)
    kept = environment.remove_node(args.node)
    lines = [f"Removed {args.node}. `gates dock rollback` brings it back."]
    lines += [f"Its folder is kept: {kept}"] if kept else []
    return result([*lines, *environment.notes], kept=kept, notes=environment.notes)


def _node_list(setting: Setting, args: argparse.Namespace) -> Result:
    nodes = _looked_at(setting).list_nodes()
    return result(view.node_rows(nodes) or ["No packs yet: gates dock node add PACK"], nodes=nodes)


def _model(setting: Setting, args: argparse.Namespace) -> Result:
    from .dock_models import model

    return model(setting, args)


def _install(setting: Setting, args: argparse.Namespace) -> Result:
    from .dock_installs import guard, snapshot

    return guard(setting, args) if args.verb == "guard" else snapshot(setting, args)


NODE_VERBS: Mapping[str, Verb] = {
    "find": _node_find,
    "add": _node_add,
    "remove": _node_remove,
    "list": _node_list,
}
VERBS: Mapping[str, Verb] = {
    "init": _init,
    "config": _config,
    "list": _list,
    "create": _create,
    "delete": _delete,
    "restore": _restore,
    "use": _use,
    "run": _run,
    "status": _status,
    "sync": _sync,
    "commit": _commit,
    "rollback": _rollback,
    "validate": _validate,
    "diff": _diff,
    "repair": _repair,
    "update-comfyui": _update,
    "log": _log,
    "node": _node,
    "model": _model,
    "guard": _install,
    "snapshot": _install,
}
