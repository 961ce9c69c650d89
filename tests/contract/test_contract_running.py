"""What runs, in which order, and what a client hears of it.

Recorded from ComfyUI 0.29.0 and 0.3.64, which agree on every row. One holds for 0.29.0 on machines with less
than 128 GB of memory alone: that a prompt before the last is forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from gates.host.testing import ServerUnderTest
from tests.contract.playing import HAPPY, Prompt, new_tag, node, overheard, play, show, text, told


@dataclass(frozen=True)
class Fact:
    """`heard` is what lies between the first message and the last ones, of the last prompt."""

    name: str
    prompts: tuple[Prompt, ...]
    heard: str
    end: str = "success"
    body: dict[str, Any] = field(default_factory=dict)


def joined(second: str) -> Prompt:
    return {"1": text(), "2": text(second), "3": node("Join", a=["1", 0], b=["2", 0]), "4": show("3")}


def through(kind: str, **inputs: Any) -> Prompt:
    return {"1": text(), "2": node(kind, text=["1", 0], **inputs), "3": show("2")}


def pick(second: bool, other: dict[str, Any]) -> Prompt:
    choice = node("Pick", second=second, a=["1", 0], b=["2", 0])
    return {"1": text(), "2": other, "3": choice, "4": show("3")}


def first(kind: str, **inputs: Any) -> Prompt:
    return {"1": node(kind, **inputs), "2": show("1")}


def split(value: str) -> dict[str, Any]:
    return node("Split", text=value)


JOIN = node("Join", a=["1", 0], b=["2", 0])
UNEVEN = {"1": split("x,y,{tag}"), "2": split("1,2"), "3": JOIN, "4": show("3")}
GATHERED = {"1": split("x,{tag}"), "2": node("Join", a=["1", 0], b=["1", 0])}
GATHERED |= {"3": node("Gather", text=["2", 0]), "4": show("3")}
BESIDE = {"1": text(), "2": show("1"), "3": node("Fail", text=["2", 0]), "4": show("3")}
WAITS = {"5": text(), "6": text("b{tag}"), "3": JOIN, "4": show("3")}
WAITS |= {"1": node("Wait", text=["5", 0], seconds=0.5), "2": node("Wait", text=["6", 0], seconds=0.2)}
MOVED = {"7": text(), "8": node("Sleep", text=["7", 0], seconds=0.0), "9": show("8")}
ALWAYS = first("Count", tag="{tag}", always=True)
EXTRA = {"extra_data": {"extra_pnginfo": {"workflow": {"a": 1}}}}
HIDDEN = "show 2:[['1', '2'], {'workflow': {'a': 1}}, '1', '1'] RulesHidden"

FACTS = (
    Fact("a text is shown", (HAPPY,), "cached / run 1 / run 2 / show 2:{tag}"),
    Fact("the same again runs nothing", (HAPPY, HAPPY), "cached 1 2 / show 2:{tag}"),
    Fact(
        "the same after another one runs again",
        (HAPPY, {"1": text("{tag} between"), "2": show("1")}, HAPPY),
        "cached / run 1 / run 2 / show 2:{tag}",
    ),
    Fact(
        "a changed input runs what depends on it",
        (joined("b"), joined("c")),
        "cached 1 / run 2 / run 3 / run 4 / show 4:{tag}-c",
    ),
    Fact(
        "other ids find the same results, unless a node asks for its id",
        (through("Sleep", seconds=0.0), MOVED),
        "cached 7 8 / run 9 / show 9:{tag}",
    ),
    Fact(
        "twins run once", (joined("{tag}"),), "cached / run 2 / reuse 1 / run 3 / run 4 / show 4:{tag}-{tag}"
    ),
    Fact("a node raises", (through("Fail"),), "cached / run 1 / run 2 / error 2", end="error"),
    Fact(
        "what was shown before an error stays",
        (BESIDE,),
        "cached / run 1 / run 2 / show 2:{tag} / run 3 / error 3",
        end="error",
    ),
    Fact(
        "a list maps the node",
        (UNEVEN,),
        "cached / run 2 / run 1 / run 3 / run 4 / show 4:x-1 4:y-2 4:{tag}-2",
    ),
    Fact(
        "a node takes a list whole",
        (GATHERED,),
        "cached / run 1 / run 2 / run 3 / run 4 / show 4:x-x+{tag}-{tag}",
    ),
    Fact(
        "a list maps an output node",
        ({"1": split("x,{tag}"), "2": show("1")},),
        "cached / run 1 / run 2 / show 2:x 2:{tag}",
    ),
    Fact("an async node", (through("Wait", seconds=0.05),), "cached / run 1 / run 2 / run 3 / show 3:{tag}"),
    Fact(
        "async nodes run side by side",
        (WAITS,),
        "cached / run 6 / run 2 / run 5 / run 1 / run 3 / run 4 / show 4:{tag}-b{tag}",
    ),
    Fact(
        "a lazy input is not evaluated",
        (pick(False, node("Fail", text=["1", 0])),),
        "cached / run 3 / run 1 / run 3 / run 4 / show 4:{tag}",
    ),
    Fact(
        "another lazy input is",
        (pick(True, text("b{tag}")),),
        "cached / run 3 / run 2 / run 3 / run 4 / show 4:b{tag}",
    ),
    Fact(
        "a node expands",
        (through("Expand", times=2),),
        "cached / run 1 / run 2 / run 2.0.0.1 / run 2.0.0.2 / run 3 / show 3:{tag}-{tag}-{tag}",
    ),
    Fact(
        "an expansion is cached whole",
        (through("Expand", times=2),) * 2,
        "cached 1 2 3 / show 3:{tag}-{tag}-{tag}",
    ),
    Fact(
        "a cycle in an expansion", (through("ExpandCycle"),), "cached / run 1 / run 2 / error 2", end="error"
    ),
    Fact("a blocker stops in silence", (through("Block", message=""),), "cached / run 1 / run 2 / run 3"),
    Fact(
        "a blocker says why, and the rest goes on",
        (through("Block", message="m"),),
        "cached / run 1 / run 2 / run 3 / error 3",
    ),
    Fact(
        "a blocker stops its own branch alone",
        ({**through("Block", message=""), "4": show("1")},),
        "cached / run 1 / run 4 / show 4:{tag} / run 2 / run 3",
    ),
    Fact(
        "unchanged is cached", (first("Count", tag="{tag}", always=False),) * 2, "cached 1 2 / show 2:{tag}1"
    ),
    Fact("NaN always runs", (ALWAYS,) * 2, "cached / run 1 / run 2 / show 2:{tag}2"),
    Fact(
        "the object of a node is kept",
        (first("Kept", text="{tag}"),) * 2,
        "cached / run 1 / run 2 / show 2:{tag}2",
    ),
    Fact("hidden inputs", (first("Hidden", text="{tag}"),), f"cached / run 1 / run 2 / {HIDDEN}", body=EXTRA),
    Fact(
        "only the wanted outputs run",
        ({**HAPPY, "3": show("1")},),
        "cached / run 1 / run 3 / show 3:{tag}",
        body={"partial_execution_targets": ["3"]},
    ),
    Fact(
        "one output is refused, the other runs",
        ({**HAPPY, "3": node("Show")},),
        "cached / run 1 / run 2 / show 2:{tag}",
    ),
    Fact(
        "an input that was never declared",
        (first("Text", text="{tag}", more=1),),
        "cached / run 1 / run 2 / show 2:{tag}",
    ),
    Fact(
        "a number as text",
        (first("Checked", word="ok", mode="x", n="3"),),
        "cached / run 1 / run 2 / show 2:okx3",
    ),
)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_what_is_heard(server: ServerUnderTest, fact: Fact) -> None:
    tag = new_tag()
    result = play(server, fact.prompts, tag, fact.body)
    last = "success / over" if fact.end == "success" else "over"
    assert told(result, tag) == f"start / {fact.heard} / {last}"
    assert result.status == fact.end


def test_a_prompt_without_a_client_is_heard_by_nobody(server: ServerUnderTest) -> None:
    tag = new_tag()
    with server.listen() as listener:
        result = overheard(listener, HAPPY, tag)
    assert told(result, tag) == ""
    assert result.texts(2) == [f"2:{tag}"]


def test_the_refused_output_is_named(server: ServerUnderTest) -> None:
    result = play(server, [{**HAPPY, "3": node("Show")}], new_tag())
    assert list(result.node_errors) == ["3"] and list(result.outputs) == ["2"]


def test_the_error_of_a_node(server: ServerUnderTest) -> None:
    tag = new_tag()
    result = play(server, [through("Fail")], tag)
    (said,) = result.heard("execution_error")
    assert (said["node_id"], said["node_type"], said["exception_type"]) == ("2", "RulesFail", "ValueError")
    assert tag in said["exception_message"] and said["traceback"]
    assert said["executed"] == ["1"] and said["current_inputs"] == {"text": [tag]}
    assert result.error is not None and result.error.type == "ValueError"


def test_a_blocker_with_a_message_is_an_error_of_the_node_after_it(server: ServerUnderTest) -> None:
    (said,) = play(server, [through("Block", message="{tag}")], new_tag()).heard("execution_error")
    assert said["exception_type"] == "ExecutionBlocked" and "Execution Blocked" in said["exception_message"]


def test_progress(server: ServerUnderTest) -> None:
    result = play(server, [through("Progress")], new_tag())
    values = [(said["value"], said["max"], said["node"]) for said in result.heard("progress")]
    assert values[-1] == (3, 3, "2")
    states = [said["nodes"] for said in result.heard("progress_state")]
    assert states[0]["1"]["state"] == "running" and states[-1]["3"]["state"] == "finished"
    assert set(states[-1]) == {"1", "2", "3"} and states[-1]["2"]["max"] == 3


def test_a_preview_says_whose_it_is_where_the_client_can_read_it(server: ServerUnderTest) -> None:
    result = play(server, [through("Progress")], new_tag())
    (preview,) = result.previews
    assert (preview.node, preview.prompt_id) == ("2", result.prompt_id)
    assert preview.image.format == "JPEG" and preview.image.size == (16, 8)


def test_a_preview_for_a_client_without_flags(server: ServerUnderTest) -> None:
    with server.listen(flags=None) as listener:
        result = listener.submit({**through("Progress"), "1": text(new_tag())})
    (preview,) = result.previews
    assert preview.node is None and preview.image.size == (16, 8)
