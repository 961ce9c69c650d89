"""The parts of one running host, made once at start and handed to whoever needs them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .folders import Folders
from .interrupts import Interrupts
from .log_buffer import LogBuffer
from .options import HostOptions
from .registry import NodeRegistry
from .running.progress import ProgressBoard


@dataclass(frozen=True)
class Runtime:
    options: HostOptions
    front_end: Path
    folders: Folders
    nodes: NodeRegistry
    interrupts: Interrupts
    progress: ProgressBoard
    logs: LogBuffer
