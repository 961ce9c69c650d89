"""What somebody did after a kill stays; what was killed is undone wherever it lies now, and said."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gates.dock.environment import Environment
from gates.dock.journal import interrupted
from gates.dock.operation import no_step
from gates.dock.packs import head_of
from gates.dock.workspace import WorkspaceManager
from gates.errors import BadManifest, CommandFailed, NoComfyUI, NoEnvironment
from tests.dock_rig import Rig, git

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there is no kill -9 there")
ROOT = Path(__file__).resolve().parents[1]
DIES = """
import os, signal, sys
from pathlib import Path
from tests.dock_rig import Rig
from tests.dock_worker import ToldRunner

seen = 0

def step(name):
    global seen
    seen += name.startswith(sys.argv[2])
    if seen == int(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)

rig = Rig(Path(sys.argv[1]), step=step, around=lambda runner: ToldRunner(runner, step))
workspace = rig.workspace()
exec(sys.argv[3])
"""
ONE = "workspace.get_environment('one')"


def killed(rig: Rig, at: str, deed: str) -> None:
    """Done in a process of its own, which dies at that step."""
    assert is_killed(rig, at, deed, 1)


def is_killed(rig: Rig, at: str, deed: str, time: int) -> bool:
    """Whether that step came so many times; then it died there."""
    words = [sys.executable, "-c", DIES, str(rig.base), at, deed, str(time)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode != 0


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Rig:
    base = tmp_path_factory.mktemp("interrupted") / "some" / "where" / "deep"
    base.mkdir(parents=True)
    rig = Rig(base).furnish()
    environment = rig.environment()
    environment.add_node("good@v1")
    (environment.places.cec / "workflows" / "w.json").write_text("{}", "utf-8")
    environment.commit("a workflow")
    environment.add_node("plain")
    shutil.copytree(base / "workspace", base / "kept", symlinks=True)
    return rig


@pytest.fixture
def rig(kept: Rig) -> Iterator[Rig]:
    workspace = kept.base / "workspace"
    assert workspace.parent == kept.base and not workspace.is_symlink()
    if workspace.exists():
        shutil.rmtree(workspace)
    shutil.copytree(kept.base / "kept", workspace, symlinks=True)
    kept.notes.clear()
    yield kept


@pytest.fixture
def environment(rig: Rig) -> Environment:
    return rig.workspace().get_environment("one")


def append(file: Path, text: str) -> str:
    file.write_text(file.read_text("utf-8") + text, "utf-8")
    return file.read_text("utf-8")


def where_kept(notes: list[str] | tuple[str, ...]) -> list[Path]:
    """The places that notes name, each of which is there."""
    found = [Path(note.rpartition("kept: ")[2]) for note in notes if "kept: " in note]
    assert all(path.exists() for path in found)
    return found


# --- what was done after the kill


@pytest.mark.parametrize("pack", ["scripted", "arch@1.0.0"])
def test_edits_after_a_kill_are_set_aside_and_named(rig: Rig, environment: Environment, pack: str) -> None:
    places, name = environment.places, pack.partition("@")[0]
    before = places.manifest.read_text("utf-8")
    killed(rig, "commit", f"{ONE}.add_node({pack!r})")
    edited = append(places.manifest, "\n# my later edit\n")
    (places.custom_nodes / name / "mine.py").write_text("MINE = 1\n", "utf-8")
    assert environment.sync().plan.is_empty
    assert places.manifest.read_text("utf-8") == before and not (places.custom_nodes / name).exists()
    assert rig.notes[0] == f"'Add {name}' was interrupted and is undone."
    manifest, folder = where_kept(rig.notes)
    assert manifest.read_text("utf-8") == edited
    assert (folder / "mine.py").read_text("utf-8") == "MINE = 1\n" and folder.name == name


def test_what_git_ignores_in_a_pack_is_not_lost_either(rig: Rig, environment: Environment) -> None:
    killed(rig, "commit", f"{ONE}.add_node('scripted')")
    folder = environment.places.custom_nodes / "scripted"
    (folder / ".git" / "info").mkdir(exist_ok=True)
    (folder / ".git" / "info" / "exclude").write_text("*.json\n", "utf-8")
    (folder / "settings.json").write_text("{}", "utf-8")
    environment.repair()
    (aside,) = environment.places.aside.glob("*/*")
    assert (aside / "settings.json").exists()


def test_without_edits_nothing_is_set_aside(rig: Rig, environment: Environment) -> None:
    for pack in ("scripted", "arch@1.0.0"):
        killed(rig, "commit", f"{ONE}.add_node({pack!r})")
        done = environment.repair().done
        assert done == (f"'Add {pack.partition('@')[0]}' was interrupted and is undone.",)
    killed(rig, "commit", f"{ONE}.rollback('HEAD~2')")
    assert len(environment.repair().done) == 1
    assert not list(environment.places.aside.glob("*/*"))


def test_edits_after_a_killed_rollback_are_kept(rig: Rig, environment: Environment) -> None:
    places = environment.places
    workflow = places.cec / "workflows" / "w.json"
    killed(rig, "commit", f"{ONE}.rollback('HEAD~2')")
    assert not workflow.exists()
    edited = append(places.manifest, "\n# later\n")
    workflow.parent.mkdir(exist_ok=True)
    workflow.write_text('{"later": 1}', "utf-8")
    done = environment.repair().done
    texts = [path.read_text("utf-8") for path in where_kept(done)]
    assert sorted(texts) == sorted([edited, '{"later": 1}'])
    assert workflow.read_text("utf-8") == "{}" and "later" not in places.manifest.read_text("utf-8")


@pytest.mark.extended
def test_edits_survive_an_undoing_that_is_killed_too(kept: Rig, rig: Rig) -> None:
    """At each program in turn; whoever undoes it in the end says all of it."""
    time = 0
    while True:
        time += 1
        shutil.rmtree(rig.base / "workspace")
        shutil.copytree(rig.base / "kept", rig.base / "workspace", symlinks=True)
        environment = rig.workspace().get_environment("one")
        killed(rig, "commit", f"{ONE}.add_node('scripted')")
        edited = append(environment.places.manifest, "# later\n")
        (environment.places.custom_nodes / "scripted" / "mine.py").write_text("", "utf-8")
        if not is_killed(rig, "before ", f"{ONE}.repair()", time):
            break
        left = interrupted(environment.places)
        done = environment.repair().done
        if left is not None:
            manifest, folder = where_kept(done)
            assert manifest.read_text("utf-8") == edited and (folder / "mine.py").exists()
    assert time > 5


def test_edits_of_comfyui_after_a_killed_update_go_to_its_stash(rig: Rig, environment: Environment) -> None:
    core = environment.places.core
    old = head_of(core)
    killed(rig, "commit", f"{ONE}.update_comfyui('v0.2.0')")
    assert head_of(core) != old
    append(core / "comfyui_version.py", "# later\n")
    done = environment.repair().done
    assert head_of(core) == old and "later" not in (core / "comfyui_version.py").read_text("utf-8")
    message = next(note.partition("stash: ")[2] for note in done if "stash" in note)
    assert message in git(core, "stash", "list")


def test_a_folder_in_the_place_of_one_that_comes_back(rig: Rig, environment: Environment) -> None:
    folder = environment.places.custom_nodes / "good"
    (folder / "mine.txt").write_text("precious", "utf-8")
    killed(rig, "packages", f"{ONE}.remove_node('good')")
    folder.mkdir()
    (folder / "theirs.txt").write_text("new", "utf-8")
    done = environment.repair().done
    assert (folder / "mine.txt").read_text("utf-8") == "precious"
    (aside,) = (Path(note.rpartition("aside: ")[2]) for note in done if "set aside" in note)
    assert (aside / "theirs.txt").read_text("utf-8") == "new"


def test_what_lies_nowhere_any_more_is_said(rig: Rig, environment: Environment) -> None:
    killed(rig, "packages", f"{ONE}.remove_node('good')")
    shutil.rmtree(environment.places.aside)
    done = environment.repair().done
    assert any("good cannot be brought back" in note for note in done) and "installed good" in done


def test_edits_during_a_change_that_fails_are_kept_too(rig: Rig, environment: Environment) -> None:
    before = environment.places.manifest.read_text("utf-8")

    def edits(name: str) -> None:
        if name == "commit":
            append(environment.places.manifest, "# meanwhile\n")
            raise CommandFailed("broken")

    rig.step = edits
    try:
        with pytest.raises(CommandFailed):
            environment.add_node("scripted")
    finally:
        rig.step = no_step
    (manifest,) = where_kept(rig.notes)
    assert "# meanwhile" in manifest.read_text("utf-8")
    assert environment.places.manifest.read_text("utf-8") == before


# --- a creation


def test_files_in_a_half_made_environment_go_to_the_trash_with_it(rig: Rig) -> None:
    killed(rig, "packages", f"workspace.create_environment('two', comfyui='{rig.comfyui}@v0.1.0')")
    two = rig.workspace().get_environment("two")
    model = two.places.core / "models" / "checkpoints" / "m.safetensors"
    model.parent.mkdir(parents=True)
    model.write_bytes(b"precious")
    append(two.places.manifest, "# mine\n")
    first, second = two.repair().done
    assert first == "'Create two' was interrupted and is undone."
    assert ".cec/pyproject.toml and 1 more came there from somebody" in second
    (there,) = where_kept([second])
    assert there.parent == two.places.workspace.trash
    assert (there / "ComfyUI" / "models" / "checkpoints" / "m.safetensors").read_bytes() == b"precious"
    assert not two.places.root.exists() and not two.places.state.exists()
    assert rig.workspace().trashed() == []


@pytest.mark.parametrize(
    "at", ["clone", "move ComfyUI", "write pyproject.toml", "venv", "packages", "commit"]
)
def test_a_half_made_environment_is_said_to_be_one_and_made_again(rig: Rig, at: str) -> None:
    killed(rig, at, f"workspace.create_environment('two', comfyui='{rig.comfyui}@v0.1.0')")
    two = rig.workspace().get_environment("two")
    status = two.status()
    assert status.interrupted == "Create two" and status.comfyui is None and status.commit is None
    assert [one.name for one in rig.workspace().list_environments()] == ["one", "two"]
    rig.notes.clear()
    made = rig.environment("two")
    assert rig.notes == ["'Create two' was interrupted and is undone."]
    assert made.status().interrupted is None and not made.status().unsynced
    assert not list(made.places.workspace.trash.glob("two*"))


@pytest.mark.parametrize("verb", ["sync", "repair", "rollback"])
def test_a_command_in_a_half_made_environment(rig: Rig, verb: str) -> None:
    killed(rig, "packages", f"workspace.create_environment('two', comfyui='{rig.comfyui}@v0.1.0')")
    two = rig.workspace().get_environment("two")
    if verb == "sync":
        with pytest.raises(NoEnvironment, match="gates dock create two"):
            two.sync()
    else:
        getattr(two, verb)()
    assert not two.places.root.exists()


# --- another way to the same workspace


def changed_by_way_of(rig: Rig, where: str) -> Environment:
    """'Remove good' killed with the workspace at one place, and found at another."""
    link = rig.base / f"link-{where}"
    environment = rig.workspace().get_environment("one")
    (environment.places.custom_nodes / "good" / "mine.txt").write_text("precious", "utf-8")
    link.symlink_to(rig.base, target_is_directory=True)
    killed(Rig(link) if where == "from a link" else rig, "packages", f"{ONE}.remove_node('good')")
    if where == "to a link":
        return Rig(link).workspace().get_environment("one")
    if where == "moved":
        moved = rig.base / "moved"
        (rig.base / "workspace").rename(moved)
        return WorkspaceManager.open(moved, rig.crew_of).get_environment("one")
    return rig.workspace().get_environment("one")


@pytest.mark.parametrize("where", ["from a link", "to a link", "moved"])
def test_an_undoing_finds_its_folders(rig: Rig, where: str) -> None:
    environment = changed_by_way_of(rig, where)
    done = environment.repair().done
    assert "'Remove good' was interrupted and is undone." in done and "installed good" not in done
    assert (environment.places.custom_nodes / "good" / "mine.txt").read_text("utf-8") == "precious"


def rewritten(environment: Environment, change: Callable[[dict[str, Any]], None]) -> None:
    file = environment.places.operation
    data = json.loads(file.read_text("utf-8"))
    change(data)
    file.write_text(json.dumps(data), "utf-8")


def older(environment: Environment) -> Callable[[dict[str, Any]], None]:
    """As journals were before: whole paths, and nothing of what was written."""
    places = environment.places
    bases = {"environment": places.root, "state": places.state}

    def whole(named: str) -> str:
        tag, _, rest = named.partition(":")
        return str(bases[tag] / rest)

    def change(data: dict[str, Any]) -> None:
        data["moves"] = [[whole(source), whole(target)] for source, target, _ in data["moves"]]
        for name in ("written", "notes", "target"):
            del data[name]

    return change


def test_a_journal_of_before_is_believed_where_it_matches(rig: Rig, environment: Environment) -> None:
    (environment.places.custom_nodes / "good" / "mine.txt").write_text("precious", "utf-8")
    killed(rig, "packages", f"{ONE}.remove_node('good')")
    rewritten(environment, older(environment))
    environment.repair()
    assert (environment.places.custom_nodes / "good" / "mine.txt").exists()


@pytest.mark.parametrize("form", ["{outside}/x", "state:../../x", "environment:", "other:x", "state:a//b"])
def test_a_move_that_is_not_believed_is_named(rig: Rig, environment: Environment, form: str) -> None:
    outside = rig.base / "a place of nobody"
    (outside / "x").mkdir(parents=True, exist_ok=True)
    killed(rig, "packages", f"{ONE}.remove_node('good')")
    named = form.format(outside=outside)
    rewritten(environment, lambda data: data["moves"].append(["environment:ComfyUI/custom_nodes/y", named]))
    done = environment.repair().done
    assert any(named in note and "not moved back" in note for note in done)
    assert (outside / "x").is_dir()


# --- files of our own that are odd

ODD = ["", "null", "3", '"x"', "[]", "[" * 100_000, "{}", '{"nodes": 1, "packages": []}']
FIELDS = {
    "kind": None,
    "head": "--upload-pack=x",
    "moves": {"a": 1},
    "links": [1],
    "stashes": [["a"]],
    "added": ["-r x"],
    "written": [],
    "core": 5,
}


@pytest.mark.parametrize("text", [*ODD, "bytes"])
@pytest.mark.parametrize("name", ["operation.json", "installed.json"])
def test_an_odd_file_is_a_sentence(rig: Rig, environment: Environment, name: str, text: str) -> None:
    file = environment.places.state / name
    file.write_bytes(b"\xff\xfe" if text == "bytes" else text.encode())
    for verb in (environment.status, environment.sync, environment.repair):
        with pytest.raises(BadManifest, match=f"{name}.*is damaged.*[Rr]emove it"):
            verb()
    assert [one.name for one in rig.workspace().list_environments()] == ["one"]


@pytest.mark.parametrize("key", FIELDS)
def test_an_odd_field_of_the_journal(rig: Rig, environment: Environment, key: str) -> None:
    killed(rig, "packages", f"{ONE}.remove_node('good')")
    rewritten(environment, lambda data: data.update({key: FIELDS[key]}))
    with pytest.raises(BadManifest, match=r"operation\.json"):
        environment.sync()


@pytest.mark.parametrize(
    "fields",
    [
        {"name": None, "version": "x", "source": "git"},
        {"name": "../x", "version": "x", "source": "git"},
        {"name": "x", "version": 5, "source": "git"},
        {"name": "x", "version": None, "source": "registry", "digest": []},
        [],
    ],
)
def test_an_odd_pack_of_those_installed(environment: Environment, fields: object) -> None:
    text = json.dumps({"nodes": {"zz": fields}, "packages": []})
    environment.places.installed.write_text(text, "utf-8")
    for verb in (environment.status, environment.sync, environment.repair):
        with pytest.raises(BadManifest, match=r"installed\.json is damaged"):
            verb()


# --- rollback


def test_a_rollback_of_what_was_interrupted_stops_there(rig: Rig, environment: Environment) -> None:
    log = environment.log()
    killed(rig, "commit", f"{ONE}.add_node('scripted')")
    done = environment.rollback()
    assert rig.notes == ["'Add scripted' was interrupted and is undone."]
    assert done.plan.is_empty and done.commit is None and environment.log() == log
    assert (environment.places.custom_nodes / "plain").exists()
    environment.rollback()
    assert not (environment.places.custom_nodes / "plain").exists()


def test_the_same_rollback_once_more_is_done(rig: Rig, environment: Environment) -> None:
    killed(rig, "commit", f"{ONE}.rollback()")
    done = environment.rollback()
    assert done.commit is not None and rig.notes[0].endswith("was interrupted and is undone.")
    assert not (environment.places.custom_nodes / "plain").exists()


def test_a_rollback_to_a_commit_goes_there_after_an_interrupted_change(
    rig: Rig, environment: Environment
) -> None:
    killed(rig, "commit", f"{ONE}.add_node('scripted')")
    assert environment.rollback("HEAD~1").commit is not None
    assert not (environment.places.custom_nodes / "plain").exists()


def test_a_rollback_of_edits_says_how_they_come_back(environment: Environment) -> None:
    places = environment.places
    edited = append(places.manifest, "\n# mine\n")
    done = environment.rollback()
    assert done.commit is None and done.notes[0].endswith(
        ": Add plain " + str(version(environment, "plain"))[:12]
    )
    command = next(note for note in done.notes if note.startswith("This brings it back: "))
    subprocess.run(command.partition(": ")[2], shell=True, check=True, env={**os.environ, "LC_ALL": "C"})
    assert places.manifest.read_text("utf-8") == edited


def version(environment: Environment, name: str) -> str | None:
    return environment.find_node(name).version


def test_a_rollback_to_where_one_is_has_nothing_to_undo(environment: Environment) -> None:
    head = environment.log(1)[0].id
    for commit in ("HEAD", head):
        done = environment.rollback(commit)
        assert done.notes[0].startswith(f"Nothing to undo: all is as in {head[:8]}: Add plain")
        assert done.commit is None and done.plan.is_empty


def test_the_name_of_a_rollback_does_not_grow(environment: Environment) -> None:
    for _ in range(3):
        environment.rollback()
    last, *_ = environment.log(1)
    assert re.fullmatch(r"Roll back to [0-9a-f]{8}: a workflow", last.message)


# --- a repository that is gone


@pytest.mark.parametrize("damage", ["gone", "broken", "a file"])
def test_repair_makes_the_manifest_a_repository_again(environment: Environment, damage: str) -> None:
    cec = environment.places.cec
    before = environment.places.manifest.read_text("utf-8")
    if damage == "broken":
        (cec / ".git" / "HEAD").unlink()
    else:
        shutil.rmtree(cec / ".git")
    if damage == "a file":
        (cec / ".git").write_text("gitdir: /nowhere\n", "utf-8")
    assert "gates dock repair" in environment.status().changes[0]
    verbs: list[Callable[[], object]] = [
        environment.sync,
        environment.rollback,
        environment.log,
        environment.diff,
        lambda: environment.commit("x"),
    ]
    for verb in verbs:
        with pytest.raises(NoEnvironment, match="has lost its repository.*gates dock repair"):
            verb()
    done = environment.repair()
    assert "repository" in done.done[0] and not done.left
    assert len(where_kept(done.done)) == (damage != "gone")
    assert [one.message for one in environment.log()] == ["Found again"]
    assert environment.places.manifest.read_text("utf-8") == before
    assert environment.sync().plan.is_empty and not environment.status().changes
    environment.add_node("scripted")


def test_what_was_interrupted_is_undone_without_a_repository_too(rig: Rig, environment: Environment) -> None:
    before = environment.places.manifest.read_text("utf-8")
    killed(rig, "commit", f"{ONE}.add_node('scripted')")
    shutil.rmtree(environment.places.cec / ".git")
    done = environment.repair().done
    assert done[0] == "'Add scripted' was interrupted and is undone."
    assert environment.places.manifest.read_text("utf-8") == before
    assert not environment.status().unsynced and not environment.status().changes


@pytest.mark.parametrize("gone", ["ComfyUI", "ComfyUI/.git"])
def test_an_update_is_undone_where_comfyui_is_lost_too(rig: Rig, environment: Environment, gone: str) -> None:
    wanted = head_of(environment.places.core)
    append(environment.places.core / "main.py", "# mine\n")
    killed(rig, "commit", f"{ONE}.update_comfyui('v0.2.0')")
    shutil.rmtree(environment.places.root / gone)
    done = environment.repair().done
    assert "has lost its repository" in done[1] and head_of(environment.places.core) == wanted
    assert environment.sync().plan.is_empty and environment.run().exit_code == 0


@pytest.mark.parametrize("verb", ["repair", "sync"])
@pytest.mark.parametrize("damage", ["gone", "broken"])
def test_comfyui_gets_its_repository_back(environment: Environment, verb: str, damage: str) -> None:
    core = environment.places.core
    wanted = head_of(core)
    if damage == "gone":
        shutil.rmtree(core / ".git")
    else:
        (core / ".git" / "HEAD").write_text("", "utf-8")
    append(core / "main.py", "# mine\n")
    (core / "models").mkdir()
    (core / "models" / "m").write_bytes(b"precious")
    with pytest.raises(NoComfyUI, match="gates dock repair"):
        environment.update_comfyui("v0.2.0")
    assert any("ComfyUI is at an unknown version" in line for line in environment.status().unsynced)
    done = getattr(environment, verb)()
    notes = done.done if verb == "repair" else done.notes
    assert any("kept in its stash" in note for note in notes)
    assert head_of(core) == wanted and not git(core, "status", "--porcelain")
    assert "# mine" in git(core, "stash", "show", "-p")
    assert (core / "models" / "m").read_bytes() == b"precious"
    assert (environment.places.custom_nodes / "good" / "__init__.py").exists()
    assert environment.sync().plan.is_empty and environment.run().exit_code == 0
    environment.update_comfyui("v0.2.0")


def test_comfyui_keeps_what_it_has_where_that_fails(rig: Rig, environment: Environment) -> None:
    core = environment.places.core
    shutil.rmtree(core / ".git")
    edited = append(core / "main.py", "# mine\n")

    def breaks(name: str) -> None:
        if name == "commit":
            raise CommandFailed("broken")

    rig.step = breaks
    try:
        with pytest.raises(CommandFailed):
            environment.sync()
    finally:
        rig.step = no_step
    assert not (core / ".git").exists() and (core / "main.py").read_text("utf-8") == edited
    assert interrupted(environment.places) is None


# --- run


def test_running_without_comfyui_names_what_helps(environment: Environment) -> None:
    shutil.rmtree(environment.places.core)
    with pytest.raises(NoComfyUI, match="gates dock repair"):
        environment.run()


def test_running_undoes_what_was_interrupted_first(rig: Rig, environment: Environment) -> None:
    killed(rig, "commit", f"{ONE}.update_comfyui('v0.2.0')")
    assert environment.run().exit_code == 0
    assert rig.notes == ["'Update ComfyUI to v0.2.0' was interrupted and is undone."]
    assert not environment.status().unsynced


def test_what_repair_undid_is_said_though_it_then_fails(rig: Rig, environment: Environment) -> None:
    killed(rig, "commit", f"{ONE}.add_node('scripted')")
    edited = append(environment.places.manifest, "\n# my later edit\n")
    shutil.rmtree(environment.places.venv)
    rig.notes.clear()
    with pytest.raises(CommandFailed), pytest.MonkeyPatch.context() as patch:
        patch.setattr(Environment, "sync", lambda *_: (_ for _ in ()).throw(CommandFailed("no disk")))
        environment.repair()
    assert any("'Add scripted' was interrupted and is undone." in note for note in rig.notes)
    (kept,) = where_kept(rig.notes)
    assert kept.read_text("utf-8") == edited
    assert "the virtual environment was made anew" in rig.notes


def test_consent_to_builds_is_of_the_new_state(rig: Rig, environment: Environment) -> None:
    deed = f"one = {ONE}; one.allow_builds(); one.add_node('scripted')"
    killed(rig, "committed", deed)
    again = rig.workspace().get_environment("one")
    assert not again.sync().failed and (again.places.state / "builds-allowed").is_file()


def test_a_stash_that_cannot_be_merged_is_no_dead_end(rig: Rig, environment: Environment) -> None:
    manifest = environment.places.manifest
    whole = manifest.read_text("utf-8")
    manifest.write_text(whole.replace("[project]", "[project]  # mine"), "utf-8")
    (note,) = [one for one in environment.rollback().notes if "stash apply" in one]
    manifest.write_text(whole.replace("[project]", "[project]  # theirs"), "utf-8")
    environment.commit("theirs")
    words = shlex.split(note.partition(": ")[2])
    assert subprocess.run(words, capture_output=True).returncode != 0 and "<<<<" in manifest.read_text(
        "utf-8"
    )
    with pytest.raises(BadManifest, match="gates dock rollback"):
        environment.commit("with its marks")
    environment.rollback()
    assert "# theirs" in manifest.read_text("utf-8") and "<<<<" not in manifest.read_text("utf-8")
