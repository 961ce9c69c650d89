"""Beside another pack that serves our paths: the server starts, theirs answers, ours says why it does not."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from gates import extension
from gates.responses import Service
from tests.serving import Pack, Served, png, serving

# Method and path of everything that the first Image Pool and its profiles register.
THEIRS = (
    ("POST", "/grid_pool/add"),
    ("POST", "/grid_pool/remove"),
    ("POST", "/grid_pool/active"),
    ("POST", "/grid_pool/label"),
    ("POST", "/grid_pool/set_mask"),
    ("POST", "/grid_pool/reorder"),
    ("GET", "/grid_pool/list"),
    ("GET", "/grid_pool/profiles/list"),
    ("POST", "/grid_pool/profiles/create"),
    ("POST", "/grid_pool/profiles/rename"),
    ("POST", "/grid_pool/profiles/delete"),
    ("POST", "/grid_pool/profiles/duplicate"),
    ("GET", "/grid_pool/profiles/export"),
    ("POST", "/grid_pool/profiles/import"),
)
OURS_ALONE = (
    ("GET", "/grid_pool/trash?pool_id=p"),
    ("GET", "/grid_pool/thumb?pool_id=p&index=0"),
    ("POST", "/grid_pool/restore"),
    ("POST", "/grid_pool/clear_mask"),
    ("POST", "/grid_pool/copy"),
    ("POST", "/grid_pool/profiles/seed"),
    ("GET", "/grid_pool/profiles/trash"),
)


def other_pack(paths: Sequence[tuple[str, str]] = THEIRS) -> Pack:
    """A pack that registers `paths` as packs do, on the host's route table."""

    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"theirs": request.path.removeprefix("/api")})

    def register(app: web.Application, routes: web.RouteTableDef) -> None:
        for method, path in paths:
            routes.route(method, path)(answer)

    return register


def packs(order: str, pack: Pack) -> dict[str, Any]:
    return {"before": [pack]} if order == "they load first" else {"after": [pack]}


ORDERS = pytest.mark.parametrize("order", ["they load first", "we load first"])


@ORDERS
@pytest.mark.parametrize("prefix", ["", "/api"])
async def test_the_server_starts_and_theirs_answers(tmp_path: Path, order: str, prefix: str) -> None:
    async with serving(tmp_path, **packs(order, other_pack())) as served:
        for method, path in THEIRS:
            answer = await served.ask(method, prefix + path)
            assert (answer.status, answer.body) == (200, {"theirs": path})
        assert not served.base.exists(), "ours wrote nothing"


@ORDERS
@pytest.mark.parametrize("prefix", ["", "/api"])
async def test_ours_says_why_it_does_not_answer(tmp_path: Path, order: str, prefix: str) -> None:
    async with serving(tmp_path, **packs(order, other_pack())) as served:
        for method, path in OURS_ALONE:
            answer = await served.ask(method, prefix + path, json={} if method == "POST" else None)
            assert (answer.status, answer.code) == (409, "route_taken"), path
        status = await served.get(f"{prefix}/dataset_gates/status")
        pools = status.body["pools"]
        assert status.status == 200 and pools["available"] is False
        assert "GET /grid_pool/list" in pools["reason"] and "13 more" in pools["reason"]
        assert (await served.get(prefix + "/grid_pool/trash", pool_id="p")).body["error"]["message"] == (
            pools["reason"]
        )


@ORDERS
@pytest.mark.parametrize("taken", THEIRS, ids=lambda one: one[1])
async def test_one_shared_path_is_enough(tmp_path: Path, order: str, taken: tuple[str, str]) -> None:
    """Two packs that write to one pool by turns would lose images: ours answers wholly or not at all."""
    async with serving(tmp_path, **packs(order, other_pack([taken]))) as served:
        assert not served.pools.available and taken[1] in (served.pools.reason or "")
        assert (await served.ask(*taken)).body == {"theirs": taken[1]}
        if taken[1] != "/grid_pool/list":
            assert (await served.get("/grid_pool/list", pool_id="p")).code == "route_taken"


@ORDERS
async def test_a_route_for_every_method_counts_too(tmp_path: Path, order: str) -> None:
    async with serving(tmp_path, **packs(order, other_pack([("*", "/grid_pool/list")]))) as served:
        assert not served.pools.available
        assert (await served.get("/grid_pool/list")).body == {"theirs": "/grid_pool/list"}


