"""The parts of the client that do no I/O: stories, inboxes, prefixes, pauses, addresses."""

from __future__ import annotations

import asyncio
import json
import re
import struct
import uuid
from collections import deque
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gates.client import (
    CachedNodes,
    Event,
    Limits,
    Message,
    NodeDone,
    NodeStarted,
    Output,
    Preview,
    Progress,
    Started,
    State,
    as_json,
)
from gates.client.address import read_address, redirect_target, same_origin, shown, websocket_address
from gates.client.inbox import Inbox, add
from gates.client.messages import Heard
from gates.client.pauses import pause_before, retry_after
from gates.client.preparing import check_job_name, check_prompt_id, new_id, new_job_name, with_prefix
from gates.client.runs import UNREAD_KEPT, Runs
from gates.client.story import Story
from gates.errors import BadId, BadServer
from tests.test_client_messages import anything, steady

KINDS = (
    "execution_start", "execution_cached", "executing", "executed", "progress", "progress_state",
    "execution_success", "execution_error", "execution_interrupted", "status", "my.event",
)  # fmt: skip


def told(story: Story, kind: str, **data: Any) -> list[Event]:
    return story.hear(Heard(kind, data, "p"))


# --- stories --------------------------------------------------------------------------------------


def test_a_run_in_its_usual_order() -> None:
    story = Story("p", "http://s.test")
    file = {"images": [{"filename": "a.png"}]}
    events = [
        *told(story, "status", status={}),
        *told(story, "execution_start"),
        *told(story, "execution_cached", nodes=["1"]),
        *told(story, "executed", node="1", output=None),
        *told(story, "executing", node="2", display_node="9"),
        *told(story, "progress", node="2", value=1, max=4),
        *told(story, "executed", node="2", output=file),
        *told(story, "progress_state", nodes={"2": {"state": "finished"}, "3": {"state": "finished"}}),
        *told(story, "execution_success"),
        *told(story, "my.event", a=1),
    ]
    ends = [story.at_end, *told(story, "executing", node=None), story.at_end]
    assert ends == [False, True]
    url = "http://s.test/view?filename=a.png&subfolder=&type=output"
    assert events == [
        Started("p"),
        CachedNodes("p", ("1",)),
        NodeDone("p", "1", (), True),
        NodeStarted("p", "2", "9"),
        Progress("p", "2", 1, 4),
        NodeDone("p", "2", (Output("2", "images", "a.png", url=url),), False),
        NodeDone("p", "3", (), False),
        Message("p", "my.event", {"a": 1}),
    ]
    entry = story.entry()
    assert entry is not None and entry.state is State.DONE
    assert entry.result("p", "j", "http://s.test").files[0].filename == "a.png"


def test_a_block_with_a_message_is_no_failure() -> None:
    story = Story("p", "s")
    told(story, "execution_error", exception_type="ExecutionBlocked")
    told(story, "execution_success")
    entry = story.entry()
    assert entry is not None and entry.state is State.DONE


@settings(steady, max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from(KINDS), st.dictionaries(st.text(max_size=5), anything, max_size=4)))
)
def test_any_messages_make_a_story(messages: list[tuple[str, dict[str, Any]]]) -> None:
    story = Story("p", "http://s.test")
    events = [event for kind, data in messages for event in story.hear(Heard(kind, data, "p"))]
    assert sum(isinstance(event, Started) for event in events) <= 1
    for event in events:
        json.dumps(as_json(event), allow_nan=False)


# --- inboxes --------------------------------------------------------------------------------------

some_events = st.lists(
    st.one_of(
        st.builds(Progress, st.just("p"), st.sampled_from("ab"), st.integers(), st.just(9)),
        st.builds(Preview, st.just("p"), st.just("a"), st.just("png"), st.binary(max_size=1)),
        st.builds(NodeStarted, st.just("p"), st.text(max_size=2), st.just("")),
    ),
    max_size=60,
)


