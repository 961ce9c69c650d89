"""Whether a prompt can run, and if not, what is wrong with which node."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from . import complaints
from .complaints import Complaint, full_type_name
from .declared import OwnCheck, Takes, own_check, takes_of
from .graph import PromptGraph, get_input_info
from .graph_builder import ExecutionBlocker
from .inputs import get_input_data
from .mapping import map_over_lists, wait_for
from .types_match import COMBO, validate_node_input

__all__ = ["Validation", "full_type_name", "validate_prompt"]

logger = logging.getLogger("gates.host.validation")

CONVERSIONS: dict[str, Callable[[Any], Any]] = {"INT": int, "FLOAT": float, "STRING": str, "BOOLEAN": bool}


class Validation(NamedTuple):
    """`good_outputs` can run; `error` is set where there is none of them."""

    error: Complaint | None
    good_outputs: list[str]
    node_errors: dict[str, dict[str, Any]]


@dataclass
class Verdict:
    """On one node: valid only if everything upstream is too; `reasons` are its own."""

    valid: bool = True
    reasons: list[Complaint] = field(default_factory=list)


async def validate_prompt(
    prompt_id: str,
    prompt: PromptGraph,
    partial_execution_targets: Collection[str] | None,
    classes: Mapping[str, Any],
) -> Validation:
    """Check a prompt; constants in it are converted to their declared types in place."""
    for node_id, node in prompt.items():
        if "class_type" not in node:
            return Validation(complaints.missing_node_type(node_id, node), [], {})
        if node["class_type"] not in classes:
            return Validation(complaints.unknown_node_type(node_id, node), [], {})
    outputs = [
        node_id
        for node_id, node in prompt.items()
        if getattr(classes[node["class_type"]], "OUTPUT_NODE", False) is True
        and (partial_execution_targets is None or node_id in partial_execution_targets)
    ]
    if not outputs:
        return Validation(complaints.no_outputs(), [], {})
    return await PromptCheck(prompt_id, prompt, classes).outputs(outputs)


class PromptCheck:
    """One pass over a prompt, each node looked at once."""

    def __init__(self, prompt_id: str, prompt: PromptGraph, classes: Mapping[str, Any]) -> None:
        self._prompt_id = prompt_id
        self._prompt = prompt
        self._classes = classes
        self._verdicts: dict[str, Verdict] = {}

    async def outputs(self, outputs: list[str]) -> Validation:
        good: list[str] = []
        reasons: list[Complaint] = []
        node_errors: dict[str, dict[str, Any]] = {}
        for output in outputs:
            verdict = await self._output(output)
            if verdict.valid:
                good.append(output)
                continue
            reasons += verdict.reasons
            self._blame(output, node_errors)
        error = None if good else complaints.all_outputs_failed(reasons)
        return Validation(error, good, node_errors)

    async def _output(self, output: str) -> Verdict:
        try:
            return await self._node(output, [])
        except Exception as error:
            self._verdicts[output] = Verdict(False, [complaints.exception_in_output(error)])
            return self._verdicts[output]

    def _blame(self, output: str, node_errors: dict[str, dict[str, Any]]) -> None:
        """Add every node that is wrong itself; those that only stand behind one are not named."""
        logger.error("Failed to validate prompt for output %s, it will be ignored", output)
        for node_id, verdict in self._verdicts.items():
            if verdict.valid or not verdict.reasons:
                continue
            if node_id not in node_errors:
                class_type = self._prompt[node_id]["class_type"]
                node_errors[node_id] = {
                    "errors": verdict.reasons,
                    "dependent_outputs": [],
                    "class_type": class_type,
                }
                for reason in verdict.reasons:
                    logger.error("%s %s: %s: %s", class_type, node_id, reason["message"], reason["details"])
            node_errors[node_id]["dependent_outputs"].append(output)

    async def _node(self, node_id: str, path: list[str]) -> Verdict:
        if node_id in self._verdicts:
            return self._verdicts[node_id]
        if node_id in path:
            return self._cycle(path[path.index(node_id) :] + [node_id])
        node = self._prompt[node_id]
        class_def = self._classes[node["class_type"]]
        takes = takes_of(class_def, node["inputs"])
        own = own_check(class_def)
        found = Verdict()
        received: dict[str, Any] = {}
        for name in [*takes.declared.get("required", {}), *takes.declared.get("optional", {})]:
            await self._input(node_id, name, takes, own, found, received, path)
        found.reasons += await self._custom(node_id, class_def, own, received)
        return self._settled(node_id, found)

    def _settled(self, node_id: str, found: Verdict) -> Verdict:
        """Join with what a cycle may have said of this node on the way."""
        before = self._verdicts.get(node_id, Verdict())
        new = [reason for reason in found.reasons if reason not in before.reasons]
        verdict = Verdict(before.valid and found.valid and not found.reasons, before.reasons + new)
        self._verdicts[node_id] = verdict
        return verdict

    def _cycle(self, path: list[str]) -> Verdict:
        nodes = list(dict.fromkeys(path))
        named = " -> ".join(f"{each} ({self._prompt[each]['class_type']})" for each in path)
        for each in nodes:
            self._verdicts[each] = Verdict(False, [complaints.cycle(each, named, nodes)])
        return self._verdicts[path[0]]

    async def _input(
        self,
        node_id: str,
        name: str,
        takes: Takes,
        own: OwnCheck,
        found: Verdict,
        received: dict[str, Any],
        path: list[str],
    ) -> None:
        inputs = self._prompt[node_id]["inputs"]
        kind, category, options = get_input_info(None, name, takes.declared)
        if name not in inputs:
            if category == "required":
                found.reasons.append(complaints.input_missing(name, takes.called(name)))
            return
        config = (kind, options)
        if not isinstance(inputs[name], list):
            wrong = _constant(inputs, name, config, own.covers(name))
        else:
            wrong = self._link(inputs[name], name, config, own, received)
            if wrong is None and not await self._upstream(node_id, name, config, inputs[name], path):
                found.valid = False
        if wrong is not None:
            found.reasons.append(wrong)

    def _link(
        self, link: list[Any], name: str, config: Any, own: OwnCheck, received: dict[str, Any]
    ) -> Complaint | None:
        if len(link) != 2:
            return complaints.bad_link(name, config, link)
        source = self._classes[self._prompt[link[0]]["class_type"]]
        received[name] = source.RETURN_TYPES[link[1]]
        if "input_types" in own.names or validate_node_input(received[name], config[0]):
            return None
        return complaints.type_mismatch(name, config, received[name], link)

    async def _upstream(self, node_id: str, name: str, config: Any, link: list[Any], path: list[str]) -> bool:
        try:
            return (await self._node(link[0], [*path, node_id])).valid
        except Exception as error:
            wrong = complaints.exception_upstream(name, config, link, error)
            self._verdicts[link[0]] = Verdict(False, [wrong])
            return False

    async def _custom(
        self, node_id: str, class_def: Any, own: OwnCheck, received: dict[str, Any]
    ) -> list[Complaint]:
        if own.function is None:
            return []
        data = get_input_data(self._prompt[node_id]["inputs"], class_def, node_id)
        lists = {name: values for name, values in data.lists.items() if own.covers(name)}
        if "input_types" in own.names:
            lists["input_types"] = [received]
        answers = await wait_for(
            await map_over_lists(self._prompt_id, node_id, class_def, lists, own.function, v3=data.v3)
        )
        bad = [each for each in answers if each is not True and not isinstance(each, ExecutionBlocker)]
        return [complaints.custom_failure(name, answer) for name in lists for answer in bad]


def _constant(inputs: dict[str, Any], name: str, config: Any, covered: bool) -> Complaint | None:
    """Convert a constant in place, then hold it against its range or its choices."""
    kind, options = config
    value = inputs[name]
    try:
        if isinstance(value, dict) and "__value__" in value:
            value = inputs[name] = value["__value__"]
        if isinstance(kind, str) and kind in CONVERSIONS:
            value = inputs[name] = CONVERSIONS[kind](value)
    except Exception as error:
        return complaints.not_convertible(name, config, value, error)
    if covered:
        return None
    if "min" in options and value < options["min"]:
        return complaints.too_small(name, config, value)
    if "max" in options and value > options["max"]:
        return complaints.too_big(name, config, value)
    if isinstance(kind, list) or kind == COMBO:
        return _choice(name, config, value)
    return None


def _choice(name: str, config: Any, value: Any) -> Complaint | None:
    kind, options = config
    choices = options.get("options", []) if kind == COMBO else kind
    chosen = value if options.get("multiselect") and isinstance(value, list) else [value]
    wrong = [each for each in chosen if each not in choices]
    return complaints.not_a_choice(name, config, value, wrong, choices) if wrong else None
