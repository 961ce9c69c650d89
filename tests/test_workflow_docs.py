"""The code of docs/workflows.md runs as it stands there, and its table of errors is whole."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from gates import errors
from gates.workflow.placing import MOST_NODES
from tests.recorded_workflows import recorded

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "workflows.md").read_text("utf-8")


def test_the_code_on_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "example_workflows").mkdir()
    shutil.copy(ROOT / "example_workflows" / "image_pool.json", tmp_path / "example_workflows")
    (tmp_path / "object_info.json").write_text(json.dumps(recorded("pools", "object_info")), "utf-8")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)
    assert len(blocks) == 3
    exec(compile("\n".join(blocks), "docs/workflows.md", "exec"), {})


def test_the_page_names_each_error_and_limit() -> None:
    codes = re.findall(r"^\| `([a-z_]+)` \|", PAGE, re.M)
    assert codes == [leaf.code for leaf in errors.BadWorkflow.__subclasses__()]
    assert f"{MOST_NODES:,} nodes" in PAGE
