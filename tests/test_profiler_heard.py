"""Who hears of measured runs and how often, whose they are, and where they go without a disk."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gates.host.process import HostProcess
from tests.profiler_rig import PACKS, P, change, code, fresh, hear, measured, node, status, texts, until

FOLDER = "ComfyUI-Holaf-Utilities"


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostProcess]:
    with HostProcess(tmp_path_factory.mktemp("heard") / "host", PACKS) as host:
        yield host


def test_live_rows_come_at_most_ten_times_a_second(host: HostProcess) -> None:
    prompt: dict[str, Any] = {
        "0": node("Text", text=fresh()) | {"_meta": {"title": "\N{GRINNING FACE}" * 900}}
    }
    for number in range(1, 60):
        prompt[str(number)] = node("Sleep", text=[str(number - 1), 0], seconds=0.02)
    prompt["60"] = node("Show", text=["59", 0])
    ids: list[str] = []
    began: list[float] = []

    def go(client: str) -> None:
        began.append(time.monotonic())
        ask = {"client_id": client, "prompt": prompt, "check": False, "name": "live"}
        ids.extend(host.post(f"{P}/run", ask).json()["prompt_ids"])

    heard = hear(host, go, lambda heard: "saved" in heard.phases())
    ours = [(at, size) for at, size, message in heard.messages if message["type"].startswith("holaf.")]
    assert all(size <= 8 * 1024 for _, size in ours)
    seconds = ours[-1][0] - began[0]
    assert len(ours) <= 10 * seconds + 3
    rows = [row for data in heard.of("step") for row in data["steps"]]
    assert {data["prompt_id"] for data in heard.of("step")} == set(ids)
    assert {row["node_id"] for row in rows} >= {str(number) for number in range(55)}
    assert rows[0].keys() >= {"node_title", "node_type", "seq", "status", "exec_time", "t_start", "ram_max"}
    assert [len(rows[0]["node_title"]), rows[0]["status"]] == [120, "executed"]
    assert heard.phases() == ["started", "ended", "saved"]


def test_a_page_that_subscribes_hears_of_all_runs_and_another_of_none(host: HostProcess) -> None:
    def subscribe(client: str) -> None:
        change(host, "POST", "/subscribe", {"client_id": client})
        measured(host)

    assert hear(host, subscribe, lambda heard: "saved" in heard.phases()).phases()[-1] == "saved"

    def no(client: str) -> None:
        measured(host)
        host.queue(texts(), client_id=client)

    heard = hear(host, no, lambda heard: any(one[2]["type"] == "execution_success" for one in heard.messages))
    assert heard.phases() == [] and heard.of("step") == []
    for body in ({}, {"client_id": ""}, {"client_id": 5}):
        assert code(change(host, "POST", "/subscribe", body)) == "bad_field"


# --- several users, and no disk ----------------------------------------------------------------------


def test_each_user_has_runs_of_their_own(start_host: Any) -> None:
    host = start_host(packs=PACKS, multi_user=True)
    users = [host.post("/users", {"username": name}).json() for name in ("anna", "bob")]
    anna, bob = ({"comfy-user": user} for user in users)
    ask = {"prompt": texts(), "name": "of anna"}
    one = change(host, "POST", "/run", ask, anna).json()["prompt_ids"][0]
    own = {"prompt": texts(), "extra_data": {"holaf_profile": {"name": "of bob", "user": users[0]}}}
    two = host.request(
        "POST", "/api/prompt", json.dumps(own).encode(), {"Content-Type": "application/json", **bob}
    )
    assert two.status == 200

    def names(user: dict[str, str]) -> list[str]:
        answer = host.request("GET", f"{P}/runs", None, user)
        assert answer.status == 200, answer.text
        return [run["name"] for run in answer.json()["runs"]]

    until(lambda: names(anna) == ["of anna"] and names(bob) == ["of bob"], "a run of each")
    for user, folder in zip((anna, bob), users, strict=True):
        path = host.request("GET", f"{P}/status", None, user).json()["store"]["path"]
        assert Path(path).is_file() and Path(path).parts[-4:-2] == (folder, FOLDER)
    number = host.request("GET", f"{P}/runs", None, anna).json()["runs"][0]
    assert number["prompt_id"] == one
    for nobody in ({"comfy-user": "eve"}, {}, {"comfy-user": "../anna"}):
        answer = host.request("GET", f"{P}/runs", None, nobody)
        assert (answer.status, code(answer)) == (403, "unknown_user")
        assert change(host, "POST", "/run", ask, nobody).status == 403


def test_without_a_disk_runs_are_kept_in_memory_and_it_says_so(tmp_path: Path, start_host: Any) -> None:
    base = tmp_path / "full" / "host"
    (base / "user" / "default").mkdir(parents=True)
    (base / "user" / "default" / FOLDER).write_text("a file where a folder belongs")
    host = start_host(packs=PACKS, base=base)
    run = measured(host, name="kept anyway")
    now = status(host)["store"]
    assert now["in_memory"] and "kept in memory" in now["sentences"][0] and now["runs"] == 1
    assert host.get(f"{P}/runs/{run['id']}/export?format=json").status == 200
    answer = change(host, "PATCH", "/settings", {"sample_ms": 100})
    assert (answer.status, code(answer)) == (507, "storage_failed")


def test_a_database_that_somebody_wrote_over_is_set_aside_and_it_says_so(start_host: Any) -> None:
    """ComfyUI lets a page write every file of its user, this one too."""
    host = start_host(packs=PACKS)
    measured(host, name="before")
    address = f"/userdata/{FOLDER}%2Fprofiler%2Fholaf_profiler.db?overwrite=true"
    assert host.request("POST", address, b"no database" * 1000).status == 200
    assert measured(host, name="after")["name"] == "after"
    now = status(host)["store"]
    assert not now["in_memory"] and "damaged" in now["sentences"][0]
    (aside,) = Path(now["path"]).parent.glob("holaf_profiler.damaged-*.db")
    assert aside.name in now["sentences"][0] and aside.read_bytes().startswith(b"no database")
