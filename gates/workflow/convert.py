"""From what the page saves to what it sends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def to_api(workflow: Mapping[str, Any], node_info: Mapping[str, Any]) -> dict[str, Any]:
    """The prompt that the page would send for `workflow`; one in API format comes back as a copy.

    `node_info` is the answer of `/object_info`: of all classes, or of those that the workflow uses.
    """
    raise NotImplementedError
