"""A pool with something in it, for tests of pools."""

from __future__ import annotations

from pathlib import Path

import pytest

from gates import ledger, pool, staging
from gates.limits import Limits
from gates.manifest import Manifest
from tests import pictures

P = "p1"


def fill(base: Path, count: int = 3, pool_id: str = P) -> Manifest:
    for n in range(1, count + 1):
        pool.add_image(base, pool_id, pictures.png(n), 100 + n, name=f"cat {n}.png")
        pool.set_label(base, pool_id, n - 1, f"label {n}")
    return pool.read_manifest(base, pool_id)


def ids(manifest: Manifest) -> list[str]:
    return [slot.id for slot in manifest.slots]


def reopened(base: Path, monkeypatch: pytest.MonkeyPatch, pool_id: str = P) -> Manifest:
    """The pool as a new process would read it."""
    monkeypatch.setattr(ledger, "_MEMORY", ledger.Memory())
    return pool.read_manifest(base, pool_id)


def staged(base: Path, number: int = 50) -> staging.Staged:
    return staging.stage_bytes(base, pictures.png(number), "new.png", Limits())
