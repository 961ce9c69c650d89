"""A file of jobs, one JSON object a line: all of it is read and checked before anything runs."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import BadJobFile, GatesError, NotAWorkflow
from ..workflow import apply, is_api
from .fields import DEFAULT_PATTERN
from .naming import Pattern, read_pattern
from .order import DEFAULT_USER, InputFile, Order, check_job, check_user, derived_id, digest_of
from .sources import checked, read_input, read_workflow

LARGEST = 256 * 2**20  # bytes
MOST_TOLD = 20  # wrong lines that are told
KEYS = ("workflow", "set", "input", "out", "user", "job")


@dataclass(frozen=True)
class Line:
    """One job of the file, and where its outputs go."""

    number: int  # from 1
    order: Order
    pattern: Pattern


@dataclass(frozen=True)
class Defaults:
    """What a line that does not say it gets."""

    user: str = DEFAULT_USER
    out: Pattern | None = None  # None: the default pattern, below the folder of the file
    partial: bool = False
    timeout: float | None = None  # seconds


def read_jobs(path: Path, batch: uuid.UUID, defaults: Defaults | None = None) -> tuple[Line, ...]:
    """Every job of the file. Raises BadJobFile with `problems`, one sentence for each wrong line; OSError."""
    if path.stat().st_size > LARGEST:
        raise BadJobFile(f"{path} is larger than {LARGEST // 2**20} MB.")
    reader = Reader(path.parent, batch, defaults or Defaults())
    for number, text in enumerate(path.read_bytes().splitlines(), 1):
        if text.strip():
            reader.take(number, text)
    if reader.problems:
        told = reader.problems[:MOST_TOLD]
        more = len(reader.problems) - len(told)
        rest = [f"{more} more lines are wrong."] if more else []
        raise BadJobFile(f"{path.name}: nothing was run. {told[0]}", problems=(*told, *rest))
    if not reader.lines:
        raise BadJobFile(f"{path} holds no job.", problems=())
    return tuple(reader.lines)


class Reader:
    """Collects the lines of a file and what is wrong with them."""

    def __init__(self, root: Path, batch: uuid.UUID, defaults: Defaults) -> None:
        self.lines: list[Line] = []
        self.problems: list[str] = []
        self._root = root
        self._batch = batch
        self._defaults = defaults
        self._pattern = defaults.out or read_pattern(DEFAULT_PATTERN, root)
        self._workflows: dict[str, dict[str, Any]] = {}
        self._inputs: dict[str, InputFile] = {}
        self._lines_of: dict[str, int] = {}

    def take(self, number: int, text: bytes) -> None:
        try:
            self.lines.append(self._line(number, text))
        except (GatesError, OSError) as error:
            self.problems.append(f"line {number}: {error}")

    def _line(self, number: int, text: bytes) -> Line:
        body = self._body(text)
        order = self._order(body)
        order = self._named(order, body.get("job"), number)
        out = body.get("out")
        if out is not None and not isinstance(out, str):
            raise BadJobFile('"out" is no text.')
        pattern = read_pattern(out, self._root) if out is not None else self._pattern
        return Line(number, order, pattern)

    def _body(self, text: bytes) -> dict[str, Any]:
        try:
            body = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BadJobFile(f"this is no JSON: {error}") from error
        if not isinstance(body, dict):
            raise BadJobFile("this is no JSON object.")
        unknown = sorted(set(body) - set(KEYS))
        if unknown:
            raise BadJobFile(f"unknown key {unknown[0]!r}. The keys are: {', '.join(KEYS)}.")
        if "workflow" not in body:
            raise BadJobFile('"workflow" is missing.')
        return body

    def _order(self, body: Mapping[str, Any]) -> Order:
        source, workflow = self._workflow(body["workflow"])
        settings = settings_of(body.get("set", {}))
        if is_api(workflow):
            apply(workflow, settings)  # the names of a workflow from the page are known on a server alone
        inputs = tuple(self._input(text) for text in inputs_of(body.get("input", [])))
        user = check_user(body.get("user", self._defaults.user))
        return Order(
            job="",
            workflow=workflow,
            prompt_id="",
            digest=digest_of(workflow, settings, inputs, user),
            user=user,
            source=source,
            settings=settings,
            inputs=inputs,
            partial=self._defaults.partial,
            timeout=self._defaults.timeout,
        )

    def _workflow(self, value: Any) -> tuple[str, dict[str, Any]]:
        if isinstance(value, dict):
            return "", checked(value, '"workflow"')
        if not isinstance(value, str):
            raise NotAWorkflow('"workflow" is neither the path of a file nor a workflow.')
        if value not in self._workflows:
            self._workflows[value] = read_workflow(self._root / value)
        return value, self._workflows[value]

    def _input(self, text: str) -> InputFile:
        if text not in self._inputs:
            self._inputs[text] = read_input(text, self._root)
        return self._inputs[text]

    def _named(self, order: Order, name: Any, number: int) -> Order:
        job = self._free_name(order.digest[:10]) if name is None else check_job(name)
        if job in self._lines_of:
            raise BadJobFile(f"the job {job!r} is on line {self._lines_of[job]} already.")
        self._lines_of[job] = number
        return replace(order, job=job, prompt_id=derived_id(self._batch, job, order.digest))

    def _free_name(self, wanted: str) -> str:
        """The same line twice is two jobs."""
        count = 2
        name = wanted
        while name in self._lines_of:
            name = f"{wanted}-{count}"
            count += 1
        return name


def settings_of(value: Any) -> tuple[str, ...]:
    """`{"NODE.INPUT": value}` or a list of NODE.INPUT=VALUE, as the latter. Raises BadJobFile."""
    if isinstance(value, Mapping):
        return tuple(
            f"{target}={one if isinstance(one, str) else json.dumps(one)}" for target, one in value.items()
        )
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(value)
    raise BadJobFile('"set" is neither an object such as {"3.seed": 5} nor a list of "NODE.INPUT=VALUE".')


def inputs_of(value: Any) -> tuple[str, ...]:
    """A file, a list of files or `{"NODE.INPUT": file}`, as on the command line. Raises BadJobFile."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Mapping) and all(isinstance(one, str) for one in value.values()):
        return tuple(f"{target}={file}" for target, file in value.items())
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(value)
    raise BadJobFile('"input" is neither a file, nor a list of files, nor an object {"NODE.INPUT": file}.')
