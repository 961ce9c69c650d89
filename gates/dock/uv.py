"""uv's command line: solving, applying, asking what is installed. The seed's UVInterface."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from copy import copy
from pathlib import Path
from typing import Any

from ..errors import BadManifest, NoPython, PackageConflict
from .processes import PASSED_UV, QUICK, SLOW, Command, Finished, Runner, basic_environment, redacted
from .tools import on_path, uv_program

CONFLICT = re.compile(r"no solution found", re.I)
PACKAGE = re.compile(r"[-_.]+")
UNREADABLE = re.compile(
    r"Failed to parse: .*pyproject\.toml|malformed dependency groups|Failed to parse entry"
)
VERSION = re.compile(r"\d+(\.\d+){0,2}")
PYTHONS = "UV_PYTHON_INSTALL_DIR"


def canonical(name: str) -> str:
    return PACKAGE.sub("-", name).lower()


class UVInterface:
    """`outside` is the environment of this process: its index, proxy and certificates are passed on."""

    def __init__(
        self,
        runner: Runner,
        cache: Path | None = None,
        pythons: Path | None = None,
        outside: Mapping[str, str] | None = None,
    ) -> None:
        self._runner = runner
        self._cache = cache
        self._pythons = pythons
        self._outside = dict(os.environ if outside is None else outside)
        self._program: str | None = None
        self._python: Path | None = None
        self._builds = False

    def at(self, python: Path) -> UVInterface:
        """The same, for projects of this interpreter: no other one is looked for."""
        other = copy(self)
        other._python = python
        return other

    def building(self, allowed: bool = True) -> UVInterface:
        """The same, and a project's packages may be built, or not."""
        other = copy(self)
        other._builds = allowed
        return other

    def run(
        self, folder: Path, *words: str, timeout: float = QUICK, more: Mapping[str, str] | None = None
    ) -> Finished:
        """One uv command in `folder`; the answer is not checked."""
        if self._program is None:
            self._program = uv_program(self._outside)
        environment = {**basic_environment(self._outside, PASSED_UV), **self._fixed(), **(more or {})}
        return self._runner.run(Command((self._program, *words), folder, environment, timeout))

    def _fixed(self) -> dict[str, str]:
        fixed = {"UV_NO_PROGRESS": "1", "NO_COLOR": "1", "PYTHONNOUSERSITE": "1"}
        fixed |= {"UV_PYTHON_DOWNLOADS": "never"}
        if self._python is not None:
            fixed |= {"UV_PYTHON": str(self._python)}
        if self._cache is not None:
            # A hard link into the cache would let an edit in one environment change all others.
            fixed |= {"UV_CACHE_DIR": str(self._cache), "UV_LINK_MODE": "clone"}
        if self._pythons is not None:
            fixed |= {PYTHONS: str(self._pythons)}
        return fixed

    def find_python(self, wanted: str | None, folder: Path) -> Path:
        """An interpreter by its path or by a version that is already there. Raises NoPython.

        `uv python install` puts it where uv has its own by default; some lie in the workspace.
        """
        words = ["python", "find", "--no-python-downloads", "--no-project", "--system"]
        words += ["--", wanted] if wanted else []
        for uv in (self._with_usual_pythons(), self) if self._pythons is not None else (self,):
            done = uv.run(folder, *words)
            if done.exit_code == 0 and done.out.strip():
                return Path(done.out.strip().splitlines()[-1])
        raise NoPython(self._no_python(wanted))

    def find_version(self, wanted: str | None, folder: Path) -> Path:
        """As a manifest asks for it: a path would be a program of its author."""
        if wanted and not VERSION.fullmatch(wanted):
            raise BadManifest(f"The manifest's python_version {wanted[:80]!r} is no version such as 3.12.")
        return self.find_python(wanted, folder)

    def _with_usual_pythons(self) -> UVInterface:
        other = copy(self)
        usual = self._outside.get(PYTHONS)
        other._pythons = Path(usual) if usual else None
        return other

    def _no_python(self, wanted: str | None) -> str:
        if wanted and not VERSION.fullmatch(wanted):
            return (
                f"There is no Python at {wanted[:120]}. Pass --python the path of an interpreter "
                "that is there, or a version such as 3.12."
            )
        program = "uv" if on_path("uv", self._outside) else self._program
        missing = f"Python {wanted}" if wanted else "Python"
        gets = f"`{program} python install {wanted or '3.12'}` gets one"
        return f"There is no {missing} here. {gets}; or pass --python PATH."

    def version_of(self, python: Path) -> str:
        """Such as 3.12."""
        said = "import sys; print('%d.%d' % sys.version_info[:2])"
        command = Command((str(python), "-I", "-c", said), python.parent, basic_environment(self._outside))
        return self._runner.run(command).checked(f"Asking {python} for its version").out.strip()

    def make_venv(self, target: Path, python: Path) -> None:
        words = ("venv", "--quiet", "--no-project", "--allow-existing", "--python", str(python), str(target))
        self.run(target.parent, *words, timeout=SLOW).checked("Making the virtual environment")

    def _project(self, project: Path, verb: str, *words: str, venv: Path | None = None) -> Finished:
        """One command about a project; nothing is built unasked. Raises BuildRefused."""
        from .builds import refusal, require_no_own_build

        more = {"UV_PROJECT_ENVIRONMENT": str(venv)} if venv is not None else {}
        if self._builds:
            return self.run(project, verb, "--project", str(project), *words, timeout=SLOW, more=more)
        require_no_own_build(project / "pyproject.toml")
        words = ("--project", str(project), "--no-build", *words)
        done = self.run(project, verb, *words, timeout=SLOW, more=more)
        refused = refusal(done.err, project) if done.exit_code != 0 else None
        if refused is not None:
            raise refused
        return done

    def lock(self, project: Path, *, upgrade: Sequence[str] = (), file: Path | None = None) -> None:
        """Solve `project`/pyproject.toml into uv.lock; `file` is what that is a copy of.

        Raises PackageConflict, BuildRefused, BadManifest.
        """
        words = [word for name in upgrade for word in ("--upgrade-package", name)]
        done = self._project(project, "lock", *words)
        if done.exit_code != 0 and (why := _unreadable(done.err, project)):
            raise BadManifest(
                f"{file or project / 'pyproject.toml'} is no manifest that uv understands: {why}. "
                "Mend it; `gates dock diff` shows what was changed, `gates dock rollback` takes it back."
            )
        if done.exit_code != 0 and CONFLICT.search(done.err):
            raise PackageConflict(
                f"There are no versions that suit everyone. {_reason(done.err)}", said=_reason(done.err)
            )
        done.checked("Solving the packages")

    def is_locked(self, project: Path) -> bool:
        """Whether uv.lock still says what pyproject.toml wants, without asking the network."""
        return self._project(project, "lock", "--check", "--offline").exit_code == 0

    def sync(self, project: Path, venv: Path) -> None:
        """Apply uv.lock to `venv`; what it does not name stays there."""
        words = ("--frozen", "--inexact", "--all-groups", "--no-install-project")
        self._project(project, "sync", *words, venv=venv).checked("Installing the packages")

    def dry_sync(self, project: Path, venv: Path) -> str:
        """What uv would say if it made `venv` exactly that of the lock."""
        words = ("--frozen", "--dry-run", "--all-groups", "--no-install-project")
        return self._project(project, "sync", *words, venv=venv).checked("Looking at the packages").err

    def uninstall(self, venv: Path, names: Sequence[str]) -> None:
        if names:
            words = ("pip", "uninstall", "--quiet", "--python", str(venv), *names)
            self.run(venv.parent, *words, timeout=SLOW).checked("Removing packages")

    def install(self, venv: Path, requirement: str) -> Finished:
        """One package as it was, without what it asks for; the answer is not checked."""
        words = ("pip", "install", "--quiet", "--no-deps", "--python", str(venv), requirement)
        return self.run(venv.parent, *words, timeout=SLOW)

    def installed(self, python: Path) -> dict[str, str]:
        """Packages of an interpreter or a virtual environment and their versions, by canonical name."""
        done = self.run(python.parent, "pip", "list", "--format", "json", "--quiet", "--python", str(python))
        listed: list[dict[str, str]] = json.loads(done.checked("Looking at the packages").out or "[]")
        return {canonical(one["name"]): one["version"] for one in listed}

    def freeze(self, python: Path) -> list[str]:
        """Requirement lines that install the same again; a URL where a package came from one."""
        done = self.run(python.parent, "pip", "freeze", "--quiet", "--python", str(python))
        return done.checked("Looking at the packages").out.splitlines()

    def plan_install(
        self, python: Path, requirements: Sequence[Path], *words: str, timeout: float = SLOW
    ) -> Finished:
        """`uv pip install --dry-run` of requirement files: what it would change, on stderr; not checked."""
        named = [w for path in requirements for w in ("-r", str(path))]
        argv = ("pip", "install", "--dry-run", "--python", str(python), *words, *named)
        return self.run(python.parent, *argv, timeout=timeout)

    def compile(self, folder: Path, requirements: Sequence[Path], python: str | None = None) -> Finished:
        """`uv pip compile` of requirement files: pins on stdout; not checked, for the caller explains."""
        words = ["pip", "compile", "--quiet", "--no-header", "--no-annotate", *map(str, requirements)]
        return self.run(folder, *words, *(["--python", python] if python else []), timeout=SLOW)

    def version(self, folder: Path) -> str:
        return self.run(folder, "--version").checked("Asking uv for its version").out.split()[1]


