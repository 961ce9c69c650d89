"""Packs of git: cloned through a copy in the store, which serves when their host does not."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gates.dock.records import NodeInfo
from gates.errors import ArchiveChanged, CommandFailed, UnknownCommit
from tests.dock_registry_rig import Rig, git, repository, served


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with served(tmp_path) as one:
        yield one


def origin(rig: Rig) -> Path:
    return rig.root / "far" / "away" / "my-pack"


def cloned(rig: Rig, target: str = "my-pack", ref: str = "", version: str | None = None) -> NodeInfo:
    info = rig.registry.get_node(f"file://{origin(rig)}{ref}")
    return rig.registry.download_node(replace(info, version=version), rig.target(target))


def test_a_clone_has_its_commit_and_its_origin(rig: Rig) -> None:
    commit = repository(origin(rig), a="1", requirements="numpy\n")
    info = cloned(rig)
    target = rig.target("my-pack")
    assert (info.version, info.ref, info.sha256) == (commit, None, None)
    assert git(target, "rev-parse", "HEAD") == commit
    assert git(target, "remote", "get-url", "origin") == f"file://{origin(rig)}"
    assert git(target, "status", "--porcelain") == ""
    assert not (target / ".tracking").exists()


def test_branches_tags_and_commits(rig: Rig) -> None:
    first = repository(origin(rig), a="1")
    git(origin(rig), "tag", "v1")
    git(origin(rig), "branch", "feature/x")
    second = repository(origin(rig), a="2")
    assert cloned(rig, "one", "@v1").version == first
    assert cloned(rig, "two", "@feature/x").version == first
    assert cloned(rig, "three").version == second
    assert cloned(rig, "four", f"@{first[:10]}").version == first
    assert cloned(rig, "five", "@main", version=first).version == first


def test_what_is_new_is_fetched(rig: Rig) -> None:
    repository(origin(rig), a="1")
    cloned(rig, "one")
    second = repository(origin(rig), a="2")
    git(origin(rig), "tag", "v2")
    assert cloned(rig, "two").version == second
    assert cloned(rig, "three", "@v2").version == second


def test_a_branch_that_was_rewritten(rig: Rig) -> None:
    repository(origin(rig), a="1")
    cloned(rig, "one")
    git(origin(rig), "commit", "--quiet", "--amend", "--message", "Another")
    assert cloned(rig, "two").version == git(origin(rig), "rev-parse", "HEAD")


def test_the_default_branch_may_change(rig: Rig) -> None:
    repository(origin(rig), a="1")
    cloned(rig, "one")
    git(origin(rig), "checkout", "--quiet", "-b", "next")
    commit = repository(origin(rig), a="2")
    assert cloned(rig, "two").version == commit
    git(origin(rig), "branch", "--quiet", "-m", "next", "last")
    assert cloned(rig, "three").version == commit


def test_what_was_fetched_once_is_there_offline(rig: Rig) -> None:
    first = repository(origin(rig), a="1")
    cloned(rig, "one")
    shutil.rmtree(origin(rig))
    assert cloned(rig, "two", version=first).version == first
    assert rig.notes == []
    assert cloned(rig, "three").version == first
    assert [note.endswith("The copy from the last time is used.") for note in rig.notes] == [True]


def test_what_was_never_fetched_is_not_there_offline(rig: Rig) -> None:
    repository(origin(rig), a="1")
    cloned(rig, "one")
    shutil.rmtree(origin(rig))
    with pytest.raises(CommandFailed):
        cloned(rig, "two", "@v9")
    assert not rig.target("two").exists()


def test_a_damaged_copy_is_made_anew(rig: Rig) -> None:
    commit = repository(origin(rig), a="1")
    cloned(rig, "one")
    (mirror,) = (rig.store / "git").glob("*.git")
    shutil.rmtree(mirror / "objects")
    assert cloned(rig, "two").version == commit


@pytest.mark.parametrize("ref", ["@nope", f"@{'0' * 40}"])
def test_a_commit_that_is_not_there(rig: Rig, ref: str) -> None:
    repository(origin(rig), a="1")
    for _ in range(2):
        with pytest.raises(UnknownCommit, match="has no branch, tag or commit"):
            cloned(rig, ref=ref)
        assert not rig.target("my-pack").exists()


def test_a_repository_that_is_not_there(rig: Rig) -> None:
    with pytest.raises(CommandFailed, match="Cloning file:///"):
        cloned(rig)
    assert not rig.target("my-pack").exists()
    assert [name for name in rig.files() if not name.endswith(".lock")] == []


def test_a_branch_that_is_called_like_the_pinned_commit(rig: Rig) -> None:
    first = repository(origin(rig), a="1")
    repository(origin(rig), a="evil")
    git(origin(rig), "update-ref", f"refs/heads/{first}", "HEAD")
    with pytest.raises(ArchiveChanged, match=first):
        cloned(rig, version=first)
    assert not rig.target("my-pack").exists()


def test_submodules_are_said_and_not_fetched(rig: Rig) -> None:
    other = rig.root / "far" / "other"
    repository(other, b="1")
    repository(origin(rig), a="1")
    words = ("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", f"file://{other}", "sub")
    git(origin(rig), *words)
    repository(origin(rig), c="1")
    cloned(rig)
    assert list((rig.target("my-pack") / "sub").iterdir()) == []
    assert len(rig.notes) == 1 and "submodules" in rig.notes[0]


def test_nothing_of_a_repository_is_run(rig: Rig) -> None:
    commit = repository(
        origin(rig), a="1", **{"install.py": "open('ran', 'w')", ".gitattributes": "* filter=x"}
    )
    git(origin(rig), "config", "filter.x.smudge", f"touch {rig.root}/ran")
    for hook in ("post-checkout", "post-upload-pack"):
        file = origin(rig) / ".git" / "hooks" / hook
        file.write_text(f"#!/bin/sh\ntouch {rig.root}/ran\n", "utf-8")
        file.chmod(0o755)
    assert cloned(rig).version == commit
    assert not [name for name in rig.files() if name.endswith("ran")]


def test_requirements_of_a_repository(rig: Rig) -> None:
    repository(origin(rig), **{"requirements.txt": "rich\n"})
    info = rig.registry.get_node(f"file://{origin(rig)}")
    assert rig.registry.get_node_requirements(info) == ["rich"]
