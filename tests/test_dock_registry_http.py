"""Every way in which a registry answers badly: what is tried again, and what is refused."""

from __future__ import annotations

import email.utils
import json
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request

import pytest

from gates.dock import registry_http
from gates.dock.registry_http import Http, checked_url
from gates.errors import RegistryFailed
from tests.dock_registry_rig import Rig, served
from tests.registry_server import RegistryServer, Reply, json_reply, redirect

NODE = "/nodes/my-pack"
ARCHIVE = "/archives/my-pack/1.0.0/node.zip"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with served(tmp_path, timeout=5.0) as one:
        yield one


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[Rig]:
    with served(tmp_path, timeout=0.4) as one:
        yield one


def refused(rig: Rig, *replies: Reply) -> str:
    """The sentence, when `replies` are all that the registry has to say about a pack."""
    rig.server.script(NODE, *replies)
    with pytest.raises(RegistryFailed) as caught:
        rig.registry.get_node("my-pack")
    assert str(caught.value).endswith((".", "?"))
    return str(caught.value)


# --- tried again


def test_429_is_waited_for_as_long_as_it_says(rig: Rig) -> None:
    rig.server.script(NODE, Reply(429, {"Retry-After": "3"}), Reply(429))
    assert rig.registry.get_node("my-pack").version == "1.0.0"
    assert rig.pauses == [3.0, 1.0]


def test_429_may_name_a_time(rig: Rig) -> None:
    later = email.utils.formatdate(time.time() + 9, usegmt=True)
    rig.server.script(NODE, Reply(429, {"Retry-After": later}))
    rig.registry.get_node("my-pack")
    assert 5 < rig.pauses[0] < 10


@pytest.mark.parametrize("after", ["never", "-1", "9" * 40, ""])
def test_429_with_nonsense_is_waited_for_as_usual(rig: Rig, after: str) -> None:
    rig.server.script(NODE, Reply(429, {"Retry-After": after}))
    rig.registry.get_node("my-pack")
    assert rig.pauses == [0.5]


def test_429_for_too_long_is_not_waited_for(rig: Rig) -> None:
    assert "asked too often" in refused(rig, Reply(429, {"Retry-After": "3600"}))
    assert rig.pauses == []


def test_429_without_end_ends(rig: Rig) -> None:
    rig.server.always(NODE, Reply(429))
    assert "asked too often" in refused(rig)
    assert rig.pauses == [0.5, 1.0, 2.0]
    assert len(rig.server.calls) == 4


@pytest.mark.parametrize("status", [500, 502, 503])
def test_5xx_then_well(rig: Rig, status: int) -> None:
    rig.server.script(NODE, Reply(status), Reply(status))
    assert rig.registry.get_node("my-pack").version == "1.0.0"
    assert rig.pauses == [0.5, 1.0]


def test_5xx_without_end_ends(rig: Rig) -> None:
    rig.server.always(NODE, Reply(500))
    assert "trouble of its own (500)" in refused(rig)


def test_a_connection_that_breaks_is_tried_again(rig: Rig) -> None:
    rig.server.script(NODE, Reply(hang_up=True), Reply(cut=10), Reply(announced="99999"))
    assert rig.registry.get_node("my-pack").version == "1.0.0"
    assert rig.pauses == [0.5, 1.0, 2.0]


def test_an_archive_that_breaks_off_is_tried_again(rig: Rig) -> None:
    rig.server.script(ARCHIVE, Reply(cut=10), Reply(503))
    info = rig.registry.download_node(rig.registry.get_node("my-pack"), rig.target("my-pack"))
    assert info.sha256 is not None
    assert rig.pauses == [0.5, 1.0]


# --- refused


def test_a_body_that_is_cut_off_for_good(rig: Rig) -> None:
    rig.server.always(NODE, Reply(cut=10))
    assert "sent 10 of " in refused(rig)


def test_a_length_that_is_too_small(rig: Rig) -> None:
    assert "is no JSON" in refused(rig, Reply(announced="7"))


@pytest.mark.parametrize("announced", ["-5", "many", "1e3"])
def test_a_length_that_is_none(rig: Rig, announced: str) -> None:
    assert "announces" in refused(rig, Reply(announced=announced))


@pytest.mark.parametrize("body", [b"<html>", b"", b"\xff\xfe", b"[" * 100_000, b"{", b"1" * 5000])
def test_what_is_no_json(rig: Rig, body: bytes) -> None:
    refused(rig, Reply(200, {}, body))


def test_an_answer_in_another_packing(rig: Rig) -> None:
    assert "not asked for" in refused(rig, Reply(headers={"Content-Encoding": "gzip"}))


def test_another_status(rig: Rig) -> None:
    assert "answered 418 to /nodes/my-pack" in refused(rig, Reply(418))


def test_an_answer_that_is_too_large(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_http, "MOST_ANSWER", 100)
    assert "more than the" in refused(rig, Reply(200, {}, b" " * 101))
    assert "more than the" in refused(rig, Reply(200, {}, b"1", announced="9" * 17))


