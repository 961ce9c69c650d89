"""A program that records runs until it is killed: `python -m tests.profiler_worker DATABASE FIRST`.

It prints a line of JSON for everything that it knows to be written.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from gates.profiler.records import Run
from gates.profiler.store import ProfilerStore
from tests.profiled import recording, step


def tell(**what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def main(database: Path, first: int) -> None:
    store = ProfilerStore(database, time.time)
    n = first
    while True:
        tell(saved=store.save(recording(n)), prompt=f"prompt-{n}")
        prompt_id = f"running-{n}"
        store.begin(Run(timestamp=time.time(), prompt_id=prompt_id))
        for k in range(20):
            store.extend(prompt_id, [step(k)])
            store.set_run(1, comment=f"after {k}")  # waits, and what was handed over before is done by then
            tell(running=prompt_id, steps=k + 1)
        store.save(recording(n + 1, steps=20, prompt_id=prompt_id))
        n += 2


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
