"""The measured runs of one user, in a sqlite file that other programs may use too."""

from __future__ import annotations

from .bounds import Bounds, Purge
from .groups import Group
from .health import Health
from .importing import DatabaseBounds, Imported
from .pages import Filters, RunPage
from .settings import RANGES, Settings
from .store import ProfilerStore
from .trash import Trashed

__all__ = [
    "RANGES",
    "Bounds",
    "DatabaseBounds",
    "Filters",
    "Group",
    "Health",
    "Imported",
    "ProfilerStore",
    "Purge",
    "RunPage",
    "Settings",
    "Trashed",
]
