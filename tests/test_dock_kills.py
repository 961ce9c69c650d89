"""Killed at any step, an environment is in the old state or in the new one, and goes on from there."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gates.dock.environment import Environment
from gates.dock.operation import interrupted
from gates.dock.packs import head_of
from gates.errors import NoEnvironment
from tests.dock_rig import Rig, git
from tests.dock_worker import prepared

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there is no kill -9 there")
ROOT = Path(__file__).resolve().parents[1]
VERBS = ("add_node", "add_local", "remove_node", "remove_local", "sync", "rollback", "undo", "update_comfyui")
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
    left = [places.operation, places.state / "before", places.fetched, *places.staging.glob("*")]
    assert not [path for path in left if path.exists()]
    assert environment.sync(dry_run=True).plan.is_empty
    assert (places.custom_nodes / "by-hand" / "__init__.py").read_text("utf-8") == "HAND = 1\n"


@pytest.mark.parametrize("verb", VERBS)
def test_at_every_step(field: Field, verb: str) -> None:
    old, new = before_and_after(field, verb)
    field.fresh()
    for at in range(len(field.does(verb))):
        check_killed(field, verb, "steps", at, old, new)
