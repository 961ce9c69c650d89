"""A workspace: its layout, how it is found, what of others it leaves alone, and its trash."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from gates.dock.places import EnvironmentPlaces, WorkspacePlaces, environment_name
from gates.dock.workspace import WorkspaceManager, find_workspace
from gates.errors import (
    BadConfig,
    BadEnvironmentName,
    DockBusy,
    EnvironmentExists,
    ForeignWorkspace,
    NoEnvironment,
    NoWorkspace,
    PathOutside,
    UnknownItem,
)
from tests.dock_rig import Rig, git, written
from tests.test_dock_environment import tree_of

MANIFEST = '[project]\nname = "x"\nversion = "1"\n\n[tool.comfydock]\nversion = "1.0.0"\n'


@pytest.fixture
def base(tmp_path: Path) -> Path:
    made = tmp_path / "some" / "where" / "deep"
    made.mkdir(parents=True)
    return made


@pytest.fixture
def workspace(base: Path) -> WorkspaceManager:
    return Rig(base).workspace()


def pretended(workspace: WorkspaceManager, name: str) -> EnvironmentPlaces:
    """As much of an environment as a workspace looks at."""
    places = workspace.places.environment(name)
    written(places.root, {".cec/pyproject.toml": MANIFEST, "ComfyUI/main.py": name})
    written(places.state, {"installed.json": '{"nodes": {}, "packages": []}', "aside/x/a.py": "edited"})
    return places


def opened(base: Path) -> WorkspaceManager:
    return WorkspaceManager.open(base / "workspace", Rig(base).crew_of)


# --- making and finding


def test_the_layout_is_the_seeds(workspace: WorkspaceManager) -> None:
    root = workspace.places.root
    folders = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_dir()}
    assert folders == {
        ".metadata",
        "comfydock_cache",
        "comfydock_cache/custom_nodes",
        "comfydock_cache/custom_nodes/store",
        "comfydock_cache/models",
        "environments",
        "logs",
        "uv",
        "uv/python",
        "uv_cache",
    }
    assert json.loads(workspace.places.file.read_text("utf-8")) == {
        "made_by": "dataset-gates",
        "version": 1,
        "active": None,
        "config": {},
    }
    places = workspace.places.environment("one")
    where = (places.cec, places.venv, places.core, places.manifest, places.lock, places.log)
    assert [path.relative_to(root).as_posix() for path in where] == [
        "environments/one/.cec",
        "environments/one/.venv",
        "environments/one/ComfyUI",
        "environments/one/.cec/pyproject.toml",
        "environments/one/.cec/uv.lock",
        "logs/one.log",
    ]


def test_making_it_again_changes_nothing(base: Path, workspace: WorkspaceManager) -> None:
    workspace.update_config({"python": "3.12"})
    before = tree_of(workspace.places.root)
    assert Rig(base).workspace().get_config().values == {"python": "3.12"}
    assert tree_of(workspace.places.root) == before


def test_where_it_is_looked_for(base: Path, workspace: WorkspaceManager) -> None:
    root, home = workspace.places.root, base / "home"
    inner = root / "environments" / "one" / "ComfyUI"
    inner.mkdir(parents=True)
    outside = {"GATES_WORKSPACE": str(base / "set")}
    assert find_workspace(str(base / "named"), inner, outside, home) == base / "named"
    assert find_workspace(None, inner, outside, home) == base / "set"
    assert find_workspace(None, inner, {}, home) == root
    assert find_workspace(None, root, {"GATES_WORKSPACE": ""}, home) == root
    assert find_workspace(None, base, {}, home) == home / ".comfydock_workspace"


def test_there_is_none(base: Path) -> None:
    with pytest.raises(NoWorkspace, match="gates dock init"):
        opened(base)


def test_a_folder_with_other_files_is_left_alone(base: Path) -> None:
    written(base / "workspace", {"photo.png": "x"})
    with pytest.raises(ForeignWorkspace, match="other files"):
        Rig(base).workspace()
    assert os.listdir(base / "workspace") == ["photo.png"]


@pytest.mark.parametrize("text", ["", "{", "\0", '{"made_by": "dataset-ga', "[" * 3])
def test_a_broken_file_is_never_replaced(base: Path, workspace: WorkspaceManager, text: str) -> None:
    pretended(workspace, "one")
    workspace.places.file.write_text(text, "utf-8")
    manager = WorkspaceManager(workspace.places, Rig(base).crew_of)
    for deed in (
        Rig(base).workspace,
        lambda: opened(base),
        lambda: manager.set_active_environment("one"),
        lambda: manager.update_config({"python": "3.12"}),
        lambda: manager.delete_environment("one"),
    ):
        with pytest.raises((ForeignWorkspace, BadConfig), match="workspace.json"):
            deed()
    assert workspace.places.file.read_text("utf-8") == text
    assert workspace.places.environment("one").root.is_dir()


# --- another program's


def foreign(base: Path) -> Path:
    manifest = MANIFEST + '\n[tool.comfydock.nodes.good]\nrepository = "r"\n'
    return written(
        base / "other",
        {
            ".metadata/workspace.json": '{"version": 1, "active_environment": "theirs"}',
            "environments/theirs/.cec/pyproject.toml": manifest,
            "environments/theirs/.cec/uv.lock": "version = 1\n",
            "environments/theirs/.cec/workflows/a.json": "{}",
            "environments/theirs/.cec/.git/config": "[core]\n\tfsmonitor = touch RAN\n",
            "environments/theirs/ComfyUI/main.py": "",
            "environments/empty/readme": "",
        },
    )


def test_a_foreign_workspace_is_recognised_and_left_alone(base: Path) -> None:
    other = foreign(base)
    before = tree_of(other)
    for deed in (WorkspaceManager.open, WorkspaceManager.create):
        with pytest.raises(ForeignWorkspace, match="--from"):
            deed(other, Rig(base).crew_of)
    assert tree_of(other) == before


def test_a_foreign_workspace_is_taken_over_when_asked(base: Path, workspace: WorkspaceManager) -> None:
    other = foreign(base)
    before = tree_of(other)
    assert [*workspace.take_over(other)] == ["theirs"]
    assert tree_of(other) == before
    taken = workspace.get_environment("theirs")
    assert [commit.message for commit in taken.log()] == ["Take over theirs"] and not taken.status().changes
    assert [info.name for info in taken.list_nodes()] == ["good"]
    assert (taken.places.cec / "workflows" / "a.json").is_file()
    assert "fsmonitor" not in (taken.places.cec / ".git" / "config").read_text("utf-8")
    assert not list(base.rglob("RAN"))
    with pytest.raises(EnvironmentExists):
        workspace.take_over(other)
    with pytest.raises(NoWorkspace):
        workspace.take_over(base / "nowhere")


def test_what_is_taken_over_brings_nothing_of_outside(base: Path, workspace: WorkspaceManager) -> None:
    other, secret = foreign(base), base / "secret"
    secret.write_text("hidden", "utf-8")
    (other / "environments" / "theirs" / ".cec" / "workflows" / "link.json").symlink_to(secret)
    workspace.take_over(other)
    taken = workspace.places.environment("theirs").cec / "workflows" / "link.json"
    assert taken.is_symlink(), "a link stays one: what it leads to is not copied into git"


# --- environments


NAMES = ["a", "A-1_b.c", "x" * 64]
HOSTILE = [
    "",
    ".",
    "..",
    "../x",
    "a/b",
    "a\\b",
    "/abs",
    ".git",
    "-x",
    "con",
    "NUL.txt",
    "a b",
    "x" * 65,
    "é",
    "a.",
]


@pytest.mark.parametrize("name", NAMES)
def test_names(name: str) -> None:
    assert environment_name(name) == name


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_is_no_folder_everywhere(workspace: WorkspaceManager, name: str) -> None:
    before = tree_of(workspace.places.root)
    for deed in (
        workspace.places.environment,
        workspace.create_environment,
        workspace.get_environment,
        workspace.delete_environment,
        workspace.restore_environment,
        workspace.set_active_environment,
    ):
        with pytest.raises(BadEnvironmentName):
            deed(name)
    assert tree_of(workspace.places.root) == before


def test_names_that_differ_in_case_are_one(workspace: WorkspaceManager) -> None:
    pretended(workspace, "one")
    with pytest.raises(EnvironmentExists, match="'one'"):
        workspace.create_environment("ONE")
    with pytest.raises(NoEnvironment, match="There is: one"):
        workspace.get_environment("ONE")


def test_an_environment_may_be_called_like_a_lock(workspace: WorkspaceManager) -> None:
    for name in ("a", "a.lock", "a.programs"):
        pretended(workspace, name)
    first, second, third = (one.places for one in workspace.list_environments())
    with first.held(), second.held(), third.held():
        assert first.name == "a"


def test_one_command_at_a_time(workspace: WorkspaceManager) -> None:
    places = pretended(workspace, "one")
    with places.held(), pytest.raises(DockBusy, match="'one'"), places.held(patience=0):
        raise AssertionError("two at once")
    with places.held(patience=0):
        assert places.root.is_dir()


def test_what_is_no_environment_is_in_nobodys_way(base: Path, workspace: WorkspaceManager) -> None:
    pretended(workspace, "one")
    environments = workspace.places.environments
    written(environments / "with space", {".cec/pyproject.toml": MANIFEST})
    written(environments / "no-manifest", {"readme": ""})
    (environments / "a-file").write_text("", "utf-8")
    outside = written(base / "outside", {".cec/pyproject.toml": MANIFEST})
    (environments / "linked").symlink_to(outside)
    assert [one.name for one in workspace.list_environments()] == ["one"]
    with pytest.raises(PathOutside, match="'linked' leads outside"):
        workspace.delete_environment("linked")
    assert (outside / ".cec" / "pyproject.toml").exists()


def test_an_environment_whose_manifest_is_gone_can_be_helped(workspace: WorkspaceManager) -> None:
    places = pretended(workspace, "one")
    git(places.cec, "init", "--quiet")
    places.manifest.unlink()
    assert workspace.get_environment("one").name == "one"


def test_the_active_one(workspace: WorkspaceManager) -> None:
    assert workspace.get_active_environment() is None
    pretended(workspace, "one")
    workspace.set_active_environment("one")
    active = workspace.get_active_environment()
    assert active is not None and active.name == "one"
    workspace.delete_environment("one")
    assert workspace.get_active_environment() is None and workspace.get_config().active is None
    with pytest.raises(NoEnvironment):
        workspace.set_active_environment("two")


# --- the trash


def test_deleted_and_restored_it_is_as_it_was(workspace: WorkspaceManager) -> None:
    places = pretended(workspace, "one")
    before = tree_of(places.root, places.state)
    where = workspace.delete_environment("one")
    assert where.is_relative_to(workspace.places.trash) and workspace.trashed() == ["one"]
    assert not places.root.exists() and not places.state.exists()
    assert workspace.restore_environment("one").name == "one"
    assert tree_of(places.root, places.state) == before and workspace.trashed() == []


def test_several_of_one_name(workspace: WorkspaceManager) -> None:
    for number in range(3):
        places = pretended(workspace, "one")
        (places.core / "main.py").write_text(str(number), "utf-8")
        workspace.delete_environment("one")
    assert sorted(workspace.trashed()) == ["one", "one~2", "one~3"]
    main = workspace.places.environment("one").core / "main.py"
    workspace.restore_environment("one")
    assert main.read_text("utf-8") == "2", "the newest of the name"
    with pytest.raises(EnvironmentExists):
        workspace.restore_environment("one")
    shutil.rmtree(workspace.places.environment("one").root)
    workspace.restore_environment("one~2")
    assert main.read_text("utf-8") == "1"


def test_what_is_not_in_the_trash(workspace: WorkspaceManager) -> None:
    with pytest.raises(UnknownItem, match="It holds: nothing"):
        workspace.restore_environment("one")
    pretended(workspace, "one")
    workspace.delete_environment("one")
    for name in ("one~9", "two", "on"):
        with pytest.raises(UnknownItem, match="It holds: one"):
            workspace.restore_environment(name)


def test_a_deletion_that_was_killed_half_way(workspace: WorkspaceManager) -> None:
    """The folder lies in the trash, what dock noted about it does not yet."""
    places = pretended(workspace, "one")
    where = workspace.delete_environment("one")
    (where / "state").rename(places.state)
    assert workspace._new_places("one") == places
    assert (where / "state" / "aside" / "x" / "a.py").read_text("utf-8") == "edited"
    assert not places.state.exists()


def test_a_restoring_that_was_killed_half_way(workspace: WorkspaceManager) -> None:
    places = pretended(workspace, "one")
    before = tree_of(places.root, places.state)
    where = workspace.delete_environment("one")
    (where / "state").rename(places.state)
    workspace.restore_environment("one")
    assert tree_of(places.root, places.state) == before and not list(workspace.places.trash.iterdir())


def test_what_belongs_to_a_folder_that_somebody_removed_is_kept(workspace: WorkspaceManager) -> None:
    places = pretended(workspace, "one")
    shutil.rmtree(places.root)
    workspace._new_places("one")
    kept = workspace.places.trash / "one" / "state" / "aside" / "x" / "a.py"
    assert kept.read_text("utf-8") == "edited" and workspace.trashed() == []


def test_a_link_in_an_environment_is_trashed_as_a_link(base: Path, workspace: WorkspaceManager) -> None:
    outside = written(base / "outside", {"a.py": "mine"})
    places = pretended(workspace, "one")
    (places.core / "linked").symlink_to(outside)
    where = workspace.delete_environment("one")
    assert (where / "environment" / "ComfyUI" / "linked").is_symlink()
    assert (outside / "a.py").read_text("utf-8") == "mine"


def test_places_are_below_their_root(base: Path) -> None:
    places = WorkspacePlaces(base)
    (base / "environments").mkdir()
    one = places.environment("one")
    for path in (one.root, one.state, one.log, one.installed, one.operation, one.aside, places.trash):
        assert path.is_relative_to(base)
