"""One run of a batch at a time on this machine: two would save over each other."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..atomic import take_lock
from ..errors import BatchRuns


@contextmanager
def only_run(batch: uuid.UUID) -> Iterator[None]:
    """Raises BatchRuns where the batch runs already."""
    path = Path(tempfile.gettempdir()) / f"gates-batch-{batch}.lock"
    with path.open("ab") as file:
        try:
            take_lock(file.fileno(), patience=0.0)
        except TimeoutError as error:
            raise BatchRuns("This batch runs already. Wait for it, or stop it.") from error
        yield
