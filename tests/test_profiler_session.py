"""What is known of a prompt and its surroundings before anything is measured."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from gates.profiler.arming import Ask
from gates.profiler.fingerprint import Host, commit_of, environment, packages, without_secrets
from gates.profiler.inputs import LEFT_OUT
from gates.profiler.session import Session

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PROMPT: dict[str, Any] = {"1": {"class_type": "A", "inputs": {"seed": 1}}, "2": {"class_type": "B"}}


class Expanded:
    """A graph in which node 1 was expanded into another."""

    def __init__(self, node: dict[str, Any]) -> None:
        self.node = node

    def get_node(self, node_id: str) -> Any:
        return self.node

    def get_display_node_id(self, node_id: str) -> str:
        return "1"

    def get_parent_node_id(self, node_id: str) -> str | None:
        return "1"

    def get_real_node_id(self, node_id: str) -> str:
        return "1"


def session(extra: dict[str, Any] | None = None, ask: Ask | None = None) -> Session:
    return Session("p", PROMPT, extra or {}, ask or Ask())


def test_inputs_are_kept_as_they_were_when_a_node_began() -> None:
    made = session()
    made.meet("1", Expanded({}))
    PROMPT["1"]["inputs"]["seed"] = 2
    try:
        assert made.inputs["1"] == {"seed": 1}
    finally:
        PROMPT["1"]["inputs"]["seed"] = 1
    made.meet("2", Expanded({}))
    assert made.inputs["2"] == {} and made.made == {}


def test_a_made_node_keeps_nothing_alive() -> None:
    made = session()
    inputs = {"image": torch.zeros(1, 2), "link": ["1", 0], "n": 3, "many": [torch.zeros(4)]}
    made.meet("1.0.0.1", Expanded({"class_type": "C", "inputs": inputs, "_meta": {"title": "t"}}))
    kept = made.made["1.0.0.1"]
    assert (kept.class_type, kept.title, kept.parent_id, kept.display_id) == ("C", "t", "1", "1")
    shapes = {"type": "Tensor", "shape": [1, 2], "dtype": "torch.float32", "device": "cpu"}
    assert kept.inputs == {
        "image": shapes,
        "link": ["1", 0],
        "n": 3,
        "many": [{**shapes, "shape": [4]}],
    }


@pytest.mark.parametrize(
    ("extra", "ask", "queued_at"),
    [
        ({"create_time": 1500}, Ask(), 1.5),
        ({"create_time": 1500}, Ask(queued_at=9.0), 1.5),
        ({}, Ask(queued_at=9.0), 9.0),
        ({"create_time": "soon"}, Ask(), None),
    ],
)
def test_when_it_was_queued(extra: dict[str, Any], ask: Ask, queued_at: float | None) -> None:
    assert session(extra, ask).queued_at == queued_at


def test_only_what_is_needed_of_the_extra_data_is_kept() -> None:
    workflow: dict[str, Any] = {"nodes": []}
    extra = {
        "client_id": "c",
        "auth_token_comfy_org": "secret-token",
        "extra_pnginfo": {"workflow": workflow},
    }
    made = session(extra)
    assert (made.client_id, made.workflow) == ("c", workflow)
    assert made.secrets.text("a secret-token b") == f"a {LEFT_OUT} b"
    odd = session({"client_id": 4, "extra_pnginfo": "none"})
    assert (odd.client_id, odd.workflow) == (None, None)


def checkout(folder: Path, head: str = "ref: refs/heads/main\n") -> Path:
    git = folder / ".git"
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "HEAD").write_text(head)
    return git


def test_the_commit_of_a_checkout(tmp_path: Path) -> None:
    git = checkout(tmp_path / "branch")
    (git / "refs" / "heads" / "main").write_text(f"{COMMIT}\n")
    assert commit_of(tmp_path / "branch") == COMMIT
    checkout(tmp_path / "detached", f"{COMMIT}\n")
    assert commit_of(tmp_path / "detached") == COMMIT
    packed = checkout(tmp_path / "packed")
    (packed / "packed-refs").write_text(f"# pack-refs\n{COMMIT} refs/heads/main\n")
    assert commit_of(tmp_path / "packed") == COMMIT
    inner = git / "worktrees" / "w"
    inner.mkdir(parents=True)
    (inner / "HEAD").write_text("ref: refs/heads/main\n")
    (inner / "commondir").write_text("../..\n")
    (tmp_path / "worktree").mkdir()
    (tmp_path / "worktree" / ".git").write_text(f"gitdir: {inner}\n")
    assert commit_of(tmp_path / "worktree") == COMMIT


@pytest.mark.parametrize(
    "head", ["", "ref: ../../../secret\n", "ref: /etc/passwd\n", "zzz\n", "ref: refs/none\n"]
)
def test_an_odd_checkout_has_no_commit(tmp_path: Path, head: str) -> None:
    checkout(tmp_path, head)
    assert commit_of(tmp_path) is None
    assert commit_of(tmp_path / "none") is None


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["--cpu", "--port", "8188"], ["--cpu", "--port", "8188"]),
        (["--api-key", "k1", "--cpu"], ["--api-key", LEFT_OUT, "--cpu"]),
        (["--hf_token=abc", "x"], [f"--hf_token={LEFT_OUT}", "x"]),
        (["--password", "--cpu"], ["--password", "--cpu"]),
        (["http://me:pw@host:1/a?b"], [f"http://{LEFT_OUT}@host:1/a?b"]),
        (["https://host/a@b"], ["https://host/a@b"]),
    ],
)
def test_arguments_without_secrets(arguments: list[str], shown: list[str]) -> None:
    assert without_secrets(arguments) == shown


class Broken:
    @property
    def metadata(self) -> Any:
        raise OSError("gone")


def test_packages_by_name_and_as_one_hash() -> None:
    found = [SimpleNamespace(metadata={"Name": name}, version="1") for name in ("B_b", "a", "a")]
    said = packages(lambda: [*found, Broken(), SimpleNamespace(metadata={"Name": None}, version="1")])
    assert said["list"] == ["a==1", "b-b==1"] and len(said["hash"]) == 64
    assert said["hash"] == packages(lambda: reversed(found))["hash"]


def test_what_a_run_ran_in(tmp_path: Path) -> None:
    checkout(tmp_path / "core", COMMIT)
    checkout(tmp_path / "pack", COMMIT)
    host = Host(
        "0.29.0", tmp_path / "core", (tmp_path / "pack", tmp_path / "one.py"), {"dynamic_vram": False}
    )
    said = environment(host, {"torch": None}, ["--cpu"])
    assert said["core"] == {"version": "0.29.0", "commit": COMMIT}
    assert said["packs"] == [{"name": "one.py", "commit": None}, {"name": "pack", "commit": COMMIT}]
    assert said["python"] == ".".join(map(str, sys.version_info[:3])) and said["arguments"] == ["--cpu"]
    assert said["torch"] is None and said["dynamic_vram"] is False
