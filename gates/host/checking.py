"""Validating a prompt under the name and in the shape of `execution.validate_prompt`."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from .prompt_server import PromptServer
from .running.complaints import Complaint
from .running.graph import PromptGraph
from .running.validation import validate_prompt as checked

# (whether it can run, the error if not, the outputs that can run, what is wrong with which node)
Verdict = tuple[bool, "Complaint | None", list[str], dict[str, dict[str, Any]]]


async def validate_prompt(
    prompt_id: str, prompt: PromptGraph, partial_execution_list: Collection[str] | None
) -> Verdict:
    classes = PromptServer.instance.runtime.nodes.classes
    found = await checked(prompt_id, prompt, partial_execution_list, classes)
    return found.error is None, found.error, found.good_outputs, found.node_errors
