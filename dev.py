#!/usr/bin/env python3
"""One entry for people who develop Dataset Gates. Needs Python 3.10 or newer and nothing else.

    python3 dev.py demo  [--port N] [--no-browser] [--frontend VERSION] [--reset]
    python3 dev.py test  [--all] [PYTEST ARGUMENTS]
    python3 dev.py lint  [--fix]
    python3 dev.py types
    python3 dev.py docs
    python3 dev.py bench NAME [ARGUMENTS]

The first call makes .venv in this checkout; later calls find it ready. Nothing is installed
elsewhere.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "dataset-gates.json"
CACHE = ROOT / ".cache"
DEMO = ROOT / ".demo"

OLDEST_PYTHON = (3, 10)
TORCH = "2.13.0"
# Where Linux finds PyTorch without its gigabytes of CUDA, if the configured index has none such.
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
# The frontend that ComfyUI 0.29.0 pins; the newest one comes with the extra `demo`.
OLDER_FRONTEND = "1.47.10"

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
BROWSER_ADVICE = (
    "No Chromium or Chrome was found, so the browser tests cannot run. Install Chromium with the\n"
    "system's package manager, or run\n"
    f"    {VENV / 'bin' / 'python'} -m playwright install chromium\n"
    "or name a browser: GATES_BROWSER=/path/to/chrome python3 dev.py test"
)
NODE_ADVICE = (
    "Node.js was not found, so the tests of the browser modules (tests/web) are left out.\n"
    "Node.js 20 or newer runs them; they need no npm package."
)


class DevError(Exception):
    """Something the person has to mend; the message says what."""


# --- the environment ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Stamp:
    """What a finished environment was made from; a difference means there is work to do."""

    python: str
    checkout: str
    project: str
    torch: str
    extras: tuple[str, ...]


def stamp_for(extras: Sequence[str]) -> Stamp:
    project = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    return Stamp(sys.version, str(ROOT), project, TORCH, tuple(sorted(extras)))


def read_stamp() -> Stamp | None:
    """The stamp in .venv, or None where no finished environment lies."""
    if not STAMP.is_file() or not venv_python().exists():
        return None
    try:
        fields = json.loads(STAMP.read_text("utf-8"))
        return Stamp(**{**fields, "extras": tuple(fields["extras"])})
    except (ValueError, TypeError, KeyError):
        return None


def venv_python() -> Path:
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def prepare(*extras: str) -> Path:
    """Make or complete .venv, so that it holds these extras; the path of its Python."""
    found = read_stamp()
    if found and (found.python, found.checkout) != (sys.version, str(ROOT)):
        found = None
    want = stamp_for(sorted({*extras, *(found.extras if found else ())}))
    if found == want:
        return venv_python()
    started = time.monotonic()
    if not found:
        make_venv()
    STAMP.unlink(missing_ok=True)
    install(want.extras)
    STAMP.write_text(json.dumps(asdict(want), indent=1), "utf-8")
    say(f"The environment is ready ({time.monotonic() - started:.0f} s).")
    return venv_python()


def make_venv() -> None:
    say(f"Making {VENV}")
    if VENV.exists():
        shutil.rmtree(VENV)
    base = getattr(sys, "_base_executable", sys.executable)
    if run([base, "-m", "venv", str(VENV)]) != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        raise DevError(
            "Python could not make a virtual environment. On Debian and Ubuntu: apt install python3-venv"
        )


def install(extras: Sequence[str]) -> None:
    say(f"Installing {', '.join(extras)}; the first time this takes a few minutes.")
    if "demo" in extras and not has_torch():
        install_torch()
    target = f"{ROOT}[{','.join(extras)}]"
    if pip("install", "--editable", target) != 0:
        raise DevError("pip could not install what pyproject.toml names; its message stands above.")


def has_torch() -> bool:
    look = "import importlib.metadata as m; print(m.version('torch'))"
    command = [str(venv_python()), "-c", look]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip().split("+")[0] == TORCH


def install_torch() -> None:
    """Install PyTorch, on Linux without CUDA where there is such a build; no dependencies yet."""
    attempts: list[tuple[str, ...]] = [(f"torch=={TORCH}",)]
    if sys.platform == "linux":
        cpu = f"torch=={TORCH}+cpu"
        elsewhere = ("--retries", "1", "--timeout", "15", "--index-url", TORCH_CPU_INDEX, cpu)
        attempts = [(cpu,), elsewhere, *attempts]
    for attempt in attempts:
        last = attempt is attempts[-1]
        if pip("install", "--no-deps", *attempt, quiet=not last) == 0:
            return
    raise DevError(f"pip could not install torch {TORCH}; its message stands above.")


def pip(*arguments: str, quiet: bool = False) -> int:
    command = [str(venv_python()), "-m", "pip", "--disable-pip-version-check", *arguments]
    if not sys.stdout.isatty():
        command.append("--quiet")
    return subprocess.run(
        command, cwd=ROOT, stderr=subprocess.DEVNULL if quiet else None, check=False
    ).returncode


def frontend(version: str) -> Path:
    """The folder that a version of the frontend is served from; fetched when first asked for."""
    if not re.fullmatch(r"\d+(\.\d+)+", version):
        raise DevError(f"--frontend wants a version such as {OLDER_FRONTEND}, not {version!r}.")
    folder = CACHE / "frontend" / version
    served = folder / "comfyui_frontend_package" / "static"
    if served.is_dir():
        return served
    say(f"Fetching the frontend {version}")
    partial = folder.with_name(f"{version}.{os.getpid()}.part")
    package = f"comfyui-frontend-package=={version}"
    try:
        if pip("install", "--no-deps", "--target", str(partial), package) != 0:
            raise DevError(f"pip could not fetch the frontend {version}; its message stands above.")
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return served


# --- the verbs ----------------------------------------------------------------------------------


def demo(args: argparse.Namespace, rest: Sequence[str]) -> int:
    python = prepare("demo")
    command = [str(python), "-m", "gates", "demo", "--base-directory", str(DEMO)]
    command += ["--port", str(args.port)]
    if args.frontend:
        command += ["--front-end-root", str(frontend(args.frontend))]
    command += ["--no-browser"] * args.no_browser + ["--reset"] * args.reset
    return become(command)


def test(args: argparse.Namespace, rest: Sequence[str]) -> int:
    python = prepare("cluster", "demo", "dev", "dock")
    browser = find_browser(python)
    must = os.environ.get("GATES_REQUIRE_BROWSER") == "1"
    if must and not browser:
        raise DevError(BROWSER_ADVICE)
    if browser and not rest:
        totals = run_side_by_side(python, browser, args.all)
    else:
        totals = [run_pytest(python, browser, args.all, rest)]
    if not rest:
        totals.append(run_node(must))
    say("")
    for total in totals:
        say(total.line())
    for advice in [total.advice for total in totals if total.advice]:
        say(f"\n{advice}")
    failed = any(total.exit_code for total in totals)
    say("\nFAILED" if failed else "\nEverything that was run passed.")
    return int(failed)


def lint(args: argparse.Namespace, rest: Sequence[str]) -> int:
    ruff = [str(prepare("dev")), "-m", "ruff"]
    check = [*ruff, "check", *(["--fix"] if args.fix else []), "."]
    layout = [*ruff, "format", *([] if args.fix else ["--check"]), "."]
    return run(check) or run(layout)


def types(args: argparse.Namespace, rest: Sequence[str]) -> int:
    rooms = [name for name in ("gates", "tests", "bench", "dev.py") if (ROOT / name).exists()]
    return run([str(prepare("demo", "dev", "dock")), "-m", "mypy", *rooms])


def docs(args: argparse.Namespace, rest: Sequence[str]) -> int:
    return run([str(prepare("demo", "dev")), "-m", "pytest", "-q", "tests/test_docs.py"])


def bench(args: argparse.Namespace, rest: Sequence[str]) -> int:
    names = sorted(path.stem for path in (ROOT / "bench").glob("[a-z]*.py"))
    if args.name not in names:
        raise DevError(f"There is no benchmark {args.name!r}; there is: {', '.join(names)}")
    python = prepare("demo", "dev", "dock")
    browser = find_browser(python)
    return run([str(python), "-m", f"bench.{args.name}", *rest], browser_environment(browser))


# --- running tests ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Total:
    """What one test runner counted."""

    name: str
    exit_code: int
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    advice: str = ""

    def line(self) -> str:
        counts = f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"
        verdict = "" if self.exit_code == 0 else f"  (exit code {self.exit_code})"
        return f"{self.name:<8} {counts}, {self.seconds:.0f} s{verdict}"


def run_side_by_side(python: Path, browser: str, everything: bool) -> list[Total]:
    """The browser tests wait most of the time: they run beside the others, and what they say comes after."""
    with ThreadPoolExecutor(1) as pool:
        shown = pool.submit(run_pytest, python, browser, everything, ["tests/e2e"], "browser")
        others = run_pytest(python, browser, everything, ["--ignore=tests/e2e"])
        say("\nThe browser tests:")
        total = shown.result()
    say((CACHE / "report" / "browser.txt").read_text("utf-8", "replace"))
    return [others, total]


def run_pytest(
    python: Path, browser: str | None, everything: bool, rest: Sequence[str], name: str = "pytest"
) -> Total:
    """Tests of another name than pytest say what they say into a file, and touch no cache."""
    report = CACHE / "report" / f"{name}.xml"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    command = [str(python), "-m", "pytest", f"--junitxml={report}"]
    command += [] if browser else ["--ignore=tests/e2e"]
    command += ["-m", ""] if everything else []
    environment = {**browser_environment(browser), **frontends(everything)}
    started = time.monotonic()
    if name == "pytest":
        code = run([*command, *rest], environment)
    else:
        with open(report.with_suffix(".txt"), "wb") as out:
            code = run([*command, "-p", "no:cacheprovider", *rest], environment, out)
    counts = pytest_counts(report)
    seconds = time.monotonic() - started
    return Total(name, code, *counts, seconds, "" if browser else BROWSER_ADVICE)


def pytest_counts(report: Path) -> tuple[int, int, int]:
    """Passed, failed and skipped tests of a JUnit report; zeros where pytest wrote none."""
    if not report.is_file():
        return 0, 0, 0
    suite = ElementTree.parse(report).getroot().find("testsuite")
    if suite is None:
        return 0, 0, 0
    tests, failures, errors, skipped = (
        int(suite.get(name, "0")) for name in ("tests", "failures", "errors", "skipped")
    )
    return tests - failures - errors - skipped, failures + errors, skipped


def run_node(must: bool) -> Total:
    files = sorted(str(path) for path in (ROOT / "tests" / "web").glob("**/*.test.mjs"))
    node = shutil.which("node")
    if not node or not files:
        return Total("node", int(must and not node), advice="" if node else NODE_ADVICE)
    command = [node, "--test", "--test-reporter=spec", *files]
    started = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8", check=False)
    if done.returncode:
        say(done.stdout)
    seconds = time.monotonic() - started
    return Total("node", done.returncode, *node_counts(done.stdout), seconds)


def node_counts(output: str) -> tuple[int, int, int]:
    """Passed, failed and skipped tests, from the summary that node's spec reporter ends with."""
    found = {name: int(count) for name, count in re.findall(r"^\S+ ([a-z]+) (\d+)$", output, re.M)}
    failed = found.get("fail", 0) + found.get("cancelled", 0)
    return found.get("pass", 0), failed, found.get("skipped", 0) + found.get("todo", 0)


