"""Who does the work for an environment: handed in as one value, so that a test can hand in others."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from .git import Git
from .operation import Step, no_step
from .processes import Runner
from .records import NodeInfo
from .uv import UVInterface


class Registry(Protocol):
    """As much of NodeRegistry as an environment needs."""

    def get_node(self, identifier: str, is_local: bool = False) -> NodeInfo: ...
    def download_node(self, info: NodeInfo, target: Path) -> NodeInfo: ...


@dataclass(frozen=True)
class Crew:
    runner: Runner
    git: Git
    uv: UVInterface
    registry: Registry
    outside: Mapping[str, str]
    clock: Callable[[], float] = time.time
    step: Step = no_step
    note: Callable[[str], None] = no_step  # what somebody should know beside the answer
    models: Path | None = None  # that all environments share; None: those in the workspace