@ORDERS
async def test_other_paths_below_our_prefix_do_no_harm(tmp_path: Path, order: str) -> None:
    """Another pack's further routes answer, and ours stay on."""
    further = [("GET", "/grid_pool/statistics"), ("GET", "/grid_pool/add"), ("GET", "/other/list")]
    async with serving(tmp_path, **packs(order, other_pack(further))) as served:
        assert served.pools.available
        assert (await served.get("/grid_pool/statistics")).body == {"theirs": "/grid_pool/statistics"}
        assert (await served.add("p", ("a.png", png()))).status == 200
        assert (await served.get("/grid_pool/list", pool_id="p")).body["count"] == 1


@ORDERS
async def test_the_pack_installed_twice_still_serves(tmp_path: Path, order: str) -> None:
    """The same catch-all twice must not stop the server; the first copy answers."""
    second = Service(
        lambda: str(tmp_path / "second"), lambda *_: None, lambda _: None, time.time, lambda: "id0"
    )

    def copy(app: web.Application, routes: web.RouteTableDef) -> None:
        extension.serve(app, routes, second)

    async with serving(tmp_path, **packs(order, copy)) as served:
        assert served.pools.available
        assert (await served.add("p", ("a.png", png()))).status == 200
        assert (await served.get("/api/grid_pool/list", pool_id="p")).body["count"] == 1


async def test_nothing_is_taken_when_nobody_else_serves(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        status = (await served.get("/dataset_gates/status")).body
        assert status["pools"] == {"available": True, "reason": None}
        assert set(status["limits"]) == {"max_upload_bytes", "max_pixels"} and status["version"]


@pytest.fixture
async def served(tmp_path: Path) -> Any:
    async with serving(tmp_path) as running:
        yield running


@pytest.mark.parametrize("prefix", ["", "/api"])
async def test_unknown_paths_and_methods(served: Served, prefix: str) -> None:
    for path in (
        "/grid_pool/nothing",
        "/grid_pool/",
        "/grid_pool/list/",
        "/grid_pool/profiles",
        "/dataset_gates/x",
    ):
        answer = await served.get(prefix + path)
        assert (answer.status, answer.code) == (404, "unknown_route"), path
    for method, path, allowed in (
        ("GET", "/grid_pool/add", "POST"),
        ("DELETE", "/grid_pool/list", "GET, HEAD"),
        ("POST", "/grid_pool/list", "GET, HEAD"),
        ("PUT", "/grid_pool/remove", "POST"),
        ("OPTIONS", "/grid_pool/remove", "POST"),
        ("HEAD", "/grid_pool/remove", "POST"),
        ("PATCH", "/grid_pool/profiles/create", "POST"),
        ("POST", "/dataset_gates/status", "GET, HEAD"),
    ):
        answer = await served.ask(method, prefix + path)
        assert answer.status == 405 and answer.headers["Allow"] == allowed, (method, path)
        assert method == "HEAD" or answer.code == "wrong_method"
    async with served.client.get(served.url + "/grid_pool") as bare:
        assert bare.status == 404, "the bare prefix is not ours"


@pytest.mark.parametrize("prefix", ["", "/api"])
async def test_head_says_what_get_would(served: Served, prefix: str) -> None:
    pid = await served.profile("a", 1)
    for path in (
        f"/grid_pool/list?pool_id={pid}",
        f"/grid_pool/thumb?pool_id={pid}&index=0",
        f"/grid_pool/profiles/export?id={pid}",
        "/grid_pool/profiles/list",
        "/grid_pool/list?pool_id=..",
        "/dataset_gates/status",
    ):
        got, asked = await served.ask("GET", prefix + path), await served.ask("HEAD", prefix + path)
        assert (asked.status, asked.data) == (got.status, b""), path
        for header in ("Content-Type", "Content-Length", "Content-Disposition", "Cache-Control"):
            assert asked.headers.get(header) == got.headers.get(header), (path, header)
    assert (await served.get(prefix + "/grid_pool/profiles/list")).status == 200, "the connection is usable"


async def test_every_route_is_also_below_api(served: Served) -> None:
    answer = await served.add("p", ("a.png", png()))
    assert answer.status == 200
    bare = await served.get("/grid_pool/list", pool_id="p")
    assert (await served.get("/api/grid_pool/list", pool_id="p")).body == bare.body
    answer = await served.post("/api/grid_pool/label", pool_id="p", index=0, label="x")
    assert answer.status == 200 and answer.body["slot"]["label"] == "x"
    async with served.client.get(served.url + "/api/api/grid_pool/list?pool_id=p") as twice:
        assert twice.status == 404
