"""What fails at any step leaves the state before, down to what was not committed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gates.dock.environment import Environment
from gates.dock.processes import Command, Finished, Runner
from gates.errors import CommandFailed
from tests.dock_rig import Rig
from tests.dock_worker import deed, edited_by_hand, prepared
from tests.test_dock_kills import State, differing, state


class Broken(Exception):
    pass


@dataclass
class Trap:
    """Raises at one step; says that a program failed at one run."""

    step: int | None = None
    run: int | None = None
    steps: int = 0
    runs: int = 0

    def stepped(self, name: str) -> None:
        self.steps += 1
        if self.steps - 1 == self.step:
            raise Broken(name)

    def around(self, runner: Runner) -> Runner:
        return TrappedRunner(runner, self)


@dataclass
class TrappedRunner:
    inner: Runner
    trap: Trap

    def run(self, command: Command) -> Finished:
        self.trap.runs += 1
        if self.trap.runs - 1 == self.trap.run:
            raise CommandFailed("It ended with 1.")
        return self.inner.run(command)


@dataclass
class Field:
    rig: Rig
    kept: Path

    def fresh(self) -> Environment:
        workspace = self.rig.base / "workspace"
        assert workspace.parent == self.kept.parent and not workspace.is_symlink()
        if workspace.exists():
            shutil.rmtree(workspace)
        shutil.copytree(self.kept, workspace, symlinks=True)
        return self.rig.workspace().get_environment("one")

    def trapped(self, trap: Trap, verb: str) -> Callable[[], object]:
        """The deed, with the trap set from now on."""
        return deed(Rig(self.rig.base, step=trap.stepped, around=trap.around), verb)

    def begun(self, verb: str) -> Environment:
        environment = self.fresh()
        if verb == "sync":
            edited_by_hand(self.rig, environment)
        return environment


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    base = tmp_path_factory.mktemp("failures") / "some" / "where" / "deep"
    base.mkdir(parents=True)
    rig = Rig(base).furnish()
    prepared(rig)
    environment = rig.workspace().get_environment("one")
    edited(environment)
    shutil.copytree(base / "workspace", base / "kept", symlinks=True)
    yield Field(rig, base / "kept")


def edited(environment: Environment) -> None:
    """What a person has not committed anywhere."""
    places = environment.places
    manifest = places.manifest.read_text("utf-8")
    places.manifest.write_text(manifest + '\n[tool.mine]\nkeep = {} # "so"\n', "utf-8")
    main = places.core / "main.py"
    main.write_text(main.read_text("utf-8") + "# mine\n", "utf-8")
    (places.core / "untracked.txt").write_text("mine", "utf-8")
    (places.custom_nodes / "good" / "__init__.py").write_text("A = 'edited'\n", "utf-8")


VERBS = ("add_node", "add_local", "remove_node", "remove_local", "sync", "rollback", "update_comfyui")
RARE = ("add_local", "remove_local", "remove_node", "update_comfyui")


def unchanged(field: Field, verb: str, trap: Trap, expected: type[Exception], old: State) -> None:
    environment = field.begun(verb)
    with pytest.raises(expected):
        field.trapped(trap, verb)()
    now = state(environment)
    assert now == old, (trap, differing(now, old, old))
    assert environment.status().interrupted is None
    assert not environment.places.fetched.exists()


def counted(field: Field, verb: str) -> Trap:
    field.begun(verb)
    trap = Trap()
    field.trapped(trap, verb)()
    return trap


@pytest.mark.parametrize(
    "verb", [pytest.param(v, marks=pytest.mark.extended) if v in RARE else v for v in VERBS]
)
def test_a_step_that_raises_changes_nothing(field: Field, verb: str) -> None:
    old = state(field.begun(verb))
    for at in range(counted(field, verb).steps - 1):  # the last one is told when all is committed
        unchanged(field, verb, Trap(step=at), Broken, old)


@pytest.mark.extended
@pytest.mark.parametrize("verb", VERBS)
def test_a_program_that_fails_changes_nothing(field: Field, verb: str) -> None:
    """Each run of git and uv in turn; those that only ask may fail without harm."""
    old = state(field.begun(verb))
    for at in range(counted(field, verb).runs):
        environment = field.begun(verb)
        try:
            field.trapped(Trap(run=at), verb)()
        except CommandFailed:
            now = state(environment)
            assert now == old or now["log"] != old["log"], (at, differing(now, old, old))
            assert environment.status().interrupted is None


@pytest.mark.parametrize("at", range(6))
def test_a_creation_that_fails_leaves_nothing(field: Field, at: int) -> None:
    environment = field.fresh()
    trap = Trap(step=at)
    with pytest.raises(Broken):
        field.trapped(trap, "create")()
    places = environment.places.workspace.environment("two")
    assert not places.root.exists() and not places.state.exists()
    assert [one.name for one in field.rig.workspace().list_environments()] == ["one"]
