"""Which browser a page opens in, and with what."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

BROWSER = "GATES_BROWSER"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
# Quiet, and able to start in a container.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def found_browser(bundled: str) -> Path | None:
    """The one that GATES_BROWSER names, the one that playwright downloaded, or one of the system."""
    named = os.environ.get(BROWSER)
    if named:
        return Path(named)
    if bundled and Path(bundled).is_file():
        return Path(bundled)
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return Path(found) if found else None
