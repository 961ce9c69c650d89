"""What `uv pip install` would do to one interpreter: asked again and again, and never done."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from .builds import NO_WHEEL
from .processes import Finished
from .records import PackageChange
from .requirements import name_of
from .uv import CONFLICT, UVInterface, canonical

# What moves under nobody's feet: named first.
FRIENDS = (
    "torch", "torchvision", "torchaudio", "xformers", "triton", "numpy", "transformers", "pydantic",
    "aiohttp", "pillow", "safetensors", "tokenizers", "huggingface-hub", "diffusers", "scipy",
    "opencv-python", "opencv-python-headless", "onnxruntime", "onnxruntime-gpu",
)  # fmt: skip
ROW = re.compile(r"^ ([+-]) ([A-Za-z0-9][\w.-]*)(?:==(\S+?))?(?: (?:@ |\(from )(.+?)\)?)?$", re.M)
WHEEL_URL = re.compile(r" @ \S+\.whl(#\S*)?( ;.*)?$")
SOURCE_ALONE = "{} is there as source alone: what its build asks for is not known"
# It changes nothing, not even a Python that the system keeps for itself.
DRY = ("--break-system-packages",)


class DryRuns:
    """`scratch` is for the files that uv reads. Without `allow_builds` no source distribution is built."""

    def __init__(self, uv: UVInterface, python: Path, scratch: Path, allow_builds: bool) -> None:
        self._uv = uv
        self._python = python
        self._scratch = scratch
        self._allow_builds = allow_builds

    def of(self, lines: Iterable[str]) -> tuple[list[str], Finished | None, list[str]]:
        """What was asked in the end, uv's answer, and notes: what is there as source alone is left out.

        The answer is None where nothing was left to ask.
        """
        left = list(lines)
        unknown = [] if self._allow_builds else [name_of(line) for line in left if _is_source(line)]
        left = [line for line in left if name_of(line) not in unknown]
        while left:
            done = self.held(left)
            source = NO_WHEEL.search(done.err) if done.exit_code != 0 else None
            name = canonical(source[1]) if source else None
            kept = [line for line in left if name_of(line) != name]
            if len(kept) == len(left):
                return left, done, [SOURCE_ALONE.format(one) for one in unknown]
            unknown.append(str(name))
            left = kept
        return [], None, [SOURCE_ALONE.format(one) for one in unknown]

    def held(self, lines: Iterable[str], constraints: Sequence[str] = ()) -> Finished:
        """uv's answer; a conflict is one. Raises CommandFailed for anything else that went wrong."""
        wanted, held = self._scratch / "wanted.txt", self._scratch / "held.txt"
        wanted.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        held.write_text("".join(f"{line}\n" for line in constraints), "utf-8")
        words = [*DRY, *(() if self._allow_builds else ("--no-build",))]
        words += ["--constraint", str(held)] if constraints else []
        done = self._uv.plan_install(self._python, [wanted], *words)
        answered = CONFLICT.search(done.err) or NO_WHEEL.search(done.err)
        return done if answered else done.checked("Trying the installation")


def _is_source(line: str) -> bool:
    """A requirement with an address of its own that is no wheel: a repository, an archive of sources."""
    return " @ " in line and not WHEEL_URL.search(line)


def changes_of(done: Finished | None) -> tuple[PackageChange, ...]:
    """The rows of a dry run, torch, numpy and friends first, what is only added last."""
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    for sign, name, version, url in ROW.findall(done.err if done is not None else ""):
        (before if sign == "-" else after)[canonical(name)] = version or url
    names = before.keys() | after.keys()
    rows = (PackageChange(name, before.get(name), after.get(name)) for name in names)
    ranks = {name: rank for rank, name in enumerate(FRIENDS)}
    return tuple(sorted(rows, key=lambda row: (ranks.get(row.name, 99), row.kind == "added", row.name)))