def _reason(said: str) -> str:
    """uv's explanation as one paragraph, without what it is wrapped in."""
    lines = [line.strip(" ×╰─▶│├└hint:") for line in said.splitlines()]
    text = " ".join(
        line for line in lines if line and not CONFLICT.search(line) and not line.startswith("Using ")
    )
    return redacted(text.removeprefix("cause: ").removeprefix("error: "))[:500]


def _unreadable(said: str, project: Path) -> str | None:
    """Why uv could not read the manifest; None where something else was wrong."""
    from .builds import why_not_whole
    from .pyproject import PyprojectManager

    if UNREADABLE.search(said):
        return _causes(said)
    if "Failed to build" not in said:
        return None
    return why_not_whole(said, PyprojectManager(project / "pyproject.toml"))


def _causes(said: str) -> str:
    """What uv names as the causes of an error, without the drawing of the place."""
    lines = [line.strip() for line in said.partition("error: ")[2].partition("hint:")[0].splitlines()[1:]]
    drawn = re.compile(r"\d* *\|.*|[\^ ]*")
    told = [line.removeprefix("cause: ") for line in lines if not drawn.fullmatch(line)]
    return redacted(": ".join(told).replace("TOML parse error at ", ""))[:300].rstrip(".")


def locked_packages(lock_text: str) -> dict[str, str]:
    """Names and versions in a uv.lock; the project itself and what has no version are left out."""
    from .toml_reading import read_toml

    found: list[dict[str, Any]] = read_toml(lock_text, "uv.lock").get("package", [])
    return {
        canonical(one["name"]): str(one["version"])
        for one in found
        if "version" in one and not {"virtual", "editable"} & set(one.get("source", {}))
    }
