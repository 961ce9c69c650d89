"""Killed at any step, an environment is in the old state or in the new one, and goes on from there."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gates.dock.environment import Environment
from gates.dock.journal import interrupted
from gates.dock.packs import head_of
from gates.errors import DockBusy, NoEnvironment
from tests.dock_rig import Rig, git
from tests.dock_worker import deed, prepared

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there is no kill -9 there")
ROOT = Path(__file__).resolve().parents[1]
RARE = ("add_local", "remove_local", "undo")
OFTEN = ("add_node", "remove_node", "sync", "rollback", "update_comfyui")
VERBS = [*OFTEN, *(pytest.param(verb, marks=pytest.mark.extended) for verb in RARE)]
CREATED = "Create two with ComfyUI 0.1.0"
State = dict[str, Any]


class Worker:
    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.dock_worker"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def does(self, base: Path, verb: str, mode: str = "steps", at: int | None = None) -> list[str]:
        """Its events; with `at`, it is killed at that one."""
        assert self._process.stdin is not None and self._process.stdout is not None
        order = {"base": str(base), "verb": verb, "mode": mode, "at": at}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert answer["code"] == (0 if at is None else -signal.SIGKILL), (verb, at, answer)
        return [str(event) for event in answer["events"]]

    def close(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        self._process.wait(20)


@dataclass
class Field:
    """A prepared workspace, set up anew for each kill."""

    rig: Rig
    worker: Worker
    kept: Path

    def fresh(self) -> Environment:
        workspace = self.rig.base / "workspace"
        assert workspace.is_relative_to(self.rig.base) and not workspace.is_symlink()
        if workspace.exists():
            shutil.rmtree(workspace)
        shutil.copytree(self.kept, workspace, symlinks=True)
        return self.environment()

    def environment(self, name: str = "one") -> Environment:
        return self.rig.workspace().get_environment(name)

    def does(self, verb: str, mode: str = "steps", at: int | None = None) -> list[str]:
        return self.worker.does(self.rig.base, verb, mode, at)


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    base = tmp_path_factory.mktemp("kills") / "some" / "where" / "deep"
    base.mkdir(parents=True)
    rig = Rig(base).furnish()
    prepared(rig)
    shutil.copytree(base / "workspace", base / "kept", symlinks=True)
    worker = Worker()
    yield Field(rig, worker, base / "kept")
    worker.close()


def state(environment: Environment) -> State:
    """All that a person could miss, without times."""
    places = environment.places
    uv = Rig(places.workspace.root.parent).crew_of(places.workspace, None).uv
    return {
        "files": contents(places.cec),
        "changes": sorted(environment._git.changes(places.cec)),
        "log": [commit.message for commit in environment.log()],
        "stashes": len(git(places.cec, "stash", "list").splitlines()),
        "core": head_of(places.core),
        "core edits": git(places.core, "status", "--porcelain"),
        "packs": contents(places.custom_nodes),
        "packages": uv.installed(places.venv),
    }


def contents(folder: Path) -> dict[str, str]:
    """Text of each file, target of each link, below a folder; repositories by what is checked out."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = f"-> {os.readlink(path)}"
        elif path.is_file() and ".git" not in path.parts:
            found[name] = path.read_text("utf-8")
    return found


def recovered(environment: Environment) -> Environment:
    """As the next command finds it."""
    with environment._ready():
        return environment


def before_and_after(field: Field, verb: str) -> tuple[State, State]:
    """The state in which the verb begins (with what it is prepared by), and the one in which it ends."""
    field.fresh()
    field.does(verb, at=0)
    old = state(recovered(field.environment()))
    field.fresh()
    field.does(verb)
    return old, state(field.environment())


def check_killed(field: Field, verb: str, mode: str, at: int, old: State, new: State) -> None:
    field.fresh()
    field.does(verb, mode, at)
    environment = field.environment()
    left = interrupted(environment.places)
    assert environment.status().interrupted == (left.sentence if left is not None else None)
    now = state(recovered(environment))
    assert now in (old, new), differing(now, old, new)
    environment.repair()
    check_repaired(environment)


def differing(now: State, old: State, new: State) -> dict[str, Any]:
    return {
        key: {"now": now[key], "old": old[key], "new": new[key]}
        for key in now
        if now[key] != old[key] or now[key] != new[key]
    }


def check_repaired(environment: Environment) -> None:
    """The disk is what the manifest says, and nothing of the operation is left."""
    places, status = environment.places, environment.status()
    assert status.interrupted is None and not status.unsynced
    left = [places.operation, places.state / "before", places.fetched]
    assert not [path for path in left if path.exists()]
    assert environment.sync(dry_run=True).plan.is_empty
    assert (places.custom_nodes / "by-hand" / "__init__.py").read_text("utf-8") == "HAND = 1\n"


