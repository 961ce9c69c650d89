from __future__ import annotations

import os
from pathlib import Path

import pytest

from gates.host.process import HostFailed, HostProcess, PromptRefused

PICTURE = {
    "1": {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 6, "batch_size": 1, "color": 255}},
    "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
}


def test_a_prompt_runs_and_its_picture_can_be_seen(host: HostProcess) -> None:
    entry = host.submit(PICTURE)
    assert entry["status"]["status_str"] == "success"
    shown = entry["outputs"]["2"]["images"][0]
    assert shown["type"] == "temp"
    picture = host.get(f"/api/view?filename={shown['filename']}&type=temp")
    assert picture.status == 200
    assert picture.body.startswith(b"\x89PNG")


def test_a_refused_prompt_says_why(host: HostProcess) -> None:
    with pytest.raises(PromptRefused, match="prompt_no_outputs"):
        host.submit({"1": PICTURE["1"]})


def test_a_restart_keeps_address_and_data(host: HostProcess) -> None:
    before = host.url
    host.post("/api/settings/Test.Kept", [1, 2])
    host.restart()
    assert host.url == before
    assert host.get("/api/settings/Test.Kept").json() == [1, 2]


def test_a_stopped_host_is_gone_and_its_temp_folder_too(host: HostProcess) -> None:
    pid = host.pid
    assert pid is not None
    host.submit(PICTURE)
    host.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert not (host.base / "temp").exists()


def test_a_host_that_cannot_start_shows_its_log(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(HostFailed, match="no ComfyUI frontend"):
        HostProcess(tmp_path / "base", front_end_root=tmp_path / "empty").start()
