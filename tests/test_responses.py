"""Errors become statuses and one shape; only our own pages change things; a download may have any name."""

from __future__ import annotations

import json
from email.message import Message
from urllib.parse import unquote

import pytest

from gates import errors
from gates.errors import ForeignRequest, GatesError
from gates.responses import STATUS, attachment, encode, error_response, require_own_page, status_of

NONE: frozenset[str] = frozenset()


def leaves(kind: type[GatesError] = GatesError) -> list[type[GatesError]]:
    children = [one for one in kind.__subclasses__() if one.__module__ == errors.__name__]
    return [leaf for child in children for leaf in leaves(child)] or [kind]


@pytest.mark.parametrize("kind", leaves(), ids=lambda kind: kind.__name__)
def test_each_error_has_a_status_and_a_shape(kind: type[GatesError]) -> None:
    assert any(issubclass(kind, one) for one in STATUS), "it falls through to 400 by chance"
    answer = error_response(kind("What is wrong."))
    assert answer.status == status_of(kind("")) and answer.content_type == "application/json"
    assert json.loads(answer.text or "") == {"error": {"code": kind.code, "message": "What is wrong."}}


def test_a_message_is_cut_where_it_quotes_too_much() -> None:
    answer = error_response(errors.UnknownSlot("There is no image " + "x" * 10**6))
    assert len(answer.text or "") < 1000


def test_text_that_no_utf_8_holds_is_still_answered() -> None:
    answer = error_response(errors.UnknownSlot("There is no image \ud800"))
    assert json.loads(answer.text or "")["error"]["message"] == "There is no image \ud800"


def test_json_is_short_and_readable() -> None:
    assert encode({"name": "日本", "list": [1, 2]}) == '{"name":"日本","list":[1,2]}'.encode()


LOCAL = (
    "localhost",
    "localhost:8188",
    "LOCALHOST:8188",
    "127.0.0.1:8188",
    "192.168.1.20:8188",
    "93.184.216.34",  # reached by its number: nobody can point a name at that
    "[::1]:8188",
    "[::1]",
    "[fe80::1%25eth0]:8188",
    "desktop:8188",
    "desktop.",
    "nas.local",
    "comfy.localhost:3000",
    "box.lan",
    "box.internal",
    "box.home.arpa",
)
FOREIGN = (
    "",
    "evil.example",
    "evil.example:8188",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "localhost@evil.example",
    "evil.example#.local",
    "evil.example/.local",
    "evil.example\\.local",
    ".evil.example",
    "evil.example.",
    "xlocalhost.example",
    "[::1",
    "[evil.example]",
    "127.0.0.1:8188@evil.example:80",
)


@pytest.mark.parametrize("host", LOCAL)
def test_a_local_name_may_change_things(host: str) -> None:
    require_own_page({"Host": host}, NONE)
    require_own_page({"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}, NONE)
    require_own_page({"Host": host, "Origin": f"https://{host}"}, NONE)  # TLS ends at a proxy


@pytest.mark.parametrize("host", FOREIGN)
def test_a_public_name_may_not(host: str) -> None:
    """A page of evil.example that resolves to this machine is same-origin for the browser: rebinding."""
    for headers in (
        {"Host": host},
        {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"},
    ):
        with pytest.raises(ForeignRequest):
            require_own_page(headers, NONE)


def test_a_request_without_a_host_may_not() -> None:
    with pytest.raises(ForeignRequest):
        require_own_page({}, NONE)
    with pytest.raises(ForeignRequest):
        require_own_page({"Origin": "null"}, NONE)


def test_an_allowed_name_may_whatever_its_case_and_port() -> None:
    allowed = frozenset({"comfy.example.org"})
    require_own_page({"Host": "comfy.example.org"}, allowed)
    require_own_page({"Host": "Comfy.Example.ORG:8443", "Origin": "https://comfy.example.org:8443"}, allowed)
    require_own_page({"Host": "comfy.example.org."}, allowed)
    for other in ("example.org", "x.comfy.example.org", "comfy.example.org.evil.example"):
        with pytest.raises(ForeignRequest):
            require_own_page({"Host": other}, allowed)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "http://localhost:8188.evil.example"},
        {"Origin": "http://localhost:8188@evil.example"},
        {"Origin": ""},
        {"Origin": "http://[::1"},
        {"Origin": "file://"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "anything"},
        {"Sec-Fetch-Site": ""},
        {"Origin": "http://localhost:8188", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_page_of_another_site_may_not(headers: dict[str, str]) -> None:
    with pytest.raises(ForeignRequest):
        require_own_page({"Host": "localhost:8188", **headers}, NONE)


@pytest.mark.parametrize("site", ["none", "same-origin", "same-site"])
def test_our_own_pages_and_the_address_bar_may(site: str) -> None:
    require_own_page({"Host": "localhost:8188", "Sec-Fetch-Site": site}, NONE)


NAMES = (
    "plain.zip",
    'a"b.zip',
    "a'b.zip",
    "a\\b.zip",
    "a;b=c.zip",
    "a%b%20.zip",
    "a\r\nX-Evil: yes.zip",
    "日本.zip",
    "😀 cat.zip",
    "e\u0301.zip",
    "../../etc/passwd.zip",
    "C:\\x.zip",
    "*.zip",
    "‮gpj.exe.zip",
    " a .zip",
    "x" * 120 + ".zip",
)


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_download_is_saved_under_its_name(name: str) -> None:
    header = attachment(name)
    assert header.isascii() and header.isprintable()
    message = Message()
    message["Content-Disposition"] = header
    assert message.get_content_disposition() == "attachment"
    plain, _, encoded = header.partition("; filename*=UTF-8''")
    assert unquote(encoded, errors="strict") == name
    fallback = plain.removeprefix('attachment; filename="').removesuffix('"')
    assert len(fallback) == len(name) and not set(fallback) & set('"\\/:;\r\n*%')
