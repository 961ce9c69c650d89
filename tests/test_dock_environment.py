"""What an environment does when asked, and what it never does."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gates.dock.environment import Environment
from gates.dock.git import SEPARATOR
from gates.dock.packs import head_of
from gates.errors import (
    BadManifest,
    EnvironmentExists,
    NoComfyUI,
    NodeExists,
    NoPython,
    PackageConflict,
    UnknownCommit,
    UnknownNode,
)
from tests.dock_rig import Rig, git, repository
from tests.wheels import wheel


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Rig:
    base = tmp_path_factory.mktemp("environment") / "some" / "where" / "deep"
    base.mkdir(parents=True)
    rig = Rig(base).furnish()
    rig.environment()
    shutil.copytree(base / "workspace", base / "kept", symlinks=True)
    return rig


@pytest.fixture
def rig(kept: Rig) -> Iterator[Rig]:
    workspace = kept.base / "workspace"
    assert workspace.parent == kept.base and not workspace.is_symlink()
    shutil.rmtree(workspace)
    shutil.copytree(kept.base / "kept", workspace, symlinks=True)
    yield kept


@pytest.fixture
def environment(rig: Rig) -> Environment:
    return rig.workspace().get_environment("one")


def packages(environment: Environment) -> dict[str, str]:
    return environment._uv.installed(environment.places.python())


def by_hand(environment: Environment, requirement: str) -> None:
    words = ("pip", "install", "--quiet", "--python", str(environment.places.venv), requirement)
    environment._uv.run(environment.path, *words).checked("Installing by hand")


def tree_of(*folders: Path) -> str:
    """One hash of all names, links and contents."""
    whole = hashlib.sha256()
    for path in sorted(path for folder in folders for path in folder.rglob("*")):
        whole.update(os.fsencode(path) + b"\0")
        if path.is_symlink():
            whole.update(os.fsencode(os.readlink(path)))
        elif path.is_file():
            whole.update(path.read_bytes())
    return whole.hexdigest()


def append(environment: Environment, text: str) -> None:
    file = environment.places.manifest
    file.write_text(file.read_text("utf-8") + text, "utf-8")


def table(key: str, /, **values: str) -> str:
    return "\n".join([f'\n[tool.comfydock.nodes."{key}"]', *(f'{k} = "{v}"' for k, v in values.items()), ""])


# --- creation


def test_a_creation_takes_what_the_checkout_says_and_no_more(environment: Environment) -> None:
    manifest = environment.get_pyproject()
    assert manifest.dependencies() == ["core-lib==1.0"] and packages(environment) == {"core-lib": "1.0"}
    assert sorted(path.name for path in environment.path.iterdir()) == [".cec", ".venv", "ComfyUI"]
    assert [commit.message for commit in environment.log()] == ["Create one with ComfyUI 0.1.0"]
    assert environment.sync().plan.is_empty and not environment.status().unsynced


def test_a_name_that_is_there_is_refused(rig: Rig) -> None:
    for name in ("one", "ONE"):
        with pytest.raises(EnvironmentExists):
            rig.workspace().create_environment(name, comfyui=str(rig.comfyui))


@pytest.mark.parametrize(
    "source, python, error",
    [("packs/good", None, NoComfyUI), ("comfyui@v9", None, UnknownCommit), ("comfyui", "2.1", NoPython)],
)
def test_a_creation_that_cannot_be(rig: Rig, source: str, python: str | None, error: type[Exception]) -> None:
    with pytest.raises(error):
        rig.workspace().create_environment("two", python=python, comfyui=f"{rig.base}/{source}")
    assert not rig.workspace().places.environment("two").root.exists()


def test_what_one_environment_edits_no_other_sees(rig: Rig, environment: Environment) -> None:
    """A hard link into the cache would carry an edit into every environment to come."""
    installed = next(environment.places.venv.rglob("core_lib.py"))
    installed.write_text("edited = True\n", "utf-8")
    other = rig.environment("two")
    assert "edited" not in next(other.places.venv.rglob("core_lib.py")).read_text("utf-8")


# --- packs


def test_a_conflict_names_packs_and_packages_and_changes_nothing(environment: Environment) -> None:
    environment.add_node("good@v2")
    before = tree_of(environment.path, environment.places.state)
    with pytest.raises(PackageConflict, match="comfyui wants core-lib==1.0, clash wants core-lib>=3"):
        environment.add_node("clash")
    assert tree_of(environment.path, environment.places.state) == before


@pytest.mark.parametrize("name", ["Plain", "plain"])
def test_a_folder_that_is_there_is_left_alone(environment: Environment, name: str) -> None:
    foreign = environment.places.custom_nodes / name
    foreign.mkdir()
    (foreign / "mine.py").write_text("", "utf-8")
    with pytest.raises(NodeExists, match=f"custom_nodes/{name} is there already"):
        environment.add_node("plain")
    assert (foreign / "mine.py").exists() and not environment.list_nodes()


def test_a_pack_is_added_once(rig: Rig, environment: Environment) -> None:
    environment.add_node("plain")
    shutil.copytree(rig.packs / "plain", rig.base / "local" / "PLAIN")
    for identifier, is_local in (("plain", False), (str(rig.base / "local" / "PLAIN"), True)):
        with pytest.raises(NodeExists, match="plain is there already"):
            environment.add_node(identifier, is_local=is_local)


def test_a_link_is_made_and_only_the_link_is_taken_away(rig: Rig, environment: Environment) -> None:
    target = rig.packs / "good"
    before = tree_of(target)
    environment.add_node(str(target), is_local=True)
    link = environment.places.custom_nodes / "good"
    assert link.is_symlink() and os.path.realpath(link) == str(target)
    assert packages(environment)["extra-lib"] == "2.0"
    assert environment.remove_node("good") is None
    assert not os.path.lexists(link) and tree_of(target) == before
    assert "extra-lib" not in packages(environment)


def test_a_pack_that_is_not_there(environment: Environment) -> None:
    for deed in (environment.remove_node, environment.find_node):
        with pytest.raises(UnknownNode, match="There is: none"):
            deed("nothing")
    with pytest.raises(UnknownNode):
        environment.sync(allow_scripts=["nothing"])


HOSTILE = ["../up", "BASE/abs", ".git", "a/b", "a\\\\b", "..", ".", "", "CON", "nul.txt", "-rf", "___", "x."]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_checked_before_it_is_a_path(rig: Rig, environment: Environment, name: str) -> None:
    name = name.replace("BASE", str(rig.base))
    append(environment, table("pack", name=name, repository=(rig.packs / "plain").as_uri()))
    before = tree_of(rig.base / "workspace" / "environments", environment.places.state)
    for deed in (environment.sync, environment.list_nodes, environment.status, environment.repair):
        with pytest.raises(BadManifest, match="no plain name"):
            deed()
    assert not environment.validate().ok
    assert tree_of(rig.base / "workspace" / "environments", environment.places.state) == before


def test_names_beyond_ascii_and_tables_of_any_spelling(rig: Rig, environment: Environment) -> None:
    repository(rig.packs / "узел", {"__init__.py": "", "requirements.txt": "extra-lib\n"})
    environment.add_node("узел")
    append(environment, table("Good_Pack", repository=(rig.packs / "good").as_uri()))
    result = environment.sync()
    assert not result.failed and not environment.status().unsynced
    text = environment.places.manifest.read_text("utf-8")
    assert "Good_Pack" in text and text.count("/packs/good") == 1
    assert environment.get_pyproject().groups()["good-pack"] == ["extra-lib>=2"]
    environment.remove_node("good_pack")
    assert "Good_Pack" not in environment.places.manifest.read_text("utf-8")


def test_packages_somebody_installed_survive_a_pack_that_replaces_them(environment: Environment) -> None:
    by_hand(environment, "extra-lib==1.0")
    environment.add_node("good@v2")
    assert packages(environment)["extra-lib"] == "2.0"
    environment.remove_node("good")
    assert packages(environment)["extra-lib"] == "1.0", "dock did not bring it, so it puts it back"


def test_a_failure_puts_a_replaced_package_back(rig: Rig, environment: Environment) -> None:
    by_hand(environment, "extra-lib==1.0")
    before = packages(environment)

    def stop(name: str) -> None:
        if name == "commit":
            raise KeyboardInterrupt

    broken = Rig(rig.base, step=stop).workspace().get_environment("one")
    with pytest.raises(KeyboardInterrupt):
        broken.add_node("good@v2")
    assert packages(environment) == before


# --- sync


def test_a_dry_run_touches_nothing(rig: Rig, environment: Environment) -> None:
    environment.add_node("good@v1")
    environment.add_node("arch@1.0.0")
    text = environment.places.manifest.read_text("utf-8")
    changed = text.replace('version = "1.0.0"\nregistry', 'version = "1.1.0"\nregistry')
    environment.places.manifest.write_text(changed.replace("core-lib==1.0", "core-lib==2.0"), "utf-8")
    append(environment, table("plain", repository=(rig.packs / "plain").as_uri()))
    (environment.places.custom_nodes / "by-hand").mkdir()
    by_hand(environment, "hand-lib==1.0")
    folders = (environment.path, environment.places.state, environment.places.workspace.metadata)
    before = tree_of(*folders)
    plan = environment.sync(dry_run=True).plan
    assert tree_of(*folders) == before
    assert plan.lock and [info.name for info in plan.install_nodes] == ["plain"]
    assert plan.foreign_nodes == ("by-hand",) and plan.foreign_packages == ("hand-lib",)
    assert [(c.name, c.before, c.after) for c in plan.packages] == [("core-lib", "1.0", "2.0")]


def test_what_others_put_there_stays_and_is_named(environment: Environment) -> None:
    environment.add_node("good@v1")
    by_hand(environment, "hand-lib==1.0")
    folder = environment.places.custom_nodes / "by-hand"
    folder.mkdir()
    manifest = environment.get_pyproject()
    manifest.remove_node("good")
    manifest.save()
    result = environment.sync()
    assert result.plan.foreign_nodes == ("by-hand",) and result.plan.foreign_packages == ("hand-lib",)
    assert packages(environment) == {"core-lib": "1.0", "hand-lib": "1.0"} and folder.is_dir()
    assert not (environment.places.custom_nodes / "good").exists()


@pytest.mark.parametrize("pack, newer", [("good@v1", "good@v2"), ("arch@1.0.0", "arch@1.1.0")])
def test_local_edits_are_kept_aside_and_named(environment: Environment, pack: str, newer: str) -> None:
    info = environment.add_node(pack)
    file = environment.places.custom_nodes / info.name / "__init__.py"
    file.write_text("EDITED = 1\n", "utf-8")
    wanted = environment._crew.registry.get_node(newer)
    manifest = environment.get_pyproject()
    manifest.text = manifest.text.replace(str(info.version), str(wanted.version or wanted.ref))
    manifest.save()
    result = environment.sync()
    assert result.plan.edited == (info.name,)
    assert [Path(kept, "__init__.py").read_text("utf-8") for kept in result.kept_aside] == ["EDITED = 1\n"]
    assert "EDITED" not in file.read_text("utf-8")


def test_a_version_by_hand_is_pinned_and_its_packages_are_read(rig: Rig, environment: Environment) -> None:
    first = environment.add_node("good@v1").version
    manifest = environment.get_pyproject()
    manifest.text = manifest.text.replace(str(first), "v2")
    manifest.save()
    environment.sync()
    second = git(rig.packs / "good", "rev-parse", "v2")
    assert environment.find_node("good").version == second
    assert environment.get_pyproject().groups()["good"] == ["extra-lib>=2"]
    assert environment.sync().plan.is_empty


def test_packages_that_somebody_wrote_for_a_pack_stay_as_written(environment: Environment) -> None:
    first = environment.add_node("good@v1").version
    manifest = environment.get_pyproject()
    manifest.text = manifest.text.replace(str(first), "v2").replace("extra-lib>=1", "extra-lib==1.0")
    manifest.save()
    environment.sync()
    assert environment.get_pyproject().groups()["good"] == ["extra-lib==1.0"]


def test_a_table_without_version_is_pinned_and_scanned(rig: Rig, environment: Environment) -> None:
    append(environment, table("good", repository=(rig.packs / "good").as_uri()))
    result = environment.sync()
    assert result.commit is not None and packages(environment)["extra-lib"] == "2.0"
    assert environment.find_node("good").version == git(rig.packs / "good", "rev-parse", "HEAD")


def test_a_pack_that_cannot_be_had_blocks_no_other(rig: Rig, environment: Environment) -> None:
    append(environment, table("gone", repository=(rig.base / "nowhere").as_uri()))
    append(environment, table("linked", source="local", path=str(rig.base / "nowhere")))
    append(environment, table("garbled", repository=(rig.packs / "garbled").as_uri()))
    append(environment, table("plain", repository=(rig.packs / "plain").as_uri()))
    repository(rig.packs / "garbled", {"requirements.txt": "= = no\n"})
    result = environment.sync()
    assert sorted(line.split(":")[0] for line in result.failed) == ["garbled", "gone", "linked"]
    assert os.listdir(environment.places.custom_nodes) == ["plain"]
    assert environment.status().unsynced


def test_scripts_are_shown_and_only_run_when_allowed(environment: Environment) -> None:
    environment.add_node("scripted")
    ran = environment.places.custom_nodes / "scripted" / "ran"
    assert environment.sync(dry_run=True).plan.scripts == ("scripted: install.py",)
    environment.sync()
    assert not ran.exists()
    assert environment.sync(allow_scripts=["scripted"]).ran_scripts == ("scripted: install.py",)
    assert ran.read_text("utf-8") == "x"


def test_a_script_of_a_pack_that_just_came_is_shown(rig: Rig, environment: Environment) -> None:
    append(environment, table("scripted", repository=(rig.packs / "scripted").as_uri()))
    assert environment.sync().plan.scripts == ("scripted: install.py",)


def test_a_plan_applied_twice_changes_nothing_the_second_time(rig: Rig, environment: Environment) -> None:
    steps = [
        table("good", repository=(rig.packs / "good").as_uri(), version="v1"),
        table("arch", registry_id="arch"),
        table("linked", source="local", path=str(rig.packs / "plain")),
        '\n[tool.mine]\nkeep = "1"\n',
    ]
    for step in steps:
        append(environment, step)
        environment.sync()
        folders = (environment.path, environment.places.state)
        before = tree_of(*folders)
        assert environment.sync().plan.is_empty and tree_of(*folders) == before


def test_a_damaged_or_missing_lock_is_solved_anew(environment: Environment) -> None:
    lock = environment.places.lock
    good = lock.read_text("utf-8")
    lock.write_text("[[package", "utf-8")
    environment.repair()
    assert lock.read_text("utf-8") == good
    lock.unlink()
    assert environment.sync().plan.lock and lock.read_text("utf-8") == good


def test_a_missing_interpreter_and_folder_are_made_again(environment: Environment) -> None:
    environment.add_node("good@v1")
    shutil.rmtree(environment.places.custom_nodes / "good")
    shutil.rmtree(environment.places.venv)
    assert len(environment.status().unsynced) == 2
    done = environment.repair().done
    assert "the virtual environment was made anew" in done and "installed good" in done
    assert packages(environment) == {"core-lib": "1.0", "extra-lib": "2.0"}


# --- history


def test_rollback_restores_versions_not_only_names(rig: Rig, environment: Environment) -> None:
    environment.add_node("good@v1")
    first = environment.log(1)[0].id
    old = environment.find_node("good").version
    manifest = environment.get_pyproject()
    manifest.text = manifest.text.replace(str(old), git(rig.packs / "good", "rev-parse", "v2"))
    manifest.save()
    environment.sync()
    environment.rollback(first)
    folder = environment.places.custom_nodes / "good"
    assert head_of(folder) == old and (folder / "__init__.py").read_text("utf-8") == "A = 1\n"
    assert not environment.status().unsynced


def test_rollback_keeps_uncommitted_work_in_a_named_stash(environment: Environment) -> None:
    append(environment, "\n[tool.mine]\nkeep = 1\n")
    workflow = environment.places.cec / "workflows" / "sub" / "mine.json"
    workflow.parent.mkdir()
    workflow.write_text("{}", "utf-8")
    before = environment.places.manifest.read_text("utf-8")
    note = next(note for note in environment.rollback().notes if "stash" in note)
    assert not workflow.exists() and "mine" not in environment.places.manifest.read_text("utf-8")
    name, message = note.partition(": ")[2].split(" ", 1)
    assert git(environment.places.cec, "rev-parse", "refs/stash").startswith(name)
    assert message in git(environment.places.cec, "stash", "list")
    git(environment.places.cec, "stash", "pop")
    assert workflow.exists() and environment.places.manifest.read_text("utf-8") == before


def test_rollback_helps_where_the_manifest_cannot_be_read(environment: Environment) -> None:
    good = environment.places.manifest.read_text("utf-8")
    for damage in ("[[[", "\0", None):
        if damage is None:
            environment.places.manifest.unlink()
        else:
            environment.places.manifest.write_text(damage, "utf-8")
        with pytest.raises(BadManifest, match="pyproject.toml"):
            environment.status()
        again = environment.places.workspace
        assert again.root.is_dir()
        environment.rollback()
        assert environment.places.manifest.read_text("utf-8") == good


def test_many_commits_and_any_message(environment: Environment) -> None:
    messages = [f"c{n} | {n}" for n in range(120)]
    odd = ["a\x1fb\x1fc", "-m dash", "  spaced", 'quote " and \\ and $(x) `y`', "дом 🏠", f"{SEPARATOR}|||"]
    for number, message in enumerate([*messages, *odd]):
        (environment.places.cec / "workflows" / "w.json").write_text(str(number), "utf-8")
        assert environment.commit(message)
    log = environment.log()
    assert len(log) == 127 and [one.message for one in log[6:126]] == messages[::-1]
    assert [one.message.strip() for one in log[:6]] == [message.strip() for message in odd[::-1]]
    environment.rollback(next(one.id for one in log if one.message == "c1 | 1"))
    assert (environment.places.cec / "workflows" / "w.json").read_text("utf-8") == "1"


@pytest.mark.parametrize("name", ["nothing", "--all", "-x", "HEAD~99", "a b", "v1\n", ""])
def test_a_commit_that_is_not_there(environment: Environment, name: str) -> None:
    with pytest.raises(UnknownCommit):
        environment.rollback(name)


def test_nothing_to_undo_and_nothing_to_commit(environment: Environment) -> None:
    with pytest.raises(UnknownCommit, match="nothing to undo"):
        environment.rollback()
    assert environment.commit("nothing") is None
    for message in ("", " \n", "a\0b"):
        with pytest.raises(BadManifest):
            environment.commit(message)


def test_an_update_and_its_undoing(environment: Environment) -> None:
    main = environment.places.core / "main.py"
    main.write_text(main.read_text("utf-8") + "# mine\n", "utf-8")
    moved = environment.update_comfyui()
    assert moved.version == "v0.2.0" and packages(environment) == {"core-lib": "2.0"}
    assert "kept in its stash" in moved.notes[0] and "# mine" not in main.read_text("utf-8")
    assert "# mine" in git(environment.places.core, "stash", "show", "-p")
    environment.rollback()
    assert packages(environment) == {"core-lib": "1.0"} and not environment.status().unsynced


def test_an_update_that_a_pack_forbids_changes_nothing(rig: Rig, environment: Environment) -> None:
    repository(rig.packs / "old", {"__init__.py": "", "requirements.txt": "core-lib<2\n"})
    environment.add_node("old")
    before = tree_of(environment.places.cec, environment.places.venv, environment.places.custom_nodes)
    with pytest.raises(PackageConflict, match="comfyui wants core-lib==2.0, old wants core-lib<2"):
        environment.update_comfyui("v0.2.0")
    after = tree_of(environment.places.cec, environment.places.venv, environment.places.custom_nodes)
    assert after == before


def test_the_interpreter_is_the_environments_own(rig: Rig, environment: Environment) -> None:
    """One that no search would find is solved for all the same, and none is fetched."""
    manifest = environment.get_pyproject()
    python = str(manifest.settings()["python_version"])
    manifest.text = manifest.text.replace(f"=={python}.*", "==3.99.*")
    manifest.save()
    wheel(rig.wheels, "later-lib", "1.0")
    with pytest.raises(Exception, match=r"3\.99"):
        environment.sync()
    assert packages(environment) == {"core-lib": "1.0"}, "the virtual environment was not thrown away"


def test_the_log_of_commands_holds_no_password(rig: Rig, environment: Environment) -> None:
    append(environment, table("pack", repository="https://me:secret@127.0.0.1:1/none.git"))
    failed = environment.sync().failed
    log = environment.places.log.read_text("utf-8")
    assert "clone" in log and "secret" not in log and "secret" not in str(failed)
