"""How much memory the machine has, in bytes. 0 where the system does not say: the page wants a number."""

from __future__ import annotations

import os


def total_bytes() -> int:
    return _pages("SC_PHYS_PAGES")


def free_bytes() -> int:
    return _pages("SC_AVPHYS_PAGES")


def _pages(name: str) -> int:
    names = getattr(os, "sysconf_names", {})  # Windows has none, macOS does not know what is free
    if name not in names:
        return 0
    return os.sysconf(name) * os.sysconf("SC_PAGE_SIZE")
