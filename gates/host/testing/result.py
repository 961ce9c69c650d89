"""How one prompt ended, with everything that a client sees of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Protocol

from PIL import Image

from .messages import Message, Preview

# By the last message of a run; `success` is its name in the history too.
ENDS = {
    "execution_success": "success",
    "execution_error": "error",
    "execution_interrupted": "interrupted",
}


class FileServer(Protocol):
    def view(self, filename: str, subfolder: str = "", type: str = "output") -> bytes: ...


@dataclass(frozen=True)
class NodeFailure:
    """A node that raised: `type` is the exception's name, `traceback` its lines."""

    node: str
    node_type: str
    type: str
    message: str
    traceback: tuple[str, ...]

    def __str__(self) -> str:
        return f"node {self.node} ({self.node_type}): {self.type}: {self.message.strip()}"


@dataclass(frozen=True)
class StoredFile:
    """A file that a node names in its output. `type` is `output`, `temp` or `input`."""

    node: str
    key: str
    filename: str
    subfolder: str
    type: str
    server: FileServer = field(repr=False, compare=False)

    def read(self) -> bytes:
        """Its bytes, through /view. Raises FileNotFoundError where the server has it no more."""
        return self.server.view(self.filename, self.subfolder, self.type)

    def image(self) -> Image.Image:
        opened = Image.open(BytesIO(self.read()))
        opened.load()
        return opened


@dataclass(frozen=True)
class Result:
    """`status` is `success`, `error` or `interrupted`; `executed` are node ids in the order they began in.

    `node_errors` is what validation said of nodes that were left out while others ran. `messages` and
    `previews` are those of this prompt, in the order in which they came; `history` is the server's entry.
    """

    prompt_id: str
    status: str
    executed: tuple[str, ...]
    cached: frozenset[str]
    error: NodeFailure | None
    node_errors: Mapping[str, Any]
    messages: tuple[Message, ...] = field(repr=False)
    previews: tuple[Preview, ...] = field(repr=False)
    history: Mapping[str, Any] = field(repr=False)
    server: FileServer = field(repr=False, compare=False)

    @property
    def ok(self) -> bool:
        return self.status == "success"

    @property
    def outputs(self) -> Mapping[str, Mapping[str, Any]]:
        """What nodes showed, by node id, such as `{"3": {"images": [{"filename", "subfolder", "type"}]}}`."""
        return dict(self.history.get("outputs", {}))

    def output(self, node: str | int) -> Mapping[str, Any]:
        """What one node showed. Raises LookupError, saying how the prompt ended, where it showed nothing."""
        found = self.outputs.get(str(node))
        if found is None:
            raise LookupError(f"node {node} showed nothing; {self._told()}")
        return found

    def texts(self, node: str | int) -> list[str]:
        return [str(text) for text in self.output(node).get("text", [])]

    def files(self, node: str | int | None = None) -> list[StoredFile]:
        """Every file that a node names, or all nodes: pictures, sounds, whatever has a file name."""
        chosen = self.outputs if node is None else {str(node): self.output(node)}
        return [
            StoredFile(
                each, key, row["filename"], row.get("subfolder", ""), row.get("type", "output"), self.server
            )
            for each, shown in chosen.items()
            for key, rows in shown.items()
            for row in (rows if isinstance(rows, list) else [])
            if isinstance(row, Mapping) and "filename" in row
        ]

    def images(self, node: str | int | None = None) -> list[Image.Image]:
        """The pictures that a node shows, fetched through /view."""
        return [file.image() for file in self.files(node) if file.key == "images"]

    def heard(self, kind: str) -> list[dict[str, Any]]:
        """What the messages of one kind say, such as `progress` or `executed`."""
        return [message.data for message in self.messages if message.type == kind]

    def _told(self) -> str:
        if self.error is not None:
            return f"the prompt ended with an error in {self.error}"
        return (
            f"the prompt ended with {self.status}, and these nodes showed something: {sorted(self.outputs)}"
        )


def result_of(
    prompt_id: str,
    heard: Sequence[Message | Preview],
    history: Mapping[str, Any],
    node_errors: Mapping[str, Any],
    server: FileServer,
) -> Result:
    messages = tuple(one for one in heard if isinstance(one, Message))
    names = [name for name, _ in history.get("status", {}).get("messages", [])]
    executing = [one.data["node"] for one in messages if one.type == "executing" and not one.ends_prompt]
    cached = [one.data["nodes"] for one in messages if one.type == "execution_cached"]
    return Result(
        prompt_id=prompt_id,
        status=next((ENDS[name] for name in reversed(names) if name in ENDS), "error"),
        executed=tuple(dict.fromkeys(executing)),
        cached=frozenset(node for nodes in cached for node in nodes),
        error=_failure(history),
        node_errors=node_errors,
        messages=messages,
        previews=tuple(one for one in heard if isinstance(one, Preview)),
        history=history,
        server=server,
    )


def _failure(history: Mapping[str, Any]) -> NodeFailure | None:
    for name, said in reversed(history.get("status", {}).get("messages", [])):
        if name == "execution_error":
            return NodeFailure(
                node=str(said.get("node_id")),
                node_type=str(said.get("node_type")),
                type=str(said.get("exception_type")),
                message=str(said.get("exception_message")),
                traceback=tuple(said.get("traceback") or ()),
            )
    return None
