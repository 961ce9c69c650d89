"""What validation says of a prompt, in the words and shapes that ComfyUI's clients read."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from typing import Any

Complaint = dict[str, Any]

# Longer lists of choices are named by their length alone: they are often every model on a disk.
MOST_CHOICES_NAMED = 20


def full_type_name(kind: type[BaseException]) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def complaint(kind: str, message: str, details: str, **extra_info: Any) -> Complaint:
    return {"type": kind, "message": message, "details": details, "extra_info": extra_info}


def no_prompt() -> Complaint:
    return complaint("no_prompt", "No prompt provided", "No prompt provided")


def bad_prompt_id() -> Complaint:
    return complaint(
        "invalid_prompt_id",
        "prompt_id must be a valid UUID",
        "prompt_id must be a UUID string in canonical lowercase hyphenated form; "
        "omit it to let the server generate one",
    )


def missing_node_type(node_id: str, node: dict[str, Any]) -> Complaint:
    title = node.get("_meta", {}).get("title")
    return complaint(
        "missing_node_type",
        f"Node '{title or f'ID #{node_id}'}' has no class_type. "
        "The workflow may be corrupted or a custom node is missing.",
        f"Node ID '#{node_id}'",
        node_id=node_id,
        class_type=None,
        node_title=title,
    )


def unknown_node_type(node_id: str, node: dict[str, Any]) -> Complaint:
    title = node.get("_meta", {}).get("title", node["class_type"])
    return complaint(
        "missing_node_type",
        f"Node '{title}' not found. The custom node may not be installed.",
        f"Node ID '#{node_id}'",
        node_id=node_id,
        class_type=node["class_type"],
        node_title=title,
    )


def no_outputs() -> Complaint:
    return complaint("prompt_no_outputs", "Prompt has no outputs", "")


def all_outputs_failed(reasons: Sequence[Complaint]) -> Complaint:
    details = "\n".join(f"{reason['message']}: {reason['details']}" for reason in reasons)
    return complaint("prompt_outputs_failed_validation", "Prompt outputs failed validation", details)


def input_missing(name: str, called: str) -> Complaint:
    return complaint("required_input_missing", "Required input is missing", called, input_name=name)


def bad_link(name: str, config: Any, value: Any) -> Complaint:
    return complaint(
        "bad_linked_input",
        "Bad linked input, must be a length-2 list of [node_id, slot_index]",
        name,
        input_name=name,
        input_config=config,
        received_value=value,
    )


def type_mismatch(name: str, config: Any, received_type: Any, link: Any) -> Complaint:
    return complaint(
        "return_type_mismatch",
        "Return type mismatch between linked nodes",
        f"{name}, received_type({received_type}) mismatch input_type({config[0]})",
        input_name=name,
        input_config=config,
        received_type=received_type,
        linked_node=link,
    )


def not_convertible(name: str, config: Any, value: Any, error: Exception) -> Complaint:
    return complaint(
        "invalid_input_type",
        f"Failed to convert an input value to a {config[0]} value",
        f"{name}, {value}, {error}",
        input_name=name,
        input_config=config,
        received_value=value,
        exception_message=str(error),
    )


def too_small(name: str, config: Any, value: Any) -> Complaint:
    return complaint(
        "value_smaller_than_min",
        f"Value {value} smaller than min of {config[1]['min']}",
        name,
        input_name=name,
        input_config=config,
        received_value=value,
    )


def too_big(name: str, config: Any, value: Any) -> Complaint:
    return complaint(
        "value_bigger_than_max",
        f"Value {value} bigger than max of {config[1]['max']}",
        name,
        input_name=name,
        input_config=config,
        received_value=value,
    )


def not_a_choice(
    name: str, config: Any, value: Any, wrong: Sequence[Any], choices: Sequence[Any]
) -> Complaint:
    many = len(choices) > MOST_CHOICES_NAMED
    named = f"(list of length {len(choices)})" if many else str(choices)
    return complaint(
        "value_not_in_list",
        "Value not in list",
        f"{name}: {', '.join(repr(each) for each in wrong)} not in {named}",
        input_name=name,
        input_config=None if many else config,
        received_value=value,
    )


def custom_failure(name: str, answer: Any) -> Complaint:
    details = name if answer is False else f"{name} - {answer}"
    return complaint(
        "custom_validation_failed",
        "Custom validation failed for node",
        details,
        input_name=name,
    )


def cycle(node_id: str, path: str, nodes: list[str]) -> Complaint:
    return complaint(
        "dependency_cycle", "Dependency cycle detected", path, node_id=node_id, cycle_nodes=nodes
    )


def exception_in_output(error: Exception) -> Complaint:
    return complaint(
        "exception_during_validation",
        "Exception when validating node",
        str(error),
        exception_type=full_type_name(type(error)),
        traceback=traceback.format_tb(error.__traceback__),
    )


def exception_upstream(name: str, config: Any, link: Any, error: Exception) -> Complaint:
    return complaint(
        "exception_during_inner_validation",
        "Exception when validating inner node",
        str(error),
        input_name=name,
        input_config=config,
        exception_message=str(error),
        exception_type=full_type_name(type(error)),
        traceback=traceback.format_tb(error.__traceback__),
        linked_node=link,
    )
