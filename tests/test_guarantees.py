"""What docs/guarantees.md promises is shown by tests that exist."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests"


def rows() -> list[tuple[int, str]]:
    """Number and last cell of each row."""
    text = (ROOT / "docs" / "guarantees.md").read_text("utf-8")
    return [(int(number), cell) for number, cell in re.findall(r"^\| (\d+) \|.*\|(.*)\|$", text, re.M)]


@cache
def defined_in(file: str) -> frozenset[str]:
    text = (TESTS / file).read_text("utf-8")
    if file.endswith(".mjs"):
        return frozenset(re.findall(r"^\s*test\(\"(.+?)\", ", text, re.M))
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, FUNCTIONS)]
    return frozenset(one.name for one in functions if one.name.startswith("test_"))


FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def test_the_rows_are_counted_without_a_gap() -> None:
    assert [number for number, _ in rows()] == list(range(1, 47))


@pytest.mark.parametrize(
    ("number", "cell"), rows(), ids=lambda value: str(value) if type(value) is int else ""
)
def test_each_guarantee_is_shown_by_tests_that_exist(number: int, cell: str) -> None:
    named = [name.partition("::") for name in re.findall(r"`(.+?)`", cell)]
    assert named, f"row {number} names no test"
    for file, _, test in named:
        assert (TESTS / file).is_file(), file
        assert test in defined_in(file), f"{file} has no {test}"


def test_the_browser_side_opens_no_dialog_of_the_browser() -> None:
    calls = re.compile(r"(?<![.\w])(?:window\.)?(alert|confirm|prompt)\(")
    for path in sorted((ROOT / "web").rglob("*.js")):
        code = re.sub(r"//[^\n]*", "", path.read_text("utf-8"))
        assert calls.findall(code) == [], path
