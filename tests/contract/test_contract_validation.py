"""What is refused, and with which words. Recorded from ComfyUI 0.29.0; a row says where 0.3.64 differs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from gates.host.testing import PromptRefused, ServerUnderTest
from tests.contract.conftest import Version
from tests.contract.playing import HAPPY, Prompt, fresh, node, show, text

FAILED = "prompt_outputs_failed_validation"
Complaint = tuple[str, str, str]  # node, kind, details


@dataclass(frozen=True)
class Refusal:
    """`older` is the kind that 0.3.64 says; `since` the version from which the complaints hold."""

    name: str
    prompt: Prompt
    kind: str
    complaints: tuple[Complaint, ...] = ()
    older: str = ""
    since: Version = ()


def checked(**changed: Any) -> Prompt:
    return {"1": node("Checked", **{"word": "ok", "mode": "x", "n": 1, **changed}), "2": show("1")}


PICTURE = {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8, "batch_size": 1, "color": 0}}
CIRCLE = {
    "1": node("Join", a=["2", 0], b=["2", 0]),
    "2": node("Join", a=["1", 0], b=["1", 0]),
    "3": show("1"),
}
ROUND = "1 (RulesJoin) -> 2 (RulesJoin) -> 1 (RulesJoin)"
NOT_A_NUMBER = "n, abc, invalid literal for int() with base 10: 'abc'"

REFUSALS = (
    Refusal("nothing", {}, "prompt_no_outputs"),
    Refusal("no output node", {"1": text()}, "prompt_no_outputs"),
    Refusal(
        "an unknown class",
        {"1": {"class_type": "NoSuchNode", "inputs": {}}, "2": show("1")},
        "missing_node_type",
        older="invalid_prompt",
    ),
    Refusal("no class", {"1": {"inputs": {}}, "2": show("1")}, "missing_node_type", older="invalid_prompt"),
    Refusal("a missing input", {"2": node("Show")}, FAILED, (("2", "required_input_missing", "text"),)),
    Refusal(
        "two outputs, both refused",
        {"1": node("Show"), "2": node("Show")},
        FAILED,
        (("1", "required_input_missing", "text"), ("2", "required_input_missing", "text")),
    ),
    Refusal(
        "a link of one part",
        {"1": text(), "2": node("Show", text=["1"])},
        FAILED,
        (("2", "bad_linked_input", "text"),),
    ),
    Refusal("a link to no node", {"2": show("9")}, FAILED, (("2", "exception_during_validation", "'9'"),)),
    Refusal(
        "a link to no output",
        {"1": text(), "2": node("Show", text=["1", 7])},
        FAILED,
        (("2", "exception_during_validation", "tuple index out of range"),),
    ),
    Refusal(
        "another type",
        {"1": PICTURE, "2": show("1")},
        FAILED,
        (("2", "return_type_mismatch", "text, received_type(IMAGE) mismatch input_type(STRING)"),),
    ),
    Refusal(
        "not in the list",
        checked(mode="z"),
        FAILED,
        (("1", "value_not_in_list", "mode: 'z' not in ['x', 'y']"),),
    ),
    Refusal("too big", checked(n=11), FAILED, (("1", "value_bigger_than_max", "n"),)),
    Refusal("too small", checked(n=-1), FAILED, (("1", "value_smaller_than_min", "n"),)),
    Refusal("not a number", checked(n="abc"), FAILED, (("1", "invalid_input_type", NOT_A_NUMBER),)),
    Refusal(
        "the pack says no", checked(word="no"), FAILED, (("1", "custom_validation_failed", "word - not no"),)
    ),
    Refusal(
        "two complaints about one node",
        checked(n=11, mode="z"),
        FAILED,
        (("1", "value_bigger_than_max", "n"), ("1", "value_not_in_list", "mode: 'z' not in ['x', 'y']")),
    ),
    Refusal(
        "a circle",
        CIRCLE,
        FAILED,
        (("1", "dependency_cycle", ROUND), ("2", "dependency_cycle", ROUND)),
        since=(0, 4),
    ),
)


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.name)
def test_what_is_refused(server: ServerUnderTest, version: Version, refusal: Refusal) -> None:
    with pytest.raises(PromptRefused) as refused:
        server.queue(fresh(refusal.prompt))
    assert refused.value.answer.status == 400
    kind = refusal.older if refusal.older and version < (0, 4) else refusal.kind
    assert refused.value.type == kind
    if version >= refusal.since:
        assert complaints(refused.value) == sorted(refusal.complaints)


def complaints(refused: PromptRefused) -> list[Complaint]:
    return sorted(
        (each, error["type"], error["details"])
        for each, said in refused.node_errors.items()
        for error in said["errors"]
    )


def test_a_refusal_far_above_the_output_has_no_details_of_its_own(server: ServerUnderTest) -> None:
    with pytest.raises(PromptRefused) as refused:
        server.queue(checked(n=11))
    said = refused.value.answer.json()
    assert said["error"]["message"] == "Prompt outputs failed validation" and said["error"]["details"] == ""
    assert said["node_errors"]["1"]["class_type"] == "RulesChecked"
    assert said["node_errors"]["1"]["dependent_outputs"] == ["2"]
    (error,) = said["node_errors"]["1"]["errors"]
    assert error["extra_info"]["input_name"] == "n" and error["extra_info"]["received_value"] == 11


@pytest.mark.parametrize(
    ("body", "status"), [(b"{}", 400), (b"[]", 400), (b"no JSON", 500), (b'{"prompt": 1}', 500)]
)
def test_what_is_no_prompt(server: ServerUnderTest, body: bytes, status: int) -> None:
    answer = server.request("POST", "/prompt", body, {"Content-Type": "application/json"})
    assert answer.status == status
    if status == 400:
        assert answer.json()["error"]["type"] == "no_prompt" and answer.json()["node_errors"] == {}


def test_targets_that_are_no_outputs(server: ServerUnderTest) -> None:
    with pytest.raises(PromptRefused) as refused:
        server.queue(fresh(HAPPY), partial_execution_targets=["9"])
    assert refused.value.type == "prompt_no_outputs"


@pytest.mark.parametrize("given", ["gen_job_1", "AAAAAAAA-2222-4222-8222-222222222222", ""])
def test_a_prompt_id_is_a_small_uuid(
    server: ServerUnderTest, needs: Callable[[str], None], given: str
) -> None:
    needs("0.25")
    with pytest.raises(PromptRefused) as refused:
        server.queue(fresh(HAPPY), prompt_id=given)
    assert refused.value.type == "invalid_prompt_id"
