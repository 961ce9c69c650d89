"""A client whose websocket is heard in a thread, so that any test can wait for a message."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp

from ..process import HostFailed
from .messages import Message, Preview, read_binary, read_text
from .result import Result, result_of

if TYPE_CHECKING:
    from .server import ServerUnderTest

SECONDS_TO_CONNECT = 30.0
SECONDS_TO_WAIT = 60.0
SECONDS_BETWEEN_LOOKS = 0.5
MAXIMUM_MESSAGE_BYTES = 256 * 1024 * 1024
FLAGS = {"supports_preview_metadata": True}
Heard = Message | Preview


@dataclass(frozen=True)
class Queued:
    """A prompt that was taken; `mark` is how many messages were heard before it."""

    prompt_id: str
    number: float
    node_errors: Mapping[str, Any]
    mark: int


@dataclass
class _Ear:
    """What the listening thread shares with the others, under one lock."""

    changed: threading.Condition = field(default_factory=threading.Condition)
    heard: list[Heard] = field(default_factory=list)
    open: bool = False
    failure: BaseException | None = None

    def add(self, one: Heard) -> None:
        with self.changed:
            self.heard.append(one)
            self.changed.notify_all()

    def set(self, open: bool, failure: BaseException | None = None) -> None:
        with self.changed:
            self.open, self.failure = open, failure
            self.changed.notify_all()


class Listener:
    """`with` it: the websocket is open inside. `flags` None sends no feature flags."""

    def __init__(self, server: ServerUnderTest, flags: Mapping[str, Any] | None = FLAGS) -> None:
        self.server = server
        self.client_id = uuid.uuid4().hex
        self._flags = flags
        self._ear = _Ear()
        self._stop = asyncio.Event()

    def __enter__(self) -> Listener:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._listen, name="comfy-listener", daemon=True)
        self._thread.start()
        with self._ear.changed:
            ready = self._ear.changed.wait_for(self._connected, SECONDS_TO_CONNECT)
        if not ready or self._ear.failure is not None:
            self.__exit__()
            raise HostFailed("no websocket could be opened", self.server.log) from self._ear.failure
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop may have closed by itself
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(SECONDS_TO_CONNECT)

    @property
    def heard(self) -> list[Heard]:
        """Everything up to now."""
        with self._ear.changed:
            return list(self._ear.heard)

    def queue(self, prompt: Mapping[str, Any], **body: Any) -> Queued:
        """Queue a prompt in API format; `body` is the rest of the request. Raises PromptRefused."""
        mark = len(self.heard)
        answer = self.server.queue(prompt, client_id=self.client_id, **body)
        return Queued(answer["prompt_id"], answer["number"], answer.get("node_errors") or {}, mark)

    def submit(self, prompt: Mapping[str, Any], timeout: float = SECONDS_TO_WAIT, **body: Any) -> Result:
        """Queue and hear to the end. Raises PromptRefused, HostFailed."""
        return self.wait(self.queue(prompt, **body), timeout)

    def wait(self, queued: Queued, timeout: float = SECONDS_TO_WAIT) -> Result:
        """Wait for the end of a prompt, by its last message or, where none comes, by the history."""
        deadline = time.monotonic() + timeout
        history: Mapping[str, Any] | None = None
        while history is None:
            if time.monotonic() > deadline:
                what = f"the prompt {queued.prompt_id} did not end within {timeout:.0f} s"
                raise HostFailed(what, self.server.log)
            with self._ear.changed:
                self._ear.changed.wait_for(lambda: self._ended(queued), SECONDS_BETWEEN_LOOKS)
            history = self.server.history(queued.prompt_id)
        self._hear_the_last(queued)
        heard = [one for one in self.heard[queued.mark :] if one.prompt_id in (None, queued.prompt_id)]
        return result_of(queued.prompt_id, heard, history, queued.node_errors, self.server)

    def wait_for(self, wanted: Callable[[Heard], bool], timeout: float = SECONDS_TO_WAIT) -> Heard:
        """The first message, heard before or still to come, that is wanted. Raises HostFailed."""
        found: list[Heard] = []

        def look() -> bool:
            found.extend(one for one in self._ear.heard if wanted(one))
            return bool(found) or self._ear.failure is not None

        with self._ear.changed:
            self._ear.changed.wait_for(look, timeout)
        if not found:
            raise HostFailed(f"the wanted message did not come within {timeout:.0f} s", self.server.log)
        return found[0]

    def wait_for_type(self, kind: str, timeout: float = SECONDS_TO_WAIT, **data: Any) -> Message:
        """The first message of a kind that says all of `data`, such as `executing` with `node="3"`."""
        found = self.wait_for(
            lambda one: (
                isinstance(one, Message)
                and one.type == kind
                and all(one.data.get(key) == value for key, value in data.items())
            ),
            timeout,
        )
        assert isinstance(found, Message)
        return found

    def _hear_the_last(self, queued: Queued) -> None:
        """The history is written before the last message, which then has its moment to arrive."""
        with self._ear.changed:
            self._ear.changed.wait_for(lambda: self._ended(queued), SECONDS_BETWEEN_LOOKS)

    def _ended(self, queued: Queued) -> bool:
        return any(
            isinstance(one, Message) and one.ends_prompt and one.prompt_id == queued.prompt_id
            for one in self._ear.heard[queued.mark :]
        )

    def _connected(self) -> bool:
        return self._ear.open or self._ear.failure is not None

    def _listen(self) -> None:
        try:
            self._loop.run_until_complete(self._hear())
        except Exception as error:  # told to whoever waits, in its own thread
            self._ear.set(False, error)
        finally:
            self._loop.close()

    async def _hear(self) -> None:
        address = f"{self.server.url.replace('http', 'ws', 1)}/ws?clientId={self.client_id}"
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(address, max_msg_size=MAXIMUM_MESSAGE_BYTES) as socket,
        ):
            if self._flags is not None:
                await socket.send_json({"type": "feature_flags", "data": dict(self._flags)})
            stop = asyncio.create_task(self._stop.wait())
            reading = asyncio.create_task(self._read(socket))
            done, rest = await asyncio.wait({stop, reading}, return_when=asyncio.FIRST_COMPLETED)
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)
            for task in done:
                task.result()

    async def _read(self, socket: aiohttp.ClientWebSocketResponse[bool]) -> None:
        async for message in socket:
            if message.type is aiohttp.WSMsgType.BINARY:
                self._ear.add(read_binary(message.data))
            elif message.type is aiohttp.WSMsgType.TEXT:
                said = read_text(message.data)
                self._ear.add(said)
                # The first answer to the flags, or the greeting: from here on nothing is missed.
                if said.type == ("status" if self._flags is None else "feature_flags"):
                    self._ear.set(True)
