"""A workflow made ready to be sent: ids, and file names that no other job uses. No I/O."""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import BadId
from .values import Workflow

JOB_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_-]+")
FIELD = "filename_prefix"


def new_job_name() -> str:
    return secrets.token_hex(6)


def new_id() -> str:
    """An id as servers since 0.25 want it: a UUID in its canonical form."""
    return str(uuid.uuid4())


def check_job_name(name: str) -> str:
    """`name`, which becomes part of file names. Raises BadId."""
    if not JOB_NAME.fullmatch(name) or ".." in name:
        raise BadId(f"{name!r} cannot name a job. Use 1 to 100 letters, digits, `.`, `-` and `_`.")
    return name


def check_prompt_id(prompt_id: str) -> str:
    """`prompt_id` if it is a canonical UUID, the form that every server takes. Raises BadId."""
    try:
        if str(uuid.UUID(prompt_id)) == prompt_id:
            return prompt_id
    except (ValueError, AttributeError, TypeError):
        reason = "is no UUID"
    else:
        reason = "is not written as servers want it: small letters, with hyphens"
    raise BadId(f"The prompt id {prompt_id!r} {reason}. Take str(uuid.uuid4()).")


def with_prefix(prompt: Workflow, job: str, prefix: str | None) -> dict[str, Any]:
    """A copy of `prompt` whose saving nodes write names that only this job has.

    `{job}` in `prefix` becomes the job's name. The second saving node and later ones add their id. A prefix
    that comes over a link is left as it is; `prefix=None` leaves all.
    """
    taken: set[str] = set()
    made = {}
    for node_id, node in prompt.items():
        inputs = node.get("inputs") if isinstance(node, Mapping) else None
        if prefix is not None and isinstance(inputs, Mapping) and isinstance(inputs.get(FIELD), str):
            node = {**node, "inputs": {**inputs, FIELD: _own(prefix.replace("{job}", job), node_id, taken)}}
        made[node_id] = node
    return made


def _own(prefix: str, node_id: str, taken: set[str]) -> str:
    name = f"{prefix}_{NOT_IN_A_NAME.sub('-', str(node_id))}" if taken else prefix
    while name in taken:  # ids such as 5:1 and 5-1
        name += "x"
    taken.add(name)
    return name


def request_body(
    prompt: Workflow,
    client_id: str,
    prompt_id: str,
    front: bool,
    extra_data: Mapping[str, Any],
    targets: Sequence[str],
) -> dict[str, Any]:
    """The body of `POST /prompt`."""
    body: dict[str, Any] = {"prompt": prompt, "client_id": client_id, "prompt_id": prompt_id}
    if front:
        body["front"] = True
    if extra_data:
        body["extra_data"] = dict(extra_data)
    if targets:
        body["partial_execution_targets"] = list(targets)
    return body