def find_browser(python: Path) -> str | None:
    """The Chromium to test with: what GATES_BROWSER names, an installed one, or playwright's."""
    named = os.environ.get("GATES_BROWSER")
    if named:
        if not Path(named).is_file():
            raise DevError(f"GATES_BROWSER names {named}, and there is no such file.")
        return named
    for candidate in BROWSERS:
        path = shutil.which(candidate)
        if path:
            return path
    return playwright_browser(python)


def playwright_browser(python: Path) -> str | None:
    ask = (
        "from playwright.sync_api import sync_playwright\n"
        "with sync_playwright() as p: print(p.chromium.executable_path)"
    )
    done = subprocess.run([str(python), "-c", ask], capture_output=True, text=True, check=False)
    path = done.stdout.strip()
    return path if done.returncode == 0 and Path(path).is_file() else None


def browser_environment(browser: str | None) -> dict[str, str]:
    return {"GATES_BROWSER": browser} if browser else {}


def frontends(everything: bool) -> dict[str, str]:
    """Which frontends the browser cells use beside the installed one: {version: folder} as JSON."""
    if not everything:
        return {}
    return {"GATES_FRONTENDS": json.dumps({OLDER_FRONTEND: str(frontend(OLDER_FRONTEND))})}


# --- processes and the terminal -----------------------------------------------------------------


