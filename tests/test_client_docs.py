"""Whoever follows docs/client.md gets what it says."""

from __future__ import annotations

import io
import re
from contextlib import redirect_stdout
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from gates.client import Client, Limits
from gates.client.events import NAMES
from gates.host.process import HostProcess
from tests.serving import png

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "client.md").read_text("utf-8")
ADDRESS = "http://127.0.0.1:8188"


def test_the_examples_run(shared_host: HostProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "one" / "two" / "three"
    (folder / "renders").mkdir(parents=True)
    (folder / "renders" / "photo.png").write_bytes(png())
    monkeypatch.chdir(folder)
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE, re.M | re.S)
    assert len(blocks) == 4 and sum(ADDRESS in block for block in blocks) == 3
    names: dict[str, Any] = {"__name__": "example"}
    said = io.StringIO()
    with redirect_stdout(said):
        for block in blocks:
            exec(compile(block.replace(ADDRESS, shared_host.url), "docs/client.md", "exec"), names)
    assert said.getvalue().startswith("done ['gen_job_")
    made = [path.name for path in (folder / "renders").iterdir()]
    assert len(made) == 4 and "gen_job_inverted_00001_.png" in made


def test_each_limit_is_documented_with_its_default() -> None:
    section = PAGE.split("## Limits")[1].split("## Errors")[0]
    table = re.findall(r"^\| (`.+?`) \| (.+?) \|", section, re.M)
    documented = {
        name: value
        for names, values in table
        for name, value in zip(re.findall(r"`(\w+)`", names), values.split(", "), strict=True)
    }
    units = {"MiB": 2**20, "GiB": 2**30}
    in_code = {}
    for field in fields(Limits):
        found = documented[field.name].split()
        in_code[field.name] = float(found[0]) * (units[found[1]] if len(found) > 1 else 1)
    assert in_code == {field.name: float(getattr(Limits(), field.name)) for field in fields(Limits)}
    assert set(documented) == set(in_code)


def test_each_event_is_documented() -> None:
    documented = re.findall(r"^\| `([A-Z]\w+)` \| `(\w+)` \|", PAGE, re.M)
    assert documented == [(kind.__name__, name) for kind, name in NAMES.items()]


def test_each_method_is_documented() -> None:
    public = {name for name in dir(Client) if not name.startswith("_")} - {"client_id", "ignored"}
    section = PAGE.split("## What it offers")[1].split("## Events")[0]
    assert {name for name in public if f"`{name}(" not in section} == set()
