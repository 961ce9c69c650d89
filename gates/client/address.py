"""Where a server is. No I/O."""

from __future__ import annotations

from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from ..errors import BadServer


def read_address(url: str) -> str:
    """`url` as every request starts: with a scheme, without a slash at the end. Raises BadServer."""
    spelled = url.strip() if "://" in url else f"http://{url.strip()}"
    try:
        parts = urlsplit(spelled)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits or parts.query or parts.fragment or any(letter.isspace() for letter in spelled):
        raise BadServer(f"{url!r} is no address of a server. Write http://, host and port.")
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))


def shown(url: str) -> str:
    """The address as it may stand in messages and records: without name and password."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, ""))


def websocket_address(url: str) -> str:
    return "ws" + url.removeprefix("http") + "/ws"


def redirect_target(url: str, location: str) -> str:
    """Where an answer from `url` sends its reader, in one spelling that leaves no doubt about the host.

    Raises ValueError for what is no address of the web.
    """
    parts = urlsplit(urljoin(url, location))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("no address of the web")
    return urlunsplit((parts.scheme, _netloc(parts), parts.path or "/", parts.query, ""))


def same_origin(one: str, other: str) -> bool:
    first, second = urlsplit(one), urlsplit(other)
    return (first.scheme, _netloc(first)) == (second.scheme, _netloc(second))


def _netloc(parts: SplitResult) -> str:
    host = (parts.hostname or "").lower()
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
