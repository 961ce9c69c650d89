"""`gates dock model` from the shell, and the folder of models that is set."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.test_cli_dock import Shell, home, rig, shell

__all__ = ["home", "rig", "shell"]


@pytest.fixture
def models(home: Path, shell: Shell) -> Path:
    shared = home / "my models"
    shutil.rmtree(shared, ignore_errors=True)
    (shared / "loras").mkdir(parents=True)
    shell.ok("config", "models", "my models")
    return shared


def test_models_are_scanned_listed_and_found(shell: Shell, models: Path) -> None:
    (models / "loras" / "cat_style.safetensors").write_bytes(b"cat" * 100)
    shutil.copy(models / "loras" / "cat_style.safetensors", models / "again.safetensors")
    own = shell.rig.base / "home/.comfydock_workspace/environments/main/ComfyUI/models/vae"
    own.mkdir(parents=True, exist_ok=True)
    (own / "own.safetensors").write_bytes(b"own")
    for path in (*models.rglob("*.safetensors"), own / "own.safetensors"):
        os.utime(path, (1, 1))  # one that was just written is read once more
    said = shell.ok("model", "scan")
    assert said.startswith("2 models, ") and "3 files read" in said and "Copies take" in said
    assert "nothing new to read" in shell.ok("model", "scan")
    assert "3 files read" in shell.ok("model", "scan", "--again")
    listed = shell.json("model", "list", "--json")["data"]["models"]
    assert [one["name"] for one in listed] == ["again.safetensors", "own.safetensors"]
    assert listed[0]["paths"] == [
        str(models / "again.safetensors"),
        str(models / "loras/cat_style.safetensors"),
    ]
    (found,) = shell.json("model", "find", "cat_style", "--json")["data"]["models"]
    assert found["hash"].startswith("blake3:") and found["relative"][1] == "loras/cat_style.safetensors"
    assert shell.ok("model", "find", found["hash"]).splitlines()[0].startswith("again.safetensors")
    assert shell.ok("model", "find", "nothing", "like", "it").strip() == "Nothing was found."
    assert "own" not in shell.ok("model", "list", "--copies")


def test_a_folder_is_scanned_by_name(shell: Shell, models: Path, home: Path) -> None:
    other = home / "other"
    other.mkdir(exist_ok=True)
    (other / "elsewhere.gguf").write_bytes(b"elsewhere")
    (other / "gone.safetensors").symlink_to(other / "nowhere")
    code, out, err = shell("model", "scan", "other", "--json")
    data = json.loads(out)["data"]
    assert code == 0 and data["read"] == {"files": 1, "bytes": 9}
    assert "gone.safetensors cannot be read" in data["left_out"][0] and "gone.safetensors" in err
    assert shell("model", "scan", "nowhere")[0] == 4
    assert "[no_models]" in shell("model", "scan", "nowhere")[2]


def test_comfyui_starts_with_the_models_that_are_set(shell: Shell, models: Path) -> None:
    first = shell.ok("run", "--", "--listen").splitlines()[0]
    assert first.startswith("ComfyUI 0.1.0 --listen --extra-model-paths-config ")
    assert str(models / "loras") in Path(first.rpartition(" ")[2]).read_text("utf-8")
    shutil.rmtree(models)
    code, out, err = shell("run")
    assert code == 0 and out.splitlines()[0] == "ComfyUI 0.1.0"
    assert f"The folder of models {models} is not there" in err


def test_the_folder_of_models_is_kept_whole(shell: Shell, models: Path) -> None:
    assert shell.json("config", "models", "--json")["data"]["value"] == str(models)
    shell.ok("config", "models", "")
    assert shell.json("config", "models", "--json")["data"]["value"] is None


def test_what_a_person_set_for_all_workspaces_counts(shell: Shell, home: Path) -> None:
    file = home / ".config" / "dataset-gates" / "config.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"comfyui": "no address at all", "python": "9.9"}))
    comfyui = f"{shell.rig.comfyui}@v0.1.0"
    try:
        assert "[no_python]" in shell("create", "wanted", "--comfyui", comfyui)[2]
        assert "no address at all" in shell("create", "wanted")[2]
        assert [one["name"] for one in shell.json("list", "--json")["data"]["environments"]] == ["main"]
    finally:
        file.unlink()
