"""Run workflows on any ComfyUI server, without a browser.

`Client` is async; `SyncClient` and `run_workflow` are for scripts. Knows nothing of the host: two parsers
by design, so that a mistake in one is seen by the other.
"""

from __future__ import annotations

from .client import Client
from .events import (
    END,
    CachedNodes,
    Cancelled,
    Event,
    Failed,
    Finished,
    Lost,
    Message,
    NodeDone,
    NodeStarted,
    NodeText,
    Preview,
    Progress,
    Queued,
    Reconnected,
    Started,
    as_json,
)
from .limits import Limits
from .profiler import Measuring, ProfilerClient
from .sync import SyncClient, run_workflow
from .values import PREFIX, Job, Output, Queue, Result, State, Uploaded, Waiting, Workflow

__all__ = [
    "END",
    "PREFIX",
    "CachedNodes",
    "Cancelled",
    "Client",
    "Event",
    "Failed",
    "Finished",
    "Job",
    "Limits",
    "Lost",
    "Measuring",
    "Message",
    "NodeDone",
    "NodeStarted",
    "NodeText",
    "Output",
    "Preview",
    "ProfilerClient",
    "Progress",
    "Queue",
    "Queued",
    "Reconnected",
    "Result",
    "Started",
    "State",
    "SyncClient",
    "Uploaded",
    "Waiting",
    "Workflow",
    "as_json",
    "run_workflow",
]
