from __future__ import annotations

import pytest

from gates.host.middlewares import is_loopback
from gates.host.process import HostProcess


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "same-site"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Host": "127.0.0.1", "Origin": "http://evil.example"}, 403),
        ({"Host": "127.0.0.1:8188", "Origin": "http://127.0.0.1:9999"}, 403),
        ({"Host": "127.0.0.1:8188", "Origin": "http://localhost:8188"}, 403),
        ({"Host": "localhost:8188", "Origin": "http://localhost:8188"}, 200),
        ({"Host": "LOCALHOST:8188", "Origin": "http://localhost"}, 200),
        ({"Host": "[::1]:8188", "Origin": "http://evil.example"}, 403),
        # ComfyUI's guard sees only hosts of the machine itself: packs have to guard their own changes.
        ({"Host": "evil.example", "Origin": "http://evil.example"}, 200),
    ],
)
def test_pages_of_other_sites_are_refused(
    shared_host: HostProcess, headers: dict[str, str], status: int
) -> None:
    answer = shared_host.request("GET", "/api/queue", headers=headers)
    assert answer.status == status
    if status == 403:
        assert answer.body == b""
        assert "content-type" not in answer.headers


def test_options_are_answered_everywhere(shared_host: HostProcess) -> None:
    for path in ("/api/queue", "/no/such/path"):
        assert shared_host.request("OPTIONS", path).status == 200


def test_no_page_reaches_another_host(shared_host: HostProcess) -> None:
    for path in ("/", "/api/queue"):
        policy = shared_host.get(path).headers["content-security-policy"]
        assert "connect-src 'self' data:" in policy
        assert "https:" not in policy


def test_scripts_are_always_fetched_anew(shared_host: HostProcess) -> None:
    script = shared_host.get("/extensions/gates_stand_in/stand_in_badge.js")
    assert (script.status, script.headers["cache-control"]) == (200, "no-store")
    page = shared_host.get("/")
    assert page.headers["cache-control"] == "no-store, must-revalidate"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("page.localhost", True),
        ("192.168.1.2", False),
        ("localhost.evil.example", False),
        ("", False),
        (None, False),
    ],
)
def test_hosts_of_the_machine_itself(host: str | None, expected: bool) -> None:
    assert is_loopback(host) is expected
