"""sync, status, validate and repair say what is, and what was done."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from gates.dock.environment import Environment
from gates.dock.lock_check import installed_versions, wanted_versions
from gates.dock.packs import head_of
from gates.dock.pyproject import PyprojectManager
from gates.dock.solving import explained
from gates.errors import BadManifest, PackageConflict, UnknownCommit, UnknownNode
from tests.dock_rig import Rig, git, repository, written
from tests.test_cli_dock import Shell, home, shell
from tests.test_cli_dock import rig as shell_rig
from tests.test_dock_environment import append, by_hand, environment, kept, packages, rig, table, tree_of

__all__ = ["environment", "home", "kept", "rig", "shell", "shell_rig"]
NOWHERE = "a" * 40


def edited(environment: Environment, old: str, new: str) -> None:
    manifest = environment.get_pyproject()
    assert old in manifest.text
    manifest.text = manifest.text.replace(old, new)
    manifest.save()


def core_set(environment: Environment, **values: str) -> None:
    manifest = environment.get_pyproject()
    manifest.set_settings(**values)
    manifest.save()


# --- what failed is not done


def test_a_sync_that_fails_changes_and_commits_nothing(environment: Environment) -> None:
    version = str(environment.add_node("good").version)
    edited(environment, version, NOWHERE)
    before = [one.id for one in environment.log()]
    for _ in range(2):
        done = environment.sync()
        assert done.failed[0].startswith("good: ") and done.plan.is_empty and done.commit is None
    assert [one.id for one in environment.log()] == before
    assert head_of(environment.places.custom_nodes / "good") == version


def test_what_else_was_to_be_done_is_told_without_what_failed(rig: Rig, environment: Environment) -> None:
    append(environment, table("gone", repository=(rig.base / "nowhere").as_uri()))
    append(environment, table("plain", repository=(rig.packs / "plain").as_uri()))
    done = environment.sync()
    assert [info.name for info in done.plan.install_nodes] == ["plain"]
    assert environment.log(1)[0].message == "Sync: add plain" and done.commit is not None
    assert environment.sync().commit is None


def test_a_repair_does_not_say_installed_of_what_it_could_not_fetch(
    rig: Rig, environment: Environment
) -> None:
    shutil.copytree(rig.packs / "plain", rig.packs / "vanishing")
    environment.add_node("vanishing")
    shutil.rmtree(rig.packs / "vanishing")
    shutil.rmtree(environment.places.custom_nodes / "vanishing")
    found = environment.repair()
    assert not [line for line in found.done if "installed" in line]
    assert [issue.message.partition(":")[0] for issue in found.left] == ["vanishing"]


def test_the_shell_says_the_same(shell: Shell) -> None:
    rig, manifest = (
        shell.rig,
        shell.rig.base / "home/.comfydock_workspace/environments/main/.cec/pyproject.toml",
    )
    before = manifest.read_text()
    manifest.write_text(before + table("gone", repository=(rig.base / "nowhere").as_uri()))
    for verb in ("sync", "repair"):
        code, out, err = shell(verb)
        assert code == 1 and "gone: " in err and "Changed" not in out and "installed" not in out
        assert "Nothing to" not in out
    manifest.write_text(before)


# --- which ComfyUI is meant


@pytest.mark.parametrize("ref", ["v0.2.0", "main", "TWELVE", "WHOLE"])
def test_a_commit_by_hand_becomes_the_whole_commit(rig: Rig, environment: Environment, ref: str) -> None:
    commit = git(rig.comfyui, "rev-parse", "v0.2.0")
    ref = {"TWELVE": commit[:12], "WHOLE": commit}.get(ref, ref)
    core_set(environment, comfyui_commit=ref)
    assert any("ComfyUI is at" in line for line in environment.status().unsynced)
    planned = environment.sync(dry_run=True).plan
    assert planned.comfyui == commit and [one.name for one in planned.packages] == ["core-lib"]
    done = environment.sync()
    assert done.plan.comfyui == commit and packages(environment) == {"core-lib": "2.0"}
    settings = environment.get_pyproject().settings()
    assert settings["comfyui_commit"] == commit and settings["comfyui_version"] == ref[:12]
    again = environment.sync()
    assert again.plan.is_empty and again.commit is None and not environment.status().unsynced


def test_digits_of_where_it_is_are_no_other_place(environment: Environment) -> None:
    whole = str(environment.get_pyproject().settings()["comfyui_commit"])
    core_set(environment, comfyui_commit=whole[:12])
    assert not environment.status().unsynced
    assert environment.sync().plan.comfyui is None
    settings = environment.get_pyproject().settings()
    assert (settings["comfyui_commit"], settings["comfyui_version"]) == (whole, "v0.1.0")


@pytest.mark.parametrize("is_committed", [False, True])
@pytest.mark.parametrize("name", ["v0.2.0", "0.2.0"])
def test_a_version_by_hand_is_followed(
    rig: Rig, environment: Environment, name: str, is_committed: bool
) -> None:
    core_set(environment, comfyui_version=name)
    if is_committed:
        environment.commit("by hand")
    assert f"comfyui_version was changed to {name}" in environment.status().unsynced[0]
    environment.sync()
    settings = environment.get_pyproject().settings()
    assert settings["comfyui_version"] == name
    assert settings["comfyui_commit"] == git(rig.comfyui, "rev-parse", "v0.2.0")
    assert head_of(environment.places.core) == settings["comfyui_commit"]
    assert environment.sync().plan.is_empty and not environment.status().unsynced
    if is_committed:
        environment.rollback()
        assert f"comfyui_version was changed to {name}" in environment.status().unsynced[0]
    environment.rollback(environment.log()[-1].id)
    assert packages(environment) == {"core-lib": "1.0"} and not environment.status().unsynced


def test_where_both_were_edited_the_commit_wins(rig: Rig, environment: Environment) -> None:
    commit = git(rig.comfyui, "rev-parse", "v0.2.0")
    core_set(environment, comfyui_version="v0.1.0-mine", comfyui_commit="v0.2.0")
    environment.sync()
    settings = environment.get_pyproject().settings()
    assert (settings["comfyui_version"], settings["comfyui_commit"]) == ("v0.1.0-mine", commit)


def test_without_a_note_the_last_commit_tells_which_was_edited(environment: Environment) -> None:
    noted = json.loads(environment.places.installed.read_text())
    del noted["core"]
    environment.places.installed.write_text(json.dumps(noted))
    assert not environment.status().unsynced
    core_set(environment, comfyui_version="v0.2.0")
    assert environment.sync(dry_run=True).plan.comfyui == environment.sync().plan.comfyui is not None


def test_a_version_that_is_not_here_yet_is_fetched(rig: Rig, environment: Environment) -> None:
    upstream = rig.comfyui
    commit = repository(upstream, {"comfyui_version.py": '__version__ = "0.3.0"\n'}, "third", tag="v0.3.0")
    try:
        core_set(environment, comfyui_version="v0.3.0")
        assert "v0.3.0" in environment.status().unsynced[0]
        planned = environment.sync(dry_run=True)
        assert planned.plan.comfyui == "v0.3.0" and "once it is fetched" in planned.notes[0]
        assert environment.sync().plan.comfyui == commit
    finally:
        git(upstream, "tag", "-d", "v0.3.0")
        git(upstream, "reset", "--quiet", "--hard", "HEAD~1")


def test_a_version_that_is_nowhere_changes_nothing(environment: Environment) -> None:
    core_set(environment, comfyui_version="v9.9")
    before = tree_of(environment.places.cec, environment.places.venv)
    with pytest.raises(UnknownCommit, match="comfyui_version is 'v9.9'"):
        environment.sync()
    assert tree_of(environment.places.cec, environment.places.venv) == before
    assert environment.status().unsynced


def test_packages_that_somebody_wrote_for_comfyui_stay(rig: Rig, environment: Environment) -> None:
    edited(environment, "core-lib==1.0", "core-lib>=1.0")
    core_set(environment, comfyui_commit="v0.2.0")
    assert any("stay as you wrote them" in note for note in environment.sync().notes)
    assert environment.get_pyproject().dependencies() == ["core-lib>=1.0"]


def test_a_comfyui_that_is_missing_is_cloned_as_the_edited_word_says(
    rig: Rig, environment: Environment
) -> None:
    shutil.rmtree(environment.places.core)
    core_set(environment, comfyui_version="v0.2.0")
    environment.sync()
    commit = git(rig.comfyui, "rev-parse", "v0.2.0")
    assert environment.get_pyproject().settings()["comfyui_commit"] == commit
    assert head_of(environment.places.core) == commit and environment.sync().plan.is_empty


# --- locks and manifests that are none


@pytest.mark.parametrize("text", ["", "version = 99\n", "[[package]]\nname = 'x'\n", "version = '1'\n"])
def test_a_lock_of_nobody_is_solved_anew_and_said(environment: Environment, text: str) -> None:
    good = environment.places.lock.read_text("utf-8")
    environment.places.lock.write_text(text, "utf-8")
    assert environment.validate().ok and "uv.lock is" in environment.status().unsynced[0]
    assert "solved anew" in environment.sync(dry_run=True).notes[0]
    found = environment.repair()
    assert environment.places.lock.read_text("utf-8") == good and not found.left
    assert any("solved anew" in line for line in found.done)


@pytest.mark.parametrize("text", ["", "# nothing\n", '[project]\nname = "one"\nversion = "1"\n'])
def test_a_manifest_of_nothing_takes_nothing_away(environment: Environment, text: str) -> None:
    environment.add_node("good")
    environment.places.manifest.write_text(text, "utf-8")
    before = tree_of(environment.path)
    deeds = (environment.sync, environment.repair, environment.status, lambda: environment.add_node("plain"))
    for deed in deeds:
        with pytest.raises(BadManifest, match="`gates dock rollback` brings the last state back"):
            deed()
    assert not environment.validate().ok and tree_of(environment.path) == before
    environment.rollback()
    assert not environment.status().unsynced and [one.name for one in environment.list_nodes()] == ["good"]


# --- packages that somebody installed


def test_a_package_by_hand_that_is_replaced_is_named_and_comes_back(environment: Environment) -> None:
    by_hand(environment, "extra-lib==1.0")
    environment.add_node("good@v2")
    note = "extra-lib==1.0, which somebody installed by hand, was replaced"
    assert [*environment.notes] == [note]
    environment.add_node("plain")
    assert [*environment.notes] == [] and packages(environment)["extra-lib"] == "2.0"
    done = environment.rollback(environment.log()[-1].id)
    assert packages(environment)["extra-lib"] == "1.0"
    assert any(line.startswith("extra-lib==1.0 is back") for line in done.notes)
    assert environment.sync().plan.foreign_packages == ("extra-lib",)


def test_one_that_was_taken_away_meanwhile_does_not_come_back(environment: Environment) -> None:
    by_hand(environment, "extra-lib==1.0")
    environment.add_node("good@v2")
    environment._uv.uninstall(environment.places.venv, ["extra-lib"])
    environment.sync()
    environment.remove_node("good")
    assert packages(environment) == {"core-lib": "1.0"}


def test_a_sync_puts_it_back_and_says_so_before(environment: Environment) -> None:
    by_hand(environment, "extra-lib==1.0")
    environment.add_node("good@v2")
    manifest = environment.get_pyproject()
    manifest.remove_node("good")
    manifest.save()
    planned = environment.sync(dry_run=True).plan
    done = environment.sync().plan
    told = [("extra-lib", "2.0", "1.0")]
    assert [(one.name, one.before, one.after) for one in planned.packages] == told
    assert [(one.name, one.before, one.after) for one in done.packages] == told
    assert done.foreign_packages == planned.foreign_packages == ()


def test_a_removal_that_fails_leaves_the_packs_own(rig: Rig, environment: Environment) -> None:
    by_hand(environment, "extra-lib==1.0")
    environment.add_node("good@v2")
    noted = environment.places.installed.read_text()

    def stop(name: str) -> None:
        if name == "commit":
            raise KeyboardInterrupt

    broken = Rig(rig.base, step=stop).workspace().get_environment("one")
    with pytest.raises(KeyboardInterrupt):
        broken.remove_node("good")
    assert packages(environment)["extra-lib"] == "2.0"
    assert json.loads(environment.places.installed.read_text()) == json.loads(noted)


def test_one_that_cannot_be_had_again_is_named(rig: Rig, environment: Environment) -> None:
    by_hand(environment, "extra-lib==1.0")
    environment.add_node("good@v2")
    kept = rig.wheels / "extra_lib-1.0-py3-none-any.whl"
    kept.rename(rig.base / kept.name)
    shutil.rmtree(environment.places.workspace.uv_cache)
    try:
        environment.remove_node("good")
    finally:
        (rig.base / kept.name).rename(kept)
    assert environment.notes == ("extra-lib==1.0 was there before and could not be installed again",)
    assert environment.sync().plan.is_empty


def test_the_shell_names_what_was_replaced(shell: Shell) -> None:
    workspace = shell.rig.base / "home/.comfydock_workspace"
    found = shell.rig.workspace().places
    assert found.root != workspace
    uv = shell.rig.crew_of(found, None).uv
    venv = workspace / "environments/main/.venv"
    uv.run(venv, "pip", "install", "--quiet", "--python", str(venv), "extra-lib==1.0").checked("By hand")
    answer = shell.json("node", "add", (shell.rig.packs / "good").as_uri(), "--json")
    assert answer["data"]["notes"] == ["extra-lib==1.0, which somebody installed by hand, was replaced"]
    assert "extra-lib==1.0 is back" in shell.ok("node", "remove", "good")


# --- packages of packs that were written by hand


def test_packages_of_a_pack_by_hand_are_in_the_result(rig: Rig, environment: Environment) -> None:
    append(environment, table("good", repository=(rig.packs / "good").as_uri()))
    planned = environment.sync(dry_run=True)
    assert "what good asks for is known once it is fetched" in planned.notes
    done = environment.sync()
    assert [(one.name, one.before, one.after) for one in done.plan.packages] == [("extra-lib", None, "2.0")]


def test_another_version_by_hand_is_not_known_before_either(rig: Rig, environment: Environment) -> None:
    environment.add_node("good@v1")
    environment.add_node("plain")
    assert not environment.sync(dry_run=True).notes
    edited(environment, git(rig.packs / "good", "rev-parse", "v1"), "v2")
    assert "what good asks for is known once it is fetched" in environment.sync(dry_run=True).notes


# --- what status sees


def test_status_sees_packages_that_are_gone_or_of_another_version(environment: Environment) -> None:
    environment.add_node("good@v2")
    environment._uv.uninstall(environment.places.venv, ["core-lib"])
    by_hand(environment, "extra-lib==1.0")
    assert environment.status().unsynced == (
        "packages that are not installed: core-lib 1.0",
        "packages of another version: extra-lib 1.0 (not 2.0)",
    )
    environment.sync()
    assert not environment.status().unsynced


def test_status_starts_no_uv(rig: Rig, environment: Environment) -> None:
    environment.add_node("good@v2")
    before = environment.places.log.stat().st_size
    environment.status()
    said = environment.places.log.read_bytes()[before:].decode()
    assert "git" in said and "uv" not in said


LOCK = """version = 1
[[package]]
name = "one"
version = "0.1.0"
source = { virtual = "." }
dependencies = [
    { name = "a", marker = "sys_platform == 'SYSTEM'" },
    { name = "b", marker = "sys_platform != 'SYSTEM'" },
    { name = "f", version = "1", marker = "python_full_version < '3.11'" },
    { name = "f", version = "2", marker = "python_full_version >= '3.11'" },
]
[package.dev-dependencies]
pack = [{ name = "c", extra = ["x"] }]
[[package]]
name = "a"
version = "1"
wheels = [
    { url = "https://h.invalid/a.whl", hash = "sha256:0" },
]
[[package]]
name = "b"
version = "1"
[[package]]
name = "c"
version = "1"
dependencies = [{ name = "a" }]
[package.optional-dependencies]
x = [{ name = "d" }]
y = [{ name = "b" }]
[[package]]
name = "d"
version = "1"
dependencies = [{ name = "c" }]
[[package]]
name = "f"
version = "1"
[[package]]
name = "f"
version = "2"
"""


@pytest.mark.parametrize("python, f", [("3.10.4", "1"), ("3.12.1", "2")])
def test_a_lock_is_for_all_systems_and_asked_for_this_one(python: str, f: str) -> None:
    wanted = wanted_versions(LOCK.replace("SYSTEM", sys.platform), {"python_full_version": python})
    assert wanted == {"a": "1", "c": "1", "d": "1", "f": f}


def test_folders_of_packages_are_read_by_their_names(tmp_path: Path) -> None:
    names = ["Some_Pack.x-1.0+cu1.dist-info", "other-2.dist-info", "other", "y.egg-info"]
    for name in names:
        (tmp_path / "lib" / "python3.12" / "site-packages" / name).mkdir(parents=True)
    assert installed_versions(tmp_path) == {"some-pack-x": "1.0+cu1", "other": "2"}


# --- links


def linked(rig: Rig, environment: Environment, name: str) -> Path:
    folder = written(rig.base / "links" / name, {"__init__.py": "", "requirements.txt": "extra-lib\n"})
    environment.add_node(str(folder), is_local=True)
    return folder


def test_a_link_that_leads_nowhere_is_said_and_stops_nothing(rig: Rig, environment: Environment) -> None:
    folder = linked(rig, environment, "leaving")
    shutil.rmtree(folder)
    assert f"leaving: the folder {folder} is gone, which it is a link to." in environment.status().unsynced
    for _ in range(2):
        done = environment.sync()
        assert done.failed[0].startswith("leaving: ") and done.commit is None
    found = environment.repair()
    assert not found.done and [one.message.partition(":")[0] for one in found.left] == ["leaving"]
    environment.add_node("plain")
    environment.rollback()
    assert os.path.lexists(environment.places.custom_nodes / "leaving")


def test_a_linked_packs_list_is_read_again(rig: Rig, environment: Environment) -> None:
    folder = linked(rig, environment, "growing")
    (folder / "requirements.txt").write_text("extra-lib\nhand-lib\n", "utf-8")
    assert "growing asks for other packages" in environment.status().unsynced[0]
    planned = environment.sync(dry_run=True)
    assert [one.name for one in planned.plan.packages] == ["hand-lib"]
    assert [one.name for one in environment.sync().plan.packages] == ["hand-lib"]
    assert environment.get_pyproject().groups()["growing"] == ["extra-lib", "hand-lib"]
    assert environment.sync().commit is None and not environment.status().unsynced
    environment.rollback()
    assert "hand-lib" not in packages(environment)


def test_what_somebody_wrote_for_a_linked_pack_stays(rig: Rig, environment: Environment) -> None:
    folder = linked(rig, environment, "written")
    edited(environment, 'written = ["extra-lib"]', 'written = ["extra-lib==1.0"]')
    environment.sync()
    (folder / "requirements.txt").write_text("hand-lib\n", "utf-8")
    assert any("what you wrote for it stays" in note for note in environment.sync().notes)
    assert environment.get_pyproject().groups()["written"] == ["extra-lib==1.0"]
    assert not environment.status().unsynced and environment.sync().commit is None


def test_a_linked_packs_list_is_followed_after_a_rollback_too(rig: Rig, environment: Environment) -> None:
    folder = linked(rig, environment, "going-back")
    (folder / "requirements.txt").write_text("extra-lib\nhand-lib\n", "utf-8")
    environment.sync()
    environment.rollback()
    (folder / "requirements.txt").write_text("other-lib\n", "utf-8")
    assert environment.sync().plan.packages
    assert environment.get_pyproject().groups()["going-back"] == ["other-lib"]
    environment.remove_node("going-back")
    (folder / "requirements.txt").write_text("hand-lib\n", "utf-8")
    environment.rollback()
    (folder / "requirements.txt").write_text("extra-lib\n", "utf-8")
    environment.sync()
    assert environment.get_pyproject().groups()["going-back"] == ["extra-lib"]


def test_a_linked_packs_list_that_cannot_be_read(rig: Rig, environment: Environment) -> None:
    folder = linked(rig, environment, "garbling")
    (folder / "requirements.txt").write_text("= = no\n", "utf-8")
    assert environment.status().unsynced and environment.sync().failed[0].startswith("garbling: ")


# --- scripts


def test_a_script_that_dock_does_not_run_is_promised_to_nobody(shell: Shell) -> None:
    repository(shell.rig.packs / "shelly", {"__init__.py": "", "install.sh": "exit 1\n"})
    added = shell.ok("node", "add", (shell.rig.packs / "shelly").as_uri())
    for said in (
        added,
        shell.ok("sync", "--allow-scripts", "shelly", "--yes"),
        shell.ok("sync", "--dry-run"),
    ):
        assert "Not run: shelly: install.sh. Run it by hand" in said and "--allow-scripts" not in said
    shell.ok("node", "remove", "shelly")


def test_a_pack_without_a_script_is_named(environment: Environment) -> None:
    environment.add_node("plain")
    for dry in (True, False):
        done = environment.sync(dry, allow_scripts=["plain"])
        assert done.notes == ("plain has no install script",) and not done.ran_scripts
    with pytest.raises(UnknownNode):
        environment.sync(dry_run=True, allow_scripts=["nothing"])


# --- names in explanations


@pytest.mark.parametrize("name", ["comfyui", "constraints"])
def test_a_pack_of_such_a_name_takes_nobodys_place(tmp_path: Path, name: str) -> None:
    manifest = PyprojectManager(tmp_path / "pyproject.toml")
    manifest.text = (
        f'[project]\ndependencies = ["a==1"]\n[dependency-groups]\n{name} = ["b"]\nclash = ["a>=3", "b<1"]\n'
        '[tool.uv]\nconstraint-dependencies = ["b>=2"]\n'
    )
    told = str(explained(PackageConflict("", said=""), manifest))
    assert "comfyui wants a==1, clash wants a>=3; clash wants b<1, constraints wants b>=2" in told


def test_such_a_pack_is_named_as_one(tmp_path: Path) -> None:
    manifest = PyprojectManager(tmp_path / "pyproject.toml")
    manifest.text = '[project]\ndependencies = ["a==1"]\n[dependency-groups]\ncomfyui = ["a>=3"]\n'
    told = str(explained(PackageConflict("", said=""), manifest))
    assert told.startswith("comfyui wants a==1, the pack comfyui wants a>=3.")


# --- going back to what was written by hand


def test_going_back_to_a_pack_without_a_version_leaves_it_whole(rig: Rig, environment: Environment) -> None:
    url = (rig.packs / "good").as_uri()
    manifest = environment.places.manifest
    table = f'\n[tool.comfydock.nodes.good]\nname = "good"\nsource = "git"\nrepository = "{url}"\n'
    manifest.write_text(manifest.read_text("utf-8") + table, "utf-8")
    environment.commit("mine")
    environment.sync()
    environment.rollback()
    assert "extra-lib" in packages(environment) and environment.get_pyproject().nodes()["good"].version
    assert not environment.status().unsynced and environment.sync().plan.is_empty


def test_going_back_to_a_tag_by_hand_brings_what_that_tag_asks_for(
    rig: Rig, environment: Environment
) -> None:
    environment.add_node("good@v2")
    commit = str(environment.get_pyproject().nodes()["good"].version)
    edited(environment, f'version = "{commit}"', 'version = "v1"')
    environment.commit("mine")
    environment.sync()
    assert environment.get_pyproject().groups()["good"] == ["extra-lib>=1"]
    environment.rollback()
    assert environment.get_pyproject().groups()["good"] == ["extra-lib>=1"]
    assert environment.get_pyproject().nodes()["good"].version != "v1"
    assert not environment.status().unsynced and environment.sync().plan.is_empty
