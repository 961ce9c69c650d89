"""What a node is called with: constants, results of other nodes, hidden values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from .dynamic_inputs import Dynamic, expanded
from .graph import DynamicPrompt, get_input_info
from .graph_builder import is_link
from .v3 import V3Data, is_v3

Lists = dict[str, Any]
SENSITIVE_EXTRA_DATA_KEYS = ("auth_token_comfy_org", "api_key_comfy_org")
FROM_EXTRA_DATA = {
    "EXTRA_PNGINFO": "extra_pnginfo",
    "AUTH_TOKEN_COMFY_ORG": "auth_token_comfy_org",
    "API_KEY_COMFY_ORG": "api_key_comfy_org",
    "COMFY_USAGE_SOURCE": "comfy_usage_source",
}


class Results(Protocol):
    """Where the outputs of a node that has run are found; None where it has not."""

    def outputs_of(self, node_id: str) -> list[Any] | None: ...


@dataclass(frozen=True)
class InputData:
    """One list of values for each input, and the names of inputs whose source has not run.

    A V3 node gets hidden values beside its inputs: `v3` has them, and is None for a V1 node.
    """

    lists: Lists = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    v3: V3Data | None = None


def get_input_data(
    inputs: Mapping[str, Any],
    class_def: Any,
    unique_id: str,
    results: Results | None = None,
    dynprompt: DynamicPrompt | None = None,
    extra_data: Mapping[str, Any] | None = None,
) -> InputData:
    """Without `results` every linked input is None, without `dynprompt` the prompt is `{}`."""
    declared = all_declared = class_def.INPUT_TYPES()
    dynamic, takes_all = Dynamic(), False
    if is_v3(class_def):
        declared, dynamic = expanded(all_declared, inputs)
        takes_all = class_def.ACCEPT_ALL_INPUTS
    lists: Lists = {}
    missing: set[str] = set()
    for name, value in inputs.items():
        _, category, options = get_input_info(class_def, name, declared)
        if is_link(value) and not (options or {}).get("rawLink"):
            found = _linked_value(value, results)
            if found is None:
                missing.add(name)
            lists[name] = (None,) if found is None else found
        elif category is not None or takes_all:
            lists[name] = [value]
    kinds = all_declared.get("hidden", {})
    if is_v3(class_def):  # which declares each as a tuple of its kind
        kinds = {name: kind for name, (kind,) in kinds.items()}
    hidden = _hidden_values(kinds, unique_id, dynprompt, extra_data or {})
    if is_v3(class_def):
        return InputData(lists, frozenset(missing), V3Data(hidden, dynamic))
    lists.update({name: [value] for name, value in hidden.items()})
    return InputData(lists, frozenset(missing))


def _linked_value(link: list[Any], results: Results | None) -> Any:
    outputs = results.outputs_of(link[0]) if results is not None else None
    if outputs is None or link[1] >= len(outputs):
        return None
    return outputs[link[1]]


def _hidden_values(
    kinds: Mapping[str, Any],
    unique_id: str,
    dynprompt: DynamicPrompt | None,
    extra_data: Mapping[str, Any],
) -> dict[str, Any]:
    known = {
        "PROMPT": dynprompt.get_original_prompt() if dynprompt is not None else {},
        "DYNPROMPT": dynprompt,
        "UNIQUE_ID": unique_id,
        **{kind: extra_data.get(key) for kind, key in FROM_EXTRA_DATA.items()},
    }
    return {name: known[kind] for name, kind in kinds.items() if isinstance(kind, str) and kind in known}
