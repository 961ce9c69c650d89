"""The files of others in web/vendor: what docs/third-party.md says of them, and nothing else."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
VENDOR = ROOT / "web" / "vendor"
ROW = re.compile(r"^\| `(\S+)` \| \[(.+?)\]\(.+?\) \| (\S+) \| (\S+) \| .+? \| `([0-9a-f]{64})` \|$", re.M)


@dataclass(frozen=True)
class Vendored:
    file: str
    of: str
    version: str
    licence: str
    sha256: str


def listed() -> list[Vendored]:
    return [Vendored(*row) for row in ROW.findall((ROOT / "docs" / "third-party.md").read_text("utf-8"))]


@pytest.mark.parametrize("one", listed(), ids=lambda one: one.file)
def test_a_file_is_as_it_was_published(one: Vendored) -> None:
    assert hashlib.sha256((VENDOR / one.file).read_bytes()).hexdigest() == one.sha256
    assert "Permission is hereby granted" in (VENDOR / f"{one.of}.LICENSE.txt").read_text("utf-8")


def test_each_file_is_listed() -> None:
    files = {path.name for path in VENDOR.iterdir() if not path.name.endswith(".LICENSE.txt")}
    assert files == {one.file for one in listed()}
    assert not list(VENDOR.rglob("*.js")), "ComfyUI would import it at start"


def test_a_browser_that_kept_an_older_version_asks_for_this_one() -> None:
    source = (ROOT / "web" / "profiler" / "charts" / "load_uplot.js").read_text("utf-8")
    versions = {one.version for one in listed() if one.of == "uPlot"}
    assert set(re.findall(r"uPlot\.mjs\?v=([\d.]+)", source)) == versions
