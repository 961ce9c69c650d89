"""What the profiler's routes refuse: unknown numbers, fields that cannot be meant."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gates.host.process import HostProcess
from tests.profiler_rig import JSON, PACKS, P, change, code, measured


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostProcess]:
    with HostProcess(tmp_path_factory.mktemp("refused") / "host", PACKS) as host:
        yield host


@pytest.fixture(scope="module")
def run(host: HostProcess) -> dict[str, Any]:
    return measured(host)


@pytest.mark.parametrize(
    "path",
    ["/runs/999999", "/runs/0", "/runs/-1", "/runs/x", "/runs/1e3", "/runs/99999999999999999999999",
     "/runs/999999/steps", "/runs/999999/samples", "/runs/999999/workflow", "/runs/999999/export?format=csv"],
)  # fmt: skip
def test_there_is_no_such_run(host: HostProcess, path: str) -> None:
    answer = host.get(P + path)
    assert (answer.status, code(answer)) == (404, "unknown_run")


@pytest.mark.parametrize(
    ("method", "path", "body", "wanted"),
    [
        ("PATCH", "/runs/999999", {"name": "x"}, "unknown_run"),
        ("DELETE", "/runs/999999", None, "unknown_run"),
        ("PATCH", "/steps/999999", {"comment": "x"}, "unknown_step"),
        ("PATCH", "/steps/x", {"comment": "x"}, "unknown_step"),
        ("PATCH", "/groups/999999", {"name": "x"}, "unknown_group"),
        ("DELETE", "/groups/999999", None, "unknown_group"),
        ("POST", "/groups/999999/members", {"add": ["1"]}, "unknown_group"),
        ("POST", "/trash/restore", {"kind": "run", "number": 999999}, "unknown_item"),
        ("POST", "/trash/restore", {"kind": "other", "number": 1}, "unknown_item"),
        ("POST", "/trash/purge", {"kind": "group", "number": 999999}, "unknown_item"),
        ("POST", "/nothing", {}, "unknown_route"),
    ],
)
def test_what_is_not_there(host: HostProcess, method: str, path: str, body: Any, wanted: str) -> None:
    answer = change(host, method, path, body)
    assert (answer.status, code(answer)) == (404, wanted)


@pytest.mark.parametrize(
    ("method", "path", "body", "named"),
    [
        ("GET", "/runs?limit=0", None, "limit"),
        ("GET", "/runs?limit=1001", None, "limit"),
        ("GET", "/runs?limit=x", None, "limit"),
        ("GET", "/runs?offset=-1", None, "offset"),
        ("GET", "/runs?status=odd", None, "status"),
        ("GET", "/runs?mode=odd", None, "mode"),
        ("GET", "/runs?since=x", None, "since"),
        ("GET", "/runs?until=nan", None, "until"),
        ("GET", "/runs/{run}/steps?since_seq=x", None, "since_seq"),
        ("GET", "/runs/{run}/export", None, "format"),
        ("GET", "/runs/{run}/export?format=xls", None, "format"),
        ("PATCH", "/runs/{run}", {}, "name"),
        ("PATCH", "/runs/{run}", {"name": 1}, "name"),
        ("PATCH", "/runs/{run}", {"name": "x" * 300}, "name"),
        ("PATCH", "/runs/{run}", {"comment": []}, "comment"),
        ("PATCH", "/runs/{run}", {"status": "success"}, "status"),
        ("PATCH", "/steps/1", {"comment": None}, "comment"),
        ("PATCH", "/steps/1", {"exec_time": 1}, "exec_time"),
        ("POST", "/groups", {}, "name"),
        ("POST", "/groups", {"name": "  "}, "name"),
        ("POST", "/groups", {"name": "a", "color": "red"}, "color"),
        ("POST", "/groups", {"name": "a", "members": "1"}, "members"),
        ("POST", "/groups", {"name": "a", "id": 1}, "id"),
        ("POST", "/trash/restore", {"number": 1}, "kind"),
        ("POST", "/trash/restore", {"kind": "run"}, "number"),
        ("POST", "/trash/restore", {"kind": "run", "number": "x"}, "number"),
        ("PATCH", "/settings", {"sample_ms": 5}, "sample_ms"),
        ("PATCH", "/settings", {"max_runs": True}, "max_runs"),
        ("PATCH", "/settings", {"max_bytes": "much"}, "max_bytes"),
        ("PATCH", "/settings", {"columns": "x" * 600_000}, "ui"),
        ("POST", "/update_nodes", {}, "prompt"),
        ("POST", "/update_nodes", {"prompt": []}, "prompt"),
        ("POST", "/update_nodes", {"prompt": {"1": {"inputs": {}}}}, "prompt"),
        ("POST", "/update_nodes", {"prompt": {"1": {"class_type": "A"}}, "workflow": 1}, "workflow"),
    ],
)  # fmt: skip
def test_fields_that_cannot_be_meant(
    host: HostProcess, run: dict[str, Any], method: str, path: str, body: Any, named: str
) -> None:
    path = path.replace("{run}", str(run["id"]))
    answer = host.get(P + path) if method == "GET" else change(host, method, path, body)
    assert (answer.status, code(answer)) == (400, "bad_field"), answer.text
    assert named in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("body", "headers", "wanted"),
    [
        (b"{", JSON, "bad_json"),
        (b"[]", JSON, "bad_json"),
        (b"[" * 100_000, JSON, "bad_json"),
        (b"\xff", JSON, "bad_json"),
        (b"{}", {"Content-Type": "text/plain"}, "wrong_content_type"),
        (b'{"name": "' + b"x" * (9 << 20) + b'"}', JSON, "too_many_bytes"),
    ],
)
def test_bodies_that_are_none(host: HostProcess, body: bytes, headers: dict[str, str], wanted: str) -> None:
    assert code(host.request("POST", f"{P}/groups", body, headers)) == wanted


CHANGES = [
    ("DELETE", "/runs"), ("PATCH", "/runs/1"), ("DELETE", "/runs/1"), ("PATCH", "/steps/1"),
    ("POST", "/groups"),
    ("PATCH", "/groups/1"), ("DELETE", "/groups/1"), ("POST", "/groups/1/members"), ("POST", "/update_nodes"),
    ("POST", "/run"), ("POST", "/stop"), ("POST", "/subscribe"), ("POST", "/trash/restore"),
    ("POST", "/trash/purge"), ("POST", "/import"), ("PATCH", "/settings"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_other_sites_change_nothing(host: HostProcess, method: str, path: str) -> None:
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}):
        answer = change(host, method, path, {}, headers)
        # ComfyUI's own middleware may be first to say so, without words.
        assert answer.status == 403
    answer = change(host, method, path, {}, {"Host": "evil.example"})
    assert answer.status == 403


def test_a_method_that_a_route_does_not_take(host: HostProcess) -> None:
    answer = change(host, "PUT", "/runs/1", {})
    assert (answer.status, code(answer)) == (405, "wrong_method")
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "PATCH", "DELETE"}


@pytest.mark.parametrize(
    "path",
    ["/static/", "/static/../gates/errors.py", "/static/%2e%2e/gates/errors.py",
     "/static/..%2f..%2fetc/passwd",
     "/static/docs/PoolProfile.md", "/static/profiler.js/x.js", "/static/none.js", "/static//etc/passwd.js"],
)  # fmt: skip
def test_the_page_gets_files_of_its_own_alone(host: HostProcess, path: str) -> None:
    answer = host.get(P + path)
    assert answer.status == 404 and b"import" not in answer.body


def test_files_of_the_page(host: HostProcess) -> None:
    answer = host.get(f"{P}/static/comfy.js")
    assert answer.status == 200 and answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-store"
    assert host.get(f"{P}/static/pool.css").headers["content-type"].startswith("text/css")


OTHER_PACK = """
from aiohttp import web
from server import PromptServer

@PromptServer.instance.routes.get("/holaf/profiler/runs/{run_id}")
async def theirs(request):
    return web.json_response("theirs")

NODE_CLASS_MAPPINGS = {}
"""


def test_another_pack_with_our_routes_goes_first(tmp_path: Path, start_host: Any) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "__init__.py").write_text(OTHER_PACK)
    host = start_host(packs=[*PACKS, other])
    assert host.get(f"{P}/runs/1").json() == "theirs"
    answer = host.get(f"{P}/status")
    assert (answer.status, code(answer)) == (409, "route_taken")
    told = host.get("/dataset_gates/status").json()
    assert not told["profiler"]["available"] and "Profiler is off" in told["profiler"]["reason"]
    assert told["pools"]["available"]
