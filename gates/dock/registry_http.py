"""HTTP as the registry is asked: no credentials, few redirects, bounded sizes and times, few tries."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email.message import Message
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib import request
from urllib.error import URLError
from urllib.parse import quote, urljoin, urlsplit

from .. import atomic
from ..errors import RegistryFailed

T = TypeVar("T")
URL = re.compile(r"https?://[\x21-\x7e]+", re.I)
REDIRECTS = (301, 302, 303, 307, 308)
MOST_REDIRECTS = 5
PAUSES = (0.5, 1.0, 2.0)  # s before each further try
LONGEST_PAUSE = 30.0  # s that a registry may ask us to wait
MOST_ANSWER = 32 * 2**20  # bytes
MOST_ARCHIVE = 2 * 2**30  # bytes
ARCHIVE_TIME = 3600.0  # s
CHUNK = 1 << 16
HEADERS = {
    "User-Agent": "dataset-gates-dock",
    "Accept": "application/json, */*;q=0.5",
    "Accept-Encoding": "identity",
}


class Response(Protocol):
    status: int
    headers: Message

    def read1(self, n: int = -1, /) -> bytes: ...
    def close(self) -> None: ...


Opener = Callable[[request.Request, float], Response]


@dataclass(frozen=True)
class Answer:
    """`value` is the parsed JSON of a 200, None with a 403 or a 404."""

    status: int
    value: Any = None


def system_opener() -> Opener:
    """urllib with the system's proxies and certificates, without what follows or signs in by itself."""
    director = request.OpenerDirector()
    for handler in (request.ProxyHandler(), request.HTTPHandler(), request.HTTPSHandler()):
        director.add_handler(handler)

    def opened(asked: request.Request, timeout: float) -> Response:
        response: Response = director.open(asked, timeout=timeout)
        return response

    return opened