def test_an_archive_that_is_too_large(rig: Rig, tmp_path: Path) -> None:
    with pytest.raises(RegistryFailed, match="more than the 0 MB"):
        Http().download(f"{rig.server.url}{ARCHIVE}", tmp_path / "x", most=20)


def test_an_answer_that_does_not_begin(hasty: Rig) -> None:
    begin = time.monotonic()
    assert "does not answer in time" in refused(hasty, Reply(delay=20))
    assert time.monotonic() - begin < 5


def test_an_answer_that_drips(hasty: Rig) -> None:
    begin = time.monotonic()
    assert "too slow" in refused(hasty, Reply(drip=0.1, body=json.dumps({"x": "y" * 4000}).encode()))
    assert time.monotonic() - begin < 5


def test_nobody_there_is_said_at_once(rig: Rig) -> None:
    with pytest.raises(RegistryFailed, match="cannot be reached"):
        rig.fresh("http://127.0.0.1:9").get_node("my-pack")
    assert rig.pauses == []


# --- redirects


def test_a_look_up_stays_on_its_host(rig: Rig) -> None:
    with RegistryServer() as other:
        sentence = refused(rig, redirect(f"{other.url}/nodes/my-pack"))
        assert "another host, 127.0.0.1: not followed" in sentence
        refused(rig, redirect("http://localhost.invalid/nodes/my-pack"))
        refused(rig, redirect("//example.invalid/nodes/my-pack"))
        assert other.calls == []


def test_a_look_up_is_not_led_to_an_installation(rig: Rig) -> None:
    assert "to an installation" in refused(rig, redirect("/nodes/my-pack/install"))
    assert "to an installation" in refused(rig, redirect("install/"), redirect("/nodes/my-pack/install/?x=1"))


@pytest.mark.parametrize(
    "to",
    ["", "file:///etc/passwd", "ftp://127.0.0.1/x", "http://me:pw@127.0.0.1/x", "http://[/", "http://é/"],
)
def test_a_redirect_to_what_is_no_address(rig: Rig, to: str) -> None:
    assert "pw" not in refused(rig, redirect(to))
    assert len(rig.server.calls) == 1


def test_a_redirect_in_a_circle_ends(rig: Rig) -> None:
    rig.server.always(NODE, redirect(NODE))
    assert "more than 5 times" in refused(rig)
    assert len(rig.server.calls) == 6


def test_an_archive_may_lie_on_another_host(rig: Rig) -> None:
    with RegistryServer() as other:
        other.add("my-pack", "1.0.0", {"__init__.py": ""})
        rig.server.script(ARCHIVE, redirect(f"{other.url}{ARCHIVE}", 307))
        rig.registry.download_node(rig.registry.get_node("my-pack"), rig.target("my-pack"))
        assert other.calls == [ARCHIVE]


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://h/x", "//h/x", "/x", "http:///x", "https://a@h/x"]
)
def test_an_archive_that_lies_elsewhere_is_not_fetched(rig: Rig, url: str) -> None:
    rig.server.versions["my-pack"]["1.0.0"]["downloadUrl"] = url
    with pytest.raises(RegistryFailed, match="no plain http"):
        rig.registry.download_node(rig.registry.get_node("my-pack"), rig.target("my-pack"))
    assert rig.files() == []


def test_an_archive_is_not_followed_to_a_file(rig: Rig) -> None:
    rig.server.always(ARCHIVE, redirect("file:///etc/passwd"))
    with pytest.raises(RegistryFailed, match="no plain http"):
        rig.registry.download_node(rig.registry.get_node("my-pack"), rig.target("my-pack"))


def test_https_is_not_left(rig: Rig) -> None:
    with pytest.raises(RegistryFailed, match="without encryption"):
        registry_http._followed("https://a.invalid/x", "http://a.invalid/x", stays=False)


def test_an_archive_that_is_gone(rig: Rig) -> None:
    rig.server.always(ARCHIVE, json_reply({}, 404))
    with pytest.raises(RegistryFailed, match="answered 404 to /archives/my-pack"):
        rig.registry.download_node(rig.registry.get_node("my-pack"), rig.target("my-pack"))


def test_an_address_is_quoted_once() -> None:
    assert checked_url("https://h/a b/%20?x=1") == "https://h/a%20b/%20?x=1"


def test_an_opener_can_be_handed_in(tmp_path: Path) -> None:
    asked: list[str] = []
    with RegistryServer({"my-pack": {"1.0.0": {}}}) as server:
        system = registry_http.system_opener()

        def opener(request: Request, timeout: float) -> registry_http.Response:
            asked.append(request.full_url)
            return system(request, timeout)

        assert Http(opener).get(f"{server.url}{NODE}").value["id"] == "my-pack"
    assert asked == [f"{server.url}{NODE}"]
