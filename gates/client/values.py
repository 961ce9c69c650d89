"""What the client hands out: jobs, results, outputs, the queue. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

Workflow = Mapping[str, Any]
PREFIX = "gen_job_{job}"  # of the files of a job; `{job}` is the job's name


class State(str, Enum):
    """Where a prompt is; `unknown` is what a server says of prompts that it never had or has forgotten."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"

    @property
    def is_end(self) -> bool:
        return self in (State.DONE, State.FAILED, State.CANCELLED)


@dataclass(frozen=True)
class Job:
    """A prompt that a server has taken."""

    prompt_id: str
    job: str  # the caller's name for it, part of its file names
    server: str  # address
    number: float | None = None  # place in the queue's order; None where the server did not say
    node_errors: Mapping[str, Any] = field(default_factory=dict)  # of outputs refused, with `partial=True`
    prompt: Workflow = field(default_factory=dict)  # as sent: API format, prefixes set


@dataclass(frozen=True)
class Output:
    """One thing that a node put out: a file on the server, or a text."""

    node: str
    kind: str  # as the node names it: images, gifs, audio, video, 3d, text…
    filename: str = ""  # "" for a text
    subfolder: str = ""
    type: str = "output"  # output, temp or input
    url: str = ""  # of the file, by /view
    cached: bool = False  # an old result, rendered by an earlier run
    text: str | None = None

    @property
    def is_file(self) -> bool:
        return bool(self.filename)


@dataclass(frozen=True)
class Result:
    """A run that has ended, as its server's history tells it."""

    prompt_id: str
    job: str
    server: str
    status: State  # DONE, FAILED or CANCELLED
    outputs: tuple[Output, ...] = ()
    cached: tuple[str, ...] = ()  # ids of the nodes that did not run because their result was there
    messages: tuple[tuple[str, Mapping[str, Any]], ...] = ()  # (kind, data), as in the history
    seconds: float | None = None  # from start to end by the server's clock

    @property
    def files(self) -> tuple[Output, ...]:
        return tuple(output for output in self.outputs if output.is_file)

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(output.text for output in self.outputs if output.text is not None)


@dataclass(frozen=True)
class Uploaded:
    """A file that lies on the server now, perhaps under another name than it came with."""

    name: str
    subfolder: str
    type: str

    @property
    def value(self) -> str:
        """What the input of a loading node is set to."""
        path = f"{self.subfolder}/{self.name}" if self.subfolder else self.name
        return path if self.type == "input" else f"{path} [{self.type}]"


@dataclass(frozen=True)
class Waiting:
    """One prompt in a server's queue."""

    number: float
    prompt_id: str
    client_id: str | None = None


@dataclass(frozen=True)
class Queue:
    """What a server runs, and what it will run, in that order."""

    running: tuple[Waiting, ...] = ()
    pending: tuple[Waiting, ...] = ()

    @property
    def length(self) -> int:
        return len(self.running) + len(self.pending)

    def position(self, prompt_id: str) -> int | None:
        """0 while it runs, 1 for the next one; None when it is not there."""
        if any(item.prompt_id == prompt_id for item in self.running):
            return 0
        ids = [item.prompt_id for item in self.pending]
        return ids.index(prompt_id) + 1 if prompt_id in ids else None
