"""The rules of running a graph, each shown by a prompt over real HTTP and websocket."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from gates.host.process import HostProcess

if TYPE_CHECKING:
    from tests.conftest import Play

PROMPT = dict[str, dict[str, Any]]


def node(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": f"Rules{kind}", "inputs": inputs}


def shown(kind: str, text: str = "t", **inputs: Any) -> PROMPT:
    """Text, then the node in question, then a node that shows its result."""
    return {
        "1": node("Text", text=text),
        "2": node(kind, text=["1", 0], **inputs),
        "3": node("Show", text=["2", 0]),
    }


def test_a_run_tells_its_client_everything_in_order(play: Play) -> None:
    done = play({"1": node("Text", text="in order"), "2": node("Show", text=["1", 0])})
    assert done.kinds() == [
        "execution_start",
        "execution_cached",
        "executing",
        "executing",
        "executed",
        "execution_success",
        "executing",
    ]
    assert [message["node"] for message in done.of("executing")] == ["1", "2", None]
    assert done.of("executed")[0]["output"] == {"text": ["2:in order"]}
    assert done.messages[0]["data"]["status"]["exec_info"] == {"queue_remaining": 0}
    assert done.entry["status"]["completed"] is True
    assert done.entry["meta"]["2"] == {
        "node_id": "2",
        "display_node": "2",
        "parent_node": None,
        "real_node_id": "2",
    }


def test_the_same_again_runs_nothing(play: Play) -> None:
    prompt = shown("Join", "same", a=["1", 0], b=["1", 0])
    del prompt["2"]["inputs"]["text"]
    play(prompt)
    done = play(prompt)
    assert done.of("execution_cached")[0]["nodes"] == ["1", "2", "3"]
    assert [message["node"] for message in done.of("executing")] == [None]
    assert done.of("executed")[0]["output"] == {"text": ["3:same-same"]}
    assert done.shown == {"3": ["3:same-same"]}


def test_only_what_depends_on_a_change_runs_again(play: Play) -> None:
    def prompt(second: str) -> PROMPT:
        return {
            "1": node("Text", text="stays"),
            "2": node("Text", text=second),
            "3": node("Join", a=["1", 0], b=["2", 0]),
            "4": node("Show", text=["3", 0]),
        }

    play(prompt("old"))
    done = play(prompt("new"))
    assert done.of("execution_cached")[0]["nodes"] == ["1"]
    assert [message["node"] for message in done.of("executing")] == ["2", "3", "4", None]


def test_results_are_remembered_until_another_prompt_has_run(play: Play) -> None:
    first = shown("Sleep", "long ago", seconds=0.0)
    play(first)
    assert play(first).of("execution_cached")[0]["nodes"] == ["1", "2", "3"]
    play(shown("Sleep", "in between", seconds=0.0))
    assert play(first).of("execution_cached")[0]["nodes"] == []


def test_equal_nodes_of_one_prompt_run_once(play: Play) -> None:
    done = play(
        {
            "1": node("Count", tag="twins", always=False),
            "2": node("Count", tag="twins", always=False),
            "3": node("Join", a=["1", 0], b=["2", 0]),
            "4": node("Show", text=["3", 0]),
        }
    )
    assert done.shown == {"4": ["4:twins1-twins1"]}


def test_is_changed_decides(play: Play) -> None:
    def run(tag: str, always: bool) -> str:
        done = play({"1": node("Count", tag=tag, always=always), "2": node("Show", text=["1", 0])})
        return str(done.shown["2"][0])

    assert [run("calm", False), run("calm", False)] == ["2:calm1", "2:calm1"]
    assert [run("restless", True), run("restless", True)] == ["2:restless1", "2:restless2"]


def test_an_object_is_kept_while_prompts_have_its_node(play: Play) -> None:
    def run(node_id: str) -> str:
        done = play({node_id: node("Kept", text="k"), "9": node("Show", text=[node_id, 0])})
        return str(done.shown["9"][0])

    assert [run("5"), run("5"), run("6"), run("5")] == ["9:k1", "9:k2", "9:k1", "9:k1"]


def test_a_list_maps_a_node_over_its_items(play: Play) -> None:
    done = play(
        {
            "1": node("Split", text="x,y,z"),
            "2": node("Split", text="1,2"),
            "3": node("Join", a=["1", 0], b=["2", 0]),
            "4": node("Gather", text=["3", 0]),
            "5": node("Show", text=["4", 0]),
            "6": node("Show", text=["3", 0]),
        }
    )
    assert done.shown["5"] == ["5:x-1+y-2+z-2"]
    assert done.shown["6"] == ["6:x-1", "6:y-2", "6:z-2"]


def test_a_lazy_input_that_is_not_asked_for_never_runs(play: Play) -> None:
    prompt = {
        "1": node("Text", text="lazy"),
        "2": node("Fail", text=["1", 0]),
        "3": node("Pick", second=False, a=["1", 0], b=["2", 0]),
        "4": node("Show", text=["3", 0]),
    }
    done = play(prompt)
    assert done.shown == {"4": ["4:lazy"]}
    assert "2" not in [message["node"] for message in done.of("executing")]
    assert [message["node"] for message in done.of("executing")].count("3") == 2


def test_asynchronous_nodes_run_side_by_side(play: Play) -> None:
    prompt: PROMPT = {"1": node("Text", text="side by side")}
    for number in "23456":
        prompt[number] = node("Wait", text=["1", 0], seconds=0.5 + int(number) / 1000)
        prompt[f"1{number}"] = node("Show", text=[number, 0])
    began = time.perf_counter()
    done = play(prompt)
    assert done.status == "success"
    assert time.perf_counter() - began < 1.5  # one after the other they take 2.5 seconds


def test_an_expanding_node_is_replaced_by_its_graph(play: Play) -> None:
    done = play(shown("Expand", "e", times=3))
    assert done.shown == {"3": ["3:e-e-e-e"]}
    ran = [message["node"] for message in done.of("executing")]
    assert [each for each in ran if each and each.startswith("2.")] == ["2.0.0.1", "2.0.0.2", "2.0.0.3"]
    inner = next(each for each in done.of("executing") if each["node"] == "2.0.0.1")
    assert inner["display_node"] == "2"


def test_a_graph_that_waits_for_itself_is_an_error(play: Play) -> None:
    done = play(shown("ExpandCycle", "round"))
    error = done.of("execution_error")[0]
    assert error["exception_type"] == "graph.DependencyCycleError"
    assert error["node_id"] == "2"
    assert done.status == "error"


def test_a_blocker_stops_what_comes_after_it(play: Play) -> None:
    silent = play(shown("Block", "silent", message=""))
    assert (silent.status, silent.entry["outputs"]) == ("success", {})
    loud = play(shown("Block", "loud", message="not today"))
    assert loud.status == "success"
    assert loud.of("execution_error")[0]["exception_message"] == "Execution Blocked: not today"


def test_an_error_names_the_node_and_keeps_what_was_shown(play: Play) -> None:
    prompt = {
        "1": node("Text", text="luck"),
        "2": node("Show", text=["1", 0]),
        "3": node("Fail", text=["2", 0]),
        "4": node("Show", text=["3", 0]),
    }
    done = play(prompt)
    error = done.of("execution_error")[0]
    assert (error["node_id"], error["node_type"]) == ("3", "RulesFail")
    assert (error["exception_type"], error["exception_message"]) == ("ValueError", "no luck\n")
    assert error["current_inputs"] == {"text": ["luck"]}
    assert sorted(error["executed"]) == ["1", "2"]
    assert error["current_outputs"] == ["1", "2", "3", "4"]
    assert any("def run" in line or "raise" in line for line in error["traceback"])
    assert done.status == "error"
    assert done.shown == {"2": ["2:luck"]}
    assert done.of("executing")[-1]["node"] is None


def test_after_an_error_the_next_prompt_runs(play: Play) -> None:
    play(shown("Fail", "first"))
    assert play({"1": node("Text", text="next"), "2": node("Show", text=["1", 0])}).status == "success"


def test_progress_and_previews_reach_the_client(play: Play) -> None:
    done = play(shown("Progress", "plain"))
    told = [message for message in done.of("progress") if message["node"] == "2"]
    assert (told[0]["value"], told[-1]["value"], told[-1]["max"]) == (1, 3, 3)
    assert int.from_bytes(done.frames[0][:4], "big") == 1
    assert done.frames[0][8:10] == b"\xff\xd8"
    states = done.of("progress_state")[-1]["nodes"]
    assert {state["state"] for state in states.values()} == {"finished"}


def test_previews_carry_their_node_where_the_client_wants_it(play: Play) -> None:
    done = play(shown("Progress", "described"), flags={"supports_preview_metadata": True})
    frame = done.frames[0]
    assert int.from_bytes(frame[:4], "big") == 4
    length = int.from_bytes(frame[4:8], "big")
    assert b'"node_id": "2"' in frame[8 : 8 + length]
    assert frame[8 + length :][:2] == b"\xff\xd8"


def test_hidden_inputs_are_given(play: Play) -> None:
    prompt = {"1": node("Hidden", text="h"), "2": node("Show", text=["1", 0])}
    done = play(prompt, extra_data={"extra_pnginfo": {"workflow": {"id": "w"}}})
    assert done.shown["2"] == ["2:[['1', '2'], {'workflow': {'id': 'w'}}, '1', '1'] RulesHidden"]


def test_only_the_chosen_outputs_run(play: Play) -> None:
    prompt = {
        "1": node("Text", text="chosen"),
        "2": node("Show", text=["1", 0]),
        "3": node("Show", text=["1", 0]),
    }
    assert play(prompt, partial_execution_targets=["3"]).shown == {"3": ["3:chosen"]}


def test_without_a_client_it_runs_too(rules_host: HostProcess) -> None:
    entry = rules_host.submit({"1": node("Text", text="alone"), "2": node("Show", text=["1", 0])})
    assert entry["outputs"] == {"2": {"text": ["2:alone"]}}


def test_an_interrupt_stops_what_runs(rules_host: HostProcess) -> None:
    prompt_id = rules_host.queue(shown("Sleep", "stop me", seconds=30.0))
    wait_until_running(rules_host, prompt_id)
    rules_host.post("/api/interrupt", {})
    entry = rules_host.result(prompt_id, timeout=5)
    assert entry["status"]["status_str"] == "error"
    assert entry["status"]["messages"][-1][0] == "execution_interrupted"


def test_an_interrupt_of_another_prompt_stops_nothing(rules_host: HostProcess) -> None:
    prompt_id = rules_host.queue(shown("Sleep", "leave me", seconds=0.6))
    wait_until_running(rules_host, prompt_id)
    rules_host.post("/api/interrupt", {"prompt_id": "11111111-1111-4111-8111-111111111111"})
    assert rules_host.result(prompt_id)["status"]["status_str"] == "success"


def test_what_cannot_be_sent_stops_no_other_message(play: Play, rules_host: HostProcess) -> None:
    rules_host.queue({"1": node("Text", text="odd"), "2": node("Unsendable", text=["1", 0])})
    done = play({"1": node("Text", text="after the odd one"), "2": node("Show", text=["1", 0])})
    assert done.status == "success"
    rules_host.post("/api/history", {"clear": True})  # it holds what is no JSON


def wait_until_running(host: HostProcess, prompt_id: str) -> None:
    while not any(item[1] == prompt_id for item in host.get("/api/queue").json()["queue_running"]):
        time.sleep(0.02)
