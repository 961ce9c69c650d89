"""HTTP with a limit on everything: time, size, redirects, tries. The client's one door to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

import aiohttp

from ..errors import (
    AccessDenied,
    AnswerTooLarge,
    BadAnswer,
    GatesError,
    NoAnswer,
    OutputCut,
    ServerBusy,
    ServerFailed,
    ServerTrouble,
    Unreachable,
)
from .address import redirect_target, same_origin, shown
from .limits import Limits
from .messages import read_json
from .pauses import pause_before

T = TypeVar("T")
NOTHING: Mapping[str, Any] = MappingProxyType({})
OURS = {"Accept-Encoding": "identity", "User-Agent": "dataset-gates"}  # no bombs: nothing comes compressed
REDIRECTS = (301, 302, 303, 307, 308)
TRY_AGAIN = (429, 502, 503, 504)
EXCERPT = 200  # characters of an answer that a message quotes


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self, what: str) -> Any:
        try:
            return read_json(self.body)
        except ValueError as error:
            start = self.excerpt
            raise BadAnswer(
                f"{what} is no JSON but starts with {start!r}. Is this a ComfyUI server?"
            ) from error

    @property
    def excerpt(self) -> str:
        return " ".join(self.body[: 4 * EXCERPT].decode("utf-8", "replace").split())[:EXCERPT]


class Exchange:
    """Requests to one server. `headers` go to this server alone."""

    def __init__(self, url: str, limits: Limits, headers: Mapping[str, str]) -> None:
        self.url = url
        self.limits = limits
        self.headers = {**OURS, **headers}
        self.name = shown(url)
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("The client is not open. Use it in `async with Client(url) as client:`.")
        return self._session

    def open(self) -> None:
        trace = aiohttp.TraceConfig()
        trace.on_request_redirect.append(_refuse_redirect)
        self._session = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(),  # what another host sets must never come here
            auto_decompress=False,
            trace_configs=[trace],
            timeout=aiohttp.ClientTimeout(total=self.limits.answer, sock_connect=self.limits.connect),
        )

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def get(
        self, path: str, what: str, read: Callable[[Any], T], *, patient: bool = True, **query: str | int
    ) -> T:
        """What `read` makes of the JSON of a 200; `what` names the answer in errors. Raises ServerTrouble."""
        answer = await self.ask("GET", path, patient=patient, params=query)
        if answer.status != 200:
            raise self.trouble(answer)
        return self.read(answer, what, read)

    def read(self, answer: Answer, what: str, read: Callable[[Any], T]) -> T:
        """What `read` makes of the JSON of an answer. Raises BadAnswer, which names the server."""
        try:
            return read(answer.json(what))
        except BadAnswer as error:
            raise BadAnswer(f"{self.name}: {error}") from error

    async def ask(self, method: str, path: str, *, patient: bool = True, **request: Any) -> Answer:
        """One answer of any status, asked for again while that helps. For requests that may come twice."""
        return await self.again(lambda: self.once(method, path, **request), patient)

    async def again(self, attempt: Callable[[], Awaitable[Answer]], patient: bool = True) -> Answer:
        """What `attempt` answers, tried again after broken connections and answers that say "later"."""
        for retry in range(self.limits.retries if patient else 0):
            try:
                answer = await attempt()
                if answer.status not in TRY_AGAIN:
                    return answer
                headers = answer.headers
            except (Unreachable, OutputCut):
                headers = NOTHING
            await asyncio.sleep(pause_before(retry, headers, self.limits))
        return await attempt()

    async def once(self, method: str, path: str, *, seconds: float | None = None, **request: Any) -> Answer:
        """One answer of any status, its body within the limit."""
        async with self.stream(method, path, seconds=seconds, **request) as response:
            body = await self._body(response)
            return Answer(response.status, response.headers, body)

    @asynccontextmanager
    async def stream(
        self, method: str, path: str, *, seconds: float | None = None, **request: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The response, redirects followed; whatever goes wrong is one of ServerTrouble."""
        limits = self.limits
        total = limits.answer if seconds is None else seconds
        request["timeout"] = aiohttp.ClientTimeout(
            total=total, sock_connect=limits.connect, sock_read=limits.answer
        )
        try:
            response = await self._follow(method, self.url + path, request)
            try:
                yield response
            finally:
                response.release() if response.content.at_eof() else response.close()
        except GatesError:
            raise
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError, ValueError) as error:
            raise self._explained(error) from error

    async def _follow(self, method: str, url: str, request: dict[str, Any]) -> aiohttp.ClientResponse:
        headers: Mapping[str, str] = self.headers
        for _ in range(self.limits.redirects + 1):
            response = await self.session.request(
                method, url, headers=headers, allow_redirects=False, **request
            )
            if response.status not in REDIRECTS:
                return response
            response.close()
            target = self._target(method, str(response.url), response.headers.get("Location", ""))
            if not same_origin(target, url):
                headers = OURS
            url, request["params"] = target, None
        raise BadAnswer(f"{self.name} redirected more than {self.limits.redirects} times.")

    def _target(self, method: str, url: str, location: str) -> str:
        try:
            target = redirect_target(url, location)
        except ValueError as error:
            raise BadAnswer(f"{self.name} redirects to what is no address.") from error
        if method != "GET":
            raise BadAnswer(f"{self.name} wants to be asked at {target[:EXCERPT]}. Name that server instead.")
        return target

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        most = self.limits.body_bytes
        if (response.content_length or 0) > most:
            raise self._too_large(most)
        self.check_encoding(response)
        pieces, size = [], 0
        async for piece in response.content.iter_any():
            size += len(piece)
            if size > most:
                raise self._too_large(most)
            pieces.append(piece)
        return b"".join(pieces)

    def check_encoding(self, response: aiohttp.ClientResponse) -> None:
        encoding = response.headers.get("Content-Encoding", "identity")
        if encoding.lower() != "identity":
            raise BadAnswer(
                f"{self.name} answered in the encoding {encoding[:40]!r}, which nobody asked for."
            )

    def _too_large(self, most: int) -> AnswerTooLarge:
        return AnswerTooLarge(f"{self.name} answered with more than {most} bytes.", limit=most)

    def _explained(self, error: Exception) -> ServerTrouble:
        """The error for the caller; `reached` says whether the server may have got the request."""
        name = self.name
        if isinstance(error, aiohttp.ConnectionTimeoutError | aiohttp.ClientConnectorError):
            return Unreachable(
                f"{name} takes no connection ({_reason(error)}). Is ComfyUI running there?", reached=False
            )
        if isinstance(error, asyncio.TimeoutError):
            return NoAnswer(f"{name} took the request and did not answer in time.", reached=True)
        if isinstance(error, aiohttp.ClientResponseError | aiohttp.InvalidURL):
            return BadAnswer(f"{name} does not speak HTTP as it should ({_reason(error)}).", reached=True)
        if isinstance(error, ValueError) and not isinstance(error, OSError):
            return BadAnswer(f"{name} answered what cannot be read ({_reason(error)}).", reached=True)
        return Unreachable(f"The connection to {name} broke off ({_reason(error)}).", reached=True)

    def trouble(self, answer: Answer) -> ServerTrouble:
        """The error for an answer of another status than was asked for."""
        status, said = answer.status, answer.excerpt
        told = f"{self.name} answered {status}" + (f": {said}" if said else "")
        if status in (401, 403, 407):
            return AccessDenied(f"{told}. Pass the headers that it wants.", status=status)
        if status in (429, 503):
            return ServerBusy(f"{told}. Try later.", status=status)
        return ServerFailed(f"{told}. Is this a ComfyUI server? Its log may say more.", status=status)


async def _refuse_redirect(
    session: aiohttp.ClientSession, context: Any, params: aiohttp.TraceRequestRedirectParams
) -> None:
    """aiohttp follows redirects of websockets by itself, with all our headers."""
    raise BadAnswer("The websocket is redirected.")


def _reason(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:EXCERPT]
