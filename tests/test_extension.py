"""The composition root inside a host: what it registers, reads from the environment and clears."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from aiohttp import ClientSession, web

from gates import extension, gates_compat, node, profile_node, profiles
from gates.limits import Limits
from tests.serving import add_as_core


class Server:
    """What ComfyUI's server lends a pack."""

    def __init__(self) -> None:
        self.app = web.Application()
        self.routes = web.RouteTableDef()
        self.sent: list[tuple[str, Any]] = []
        self.user_manager = self

    def send_sync(self, event: str, data: Any) -> None:
        self.sent.append((event, data))

    def get_request_user_id(self, request: web.Request) -> str:
        user = request.headers.get("comfy-user")
        if user not in ("anna", "bob"):
            raise KeyError(f"Unknown user: {user}")
        return user


def module(name: str, **values: Any) -> ModuleType:
    made = ModuleType(name)
    for key, value in values.items():
        setattr(made, key, value)
    return made


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A host's modules, present for one test."""
    server = Server()
    args = SimpleNamespace(multi_user=False)
    modules = {
        "server": module("server", PromptServer=SimpleNamespace(instance=server)),
        "folder_paths": module("folder_paths", get_input_directory=lambda: str(tmp_path / "input")),
        "comfy": module("comfy"),
        "comfy.cli_args": module("comfy.cli_args", args=args),
    }
    for name, one in modules.items():
        monkeypatch.setitem(sys.modules, name, one)
    yield server


def test_without_a_server_there_are_nodes_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "server", None)
    classes, names = extension.register()
    assert classes == {**profile_node.NODE_CLASS_MAPPINGS, **node.NODE_CLASS_MAPPINGS}
    assert set(classes) == set(names) == {"PoolProfile", "GridImagePool"}


async def test_the_pack_serves_through_the_host(host: Server, tmp_path: Path) -> None:
    classes, _ = extension.register()
    assert set(classes) == {"PoolProfile", "GridImagePool"}
    add_as_core(host.app, host.routes)
    runner = web.AppRunner(host.app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/grid_pool/profiles"
        async with ClientSession() as client:
            async with client.post(f"{url}/create", json={"name": "a"}) as answer:
                entry = await answer.json()
                assert answer.status == 200 and "owner" not in entry
                assert abs(entry["created"] - time.time()) < 60 and len(entry["id"]) == 32
            assert host.sent == [("dataset_gates.profiles", {"change": "create", "id": entry["id"]})]
            assert (tmp_path / "input" / "grid_pool" / entry["id"]).is_dir()
            sys.modules["comfy.cli_args"].args.multi_user = True
            for user, owner in (("anna", "anna"), ("stranger", None)):
                request = client.post(f"{url}/create", json={"name": user}, headers={"comfy-user": user})
                async with request as answer:
                    assert (await answer.json()).get("owner") == owner
    finally:
        await runner.cleanup()


def test_starting_writes_nothing(host: Server, tmp_path: Path) -> None:
    extension.register()
    assert list(tmp_path.iterdir()) == []


def test_leftovers_of_a_crash_are_cleared_at_the_start(host: Server, tmp_path: Path) -> None:
    base = tmp_path / "input" / "grid_pool"
    profiles.create_profile(base, "kept", "id1")
    staging = base / ".staging"
    staging.mkdir(exist_ok=True)
    old, new = staging / "old.part", staging / "new.part"
    old.write_bytes(b"x")
    new.write_bytes(b"x")
    os.utime(old, (time.time() - 3 * 86400,) * 2)
    extension.register()
    assert not old.exists() and new.exists()
    assert [entry["id"] for entry in profiles.read_registry(base)["profiles"]] == ["id1"]


def test_a_base_that_cannot_be_cleared_does_not_stop_the_start(
    host: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    base = tmp_path / "input" / "grid_pool"
    base.mkdir(parents=True)
    (base / ".staging").write_bytes(b"a file where a folder belongs")
    (base / ".trash").write_bytes(b"and another")
    (base / ".locks").write_bytes(b"and a third")
    extension.register()
    assert "[Dataset Gates]" in caplog.text


def test_settings_come_from_the_environment(host: Server) -> None:
    service = extension.pool_service(
        {
            "DATASET_GATES_HOSTS": " Comfy.Example.org , ;other.example;",
            "DATASET_GATES_MAX_FILE_MB": "5",
            "DATASET_GATES_MAX_MEGAPIXELS": "-3",
            "DATASET_GATES_MAX_SLOTS": "many",
        }
    )
    assert service.hosts == {"comfy.example.org", "other.example"}
    assert service.limits == Limits(file_bytes=5 * 2**20)
    assert extension.pool_service({}).limits == Limits() and extension.pool_service({}).hosts == frozenset()


def test_ids_are_minted_once(host: Server) -> None:
    service = extension.pool_service({})
    assert len({service.new_id() for _ in range(100)}) == 100


def test_events_without_a_server_go_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "server", None)
    gates_compat.send("dataset_gates.pool", {})
    assert gates_compat.prompt_server() is None


def test_the_base_follows_the_hosts_input_folder(host: Server, tmp_path: Path) -> None:
    assert Path(gates_compat.grid_pool_base()) == tmp_path / "input" / "grid_pool"
    assert not (tmp_path / "input").exists()