def say(line: str) -> None:
    print(line, flush=True)


def run(
    command: Sequence[str], environment: Mapping[str, str] | None = None, out: IO[bytes] | None = None
) -> int:
    """Its exit code; what it says goes to the terminal, or into `out`."""
    both = {**os.environ, **(environment or {})}
    kept = subprocess.STDOUT if out is not None else None
    return subprocess.run(command, cwd=ROOT, env=both, stdout=out, stderr=kept, check=False).returncode


def become(command: Sequence[str]) -> int:
    """Hand the terminal over, so that a signal sent to this process reaches the command."""
    os.chdir(ROOT)
    if os.name == "nt":
        return subprocess.run(command, check=False).returncode
    os.execv(command[0], list(command))


def read_arguments(argv: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    summary, _, usage = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="dev.py",
        description=summary,
        epilog=usage,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    verb = verbs.add_parser("demo", help="start the stand-in host with the pack and example images")
    verb.add_argument("--port", type=int, default=8188, help="port to listen on, 0 for a free one")
    verb.add_argument("--no-browser", action="store_true", help="open no browser")
    verb.add_argument("--frontend", metavar="VERSION", help=f"such as {OLDER_FRONTEND}")
    verb.add_argument("--reset", action="store_true", help="set the data aside, start afresh")
    verb.set_defaults(run=demo, passes_on=False)

    verb = verbs.add_parser("test", help="run every test; more arguments go to pytest")
    verb.add_argument("--all", action="store_true", help="also what CI leaves out")
    verb.set_defaults(run=test, passes_on=True)

    verb = verbs.add_parser("lint", help="check style and layout of the Python code")
    verb.add_argument("--fix", action="store_true", help="mend what can be mended")
    verb.set_defaults(run=lint, passes_on=False)

    for name, function, text in (
        ("types", types, "check the types"),
        ("docs", docs, "hold the documents against the code"),
    ):
        verbs.add_parser(name, help=text).set_defaults(run=function, passes_on=False)

    verb = verbs.add_parser("bench", help="run a benchmark and print its figures")
    verb.add_argument("name", metavar="NAME", help="such as pools")
    verb.set_defaults(run=bench, passes_on=True)

    args, rest = parser.parse_known_args(argv)
    if rest and not args.passes_on:
        parser.error(f"unknown arguments: {' '.join(rest)}")
    return args, rest


def main() -> int:
    if sys.version_info < OLDEST_PYTHON:
        say(f"dev.py needs Python 3.10 or newer; this is {sys.version.split()[0]}.")
        return 2
    args, rest = read_arguments(sys.argv[1:])
    try:
        code: int = args.run(args, rest)
    except DevError as error:
        print(f"dev.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return code


if __name__ == "__main__":
    sys.exit(main())
