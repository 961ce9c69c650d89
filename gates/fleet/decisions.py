"""What this room decides, told as events beside those of the run itself: one frozen class each. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..client import Event, as_json


@dataclass(frozen=True)
class Standing:
    """A server before a job is given out. `waiting` counts its queue; None where it does not answer."""

    server: str
    waiting: int | None
    trouble: str = ""


@dataclass(frozen=True)
class Decision:
    job: str


@dataclass(frozen=True)
class Ranked(Decision):
    """The servers in the order in which they will be asked."""

    servers: tuple[Standing, ...]


@dataclass(frozen=True)
class Given(Decision):
    """A server is given the job now."""

    server: str
    prompt_id: str


@dataclass(frozen=True)
class InTrouble(Decision):
    """The server that has the job failed; it is looked up there next."""

    server: str
    prompt_id: str
    code: str
    message: str


@dataclass(frozen=True)
class LookedUp(Decision):
    """What a server says of the job: pending, running, done, failed, cancelled or unknown."""

    server: str
    prompt_id: str
    state: str


@dataclass(frozen=True)
class Gone(Decision):
    """The job cannot end on that server any more: it may be given to another one."""

    server: str
    prompt_id: str
    reason: str


@dataclass(frozen=True)
class Saved(Decision):
    """A file of the job was written."""

    path: str
    size: int  # bytes


@dataclass(frozen=True)
class AlreadyDone(Decision):
    """Its record says that it was done before, and its files are there."""

    record: str


@dataclass(frozen=True)
class Ended(Decision):
    """The job came to an end; its record has the rest. `exit_code` 0 is success."""

    status: str
    exit_code: int
    record: str
    message: str = ""


@dataclass(frozen=True)
class Joined(Decision):
    """An actor has its server and waits for jobs; said again when Ray had to start it again."""

    server: str
    node: str
    pid: int


Told = Event | Decision
Tell = Callable[[Told], None]
NAMES: Mapping[type[Decision], str] = {
    Ranked: "ranked",
    Given: "given",
    InTrouble: "in_trouble",
    LookedUp: "looked_up",
    Gone: "gone",
    Saved: "saved",
    AlreadyDone: "already_done",
    Ended: "ended",
    Joined: "joined",
}


def told_as_json(told: Told, job: str) -> dict[str, Any]:
    """One JSON object: `event` says what, `job` whose; then what the event carries."""
    if isinstance(told, Decision):
        body = asdict(told)
        del body["job"]
        return {"event": NAMES[type(told)], "job": told.job, **body}
    body = as_json(told)
    return {"event": body.pop("event"), "job": body.pop("job", job), **body}
