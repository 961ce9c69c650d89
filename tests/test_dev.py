"""dev.py: standard library only, every verb documented, and what it decides by itself."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

import dev

ROOT = Path(__file__).resolve().parents[1]
VERBS = ("demo", "test", "lint", "types", "docs", "bench")


def test_it_imports_the_standard_library_alone() -> None:
    tree = ast.parse((ROOT / "dev.py").read_text("utf-8"))
    names = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    names |= {n.module or "." for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_is_documented(verb: str) -> None:
    assert f"python3 dev.py {verb}" in (dev.__doc__ or "")
    assert f"python3 dev.py {verb}" in (ROOT / "docs" / "development.md").read_text("utf-8")


def test_each_documented_verb_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        dev.read_arguments(["--help"])
    assert all(f"    {verb}" in capsys.readouterr().out for verb in VERBS[:1])
    for verb in VERBS:
        args, _ = dev.read_arguments([verb, *(["pools"] if verb == "bench" else [])])
        assert args.run is getattr(dev, verb)


def test_further_arguments_go_to_pytest_and_nowhere_else() -> None:
    args, rest = dev.read_arguments(["test", "tests/test_dev.py", "-k", "x", "--all"])
    assert args.all
    assert rest == ["tests/test_dev.py", "-k", "x"]
    with pytest.raises(SystemExit):
        dev.read_arguments(["lint", "gates"])


# --- the environment ---------------------------------------------------------------------------


class Installer:
    """Stands for pip: notes what is asked of it, and has only the builds that it is given."""

    def __init__(self, *has: str) -> None:
        self.has = has
        self.asked: list[tuple[str, ...]] = []

    def __call__(self, *arguments: str, quiet: bool = False) -> int:
        self.asked.append(arguments)
        where = "elsewhere" if "--index-url" in arguments else "configured"
        build = "cpu" if arguments[-1].endswith("+cpu") else "default"
        return 0 if f"{where} {build}" in self.has else 1


@pytest.mark.parametrize(
    ("platform", "has", "attempts"),
    [
        ("linux", ["configured cpu"], 1),
        ("linux", ["elsewhere cpu", "configured default"], 2),
        ("linux", ["configured default"], 3),
        ("darwin", ["configured default"], 1),
        ("win32", ["configured default"], 1),
    ],
)
def test_torch_comes_without_cuda_where_it_can(
    monkeypatch: pytest.MonkeyPatch, platform: str, has: list[str], attempts: int
) -> None:
    installer = Installer(*has)
    monkeypatch.setattr(dev, "pip", installer)
    monkeypatch.setattr(sys, "platform", platform)
    dev.install_torch()
    assert len(installer.asked) == attempts
    assert all("--no-deps" in asked for asked in installer.asked)


def test_torch_that_cannot_be_had_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev, "pip", Installer())
    with pytest.raises(dev.DevError, match="torch"):
        dev.install_torch()


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """dev.py in an empty checkout, with nothing to install and a Python that exists."""
    monkeypatch.setattr(dev, "ROOT", tmp_path)
    monkeypatch.setattr(dev, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(dev, "STAMP", tmp_path / ".venv" / "stamp.json")
    monkeypatch.setattr(dev, "CACHE", tmp_path / ".cache")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    return tmp_path


@pytest.fixture
def installed(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    done: list[tuple[str, ...]] = []

    def make() -> None:
        done.append(("venv",))
        dev.venv_python().parent.mkdir(parents=True, exist_ok=True)
        dev.venv_python().touch()

    monkeypatch.setattr(dev, "make_venv", make)
    monkeypatch.setattr(dev, "install", lambda extras: done.append(tuple(extras)))
    return done


def test_a_ready_environment_is_left_alone(installed: list[tuple[str, ...]]) -> None:
    dev.prepare("demo")
    dev.prepare("demo")
    assert installed == [("venv",), ("demo",)]


def test_an_environment_grows_and_never_shrinks(installed: list[tuple[str, ...]]) -> None:
    dev.prepare("demo")
    dev.prepare("dev")
    dev.prepare("demo")
    assert installed == [("venv",), ("demo",), ("demo", "dev")]


def test_a_changed_project_is_installed_again(checkout: Path, installed: list[tuple[str, ...]]) -> None:
    dev.prepare("demo")
    (checkout / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    dev.prepare("demo")
    assert installed == [("venv",), ("demo",), ("demo",)]


@pytest.mark.parametrize("text", ["", "{}", "[]", "not json", '{"python": 1}'])
def test_a_stamp_that_says_nothing_means_a_new_environment(
    text: str, installed: list[tuple[str, ...]]
) -> None:
    dev.prepare("demo")
    dev.STAMP.write_text(text)
    dev.prepare("demo")
    assert installed == [("venv",), ("demo",), ("venv",), ("demo",)]


def test_an_installation_that_failed_is_begun_anew(
    installed: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(extras: object) -> None:
        raise dev.DevError("no network")

    with monkeypatch.context() as broken:
        broken.setattr(dev, "install", fail)
        with pytest.raises(dev.DevError):
            dev.prepare("demo")
    dev.prepare("demo")
    assert installed == [("venv",), ("venv",), ("demo",)]


@pytest.mark.parametrize("version", ["latest", "../1.2", "1.47.10; rm", "", "1"])
def test_a_frontend_is_named_by_its_version(checkout: Path, version: str) -> None:
    with pytest.raises(dev.DevError):
        dev.frontend(version)


def test_a_frontend_is_fetched_once(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def pip(*arguments: str, quiet: bool = False) -> int:
        asked.append(arguments[-1])
        target = Path(arguments[arguments.index("--target") + 1])
        (target / "comfyui_frontend_package" / "static").mkdir(parents=True)
        return 0

    monkeypatch.setattr(dev, "pip", pip)
    folder = dev.frontend("1.47.10")
    assert dev.frontend("1.47.10") == folder
    assert folder.is_dir()
    assert asked == ["comfyui-frontend-package==1.47.10"]
    assert not list((checkout / ".cache" / "frontend").glob("*.part"))


# --- browsers and totals -----------------------------------------------------------------------


def test_a_browser_that_is_named_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = tmp_path / "chrome"
    browser.touch()
    monkeypatch.setenv("GATES_BROWSER", str(browser))
    assert dev.find_browser(Path(sys.executable)) == str(browser)
    monkeypatch.setenv("GATES_BROWSER", str(tmp_path / "gone"))
    with pytest.raises(dev.DevError, match="gone"):
        dev.find_browser(Path(sys.executable))


def test_without_a_browser_the_browser_tests_are_left_out_or_it_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[tuple[str | None, bool]] = []

    def run_pytest(python: Path, browser: str | None, everything: bool, rest: object) -> dev.Total:
        seen.append((browser, everything))
        return dev.Total("pytest", 0, 3, advice="" if browser else dev.BROWSER_ADVICE)

    monkeypatch.setattr(dev, "prepare", lambda *extras: Path(sys.executable))
    monkeypatch.setattr(dev, "find_browser", lambda python: None)
    monkeypatch.setattr(dev, "run_pytest", run_pytest)
    monkeypatch.setattr(dev, "run_node", lambda must: dev.Total("node", 0, 2))
    args, rest = dev.read_arguments(["test"])
    monkeypatch.setenv("GATES_REQUIRE_BROWSER", "0")
    assert dev.test(args, rest) == 0
    assert seen == [(None, False)]
    monkeypatch.setenv("GATES_REQUIRE_BROWSER", "1")
    with pytest.raises(dev.DevError, match="Chromium"):
        dev.test(args, rest)


def test_one_failure_fails_the_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dev, "prepare", lambda *extras: Path(sys.executable))
    monkeypatch.setattr(dev, "find_browser", lambda python: "/x")
    monkeypatch.setattr(dev, "run_side_by_side", lambda *given: [dev.Total("pytest", 0, 9, 0, 1, 3.2)])
    monkeypatch.setattr(dev, "run_node", lambda must: dev.Total("node", 1, 5, 2, 0, 1.0))
    args, rest = dev.read_arguments(["test"])
    assert dev.test(args, rest) == 1
    said = capsys.readouterr().out
    assert "pytest   9 passed, 0 failed, 1 skipped, 3 s\n" in said
    assert "node     5 passed, 2 failed, 0 skipped, 1 s  (exit code 1)" in said
    assert said.endswith("FAILED\n")


def test_browser_tests_run_beside_the_others_and_are_read_after_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A Python that only tells what it was called with stands in for both."""
    told = tmp_path / "told.py"
    told.write_text("import sys\nprint('called', sys.argv[1:])\nsys.exit('tests/e2e' in sys.argv)\n")
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} {told} "$@"\n')
    python.chmod(0o755)
    monkeypatch.setattr(dev, "CACHE", tmp_path / "cache")
    others, shown = dev.run_side_by_side(python, "/x", False)
    assert (others.name, others.exit_code, shown.name, shown.exit_code) == ("pytest", 0, "browser", 1)
    first, second = re.findall(r"called \[.*\]", capfd.readouterr().out)
    assert "--ignore=tests/e2e" in first and "'tests/e2e'" in second and "no:cacheprovider" in second


def test_counts_of_pytest_come_from_its_report(tmp_path: Path) -> None:
    report = tmp_path / "pytest.xml"
    report.write_text('<testsuites><testsuite errors="1" failures="2" skipped="3" tests="10"/></testsuites>')
    assert dev.pytest_counts(report) == (4, 3, 3)
    assert dev.pytest_counts(tmp_path / "none.xml") == (0, 0, 0)


@pytest.mark.parametrize("mark", ["#", "ℹ"])
def test_counts_of_node_come_from_its_summary(mark: str) -> None:
    names = {"tests": 9, "suites": 0, "pass": 5, "fail": 1, "cancelled": 1, "skipped": 1, "todo": 1}
    output = "✔ one (2ms)\n" + "".join(f"{mark} {name} {count}\n" for name, count in names.items())
    assert dev.node_counts(output) == (5, 2, 2)
