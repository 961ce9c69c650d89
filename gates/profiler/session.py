"""What the prompt thread writes down while a run is recorded: append-only, without locks, files or hashes."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from .arming import Ask, workflow_of
from .inputs import Redactor, described, is_link

MOST_FAULTS = 20


class Graph(Protocol):
    """What ComfyUI calls `dynprompt`: the prompt with the nodes that were made while it runs."""

    def get_node(self, node_id: str) -> Mapping[str, Any]: ...
    def get_display_node_id(self, node_id: str) -> str: ...
    def get_parent_node_id(self, node_id: str) -> str | None: ...
    def get_real_node_id(self, node_id: str) -> str: ...


class Reading(NamedTuple):
    """What was read at an edge of a node. Bytes, and ns of processor time; None where nothing could tell.

    The peaks stand for the time since the edge before, and are read where a node ends.
    """

    cpu: int | None = None
    ram: int | None = None
    ram_peak: int | None = None
    torch: int | None = None
    torch_peak: int | None = None
    torch_reserved_peak: int | None = None
    aimdo: int | None = None


NO_READING = Reading()


class Calls:
    """One round of calls of a node: `at` when each began, `done` when each task ended, (index, ns)."""

    __slots__ = ("at", "begin", "done", "end", "had_items", "tasks")

    def __init__(self, begin: int) -> None:
        self.begin = begin
        self.end: int | None = None
        self.at: list[tuple[int, int]] = []
        self.done: list[tuple[int, int]] = []
        self.tasks: tuple[int, ...] = ()  # the indexes of those that went on as tasks
        self.had_items = True  # False where it has no inputs: then no call announces itself


class Mark:
    """A node that was picked up and is not put down yet."""

    __slots__ = ("before", "begin", "calls", "node_id")

    def __init__(self, node_id: str, before: Reading) -> None:
        self.node_id = node_id
        self.before = before
        self.begin = 0
        self.calls: Calls | None = None


class Segment(NamedTuple):
    """From a node's being picked up to its being put down, ns of the clock."""

    node_id: str
    begin: int
    end: int
    outcome: str  # SUCCESS, PENDING or FAILURE, as ComfyUI calls them
    error: str | None
    calls: Calls | None
    before: Reading
    after: Reading


@dataclass(frozen=True)
class Made:
    """A node that the prompt does not hold: another one was expanded into it."""

    class_type: str
    title: str | None
    inputs: Mapping[str, Any]
    display_id: str | None
    parent_id: str | None
    real_id: str | None


class Session:
    def __init__(
        self, prompt_id: str, prompt: Mapping[str, Any], extra_data: Mapping[str, Any], ask: Ask
    ) -> None:
        self.prompt_id = prompt_id
        self.prompt = prompt
        self.ask = ask
        self.client_id = client_of(extra_data)
        self.thread = threading.get_ident()
        created = extra_data.get("create_time")
        self.queued_at = ask.queued_at
        if isinstance(created, (int, float)) and created > 0:
            self.queued_at = created / 1000
        self.workflow = workflow_of(extra_data)
        self.secrets = Redactor()
        for name in ("auth_token_comfy_org", "api_key_comfy_org"):
            self.secrets.learn(extra_data.get(name))
        self.tier = ""
        self.began_at = 0.0  # s since 1970
        self.begin = 0  # ns of the clock, as all that follow
        self.end: int | None = None
        self.first = NO_READING
        self.last = NO_READING
        self.mark: Mark | None = None
        self.segments: list[Segment] = []
        self.inputs: dict[str, Mapping[str, Any]] = {}
        self.made: dict[str, Made] = {}
        self.device_edges: list[tuple[int, int]] = []  # (ns, bytes in use on the device)
        self.messages: list[tuple[str, Mapping[str, Any]]] = []
        self.raised: str | None = None
        self.overhead = 0
        self.faults: list[str] = []

    def note(self, fault: str) -> None:
        """Something of ours failed: the run says so."""
        if len(self.faults) < MOST_FAULTS and fault not in self.faults:
            self.faults.append(fault)

    def meet(self, node_id: str, graph: Graph) -> None:
        """Keep a node's inputs as they are when it is first picked up."""
        node = self.prompt.get(node_id)
        if node is not None:
            self.inputs[node_id] = dict(node.get("inputs") or {})
            return
        node = graph.get_node(node_id)
        inputs = {name: _light(value) for name, value in (node.get("inputs") or {}).items()}
        self.inputs[node_id] = inputs
        meta = node.get("_meta")
        self.made[node_id] = Made(
            str(node.get("class_type")),
            meta.get("title") if isinstance(meta, Mapping) else None,
            inputs,
            graph.get_display_node_id(node_id),
            graph.get_parent_node_id(node_id),
            graph.get_real_node_id(node_id),
        )


def client_of(extra_data: Mapping[str, Any]) -> str | None:
    client = extra_data.get("client_id")
    return client if isinstance(client, str) else None


def _light(value: Any) -> Any:
    """An expansion may hand over tensors and models: described at once, none is kept alive."""
    if value is None or isinstance(value, (str, int, float)) or is_link(value):
        return value
    return described(value)
