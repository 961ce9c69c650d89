"""What a restore does not do: touch another's packages, claim what it cannot know, fail over a name."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gates.cli.dock_view import plan_lines
from gates.dock.installs import Install, find_install
from gates.dock.manager_files import read_any, write_manager
from gates.dock.restore_plan import plan_restore
from gates.dock.snapshot_records import Pack, from_bytes, to_bytes
from gates.dock.snapshot_restore import restore
from gates.dock.snapshots import diff, look, save
from gates.errors import BadDockSnapshot
from tests.installed_comfyui import World, git, world, write
from tests.test_dock_snapshots import (
    COMMIT,
    LATER,
    SNAPSHOT,
    WHEN,
    a_pack,
    brought_back,
    cool,
    now,
    own,
    plan_of,
    saved,
    stopped,
)


@pytest.fixture
def comfy(tmp_path: Path) -> World:
    return world(tmp_path)


# --- whose packages


OTHER = replace(SNAPSHOT, packages=("a==2", "b==1"), interpreter="/other/bin/python")


def test_packages_of_another_python_are_left_alone_and_named() -> None:
    plan = plan_restore(SNAPSHOT, OTHER)
    assert plan.is_empty and (plan.install, plan.uninstall, plan.packages) == ((), (), ())
    (said,) = plan.cannot
    assert "the packages a, b" in said and "those of /v/bin/python" in said
    assert said.endswith("--python /other/bin/python")
    lines = plan_lines(plan)
    assert lines == ["In /other/bin/python:", "Nothing to do.", f"Cannot be restored: {said}"]
    assert "a Python that is not known" in plan_restore(replace(SNAPSHOT, interpreter=None), OTHER).cannot[0]
    many = replace(OTHER, packages=tuple(f"p{number}==1" for number in range(30)))
    assert "p16 and 21 more" in plan_restore(SNAPSHOT, many).cannot[0]


def test_they_are_changed_where_it_is_sure_that_they_are_meant() -> None:
    for plan in (plan_restore(SNAPSHOT, OTHER, True), plan_of(packages=OTHER.packages)):
        assert (plan.install, plan.uninstall, plan.cannot) == (("a==1",), ("b",), ())
    assert plan_restore(SNAPSHOT, replace(OTHER, packages=SNAPSHOT.packages)).cannot == ()


def test_a_snapshot_from_before_interpreters_were_kept_is_read() -> None:
    old = {key: value for key, value in own().items() if key not in ("interpreter", "left_out")}
    assert from_bytes(json.dumps(old).encode(), "file") == replace(SNAPSHOT, interpreter=None)
    for bad in ("", "a\nb", 7, "/" * 5000):
        with pytest.raises(BadDockSnapshot, match="interpreter"):
            from_bytes(json.dumps(own(interpreter=bad)).encode(), "file")


def test_a_file_from_elsewhere_does_not_say_which_python_is_meant() -> None:
    assert read_any(to_bytes(SNAPSHOT), "s", "", "file").interpreter is None


def test_a_venv_that_is_active_by_chance_is_not_changed(comfy: World) -> None:
    """A ComfyUI without a Python of its own: the snapshot is of one environment, another one is active."""
    (comfy.root / ".venv").rename(comfy.base / "mine")
    comfy.uv.make_venv(comfy.base / "other", Path(sys.executable))
    mine, other = (with_active(comfy, name) for name in ("mine", "other"))
    done = comfy.uv.run(comfy.base, "pip", "install", "--python", str(other.python), "tidy==1.0")
    assert done.exit_code == 0
    good = save(mine, comfy.uv, comfy.git, WHEN, "good")
    assert good.interpreter == str(mine.python)
    there = look(other, comfy.uv, comfy.git, "now", LATER)
    plan = plan_restore(good, there, other.is_sure)
    result = restore(plan, other, comfy.uv, comfy.git, LATER, running=stopped)
    assert comfy.uv.installed(other.python) == {"tidy": "1.0"} and len(result.not_restored) == 1
    named = find_install(comfy.root, comfy.base, {}, python=other.python)
    plan = plan_restore(good, there, named.is_sure)
    result = restore(plan, named, comfy.uv, comfy.git, LATER, running=stopped)
    assert result.not_restored == () and comfy.uv.installed(other.python) == comfy.uv.installed(mine.python)


def with_active(comfy: World, name: str) -> Install:
    return find_install(comfy.root, comfy.base, {"VIRTUAL_ENV": str(comfy.base / name)})


# --- local edits


def test_edits_at_the_same_commit_go_to_a_stash(comfy: World) -> None:
    a_pack(comfy, nodes="1")
    git(comfy.packs / "pack", "branch", "--quiet", "--force", "mine")
    git(comfy.packs / "pack", "checkout", "--quiet", "mine")
    good = saved(comfy)
    write(comfy.packs / "pack", {"nodes.py": "my work"})
    write(comfy.root, {"main.py": "my core"})
    lines = plan_lines(plan_restore(good, now(comfy)))
    assert f"  ComfyUI to {(good.core.commit or '')[:12]}, local edits kept in a stash" in lines
    assert any(line.endswith("local edits kept in a stash") and "take pack to" in line for line in lines)
    result = brought_back(comfy, good)
    assert len(result.stashed) == 2 and result.not_restored == () and diff(good, now(comfy)).is_empty
    assert git(comfy.packs / "pack", "show", "stash@{0}:nodes.py") == "my work"
    assert git(comfy.packs / "pack", "branch", "--show-current") == "mine"
    assert plan_lines(plan_restore(good, now(comfy)))[1:] == ["All is as it was then."]


EDITED = Pack("a", "git", "a", commit=COMMIT, dirty=True)
CLEAN = replace(EDITED, dirty=False)


def test_edits_that_are_gone_cannot_be_brought_back() -> None:
    edited = replace(SNAPSHOT, core=replace(SNAPSHOT.core, dirty=True), packs=(EDITED,))
    plan = plan_restore(edited, replace(SNAPSHOT, packs=(CLEAN,)))
    assert plan.is_empty and len(plan.cannot) == 2
    assert all("had local edits, which no snapshot keeps" in one for one in plan.cannot)
    assert "All is as it was then." not in plan_lines(plan)
    both = plan_restore(edited, edited)
    assert both.is_empty and both.cannot == () and len(both.notes) == 2
    assert "All is as it was then." not in plan_lines(both)


def test_what_manager_s_file_does_not_say_is_no_reason_to_stash() -> None:
    wanted = replace(SNAPSHOT, source="manager", packs=(CLEAN,))
    edited = replace(SNAPSHOT, core=replace(SNAPSHOT.core, dirty=True), packs=(EDITED,))
    assert plan_restore(wanted, edited).is_empty


# --- more than one in a second, and killed ones


def test_names_that_nobody_chose_are_never_taken(comfy: World) -> None:
    a_pack(comfy, nodes="1")
    comfy.pip("tidy==1.0")
    good = saved(comfy)
    names: list[str] = []
    kept: list[str] = []
    for _ in range(3):
        comfy.pip("tidy==2.0")
        a_pack(comfy, "added")
        write(comfy.packs / "pack", {"nodes.py": "my work"})
        result = brought_back(comfy, good)
        assert result.not_restored == ()
        names.append(result.saved)
        kept += result.set_aside
    stem = "before-restore-2026-11-28_13-00-00"
    assert names == [stem, f"{stem}-2", f"{stem}-3"] and len(set(kept)) == 3
    unnamed = [save(comfy.install, comfy.uv, comfy.git, WHEN).name for _ in range(2)]
    assert unnamed == ["2026-11-28_12-00-00", "2026-11-28_12-00-00-2"]


def test_what_a_killed_restore_left_is_swept(comfy: World) -> None:
    good = saved(comfy)
    home = comfy.root / ".dataset_gates"
    write(home, {"restore-abcd/packs/x/__init__.py": "", "restoration.txt": "mine"})
    comfy.pip("tidy")
    brought_back(comfy, good)
    left = {path.name for path in home.iterdir()}
    assert left == {".gitignore", "lock", "snapshots", "restoration.txt"}


# --- comparing


def test_a_file_with_other_contents_is_said_to_have_them(comfy: World) -> None:
    write(comfy.packs, {"single.py": "1"})
    good = saved(comfy)
    write(comfy.packs, {"single.py": "2"})
    (row,) = diff(good, now(comfy)).packs
    assert (row.name, row.before, row.after) == ("single.py", "file", "file with other contents")


def test_nothing_lies_between_what_restore_finds_the_same(comfy: World) -> None:
    write(comfy.packs / "Reg", {**cool("1.0.0"), "__init__.py": ""})
    a_pack(comfy, "pack")
    write(comfy.packs, {"single.py": "1"})
    written, left_out = write_manager(saved(comfy))
    imported = read_any(written, "imported", WHEN.isoformat(), "file")
    assert left_out == () and plan_restore(imported, now(comfy), True).is_empty
    assert diff(imported, now(comfy)).is_empty
