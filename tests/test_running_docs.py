"""Whoever follows docs/running.md in a shell gets what it says."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gates.cli.run import EXIT_CODES, add_parser
from gates.fleet.decisions import NAMES
from gates.fleet.fields import FIELDS
from gates.fleet.job_file import KEYS
from gates.host.process import HostProcess

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "running.md").read_text("utf-8")
SECONDS = 240.0
# The page's commands speak to port 8188; here each is sent to the host of the test.
GATES = f"""#!/bin/sh
test "$1" = run && shift && set -- run --server "$GATES_TEST_SERVER" "$@"
PYTHONPATH={ROOT} exec {sys.executable} -m gates "$@"
"""


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no POSIX shell")
def test_the_blocks_of_the_page_run(tmp_path: Path) -> None:
    folder = tmp_path / "one" / "two"
    folder.mkdir(parents=True)
    for name, text in re.findall(r"^`([\w.]+)`\n\n```json\n(.*?)^```$", PAGE, re.M | re.S):
        (folder / name).write_text(text, "utf-8")
    script = "set -e\n" + "".join(re.findall(r"^```sh\n(.*?)^```$", PAGE, re.M | re.S))
    command = tmp_path / "bin" / "gates"
    command.parent.mkdir()
    command.write_text(GATES, "utf-8")
    command.chmod(0o755)
    with HostProcess(tmp_path / "host") as host:
        path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "GATES_TEST_SERVER": host.url}
        done = subprocess.run(
            ["sh", "-c", script],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "default/first/gen_job_first_00001_.png"
    assert lines[1:3] == ["red.png", "cyan.png"] and lines[-2:] == ["3 done", "3 done"]
    assert done.stderr.count("Done before") == 4  # the job `first`, and the batch
    assert {path.name for path in (folder / "ann").iterdir()} == {"blue", "green"}


def test_fields_codes_events_and_keys_are_those_of_the_page() -> None:
    assert re.findall(r"^\| `\{(\w+)\}` \|", section("Where the files go"), re.M) == list(FIELDS)
    codes = dict(re.findall(r"^\| (\d+) \| (\w+)", section("Exit codes"), re.M))
    assert codes == {str(code): text.split()[0].rstrip(":") for code, text in EXIT_CODES.items()}
    for name in NAMES.values():
        assert f"`{name}`" in section("For programs")
    assert tuple(re.findall(r"^\| `(\w+)` \|", section("Many jobs"), re.M)) == KEYS


def test_every_option_is_on_the_page() -> None:
    nouns = argparse.ArgumentParser(prog="gates").add_subparsers()
    add_parser(nouns)
    help_text = nouns.choices["run"].format_help()
    for option in set(re.findall(r"--[a-z-]+", help_text.split("examples:")[0])) - {"--help"}:
        assert option in PAGE, option
