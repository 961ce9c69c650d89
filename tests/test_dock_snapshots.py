"""Snapshots of an existing ComfyUI: taken, compared, brought back, and exchanged with other programs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gates.dock.checkouts import Checkout
from gates.dock.custom_nodes import pack_name
from gates.dock.git import Git
from gates.dock.installs import Install
from gates.dock.manager_files import read_any, write_manager
from gates.dock.processes import SystemRunner
from gates.dock.records import NodeInfo
from gates.dock.restore_packages import by_index
from gates.dock.restore_plan import RestorePlan, plan_restore
from gates.dock.running import Running
from gates.dock.snapshot_records import CoreState, Pack, Snapshot, from_bytes, to_bytes
from gates.dock.snapshot_restore import RestoreResult, restore
from gates.dock.snapshots import diff, listed, load, look, save, store
from gates.errors import BadDockSnapshot, ComfyUIRuns, DockRefused, UnknownDockSnapshot
from tests.installed_comfyui import VERSION, World, git, repository, world, write

WHEN = datetime(2026, 11, 28, 12, 0, tzinfo=timezone.utc)
LATER = WHEN.replace(hour=13)
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def comfy(tmp_path: Path) -> World:
    return world(tmp_path)


def stopped(install: Install) -> Running:
    return Running(False, "a test says so")


def saved(comfy: World, name: str = "good") -> Snapshot:
    return save(comfy.install, comfy.uv, comfy.git, WHEN, name)


def now(comfy: World) -> Snapshot:
    return look(comfy.install, comfy.uv, comfy.git, "now", LATER)


def brought_back(comfy: World, snapshot: Snapshot, **options: Any) -> RestoreResult:
    plan = plan_restore(snapshot, now(comfy), comfy.install.is_sure)
    options.setdefault("running", stopped)
    return restore(plan, comfy.install, comfy.uv, comfy.git, LATER, **options)


def a_pack(comfy: World, name: str = "pack", **files: str) -> str:
    """In custom_nodes, cloned; its commit."""
    commit = comfy.pack(name, {f"{file}.py": text for file, text in files.items()})
    comfy.clone(name)
    return commit


# --- taking


def test_a_snapshot_says_all_that_there_is(comfy: World) -> None:
    commit = a_pack(comfy, nodes="1")
    a_pack(comfy, "edited", nodes="1")
    write(comfy.packs / "edited", {"nodes.py": "2"})
    write(
        comfy.packs,
        {"single.py": "pass", "off.py.disabled": "pass", "example.py.example": "", "loose/a.py": ""},
    )
    registry = {"pyproject.toml": '[project]\nname = "Cool-Pack"\nversion = "1.2.0"\n', ".tracking": "a.py"}
    write(comfy.packs / "cool", registry)
    write(comfy.packs / ".disabled" / "older@1_0", registry)
    (comfy.packs / "__pycache__").mkdir()
    (comfy.packs / "linked").symlink_to(comfy.base / "elsewhere", target_is_directory=True)
    found = saved(comfy)
    assert found.core == CoreState(git(comfy.root, "rev-parse", "HEAD"), VERSION, comfy.url("ComfyUI"), False)
    assert found.packages == ("aiohttp==3.12.0", "jinja2==3.1.6", "numpy==2.4.6", "torch==2.9.0")
    assert found.python is not None and found.python.startswith("3.")
    kinds = {pack.folder: (pack.name, pack.kind, pack.disabled, pack.dirty) for pack in found.packs}
    assert kinds == {
        "pack": ("pack", "git", False, False),
        "edited": ("edited", "git", False, True),
        "cool": ("cool", "registry", False, False),
        ".disabled/older@1_0": ("older", "registry", True, False),
        "single.py": ("single.py", "file", False, False),
        "off.py.disabled": ("off.py", "file", True, False),
        "loose": ("loose", "folder", False, False),
        "linked": ("linked", "link", False, False),
    }
    packs = {pack.folder: pack for pack in found.packs}
    assert (packs["pack"].commit, packs["pack"].url) == (commit, comfy.url("pack"))
    assert (packs["cool"].registry_id, packs["cool"].version) == ("Cool-Pack", "1.2.0")
    assert load(comfy.install, "good") == found


def test_it_is_kept_where_git_and_comfyui_do_not_look(comfy: World) -> None:
    saved(comfy)
    assert (comfy.root / ".dataset_gates" / "snapshots" / "good.json").is_file()
    assert git(comfy.root, "status", "--porcelain") == ""
    assert not now(comfy).core.dirty


def test_they_are_listed_newest_first_and_broken_ones_named(comfy: World) -> None:
    first = saved(comfy, "b")
    second = save(comfy.install, comfy.uv, comfy.git, LATER)
    (comfy.root / ".dataset_gates" / "snapshots" / "bad.json").write_text("{", "utf-8")
    assert second.name == "2026-11-28_13-00-00"
    found, broken = listed(comfy.install)
    assert found == [second, first] and broken == ["bad.json is no snapshot: it holds no JSON object."]


def test_names(comfy: World) -> None:
    saved(comfy)
    for name in ("good", "GOOD"):
        with pytest.raises(BadDockSnapshot, match="already"):
            saved(comfy, name)
    for name in ("../up", "a/b", "", ".hidden", "-x", "con", "a" * 101):
        with pytest.raises(BadDockSnapshot):
            load(comfy.install, name)
    with pytest.raises(UnknownDockSnapshot, match="snapshot list"):
        load(comfy.install, "other")


def test_nothing_is_written_through_a_link(comfy: World) -> None:
    elsewhere = comfy.base / "elsewhere"
    elsewhere.mkdir()
    (comfy.root / ".dataset_gates").symlink_to(elsewhere, target_is_directory=True)
    with pytest.raises(BadDockSnapshot, match="is a link"):
        saved(comfy)
    assert list(elsewhere.iterdir()) == []


def test_a_password_in_an_address_is_not_kept(comfy: World) -> None:
    a_pack(comfy)
    git(comfy.packs / "pack", "remote", "set-url", "origin", "https://me:secret@example.org/a/pack.git")
    (pack,) = saved(comfy).packs
    assert pack.url == "https://example.org/a/pack.git"
    assert "secret" not in (comfy.root / ".dataset_gates/snapshots/good.json").read_text("utf-8")


# --- nothing of a pack is run


def trap(comfy: World) -> tuple[Path, str]:
    """A file that must not come to be, and a program that makes it."""
    script = comfy.base / "trap.sh"
    script.write_text(f"#!/bin/sh\ntouch '{comfy.base / 'ran'}'\ncat\n", "utf-8")
    script.chmod(0o755)
    return comfy.base / "ran", str(script)


@pytest.mark.skipif(os.name == "nt", reason="the traps are shell scripts")
def test_programs_in_a_pack_s_git_are_not_run(comfy: World) -> None:
    ran, script = trap(comfy)
    a_pack(comfy, nodes="1")
    second = comfy.pack("pack", {"nodes.py": "2", ".gitattributes": "* filter=x\n"})
    folder = comfy.packs / "pack"
    for hook in ("post-checkout", "reference-transaction", "post-index-change"):
        write(folder / ".git" / "hooks", {hook: Path(script).read_text("utf-8")})
        (folder / ".git" / "hooks" / hook).chmod(0o755)
    with open(folder / ".git" / "config", "a", encoding="utf-8") as out:
        out.write(f"[core]\n\tfsmonitor = {script}\n\tsshCommand = {script}\n\tpager = {script}\n")
        out.write(f'[filter "x"]\n\tclean = {script}\n\tsmudge = {script}\n\trequired = true\n')
    write(folder / ".git" / "info", {"attributes": "* filter=x\n"})
    write(folder, {"nodes.py": "local edit"})
    there = now(comfy)
    assert there.packs[0].dirty and not ran.exists()
    wanted = replace(there, packs=(replace(there.packs[0], commit=second, dirty=False),))
    result = brought_back(comfy, wanted)
    assert not ran.exists() and len(result.stashed) == 1 and result.set_aside == ()
    assert Checkout(comfy.git, folder).head == second and result.not_restored == ()
    assert git(folder, "-c", "filter.x.clean=", "-c", "filter.x.required=false", "show", "stash@{0}:nodes.py")


@pytest.mark.parametrize(
    "setting",
    [
        '[filter "a=b"]\n\tclean = x',
        "[core]\n\talternateRefsCommand = x",
        "[core]\n\tworktree = /",
        "[diff]\n\texternal = x",
        '[diff "y"]\n\ttextconv = x',
        "[credential]\n\thelper = !x",
        '[url "ext::x "]\n\tinsteadOf = https',
        "[include]\n\tpath = /x",
        '[includeIf "gitdir:/"]\n\tpath = /x',
        "[extensions]\n\tworktreeConfig = true",
        '[remote "origin"]\n\tpromisor = true',
        '[remote "a.b"]\n\tuploadpack = x',
        '[hook "y"]\n\tcommand = x',
    ],
)
def test_what_could_name_another_program_is_an_obstacle(tmp_path: Path, setting: str) -> None:
    folder = tmp_path / "one" / "two" / "pack"
    write(folder / ".git", {"config": "[core]\n\tbare = false\n[lfs]\n\turl = x\n", "HEAD": f"{COMMIT}\n"})
    programs = Git(SystemRunner())
    assert Checkout(programs, folder).obstacle is None
    with open(folder / ".git" / "config", "a", encoding="utf-8") as out:
        out.write(f"{setting}\n")
    found = Checkout(programs, folder)
    assert found.obstacle is not None and "could run a program" in found.obstacle
    assert found.is_dirty and found.head == COMMIT


def test_a_pack_with_an_obstacle_is_set_aside_whole_and_cloned_anew(comfy: World) -> None:
    a_pack(comfy, nodes="1")
    second = comfy.pack("pack", {"nodes.py": "2"})
    there = now(comfy)
    with open(comfy.packs / "pack" / ".git" / "config", "a", encoding="utf-8") as out:
        out.write("[diff]\n\texternal = x\n")
    write(comfy.packs / "pack", {"nodes.py": "local edit"})
    result = brought_back(comfy, replace(there, packs=(replace(there.packs[0], commit=second),)))
    assert result.not_restored == () and len(result.set_aside) == 1
    assert (comfy.packs / "pack" / "nodes.py").read_text("utf-8") == "2"
    (kept,) = (comfy.root / ".dataset_gates" / "aside").glob("*/pack/nodes.py")
    assert kept.read_text("utf-8") == "local edit"


# --- bringing back


def test_a_restore_brings_back_core_packs_and_packages(comfy: World) -> None:
    core = git(comfy.root, "rev-parse", "HEAD")
    first = a_pack(comfy, nodes="1")
    a_pack(comfy, "gone", nodes="1")
    comfy.pip("tidy==1.0")
    good = saved(comfy)

    repository(comfy.base / "upstream" / "ComfyUI", {"comfyui_version.py": '__version__ = "0.4.0"\n'})
    git(comfy.root, "pull", "--quiet")
    comfy.pack("pack", {"nodes.py": "2"})
    git(comfy.packs / "pack", "pull", "--quiet")
    (comfy.packs / "gone").rename(comfy.base / "was removed")
    comfy.wheel("foreign", "1.0")
    comfy.pip("numpy==1.26.4", "tidy==2.0", "foreign")
    a_pack(comfy, "added", nodes="1")

    changed = now(comfy)
    difference = diff(good, changed)
    assert difference.core == (f"{VERSION} {core[:12]}", f"0.4.0 {(changed.core.commit or '')[:12]}")
    assert [row.name for row in difference.packs] == ["added", "gone", "pack"]
    assert {row.name for row in difference.packages} == {"numpy", "tidy", "foreign"}

    result = brought_back(comfy, good)
    assert result.not_restored == () and result.saved == "before-restore-2026-11-28_13-00-00"
    after = now(comfy)
    assert diff(good, after).is_empty and Checkout(comfy.git, comfy.packs / "pack").head == first
    assert result.set_aside == ("added is in .dataset_gates/aside/2026-11-28_13-00-00/added",)
    assert (comfy.root / ".dataset_gates/aside/2026-11-28_13-00-00/added/nodes.py").is_file()
    assert plan_restore(good, after).is_empty

    back = load(comfy.install, result.saved)
    assert diff(changed, back).is_empty
    again = restore(
        plan_restore(back, after), comfy.install, comfy.uv, comfy.git, LATER.replace(hour=14), running=stopped
    )
    assert again.not_restored == () and diff(changed, now(comfy)).is_empty


def test_local_edits_are_kept_in_a_stash_that_is_named(comfy: World) -> None:
    a_pack(comfy, nodes="1")
    good = saved(comfy)
    comfy.pack("pack", {"nodes.py": "2"})
    git(comfy.packs / "pack", "pull", "--quiet")
    write(comfy.packs / "pack", {"nodes.py": "my work", "untracked.txt": "mine"})
    repository(comfy.base / "upstream" / "ComfyUI", {"main.py": "2"})
    git(comfy.root, "pull", "--quiet")
    write(comfy.root, {"main.py": "my core", "models/big.bin": "weights"})
    result = brought_back(comfy, good)
    assert len(result.stashed) == 2 and all("its stash" in one for one in result.stashed)
    for folder, text in ((comfy.packs / "pack", "my work"), (comfy.root, "my core")):
        file = "nodes.py" if folder.name == "pack" else "main.py"
        assert git(folder, "show", f"stash@{{0}}:{file}") == text
        assert "before-restore-2026-11-28_13-00-00" in git(folder, "stash", "list")
    assert (comfy.packs / "pack" / "untracked.txt").read_text("utf-8") == "mine"
    assert (comfy.root / "models" / "big.bin").is_file()


def test_edits_stay_where_git_refuses_to_move(comfy: World) -> None:
    a_pack(comfy, nodes="1")
    later = comfy.pack("pack", {"new.py": "theirs"})
    there = now(comfy)
    write(comfy.packs / "pack", {"nodes.py": "my work", "new.py": "mine, untracked"})
    result = brought_back(comfy, replace(there, packs=(replace(there.packs[0], commit=later),)))
    assert len(result.not_restored) == 1 and "new.py" in result.not_restored[0] and result.stashed == ()
    texts = [(comfy.packs / "pack" / name).read_text("utf-8") for name in ("nodes.py", "new.py")]
    assert texts == ["my work", "mine, untracked"]
    assert git(comfy.packs / "pack", "stash", "list") == ""


def test_packs_in_a_linked_folder_are_left_alone(comfy: World) -> None:
    good = saved(comfy)
    shared = comfy.base / "shared"
    comfy.packs.rename(shared)
    comfy.packs.symlink_to(shared, target_is_directory=True)
    write(shared, {"pack/__init__.py": ""})
    result = brought_back(comfy, good)
    assert result.not_restored == ("custom_nodes is a link: the packs in it are left alone",)
    assert (shared / "pack" / "__init__.py").is_file()


def test_a_commit_of_one_s_own_is_not_forgotten(comfy: World) -> None:
    a_pack(comfy, nodes="1")
    good = saved(comfy)
    git(comfy.packs / "pack", "checkout", "--quiet", "--detach")
    mine = repository(comfy.packs / "pack", {"mine.py": "1"})
    brought_back(comfy, good)
    refs = git(comfy.packs / "pack", "for-each-ref", "refs/dataset-gates", "--format=%(objectname)")
    assert refs == mine


def test_it_refuses_while_comfyui_runs_and_changes_nothing(comfy: World) -> None:
    good = saved(comfy)
    comfy.pip("tidy")
    with pytest.raises(ComfyUIRuns, match="process 7"):
        brought_back(comfy, good, running=lambda _: Running(True, "process 7 runs main.py", 7))
    assert "tidy" in comfy.packages() and len(listed(comfy.install)[0]) == 1


def test_it_refuses_a_plan_that_is_not_true_any_more(comfy: World) -> None:
    good = saved(comfy)
    comfy.pip("tidy")
    plan = plan_restore(good, now(comfy))
    comfy.pip("tidy==1.0")
    a_pack(comfy)
    with pytest.raises(DockRefused, match="changed since"):
        restore(plan, comfy.install, comfy.uv, comfy.git, LATER, running=stopped)
    assert (comfy.packs / "pack").is_dir() and len(listed(comfy.install)[0]) == 1


def test_one_failure_does_not_stop_the_others(comfy: World) -> None:
    a_pack(comfy, "a", nodes="1")
    a_pack(comfy, "b", nodes="1")
    write(comfy.packs, {"single.py": "1", "other.py": "1"})
    comfy.pip("tidy==1.0")
    good = saved(comfy)
    packages = (*good.packages, "not-to-be-had==1.0")
    missing = Pack("c", "git", "c", url=(comfy.base / "nowhere").as_uri(), commit=COMMIT)
    wanted = replace(good, packages=packages, packs=(*good.packs, missing))
    for name in ("a", "b"):
        (comfy.packs / name).rename(comfy.base / name)
    (comfy.base / "upstream" / "a").rename(comfy.base / "upstream" / "moved")
    (comfy.packs / "single.py").unlink()
    write(comfy.packs, {"other.py": "2"})
    comfy.pip("tidy==2.0")
    result = brought_back(comfy, wanted)
    assert (comfy.packs / "b" / "nodes.py").is_file() and comfy.packages()["tidy"] == "1.0"
    said = "\n".join(result.not_restored)
    assert len(result.not_restored) == 5
    for words in (
        "clone a at",
        "clone c at",
        "single.py is gone",
        "other.py has other contents",
        "install not-to-be",
    ):
        assert words in said


def test_packs_are_enabled_and_disabled(comfy: World) -> None:
    a_pack(comfy, nodes="1")
    a_pack(comfy, "other", nodes="1")
    (comfy.packs / "other").rename(comfy.packs / "other.disabled")
    write(comfy.packs, {"single.py": "1"})
    good = saved(comfy)
    (comfy.packs / "other.disabled").rename(comfy.packs / "other")
    (comfy.packs / ".disabled").mkdir()
    (comfy.packs / "pack").rename(comfy.packs / ".disabled" / "pack@1_0")
    (comfy.packs / "single.py").rename(comfy.packs / "single.py.disabled")
    result = brought_back(comfy, good)
    assert result.not_restored == () and diff(good, now(comfy)).is_empty


def test_links_are_left_alone_and_named(comfy: World) -> None:
    a_pack(comfy, nodes="1")
    good = saved(comfy)
    mine = comfy.base / "mine"
    write(mine, {"kept.py": "1"})
    (comfy.packs / "pack").rename(comfy.base / "moved")
    (comfy.packs / "pack").symlink_to(mine, target_is_directory=True)
    (comfy.packs / "extra").symlink_to(mine, target_is_directory=True)
    plan = plan_restore(good, now(comfy))
    result = brought_back(comfy, good)
    assert plan.packs == () and result.set_aside == ()
    assert any("pack: links are left alone" in one for one in result.not_restored)
    assert any("extra is a link" in note for note in result.notes)
    assert (comfy.packs / "extra").is_symlink() and (mine / "kept.py").read_text("utf-8") == "1"


def test_a_checkout_whose_repository_lies_elsewhere_is_set_aside_whole(comfy: World) -> None:
    a_pack(comfy, nodes="1")
    second = comfy.pack("pack", {"nodes.py": "2"})
    there = now(comfy)
    (comfy.packs / "pack" / ".git").rename(comfy.base / "repository")
    write(comfy.packs / "pack", {".git": f"gitdir: {comfy.base / 'repository'}\n"})
    wanted = replace(there, packs=(replace(there.packs[0], commit=second),))
    result = brought_back(comfy, wanted)
    assert (comfy.packs / "pack" / "nodes.py").read_text("utf-8") == "2"
    assert len(result.set_aside) == 1 and (comfy.base / "repository" / "HEAD").is_file()


class Registry:
    def get_node(self, identifier: str, is_local: bool = False) -> NodeInfo:
        name, _, version = identifier.partition("@")
        return NodeInfo(name, "registry", registry_id=name, version=version)

    def download_node(self, info: NodeInfo, target: Path) -> NodeInfo:
        write(target, cool(info.version or ""))
        return info


def cool(version: str) -> dict[str, str]:
    return {
        "pyproject.toml": f'[project]\nname = "cool"\nversion = "{version}"\n',
        ".tracking": "pyproject.toml",
    }


def test_packs_of_the_registry_are_fetched_again(comfy: World) -> None:
    write(comfy.packs / "cool", cool("1.0.0"))
    good = saved(comfy)
    write(comfy.packs / "cool", {**cool("2.0.0"), "settings.json": "mine"})
    without = brought_back(comfy, good)
    assert any("no registry" in one for one in without.not_restored) and without.set_aside == ()
    plan = plan_restore(good, now(comfy))
    result = restore(
        plan, comfy.install, comfy.uv, comfy.git, LATER.replace(hour=14), Registry(), running=stopped
    )
    assert result.not_restored == () and now(comfy).packs == good.packs
    assert (comfy.root / ".dataset_gates/aside/2026-11-28_14-00-00/cool/settings.json").is_file()


def test_a_package_that_would_have_to_be_built_is_named(comfy: World) -> None:
    from tests.test_dock_guard import source_distribution

    ran = comfy.base / "ran"
    source_distribution(comfy.wheels, "srcy", f"open({str(ran)!r}, 'w')\n")
    there = now(comfy)
    result = brought_back(comfy, replace(there, packages=(*there.packages, "srcy==1.0", "tidy==1.0")))
    (one,) = result.not_restored
    assert "srcy==1.0" in one and "not built unasked" in one and not ran.exists()
    assert comfy.packages()["tidy"] == "1.0"


# --- plans, without programs

SNAPSHOT = Snapshot(
    "s", WHEN.isoformat(), CoreState(COMMIT, "0.3"), "3.12.1", (), ("a==1",), interpreter="/v/bin/python"
)


def plan_of(**changes: Any) -> RestorePlan:
    return plan_restore(SNAPSHOT, replace(SNAPSHOT, **changes))


def test_what_can_be_known_beforehand_stands_in_the_plan() -> None:
    assert plan_of().is_empty and plan_of().cannot == ()
    assert "an interpreter is not exchanged" in plan_of(python="3.13.0").cannot[0]
    assert "no git checkout" in plan_of(core=CoreState(None, "0.4")).cannot[0]
    assert plan_of(packages=("a==2", "b==1", "pip==1", "-e file:///mine")).uninstall == ("b",)
    assert "left installed" in plan_of(packages=("a==1", "-e file:///mine")).cannot[0]
    assert plan_of(packages=("A==1",)).is_empty
    assert plan_restore(replace(SNAPSHOT, packages=()), SNAPSHOT).uninstall == ()


def test_a_pack_is_known_again_under_another_folder() -> None:
    wanted = Pack("Pack", "git", "Pack", url="https://example.org/a/Pack.git", commit=COMMIT)
    there = Pack("pack-main", "git", "pack-main", url="https://example.org/a/pack", commit=COMMIT[::-1])
    plan = plan_restore(replace(SNAPSHOT, packs=(wanted,)), replace(SNAPSHOT, packs=(there,)))
    assert [(step.action, step.folder) for step in plan.packs] == [("checkout", "pack-main")]


def test_what_manager_does_not_name_is_not_taken_away() -> None:
    packs = (
        Pack("a", "folder", "a"),
        Pack("b", "registry", "b.disabled", True, registry_id="b", version="1"),
        Pack("c", "git", "c", commit=COMMIT),
    )
    there = replace(SNAPSHOT, packs=packs)
    plan = plan_restore(replace(SNAPSHOT, source="manager"), there)
    assert [step.folder for step in plan.packs] == ["c"] and len(plan.notes) == 2
    assert [step.folder for step in plan_restore(SNAPSHOT, there).packs] == ["a", "b.disabled", "c"]


def test_shortened_commits_are_the_same() -> None:
    wanted = replace(SNAPSHOT, core=CoreState(COMMIT[:7]))
    assert plan_restore(wanted, SNAPSHOT).is_empty


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("a", "a"),
        ("a.disabled", "a"),
        (".disabled/a@1_0", "a"),
        (".disabled/a", "a"),
        ("a.py.disabled", "a.py"),
    ],
)
def test_a_pack_has_one_name_enabled_or_not(folder: str, name: str) -> None:
    assert pack_name(folder) == name


def test_builds_of_torch_come_from_its_own_index() -> None:
    found = by_index(["torch==2.9.0+cu128", "numpy==2.0", "odd==1.0+local", "torchvision==0.24.0+cu128"])
    assert found == [
        ("cu128", ["torch==2.9.0+cu128", "torchvision==0.24.0+cu128"]),
        (None, ["numpy==2.0", "odd==1.0+local"]),
    ]


# --- files of other programs

names = st.from_regex(r"[A-Za-z]([A-Za-z0-9_-]{0,10}[A-Za-z0-9])?", fullmatch=True)
commits = st.text("0123456789abcdef", min_size=40, max_size=40)
versions = st.from_regex(r"[0-9]\.[0-9]{1,2}\.[0-9]", fullmatch=True)


@st.composite
def manager_files(draw: Callable[..., Any]) -> dict[str, Any]:
    """What ComfyUI-Manager writes; no two packs want the same folder."""
    called = draw(
        st.lists(names, unique_by=str.casefold, max_size=9).filter(lambda xs: "con" not in str(xs).lower())
    )
    called = [f"p{name}" for name in called]
    flags = draw(st.lists(st.booleans(), min_size=9, max_size=9))
    return {
        "comfyui": draw(st.one_of(st.just(""), commits)),
        "git_custom_nodes": {
            f"https://example.org/o/{name}": {"hash": draw(commits), "disabled": flag}
            for name, flag in zip(called[:3], flags, strict=False)
        },
        "cnr_custom_nodes": {name: draw(versions) for name in called[3:6]},
        "file_custom_nodes": sorted(
            (
                {"filename": f"{name}.py", "disabled": flag}
                for name, flag in zip(called[6:], flags, strict=False)
            ),
            key=lambda one: str(one["filename"]) + (".disabled" if one["disabled"] else ""),
        ),
        "pips": {
            **{
                f"{name}=={draw(versions)}": ""
                for name in draw(st.lists(names, unique_by=str.casefold, max_size=3))
            },
            **{f"x{name}": f"https://example.org/{name}.whl" for name in draw(st.lists(names, max_size=2))},
        },
    }


@given(manager_files())
@settings(max_examples=60, deadline=None)
def test_manager_s_file_survives_reading_and_writing(value: dict[str, Any]) -> None:
    read = read_any(json.dumps(value).encode(), "s", WHEN.isoformat(), "file")
    written, left_out = write_manager(read)
    assert json.loads(written) == value and left_out == ()
    assert read_any(written, "s", WHEN.isoformat(), "file") == read
    assert from_bytes(to_bytes(read), "file") == read


def test_what_manager_has_no_place_for_is_said() -> None:
    packs = (
        Pack("a", "folder", "a"),
        Pack("b", "registry", "b.disabled", True, registry_id="b", version="1.0"),
        Pack("c", "git", "c", commit=COMMIT),
    )
    _, left_out = write_manager(replace(SNAPSHOT, packs=packs, packages=("-e file:///x",)))
    assert len(left_out) == 4 and all("no place" in one for one in left_out)


def test_a_snapshot_of_desktop_is_read() -> None:
    value = {
        "version": 1,
        "createdAt": "2026-02-26T12:00:00.000Z",
        "trigger": "boot",
        "comfyui": {"ref": "v0.3.10", "commit": COMMIT[:13], "variant": "win-nvidia"},
        "customNodes": [
            {"id": "impact", "type": "cnr", "version": "7.3.0", "dirName": "Impact", "enabled": True},
            {"id": "KJ", "type": "git", "url": "https://example.org/KJ", "commit": COMMIT, "enabled": False},
            {"id": "one.py", "type": "file", "enabled": True},
            {"id": "loose", "type": "git", "dirName": "loose", "enabled": True},
        ],
        "pipPackages": {
            "torch": "2.6.0+cu128",
            "x": "https://example.org/x.whl",
            "e": "-e git+https://example.org/e@1",
        },
    }
    found = read_any(json.dumps(value).encode(), "mine", "", "file")
    assert (found.name, found.when, found.core.version) == ("mine", "2026-02-26T12:00:00.000Z", "v0.3.10")
    assert [(p.folder, p.kind, p.registry_id) for p in found.packs] == [
        ("Impact", "registry", "impact"),
        ("KJ.disabled", "git", None),
        ("loose", "folder", None),
        ("one.py", "file", None),
    ]
    assert found.packages[0] == "torch==2.6.0+cu128"


def test_an_imported_one_is_brought_back(comfy: World) -> None:
    commit = a_pack(comfy, nodes="1")
    written, _ = write_manager(saved(comfy))
    (comfy.packs / "pack").rename(comfy.base / "was removed")
    comfy.pip("numpy==1.26.4")
    imported = read_any(written, "imported", WHEN.isoformat(), "file")
    store(comfy.install, imported)
    result = brought_back(comfy, load(comfy.install, "imported"))
    assert result.not_restored == () and comfy.packages()["numpy"] == "2.4.6"
    assert Checkout(comfy.git, comfy.packs / "pack").head == commit


def manager(**changes: Any) -> dict[str, Any]:
    return {"comfyui": COMMIT, "git_custom_nodes": {}, **changes}


def own(**changes: Any) -> dict[str, Any]:
    return {**json.loads(to_bytes(SNAPSHOT)), **changes}


def own_pack(**changes: Any) -> dict[str, Any]:
    return own(packs=[{"name": "a", "kind": "git", "folder": "a", "commit": COMMIT, **changes}])


def repo(url: str, **value: Any) -> dict[str, Any]:
    return manager(git_custom_nodes={url: {"hash": COMMIT, "disabled": False, **value}})


@pytest.mark.parametrize(
    "value",
    [
        [],
        {},
        {"format": "other"},
        manager(git_custom_nodes=[]),
        {"version": 2, "customNodes": []},
        {"version": 1, "customNodes": [{"id": "../x", "type": "file"}]},
        {"version": 1, "customNodes": [{"id": "x", "type": "cnr", "dirName": "a/b"}]},
        {"version": 1, "customNodes": [], "pipPackages": {"-r x": "1"}},
        own(version=2),
        own(packages=["-r x"]),
        own(packages=["-e ../x"]),
        own(core={"commit": "x"}),
        own(when="a\nb"),
        own_pack(folder="../a"),
        own_pack(folder="a/b"),
        own_pack(folder=".disabled/../a"),
        own_pack(folder=".git"),
        own_pack(name="-a"),
        own_pack(kind="other"),
        own_pack(url="ext::x"),
        own_pack(dirty=1),
    ],
)  # fmt: skip
def test_hostile_files_are_refused(value: Any) -> None:
    with pytest.raises(BadDockSnapshot):
        read_any(json.dumps(value).encode(), "s", "", "file")


@pytest.mark.parametrize(
    "value",
    [
        manager(comfyui="--upload-pack=x"),
        repo("ext::sh -c touch% /ran"),
        repo("--upload-pack=touch"),
        repo("https://example.org/a/.."),
        repo("https://example.org/a/.git"),
        repo("ssh://-oProxyCommand=x/a"),
        repo("https://example.org/a/b", hash="HEAD"),
        repo("https://example.org/a/b", hash="-x"),
        repo("https://example.org/a/b", disabled="no"),
        manager(cnr_custom_nodes={"../up": "1.0"}),
        manager(cnr_custom_nodes={"x/install": "1.0"}),
        manager(cnr_custom_nodes={"x": "1.0/../2"}),
        manager(cnr_custom_nodes={"x": 1}),
        manager(file_custom_nodes=[{"filename": "../../x.py"}]),
        manager(file_custom_nodes=["x.py"]),
        manager(pips={"--index-url": "https://example.org"}),
        manager(pips={"-r /etc/passwd": ""}),
        manager(pips={"a": "ext::x"}),
        manager(pips={"a==1 --index-url x": ""}),
        manager(pips={"a": "https://example.org/x --index-url y"}),
        manager(pips={"a>=1": ""}),
        manager(pips={"a==1.*": ""}),
        manager(pips={"a==1\n--pre": ""}),
    ],
)  # fmt: skip
def test_a_bad_entry_of_manager_s_file_is_left_out_and_named(value: dict[str, Any]) -> None:
    """The rest is read; what is missing then is no reason to take anything away."""
    good: dict[str, Any] = {
        "git_custom_nodes": {"https://example.org/a/good": {"hash": COMMIT}},
        "pips": {"tidy==1.0": ""},
    }
    whole = {
        key: {**good.get(key, {}), **one} if isinstance(one, dict) else one for key, one in value.items()
    }
    read = read_any(json.dumps({**good, **whole}).encode(), "s", "", "file")
    assert [pack.name for pack in read.packs] == ["good"] and read.packages == ("tidy==1.0",)
    assert len(read.left_out) == 1 and from_bytes(to_bytes(read), "file") == read
    there = replace(SNAPSHOT, packs=(Pack("mine", "git", "mine", commit=COMMIT),), packages=("other==1",))
    plan = plan_restore(read, there, True)
    assert [step.action for step in plan.packs] == ["clone"] and plan.uninstall == ()
    assert plan.install == ("tidy==1.0",) and [one.name for one in plan.packages] == ["tidy"]
    said = "\n".join(plan.notes)
    assert read.left_out[0] in said and "mine is left alone" in said and "other" in said


def test_of_two_packs_for_one_folder_the_first_is_read() -> None:
    urls = [f"https://me:secret@example.org/{owner}/x" for owner in "ab"]
    value = manager(git_custom_nodes={url: {"hash": COMMIT} for url in urls})
    read = read_any(json.dumps(value).encode(), "s", "", "file")
    assert [pack.folder for pack in read.packs] == ["x"]
    (said,) = read.left_out
    assert "second pack for the folder 'x'" in said and "secret" not in said


def test_a_hostile_name_is_refused() -> None:
    for name in ("../x", "", "a/b", "-x", None, 7):
        with pytest.raises(BadDockSnapshot):
            from_bytes(json.dumps(own(name=name)).encode(), "file")


def test_a_file_that_is_no_json_or_too_large() -> None:
    for data in (b"", b"\xff\xfe", b"[" * 100_000, b" " * (9 << 20)):
        with pytest.raises(BadDockSnapshot, match="file"):
            read_any(data, "s", "", "file")