@steady
@given(some_events, st.integers(1, 30))
def test_an_inbox_keeps_its_limit_and_drops_what_passes_first(events: list[Event], limit: int) -> None:
    kept: deque[Event] = deque()
    for event in events:
        add(kept, event, limit)
        assert len(kept) <= limit
    steps, left = ([one for one in some if isinstance(one, NodeStarted)] for some in (events, kept))
    assert left == steps[-limit:]


async def test_an_inbox_hands_out_in_order_and_says_what_went_wrong() -> None:
    inbox = Inbox(9, [Started("p")])
    inbox.put(Progress("p", "1", 1, 9))
    inbox.put(Progress("p", "1", 2, 9))
    inbox.fail(ZeroDivisionError("a mistake"))
    assert [await inbox.get(), await inbox.get()] == [Started("p"), Progress("p", "1", 2, 9)]
    with pytest.raises(ZeroDivisionError):
        await inbox.get()


# --- what is sent ---------------------------------------------------------------------------------


def saving(prefix: Any) -> dict[str, Any]:
    return {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": prefix}}


def prefixes(prompt: Any) -> dict[str, Any]:
    return {node: said["inputs"]["filename_prefix"] for node, said in prompt.items()}


def test_each_saving_node_gets_a_name_of_its_own() -> None:
    prompt = {"4": saving("a"), "7:2": saving("sub/b"), "7-2": saving("c"), "9": saving(["8", 0])}
    made = with_prefix(prompt, "j", "gen_job_{job}")
    assert prefixes(made) == {
        "4": "gen_job_j",
        "7:2": "gen_job_j_7-2",
        "7-2": "gen_job_j_7-2x",
        "9": ["8", 0],
    }
    assert prefixes(prompt)["4"] == "a", "the caller's workflow stays as it was"
    assert with_prefix(prompt, "j", None) == prompt


@steady
@given(st.dictionaries(st.text(max_size=3), anything | st.text(max_size=3).map(saving), max_size=6))
def test_any_workflow_gets_names_that_differ(prompt: dict[str, Any]) -> None:
    made = with_prefix(prompt, "j", "p_{job}")
    ours = [
        node["inputs"]["filename_prefix"]
        for node in made.values()
        if isinstance(node, dict) and isinstance(node.get("inputs"), dict)
        and isinstance(node["inputs"].get("filename_prefix"), str)
    ]  # fmt: skip
    assert len(set(ours)) == len(ours) and all(name.startswith("p_j") for name in ours)


def test_ids() -> None:
    assert check_prompt_id(str(uuid.UUID(new_id())))
    assert check_job_name(new_job_name()) and new_job_name() != new_job_name()
    for bad in ("gen_job_1", "", new_id().upper(), new_id().replace("-", ""), None, 7):
        with pytest.raises(BadId, match="prompt id"):
            check_prompt_id(bad)  # type: ignore[arg-type]
    for bad_name in ("", "a/b", "..", "a..b", "-a", "x" * 101, "ü", "a b", "a\n"):
        with pytest.raises(BadId, match="cannot name a job"):
            check_job_name(bad_name)


# --- pauses ---------------------------------------------------------------------------------------


def test_pauses_double_and_end() -> None:
    limits = Limits(backoff=0.5, longest_pause=3.0)
    assert [pause_before(retry, {}, limits) for retry in (0, 1, 2, 3, 999)] == [0.5, 1.0, 2.0, 3.0, 3.0]
    assert pause_before(0, {"Retry-After": "2"}, limits) == 2.0
    assert pause_before(0, {"Retry-After": "86400"}, limits) == 3.0
    assert pause_before(3, {"Retry-After": "0"}, limits) == 3.0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("Thu, 01 Jan 1970 00:01:40 GMT", 40.0),
        ("Thu, 01 Jan 1970 00:00:10 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("1.5", None),
        ("٣", None),
        ("Thu, 99 Jan 1970", None),
    ],
)
def test_what_a_server_asks_for(header: str, seconds: float | None) -> None:
    assert retry_after(header, 60.0) == seconds