def check_again(field: Field, verb: str, at: int, old: State, new: State) -> None:
    """The same command once more, without a repair in between, goes to the end as if nothing had been."""
    field.fresh()
    field.does(verb, at=at)
    is_done = state(field.environment())["log"] == new["log"] != old["log"]
    if not is_done:
        deed(field.rig, verb)()
        now = state(field.environment())
        assert now == new, differing(now, old, new)
    check_repaired(recovered(field.environment()))


@pytest.mark.parametrize("verb", VERBS)
def test_at_every_step(field: Field, verb: str) -> None:
    """In turns it is repaired, and gone on with."""
    old, new = before_and_after(field, verb)
    field.fresh()
    for at in range(len(field.does(verb))):
        if at % 2:
            check_killed(field, verb, "steps", at, old, new)
        else:
            check_again(field, verb, at, old, new)


@pytest.mark.extended
@pytest.mark.parametrize("verb", OFTEN)
def test_around_every_program(field: Field, verb: str) -> None:
    """Also right before and right after each run of git and uv."""
    old, new = before_and_after(field, verb)
    field.fresh()
    for at in range(len(field.does(verb, "commands"))):
        check_killed(field, verb, "commands", at, old, new)


@pytest.mark.extended
@pytest.mark.parametrize("verb", ["sync", "rollback"])
def test_while_it_is_undone(field: Field, verb: str) -> None:
    """Killed near its end, and then again at each moment of the undoing."""
    old, new = before_and_after(field, verb)
    field.fresh()
    late = field.does(verb).index("commit")
    field.fresh()
    field.does(verb, at=late)
    for at in range(len(field.does("repair", "commands"))):
        field.fresh()
        field.does(verb, at=late)
        field.does("repair", "commands", at)
        now = state(recovered(field.environment()))
        done = state_of_repair(field, verb, late)
        assert now in (old, new, done), (at, differing(now, old, new))


def state_of_repair(field: Field, verb: str, late: int) -> State:
    """What a repair after such a kill ends in."""
    if (verb, late) not in REPAIRED:
        field.fresh()
        field.does(verb, at=late)
        field.environment().repair()
        REPAIRED[verb, late] = state(field.environment())
    return REPAIRED[verb, late]


REPAIRED: dict[tuple[str, int], State] = {}


def test_a_creation_at_every_step(field: Field) -> None:
    field.fresh()
    events = field.does("create")
    for at in range(len(events)):
        field.rig.workspace().delete_environment("two")
        field.does("create", at=at)
        with suppress(NoEnvironment):
            field.environment("two").repair()
        places = field.rig.workspace().places.environment("two")
        if places.root.exists():
            assert [commit.message for commit in field.environment("two").log()] == [CREATED]
        else:
            assert not places.state.exists() or interrupted(places) is not None
            deed(field.rig, "create")()
        assert not field.environment("two").status().unsynced
        assert field.rig.workspace().get_environment("one").sync(dry_run=True).plan.is_empty


def test_what_a_killed_command_started_is_waited_for(field: Field) -> None:
    """git and uv live on when the dock is killed; nobody undoes anything under their hands."""
    places = field.fresh().places
    script = (
        "import os, signal, sys, threading\n"
        "from pathlib import Path\n"
        "from gates.dock.places import WorkspacePlaces\n"
        "from gates.dock.processes import Command, SystemRunner\n"
        "places = WorkspacePlaces(Path(sys.argv[1])).environment('one')\n"
        "with places.held():\n"
        "    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGKILL)).start()\n"
        "    sleep = (sys.executable, '-c', 'import time; time.sleep(1.5)')\n"
        "    SystemRunner().run(Command(sleep, places.root))\n"
    )
    died = subprocess.run([sys.executable, "-c", script, str(places.workspace.root)], cwd=ROOT)
    assert died.returncode == -signal.SIGKILL
    with places.held() as programs, pytest.raises(DockBusy, match="still at work in 'one'"):
        programs.wait(0.1)
    with places.held() as programs:
        programs.wait(20)
    with places.held() as programs:
        programs.wait(0)


def test_locks_of_a_killed_git_are_in_nobodys_way(field: Field) -> None:
    environment = field.fresh()
    field.does("update_comfyui", at=5)
    for folder in (environment.places.cec, environment.places.core):
        (folder / ".git" / "index.lock").write_bytes(b"")
    assert environment.add_node("scripted").name == "scripted"
    assert not environment.status().unsynced
