"""The profiler of one server: its engine, the stores of its users, what is asked of it over HTTP."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any, Protocol

from ..errors import WorkflowChanged
from .arming import KEY, Arm, Ask, Notice, asked
from .engine import Clock, Outside, Probes, ProfilerEngine
from .following import DEFAULT_USER, Following
from .records import Mode
from .repeats import AllRepeats, Door, Repeats
from .sampler import DEFAULT_MS
from .snapshot import snapshot_of
from .stores import Stores
from .telling import Later, Send, Telling
from .wishes import Wish, body_of, told_differences

log = logging.getLogger("gates.profiler")

SECONDS_TO_CLOSE = 5.0
MOST_CLIENTS = 1000  # whose user is remembered


class Queue(Door, Protocol):
    async def submit(self, asked: Any, body: dict[str, Any]) -> tuple[int, dict[str, Any]]: ...


@dataclass(frozen=True)
class Surroundings:
    """What ComfyUI lends the profiler. `send` and `later` may be called from any thread."""

    folder_of: Callable[[str], Any]  # Path of a user's files
    queue: Queue
    send: Send
    is_connected: Callable[[str], bool]
    later: Later
    has_users: Callable[[], bool]
    new_id: Callable[[], str]
    probes: Callable[[], Probes]
    environment: Callable[[], Mapping[str, Any]]
    pools_of: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    clock: Clock = Clock()


class ProfilerService:
    def __init__(self, lent: Surroundings) -> None:
        self._lent = lent
        self._clock = lent.clock
        self._asking: ContextVar[str | None] = ContextVar("gates_profiler_user", default=None)
        self._sample_ms = DEFAULT_MS
        self._lock = threading.Lock()
        self._user_of_client: dict[str, str] = {}
        self._arms: dict[str, Arm] = {}  # that nobody used yet, by id
        self.stores = Stores(lent.folder_of, lent.clock.time)
        self.telling = Telling(lent.send, lent.is_connected, lent.later, monotonic)
        self.following = Following(self.stores, self.telling)
        self.repeats = AllRepeats(lent.queue, lent.new_id)
        self.engine = self._engine()

    def _engine(self) -> ProfilerEngine:
        outside = Outside(
            hash_of=hash_of,
            environment=self._lent.environment,
            pools_of=self._lent.pools_of,
            live=self.following.rows,
            begun=self.following.begun,
            lost=self.following.lost,
            checkpoint=self.following.checkpoint,
            notify=self._notice,
        )
        return ProfilerEngine(
            self._clock, self._lent.probes(), self.following.keep, outside, lambda: self._sample_ms
        )

    # --- prompts on their way into the queue ---

    @contextmanager
    def asking(self, user: str | None) -> Iterator[None]:
        """Within this, a prompt that is queued is this user's."""
        token = self._asking.set(user)
        try:
            yield
        finally:
            self._asking.reset(token)

    def on_prompt(self, request: dict[str, Any]) -> dict[str, Any]:
        """For every request to queue a prompt. Never raises, never refuses."""
        request = self.engine.on_prompt(request)
        try:
            extra = request.get("extra_data")
            ask = asked(extra) if isinstance(extra, Mapping) else None
            if ask is not None and isinstance(extra, dict):
                self._marked(extra, ask, request.get("client_id"))
        except Exception:
            log.exception("[Dataset Gates] A prompt that asked to be measured could not be looked at")
        return request

    def _marked(self, extra: dict[str, Any], ask: Ask, client_id: Any) -> None:
        user = self._asking.get() or self._user_of(client_id)
        if ask.arm_id is not None:
            with self._lock:
                self._arms.pop(ask.arm_id, None)
        if self._lent.has_users():
            said = extra[KEY]
            extra[KEY] = {**(said if isinstance(said, Mapping) else {}), "user": user}
        self._sample_ms = self.stores.known_sample_ms(user) or DEFAULT_MS

    # --- asked over HTTP ---

    def expected(self, wish: Wish) -> Ask:
        """The ask with the reference that the run should match. Raises WorkflowChanged; looks at the disk."""
        reference = self.stores.of(wish.user).reference() if wish.check else None
        if reference is None:
            return wish.ask
        number, snapshot = reference
        if wish.prompt is not None:
            found = snapshot_of(wish.prompt, wish.workflow)
            if found.hash == snapshot.hash:
                return replace(wish.ask, snapshot_id=number)
            if not wish.ask.force:
                raise WorkflowChanged(
                    "Workflow changed. Please Update Nodes, or force the run.",
                    differences=told_differences(snapshot, found),
                    hash=found.hash,
                    expected=snapshot.hash,
                )
        return replace(wish.ask, snapshot_id=number, expected_hash=snapshot.hash)

    def arm(self, wish: Wish, ask: Ask) -> Arm:
        """Record the client's next prompt."""
        client_id = wish.client_id or ""
        arm = self.engine.arm(client_id, ask)
        with self._lock:
            self._arms = {one: kept for one, kept in self._arms.items() if kept.client_id != client_id}
            self._arms[arm.arm_id] = arm
        self.remember(client_id, wish.user)
        if wish.mode is not Mode.NATURAL:
            self._lent.queue.drop(models=wish.mode is Mode.COLD)
        self._tell_arm(wish.user, arm, "armed", "The next prompt of this tab is measured.")
        self._lent.later(max(arm.expires - self._clock.time(), 0.0), lambda: self._lapse(wish.user, arm))
        return arm

    def _lapse(self, user: str, arm: Arm, why: str = "No prompt came within a minute") -> None:
        with self._lock:
            lapsed = self._arms.pop(arm.arm_id, None)
        if lapsed is not None:
            self._tell_arm(user, arm, "lapsed", f"{why}, so nothing is measured.")

    def _tell_arm(self, user: str, arm: Arm, phase: str, message: str) -> None:
        facts = {
            "phase": phase,
            "run_id": None,
            "prompt_id": None,
            "series": arm.ask.series,
            "name": arm.ask.name,
            "status": None,
            "message": message,
            "arm_id": arm.arm_id,
        }
        self.telling.run(user, arm.client_id, facts)

    async def queue(self, wish: Wish, ask: Ask, request: Any) -> Repeats:
        """Queue the prompt as often as it was asked for. Raises PromptRefused."""
        if wish.client_id:
            self.remember(wish.client_id, wish.user)
        if ask.series is None and wish.repeat > 1:
            ask = replace(ask, series=self._lent.new_id()[:8])

        async def submit(prompt_id: str, recorded: bool) -> tuple[int, dict[str, Any]]:
            with self.asking(wish.user):
                return await self._lent.queue.submit(request, body_of(wish, ask, prompt_id, recorded))

        return await self.repeats.start(wish.user, ask.series, wish.mode, wish.repeat, submit)

    def stop(self, user: str, series: str | None, prompt_id: str | None) -> dict[str, Any]:
        stopped = self.repeats.stop(user, series, prompt_id)
        if series is None and prompt_id is None:
            for arm in self.armed(user):
                self.engine.disarm(arm.client_id)
                self._lapse(user, arm, "It was stopped before a prompt came")
        return {"cancelled": list(stopped.cancelled), "interrupted": stopped.interrupted}

    def armed(self, user: str) -> tuple[Arm, ...]:
        return tuple(arm for arm in self.engine.armed() if self._user_of(arm.client_id) == user)

    def recording(self, user: str) -> dict[str, Any] | None:
        """What is recorded just now, where it is this user's."""
        session = self.engine.session
        if session is None or (session.ask.user or DEFAULT_USER) != user:
            return None
        followed = self.following.of(session.prompt_id)
        return {
            "run_id": followed.run_id if followed is not None else None,
            "prompt_id": session.prompt_id,
            "name": session.ask.name,
            "series": session.ask.series,
        }

    def remember(self, client_id: str, user: str) -> None:
        with self._lock:
            self._user_of_client.pop(client_id, None)
            self._user_of_client[client_id] = user
            while len(self._user_of_client) > MOST_CLIENTS:
                del self._user_of_client[next(iter(self._user_of_client))]

    def _user_of(self, client_id: Any) -> str:
        known = self._user_of_client.get(client_id) if isinstance(client_id, str) else None
        return known or DEFAULT_USER

    def _notice(self, notice: Notice) -> None:
        self.following.notice(notice, self._user_of(notice.client_id))

    def close(self) -> None:
        """Hand on what has ended, let go of everything. Waits; not for the event loop."""
        self.engine.stop(SECONDS_TO_CLOSE)
        self.stores.close()


def hash_of(prompt: Mapping[str, Any], workflow: Mapping[str, Any] | None) -> str:
    return snapshot_of(prompt, workflow).hash
