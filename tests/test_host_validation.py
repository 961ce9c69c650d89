"""What the host says of prompts that cannot run: types and shapes that clients read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gates.host.process import Answer, HostProcess

if TYPE_CHECKING:
    from tests.conftest import Play

CHECKED = {"word": "ok", "mode": "x", "n": 1}


def refused(host: HostProcess, prompt: Any, **body: Any) -> dict[str, Any]:
    answer = host.post("/api/prompt", {"prompt": prompt, **body})
    assert answer.status == 400
    return dict(answer.json())


def checked(**inputs: Any) -> dict[str, Any]:
    return {
        "1": {"class_type": "RulesChecked", "inputs": {**CHECKED, **inputs}},
        "2": {"class_type": "RulesShow", "inputs": {"text": ["1", 0]}},
    }


@pytest.mark.parametrize(
    ("inputs", "kind", "details"),
    [
        ({"mode": "z"}, "value_not_in_list", "mode: 'z' not in ['x', 'y']"),
        ({"n": 11}, "value_bigger_than_max", "n"),
        ({"n": -1}, "value_smaller_than_min", "n"),
        (
            {"n": "abc"},
            "invalid_input_type",
            "n, abc, invalid literal for int() with base 10: 'abc'",
        ),
        ({"word": "bad"}, "custom_validation_failed", "word - not bad"),
        ({"mode": ["1"]}, "bad_linked_input", "mode"),
    ],
)
def test_a_wrong_value_is_told_at_its_node(
    rules_host: HostProcess, inputs: dict[str, Any], kind: str, details: str
) -> None:
    answer = refused(rules_host, checked(**inputs))
    assert answer["error"]["type"] == "prompt_outputs_failed_validation"
    assert answer["error"]["details"] == ""
    assert list(answer["node_errors"]) == ["1"]
    (error,) = answer["node_errors"]["1"]["errors"]
    assert (error["type"], error["details"]) == (kind, details)
    assert error["extra_info"]["input_name"] in inputs
    assert answer["node_errors"]["1"]["dependent_outputs"] == ["2"]
    assert answer["node_errors"]["1"]["class_type"] == "RulesChecked"


@pytest.mark.parametrize(
    ("given", "run_with"), [("3", "3"), (3.7, "3"), (True, "1"), ({"__value__": 4}, "4")]
)
def test_a_value_is_converted_to_its_type(play: Play, given: Any, run_with: str) -> None:
    assert play(checked(n=given)).shown == {"2": [f"2:okx{run_with}"]}


def test_a_missing_input_is_told(rules_host: HostProcess) -> None:
    answer = refused(rules_host, {"2": {"class_type": "RulesShow", "inputs": {}}})
    assert answer["error"]["details"] == "Required input is missing: text"
    assert answer["node_errors"]["2"]["errors"][0]["extra_info"] == {"input_name": "text"}


def test_types_of_a_link_must_match(rules_host: HostProcess) -> None:
    size = {"width": 8, "height": 8, "batch_size": 1, "color": 0}
    prompt = {
        "1": {"class_type": "EmptyImage", "inputs": size},
        "2": {"class_type": "RulesShow", "inputs": {"text": ["1", 0]}},
    }
    (error,) = refused(rules_host, prompt)["node_errors"]["2"]["errors"]
    assert error["type"] == "return_type_mismatch"
    assert error["details"] == "text, received_type(IMAGE) mismatch input_type(STRING)"


def test_a_link_to_nowhere_is_an_exception_with_its_trace(rules_host: HostProcess) -> None:
    prompt = {"2": {"class_type": "RulesShow", "inputs": {"text": ["9", 0]}}}
    (error,) = refused(rules_host, prompt)["node_errors"]["2"]["errors"]
    assert (error["type"], error["details"]) == ("exception_during_validation", "'9'")
    assert error["extra_info"]["exception_type"] == "KeyError"
    assert error["extra_info"]["traceback"]


def test_a_link_to_nowhere_further_up_is_told_of_the_node_there(rules_host: HostProcess) -> None:
    prompt = {
        "1": {"class_type": "RulesFail", "inputs": {"text": ["9", 0]}},
        "2": {"class_type": "RulesShow", "inputs": {"text": ["1", 0]}},
    }
    answer = refused(rules_host, prompt)
    assert [error["type"] for error in answer["node_errors"]["1"]["errors"]] == [
        "exception_during_inner_validation"
    ]


def test_a_cycle_names_its_nodes(rules_host: HostProcess) -> None:
    prompt = {
        "1": {"class_type": "RulesJoin", "inputs": {"a": ["2", 0], "b": ["2", 0]}},
        "2": {"class_type": "RulesJoin", "inputs": {"a": ["1", 0], "b": ["1", 0]}},
        "3": {"class_type": "RulesShow", "inputs": {"text": ["1", 0]}},
    }
    answer = refused(rules_host, prompt)
    assert set(answer["node_errors"]) == {"1", "2"}
    (error,) = answer["node_errors"]["2"]["errors"]
    assert error["details"] == "1 (RulesJoin) -> 2 (RulesJoin) -> 1 (RulesJoin)"
    assert error["extra_info"] == {"node_id": "2", "cycle_nodes": ["1", "2"]}


@pytest.mark.parametrize(
    ("prompt", "kind"),
    [
        ({}, "prompt_no_outputs"),
        ({"1": {"class_type": "RulesText", "inputs": {"text": "a"}}}, "prompt_no_outputs"),
        ({"1": {"class_type": "NoSuchNode", "inputs": {}}}, "missing_node_type"),
        ({"1": {"inputs": {}}}, "missing_node_type"),
    ],
)
def test_a_prompt_without_sense_is_refused_whole(rules_host: HostProcess, prompt: Any, kind: str) -> None:
    answer = refused(rules_host, prompt)
    assert answer["error"]["type"] == kind
    assert answer["node_errors"] == {}


def test_a_node_is_called_by_its_title_where_it_has_one(rules_host: HostProcess) -> None:
    prompt = {"1": {"class_type": "NoSuchNode", "inputs": {}, "_meta": {"title": "My Node"}}}
    error = refused(rules_host, prompt)["error"]
    assert error["message"] == "Node 'My Node' not found. The custom node may not be installed."


def test_a_body_without_prompt_and_a_body_that_is_no_json(rules_host: HostProcess) -> None:
    answer = rules_host.post("/api/prompt", {"client_id": "x"})
    assert (answer.status, answer.json()["error"]["type"]) == (400, "no_prompt")
    broken = rules_host.request("POST", "/api/prompt", b"not json")
    assert (broken.status, broken.headers["content-type"].split(";")[0]) == (500, "text/plain")


def test_a_prompt_id_must_be_a_uuid(rules_host: HostProcess) -> None:
    error = refused(rules_host, checked(), prompt_id="gen_job_1")["error"]
    assert error["type"] == "invalid_prompt_id"


def test_a_given_prompt_id_is_kept(rules_host: HostProcess) -> None:
    wanted = "22222222-2222-4222-8222-222222222222"
    rules_host.submit(checked(), prompt_id=wanted)
    assert list(rules_host.get(f"/api/history/{wanted}").json()) == [wanted]


def test_good_outputs_run_beside_bad_ones(rules_host: HostProcess) -> None:
    prompt = {**checked(), "3": {"class_type": "RulesShow", "inputs": {}}}
    answer: Answer = rules_host.post("/api/prompt", {"prompt": prompt})
    assert answer.status == 200
    assert list(answer.json()["node_errors"]) == ["3"]
    entry = rules_host.result(answer.json()["prompt_id"])
    assert list(entry["outputs"]) == ["2"]


def test_numbers_count_every_prompt_refused_ones_included(host: HostProcess) -> None:
    refused(host, {})
    picture = {
        "1": {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8, "batch_size": 1, "color": 0}},
        "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
    }
    answers = [host.post("/api/prompt", {"prompt": picture, **more}).json() for more in ({}, {"front": True})]
    assert [answer["number"] for answer in answers] == [1, -2]
