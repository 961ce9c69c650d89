"""What a server answers over HTTP, read into values. No I/O. Everything raises BadAnswer for other shapes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import BadAnswer
from .messages import name_of
from .output_lists import read_outputs
from .values import Output, Queue, Result, State, Uploaded, Waiting

JOB_STATES = {
    "pending": State.PENDING,
    "in_progress": State.RUNNING,
    "completed": State.DONE,
    "failed": State.FAILED,
    "cancelled": State.CANCELLED,
}
ENDS = ("execution_success", "execution_error", "execution_interrupted")
COMPLAINTS_SHOWN = 5


@dataclass(frozen=True)
class Accepted:
    """The server's yes to a prompt, perhaps to a part of it."""

    prompt_id: str
    number: float | None = None
    node_errors: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """One prompt in the history."""

    state: State
    outputs: Mapping[str, Any] = field(default_factory=dict)
    messages: tuple[tuple[str, Mapping[str, Any]], ...] = ()

    def last(self, *kinds: str) -> Mapping[str, Any] | None:
        return next((data for kind, data in reversed(self.messages) if kind in kinds), None)

    @property
    def cached(self) -> tuple[str, ...]:
        nodes = (self.last("execution_cached") or {}).get("nodes")
        return names(nodes)

    @property
    def seconds(self) -> float | None:
        start, end = self.last("execution_start"), self.last(*ENDS)
        first, last = (data.get("timestamp") if data else None for data in (start, end))
        if isinstance(first, int | float) and isinstance(last, int | float):
            return max(0.0, (last - first) / 1000)
        return None

    def read(self, server: str) -> tuple[Output, ...]:
        return read_outputs(self.outputs, server, set(self.cached))

    def result(self, prompt_id: str, job: str, server: str) -> Result:
        outputs = self.read(server)
        return Result(prompt_id, job, server, self.state, outputs, self.cached, self.messages, self.seconds)


def names(nodes: Any) -> tuple[str, ...]:
    found = [name_of(node) for node in nodes] if isinstance(nodes, list) else []
    return tuple(node for node in found if node is not None)


def an_object(body: Any, what: str = "The answer") -> Mapping[str, Any]:
    if not isinstance(body, Mapping):
        raise BadAnswer(f"{what} is no JSON object. Is this a ComfyUI server?")
    return body


def read_cancelled(body: Any) -> bool:
    return an_object(body).get("cancelled") is True


def read_accepted(body: Any) -> Accepted:
    said = an_object(body, "The answer to the workflow")
    prompt_id, number, errors = said.get("prompt_id"), said.get("number"), said.get("node_errors")
    if not isinstance(prompt_id, str) or not prompt_id:
        raise BadAnswer("The server took the workflow without naming a prompt. Is this a ComfyUI server?")
    known = isinstance(number, int | float) and not isinstance(number, bool)
    return Accepted(prompt_id, number if known else None, errors if isinstance(errors, Mapping) else {})


def read_refusal(body: Any) -> tuple[str, Mapping[str, Any]] | None:
    """(sentence, node errors) of a 400 that ComfyUI itself answered; None where another program did."""
    error = body.get("error") if isinstance(body, Mapping) else None
    if isinstance(error, str):
        error = {"message": error}
    if not isinstance(error, Mapping):
        return None
    node_errors = body.get("node_errors")
    node_errors = node_errors if isinstance(node_errors, Mapping) else {}
    details = "; ".join(complaints(node_errors)) or str(error.get("details") or "")
    message = str(error.get("message") or error.get("type") or "no reason given")
    return (f"{message.rstrip('.')}: {details}" if details else message), node_errors


def complaints(node_errors: Mapping[str, Any]) -> list[str]:
    """One sentence for each input that validation found wrong, the first few."""
    found = []
    for node, said in node_errors.items():
        said = said if isinstance(said, Mapping) else {}
        errors = said.get("errors")
        for error in errors if isinstance(errors, list) else ():
            if isinstance(error, Mapping):
                parts = [str(error[key]) for key in ("message", "details") if error.get(key)]
                found.append(f"node {node} ({said.get('class_type', '?')}): {': '.join(parts)}")
    more = [f"and {len(found) - COMPLAINTS_SHOWN} more"] if len(found) > COMPLAINTS_SHOWN else []
    return found[:COMPLAINTS_SHOWN] + more


def read_job_state(body: Any) -> State:
    status = an_object(body, "The answer about a job").get("status")
    state = JOB_STATES.get(status) if isinstance(status, str) else None
    if state is None:
        raise BadAnswer(f"The server gives a job the status {status!r}, which ComfyUI does not have.")
    return state


def read_queue(body: Any) -> Queue:
    """The queue in the order in which it will run: the server lists what is pending as a heap."""
    said = an_object(body, "The queue")
    running, pending = said.get("queue_running"), said.get("queue_pending")
    if not isinstance(running, list) or not isinstance(pending, list):
        raise BadAnswer("The queue has no lists of prompts. Is this a ComfyUI server?")
    in_order = sorted(_waiting(pending), key=lambda item: (item.number, item.prompt_id))
    return Queue(tuple(_waiting(running)), tuple(in_order))


def _waiting(items: list[Any]) -> Iterator[Waiting]:
    for item in items:
        fits = isinstance(item, list) and len(item) >= 2 and isinstance(item[1], str)
        if not fits or not isinstance(item[0], int | float):
            raise BadAnswer("The queue holds an item without number and id. Is this a ComfyUI server?")
        extra = item[3] if len(item) > 3 and isinstance(item[3], Mapping) else {}
        yield Waiting(item[0], item[1], name_of(extra.get("client_id")))


def read_entry(body: Any, prompt_id: str) -> Entry | None:
    """The entry of a prompt in the answer of `/history/{id}`; None while the server has none."""
    entry = an_object(body, "The history").get(prompt_id)
    if entry is None:
        return None
    said = an_object(entry, "An entry of the history")
    outputs, status = said.get("outputs"), said.get("status")
    if not isinstance(outputs, Mapping):
        raise BadAnswer("An entry of the history has no outputs. Is this a ComfyUI server?")
    status = status if isinstance(status, Mapping) else {}
    messages = tuple(_messages(status.get("messages")))
    return Entry(_state(status, messages), outputs, messages)


def _messages(said: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for one in said if isinstance(said, list) else ():
        if isinstance(one, list) and len(one) == 2 and isinstance(one[1], Mapping):
            yield str(one[0]), one[1]


def _state(status: Mapping[str, Any], messages: tuple[tuple[str, Mapping[str, Any]], ...]) -> State:
    """Interrupted and failed look alike but for the message."""
    if status.get("status_str") != "error":
        return State.DONE
    stopped = any(kind == "execution_interrupted" for kind, _ in messages)
    return State.CANCELLED if stopped else State.FAILED


def read_uploaded(body: Any) -> Uploaded:
    said = an_object(body, "The answer to an upload")
    name, subfolder, kind = said.get("name"), said.get("subfolder", ""), said.get("type", "input")
    if not all(isinstance(value, str) for value in (name, subfolder, kind)) or not name:
        raise BadAnswer("The server took the file without naming it. Is this a ComfyUI server?")
    return Uploaded(str(name), str(subfolder), str(kind))
