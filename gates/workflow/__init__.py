"""Workflows as JSON, in the format that the page saves (UI) and the one that a server runs (API).

Everything takes and returns plain JSON values and never changes what it was given. Errors are leaves of
`errors.BadWorkflow`, and name the node by id, title and class.
"""

from __future__ import annotations

from .access import Link, Node, links, nodes, titles
from .canonical import canonical_hash
from .convert import to_api
from .formats import is_api, is_ui
from .settings import apply

__all__ = [
    "Link",
    "Node",
    "apply",
    "canonical_hash",
    "is_api",
    "is_ui",
    "links",
    "nodes",
    "titles",
    "to_api",
]
