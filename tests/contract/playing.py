"""One prompt, and what a client saw of it, in few words."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from gates.host.testing import Listener, Message, Queued, Result, ServerUnderTest

# They depend on timing, or on the build.
TIMING = ("status", "progress", "progress_state", "feature_flags")
TAG = "{tag}"
Prompt = dict[str, dict[str, Any]]


def node(kind: str, **inputs: Any) -> dict[str, Any]:
    """A node of the rules pack in API format."""
    return {"class_type": f"Rules{kind}", "inputs": inputs}


def text(value: str = TAG) -> dict[str, Any]:
    return node("Text", text=value)


def show(source: str) -> dict[str, Any]:
    return node("Show", text=[source, 0])


def sleeping(seconds: float) -> Prompt:
    """Sleeps in node 2 and can be interrupted there."""
    return {"1": text(), "2": node("Sleep", text=["1", 0], seconds=seconds), "3": show("2")}


HAPPY: Prompt = {"1": text(), "2": show("1")}


def new_tag() -> str:
    return uuid.uuid4().hex[:12]


def fresh(prompt: Prompt, tag: str = "") -> Prompt:
    """With a text of this run's own wherever `{tag}` stands, so that no cache of another run answers."""
    filled: Prompt = json.loads(json.dumps(prompt).replace(TAG, tag or new_tag()))
    return filled


def play(
    server: ServerUnderTest, prompts: Sequence[Prompt], tag: str, body: Mapping[str, Any] | None = None
) -> Result:
    """Run prompts one after another with one client; the result of the last. `body` goes with each."""
    with server.listen() as listener:
        for prompt in prompts[:-1]:
            listener.submit(fresh(prompt, tag), **(body or {}))
        return listener.submit(fresh(prompts[-1], tag), **(body or {}))


def overheard(listener: Listener, prompt: Prompt, tag: str) -> Result:
    """A prompt that names no client, as another client hears it."""
    mark = len(listener.heard)
    said = listener.server.queue(fresh(prompt, tag))
    return listener.wait(Queued(said["prompt_id"], said["number"], said["node_errors"], mark))


def told(result: Result, tag: str) -> str:
    """Its messages in their order, each with the nodes that it speaks of, without those of timing."""
    words = [_words(one) for one in result.messages if one.type not in TIMING]
    return " / ".join(words).replace(tag, TAG)


def _words(message: Message) -> str:
    data = message.data
    if message.type == "execution_cached":
        return f"cached {' '.join(sorted(data['nodes']))}".strip()
    if message.type == "executing":
        return "over" if data["node"] is None else f"run {data['node']}"
    if message.type == "executed":
        output = data["output"]
        return f"show {' '.join(output['text'])}" if output else f"reuse {data['node']}"
    if message.type in ("execution_error", "execution_interrupted"):
        return f"{message.type.removeprefix('execution_')} {data['node_id']}"
    return message.type.removeprefix("execution_")
