"""An environment without its ComfyUI: taken over from another program, or somebody deleted the folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gates.dock.environment import Environment
from gates.dock.operation import no_step
from gates.dock.workspace import WorkspaceManager
from gates.errors import CommandFailed
from tests.dock_rig import Rig


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    base = tmp_path / "a" / "b" / "c"
    base.mkdir(parents=True)
    return Rig(base).furnish()


def runs(environment: Environment) -> bool:
    names = sorted(path.name for path in environment.places.custom_nodes.iterdir())
    return environment.run().exit_code == 0 and "good" in names and environment.status().unsynced == ()


def other_workspace(rig: Rig, made: Environment, **renamed: str) -> Path:
    """A workspace of which nothing but the manifests is left, as another program writes them."""
    cec = rig.base / "other" / "environments" / "two" / ".cec"
    shutil.copytree(made.places.cec, cec, ignore=shutil.ignore_patterns(".git"))
    file = cec / "pyproject.toml"
    for old, new in renamed.items():
        file.write_text(file.read_text().replace(f"{old} =", f"{new} ="))
    return rig.base / "other"


@pytest.mark.parametrize("renamed", [{}, {"comfyui_commit": "comfyui_commit_sha"}])
def test_an_environment_that_was_taken_over_is_built_by_repair(rig: Rig, renamed: dict[str, str]) -> None:
    made = rig.environment()
    made.add_node("good@v1")
    other = other_workspace(rig, made, **renamed)
    workspace = WorkspaceManager.create(rig.base / "new", rig.crew_of)
    assert [*workspace.take_over(other)] == ["two"]
    environment = workspace.get_environment("two")
    assert "ComfyUI is missing" in environment.status().unsynced
    assert not environment.repair().left
    assert runs(environment)
    assert environment.sync().plan.is_empty


def test_a_deleted_comfyui_comes_back_with_its_packs(rig: Rig) -> None:
    environment = rig.environment()
    environment.add_node("good@v1")
    shutil.rmtree(environment.places.core)
    environment.repair()
    assert runs(environment)


def test_where_a_later_step_fails_nothing_half_is_left(rig: Rig) -> None:
    environment = rig.environment()
    environment.add_node("good@v1")
    shutil.rmtree(environment.places.core)

    def breaks(name: str) -> None:
        if name == "commit":
            raise CommandFailed("broken")

    rig.step = breaks
    with pytest.raises(CommandFailed):
        environment.sync()
    assert not environment.places.core.exists()
    rig.step = no_step
    environment.repair()
    assert runs(environment)