@steady
@given(st.text(max_size=40))
def test_any_header_is_a_pause(header: str) -> None:
    assert 0 <= pause_before(0, {"Retry-After": header}, Limits()) <= Limits().longest_pause


# --- addresses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("127.0.0.1:8188", "http://127.0.0.1:8188"),
        (" http://h.test:1/ ", "http://h.test:1"),
        ("https://h.test/comfy/", "https://h.test/comfy"),
        ("http://[::1]:8188", "http://[::1]:8188"),
    ],
)
def test_addresses(written: str, read: str) -> None:
    assert read_address(written) == read
    assert websocket_address(read) == read.replace("http", "ws", 1) + "/ws"


@pytest.mark.parametrize(
    "bad", ["", "http://", "ftp://h.test", "http://h:99999", "http://h:x", "a b", "http://h?q"]
)
def test_what_is_no_address(bad: str) -> None:
    with pytest.raises(BadServer, match="is no address of a server"):
        read_address(bad)


def test_passwords_are_not_shown() -> None:
    assert shown("http://me:secret@h.test:8188/a") == "http://h.test:8188/a"


@pytest.mark.parametrize(
    ("location", "target", "same"),
    [
        ("/b?c=1", "http://h.test:80/b?c=1", True),
        ("b", "http://h.test:80/a/b", True),
        ("//H.test:80/", "http://h.test:80/", True),
        ("https://h.test/", "https://h.test:443/", False),
        ("http://h.test:81/", "http://h.test:81/", False),
        ("//evil.test/x", "http://evil.test:80/x", False),
        ("http://h.test@evil.test/", "http://evil.test:80/", False),
        ("http://u:p@h.test/", "http://h.test:80/", True),
    ],
)
def test_redirects(location: str, target: str, same: bool) -> None:
    assert redirect_target("http://h.test/a/", location) == target
    assert same_origin("http://h.test/a/", target) is same


@pytest.mark.parametrize("location", ["file:///etc/hosts", "javascript:1", "http://h:x/", "http://[::1"])
def test_redirects_that_lead_nowhere(location: str) -> None:
    with pytest.raises(ValueError):
        redirect_target("http://h.test/a/", location)


@steady
@given(st.text(max_size=30))
def test_any_redirect_has_one_host_or_none(location: str) -> None:
    try:
        target = redirect_target("http://h.test/a", location)
    except ValueError:
        return
    assert re.fullmatch(r"https?://[^/@\\?#]+:\d+/.*", target, re.S)


# --- runs --------------------------------------------------------------------------------------------


def test_runs_that_nobody_reads_do_not_pile_up() -> None:
    runs = Runs("http://s.test", 9)
    with runs.add("read", "j", True).reading():
        for number in range(UNREAD_KEPT + 10):
            runs.add(str(number), "j", True)
        assert [runs.find(name) is not None for name in ("read", "0", "9", "10")] == [
            True,
            False,
            False,
            True,
        ]


def test_a_message_that_does_not_say_whose_it_is_goes_to_the_run_that_runs() -> None:
    runs = Runs("http://s.test", 9)
    ours = runs.add("p", "j", True)
    with ours.reading() as inbox:
        runs.hear('{"type": "pack.event", "data": {}}')
        runs.hear('{"type": "execution_start", "data": {"prompt_id": "p"}}')
        runs.hear('{"type": "pack.event", "data": {"a": 1}}')
        runs.hear(struct.pack(">II", 1, 2) + b"x")
        runs.hear('{"type": "execution_start", "data": {"prompt_id": "of another"}}')
        runs.hear('{"type": "pack.event", "data": {"a": 2}}')
        inbox.fail(EOFError())
        heard = asyncio.run(drained(inbox))
    assert heard == [Started("p"), Message("p", "pack.event", {"a": 1}), Preview("p", None, "png", b"x")]
    assert (runs.ignored, ours.heard) == (0, 2)


async def drained(inbox: Inbox) -> list[Event]:
    events: list[Event] = []
    with pytest.raises(EOFError):
        while True:
            events.append(await inbox.get())
    return events
