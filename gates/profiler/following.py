"""What becomes of a run that is recorded: its rows are shown, it is kept, and whoever asked is told."""

from __future__ import annotations

import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..errors import GatesError
from .arming import Ask, Notice
from .records import Recording, RunStatus, Step
from .session import Session
from .store import Filters
from .stores import Stores
from .telling import Telling

log = logging.getLogger("gates.profiler")

MOST_FOLLOWED = 256  # runs
DEFAULT_USER = "default"


@dataclass
class Followed:
    """A run that is on. `run_id` is known once the store has written it."""

    prompt_id: str
    user: str
    client_id: str | None
    ask: Ask
    in_store: bool = False
    so_far: Recording | None = None  # as it was last written
    run_id: int | None = None


@dataclass(frozen=True)
class LastSeen:
    """What the last run was measured by, and what it lacked: {column: {"why", "install"}}."""

    sources: tuple[tuple[str, str, str | None], ...] = ()  # quantity, source, device
    missing: tuple[tuple[str, str, str | None], ...] = ()  # column, why, what installs it


class Following:
    """The engine calls all but `notice`, `of` and `last` from one thread of its own."""

    def __init__(self, stores: Stores, telling: Telling) -> None:
        self.last = LastSeen()
        self._stores = stores
        self._telling = telling
        self._lock = threading.Lock()
        self._runs: OrderedDict[str, Followed] = OrderedDict()

    def of(self, prompt_id: str) -> Followed | None:
        with self._lock:
            return self._runs.get(prompt_id)

    def begun(self, session: Session) -> None:
        followed = Followed(
            session.prompt_id, session.ask.user or DEFAULT_USER, session.client_id, session.ask
        )
        with self._lock:
            self._runs[session.prompt_id] = followed
            while len(self._runs) > MOST_FOLLOWED:
                self._runs.popitem(last=False)
        self._tell(followed, "started", RunStatus.RUNNING.value)

    def rows(self, prompt_id: str, client_id: str | None, steps: Sequence[Step]) -> None:
        followed = self.of(prompt_id)
        if followed is not None:
            about = {"run_id": self._run_id(followed), "prompt_id": prompt_id}
            self._telling.steps(followed.user, client_id, about, steps)

    def checkpoint(self, recording: Recording) -> None:
        """Keep what there is of a run so far, so that a crash loses two seconds of it."""
        followed = self.of(recording.run.prompt_id or "")
        if followed is None:
            return
        store = self._stores.of(followed.user)
        if not followed.in_store:
            followed.in_store = store.begin(recording.run)
        if followed.in_store:
            followed.so_far = recording
            store.extend(followed.prompt_id, recording.steps)

    def keep(self, recording: Recording) -> None:
        run = recording.run
        with self._lock:
            followed = self._runs.pop(run.prompt_id or "", None)
        followed = followed or Followed(run.prompt_id or "", DEFAULT_USER, None, Ask())
        self.last = seen_of(recording)
        self._tell(followed, "ended", run.status)
        try:
            followed.run_id = self._stores.of(followed.user).save(recording)
        except GatesError as error:
            self._tell(followed, "lost", run.status, str(error))
            raise
        self._tell(followed, "saved", run.status)

    def lost(self, session: Session) -> None:
        """A run that was begun and will not be kept: what is stored of it must not look as if it ran."""
        with self._lock:
            followed = self._runs.pop(session.prompt_id, None)
        if followed is None:
            return
        self._tell(followed, "lost", RunStatus.ABORTED.value, "This run could not be kept; the log says why.")
        if followed.so_far is not None:
            run = replace(followed.so_far.run, status=RunStatus.ABORTED.value)
            self._stores.of(followed.user).save(replace(followed.so_far, run=run))

    def notice(self, notice: Notice, user: str | None = None) -> None:
        """A prompt that was asked for is not recorded; may come from any thread."""
        phase = "mismatch" if notice.kind == "mismatch" else "lost"
        facts = {
            "phase": phase,
            "run_id": None,
            "prompt_id": notice.prompt_id,
            "series": None,
            "name": "",
            "status": None,
            "message": notice.message,
            "expected": notice.expected_hash,
            "hash": notice.workflow_hash,
        }
        self._telling.run(user or DEFAULT_USER, notice.client_id, facts)

    def _tell(self, followed: Followed, phase: str, status: str, message: str = "") -> None:
        facts = {
            "phase": phase,
            "run_id": followed.run_id,
            "prompt_id": followed.prompt_id,
            "series": followed.ask.series,
            "name": followed.ask.name,
            "status": status,
            "message": message,
        }
        self._telling.run(followed.user, followed.client_id, facts)

    def _run_id(self, followed: Followed) -> int | None:
        if followed.run_id is None and followed.in_store:
            page = self._stores.of(followed.user).runs(20, 0, Filters(status=RunStatus.RUNNING.value))
            found = (run.id for run in page.runs if run.prompt_id == followed.prompt_id)
            followed.run_id = next(found, None)
        return followed.run_id


def seen_of(recording: Recording) -> LastSeen:
    sources = tuple((one.name, one.source, one.device) for one in recording.series)
    missing: dict[str, Any] = json.loads(recording.run.unmeasured_json or "{}")
    told = ((name, str(one.get("why")), one.get("install")) for name, one in missing.items())
    return LastSeen(sources, tuple(told))