class Http:
    """`timeout`: seconds for an answer as a whole, and for each piece of an archive."""

    def __init__(
        self,
        opener: Opener | None = None,
        timeout: float = 20.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._opener = opener
        self._timeout = timeout
        self._sleep = sleep

    def get(self, url: str) -> Answer:
        """The answer to a GET of JSON; redirects stay on the host. Raises RegistryFailed."""
        return self._tried(lambda: self._get(url))

    def download(self, url: str, target: Path, most: int = MOST_ARCHIVE) -> str:
        """The bytes of `url`, on whatever host, in the file `target`; their sha256. Raises RegistryFailed."""
        return self._tried(lambda: self._download(url, target, most))

    def _tried(self, attempt: Callable[[], T]) -> T:
        for pause in PAUSES:
            try:
                return attempt()
            except RegistryFailed as error:
                wait = max(error.data.get("after") or 0.0, pause)
                if not error.data.get("again") or wait > LONGEST_PAUSE:
                    raise
                self._sleep(wait)
        return attempt()

    def _get(self, url: str) -> Answer:
        deadline = time.monotonic() + self._timeout
        with self._opened(url, stays=True) as response:
            if response.status in (403, 404):
                return Answer(response.status)
            _check_status(response, url)
            body = b"".join(_chunks(response, url, MOST_ANSWER, deadline))
        try:
            return Answer(200, json.loads(body))
        except (ValueError, RecursionError):
            raise RegistryFailed(f"{host_of(url)} answered something that is no JSON. {ELSE}") from None

    def _download(self, url: str, target: Path, most: int) -> str:
        deadline = time.monotonic() + ARCHIVE_TIME
        digest = hashlib.sha256()
        with (
            self._opened(url, stays=False) as response,
            atomic.full_disk(),
            open(target, "wb") as out,
        ):
            _check_status(response, url)
            for data in _chunks(response, url, most, deadline):
                digest.update(data)
                out.write(data)
        return digest.hexdigest()

    @contextmanager
    def _opened(self, url: str, stays: bool) -> Iterator[Response]:
        here = checked_url(url)
        for _ in range(MOST_REDIRECTS + 1):
            with closing(self._request(here)) as response:
                if response.status not in REDIRECTS:
                    yield response
                    return
                here = _followed(here, response.headers.get("Location") or "", stays)
        raise RegistryFailed(f"{host_of(url)} redirects more than {MOST_REDIRECTS} times. {ELSE}")

    def _request(self, url: str) -> Response:
        if self._opener is None:
            self._opener = system_opener()
        with _reached(url):
            return self._opener(request.Request(url, headers=HEADERS), self._timeout)


ELSE = "Try again later, or set COMFY_REGISTRY_URL to another registry."


def host_of(url: str) -> str:
    return urlsplit(url).hostname or "the registry"


def checked_url(url: str) -> str:
    """An http(s) URL without name and password, quoted. Raises RegistryFailed."""
    quoted = quote(url, safe="%/:=&?~#+!$,;'@()*[]") if url.isascii() else ""
    try:
        parts = urlsplit(quoted)
        good = URL.fullmatch(quoted) and parts.hostname and (parts.port or 1) and "@" not in parts.netloc
    except ValueError:
        good = None
    if not good:
        raise RegistryFailed(
            f"The registry names {url.rpartition('@')[2][:120]!r}, which is no plain http(s) address."
        )
    return quoted


def _followed(url: str, location: str, stays: bool) -> str:
    try:
        there = checked_url(urljoin(url, location)) if location else ""
    except ValueError:  # not even the parts of an address
        there = ""
    if not there:
        raise RegistryFailed(f"{host_of(url)} redirects to nowhere. {ELSE}")
    before, after = urlsplit(url), urlsplit(there)
    if before.scheme == "https" and after.scheme != "https":
        raise RegistryFailed(
            f"{host_of(url)} redirects to {host_of(there)} without encryption: not followed."
        )
    if stays and before.netloc.lower() != after.netloc.lower():
        raise RegistryFailed(
            f"{host_of(url)} redirects to another host, {host_of(there)}: not followed. Is there a proxy?"
        )
    if stays and after.path.rstrip("/").endswith("/install"):
        raise RegistryFailed(f"{host_of(url)} redirects a look-up to an installation: not followed.")
    return there


def _check_status(response: Response, url: str) -> None:
    status = response.status
    if status == 429:
        after = _retry_after(response.headers.get("Retry-After"))
        raise RegistryFailed(f"{host_of(url)} is asked too often. {ELSE}", again=True, after=after)
    if status >= 500:
        raise RegistryFailed(f"{host_of(url)} has trouble of its own ({status}). {ELSE}", again=True)
    if status != 200:
        raise RegistryFailed(f"{host_of(url)} answered {status} to {urlsplit(url).path[:120]}. {ELSE}")


def _retry_after(text: str | None) -> float | None:
    """Seconds; the header has a number or a date."""
    if text is None:
        return None
    if re.fullmatch(r"\d{1,9}", text.strip()):
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None


def _chunks(response: Response, url: str, most: int, deadline: float) -> Iterator[bytes]:
    """The body, measured against what was announced. Raises RegistryFailed."""
    announced, size = _announced(response, url), 0
    while True:
        with _reached(url):
            data = response.read1(CHUNK)
        size += len(data)
        if size > most or (announced or 0) > most:
            raise RegistryFailed(f"{host_of(url)} sends more than the {most / 2**20:.0f} MB that are taken.")
        if time.monotonic() > deadline:
            raise RegistryFailed(f"{host_of(url)} is too slow: its answer did not end in time. {ELSE}")
        if not data:
            break
        yield data
    if announced is not None and size != announced:
        raise RegistryFailed(f"{host_of(url)} sent {size} of {announced} bytes. {ELSE}", again=True)


def _announced(response: Response, url: str) -> int | None:
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise RegistryFailed(f"{host_of(url)} packs its answer in a way that was not asked for. {ELSE}")
    text = response.headers.get("Content-Length")
    if text is None or response.headers.get("Transfer-Encoding"):
        return None
    if not re.fullmatch(r"\d{1,18}", text.strip()):
        raise RegistryFailed(f"{host_of(url)} announces {text[:40]!r} bytes. {ELSE}")
    return int(text)


@contextmanager
def _reached(url: str) -> Iterator[None]:
    """Turn what urllib raises into one sentence; a connection that broke is tried again."""
    try:
        yield
    except URLError as error:
        slow = isinstance(error.reason, TimeoutError)
        reason = "does not answer in time" if slow else f"cannot be reached ({error.reason})"
        raise RegistryFailed(f"{host_of(url)} {reason}. Look at the network, then try again.") from None
    except TimeoutError:
        raise RegistryFailed(f"{host_of(url)} does not answer in time. {ELSE}") from None
    except (OSError, HTTPException, ValueError) as error:
        raise RegistryFailed(
            f"The connection to {host_of(url)} broke ({type(error).__name__}). {ELSE}", again=True
        ) from None
