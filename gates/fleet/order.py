"""One job as it was asked for, before any server has heard of it. No I/O."""

from __future__ import annotations

import getpass
import hashlib
import json
import platform
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..errors import BadName

DEFAULT_USER = "default"
NAMESPACE = uuid.UUID("8f0e2c53-5b0d-5e57-9c1b-6a1f1f6f4c0e")  # of every id that this room derives
JOB_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?")
USER_NAME = re.compile(r"[^\x00-\x1f\x7f/\\:*?\"<>|%]{1,64}")


@dataclass(frozen=True)
class InputFile:
    """A file to upload. `target` is NODE.INPUT; None means the one loader that takes such a file."""

    path: str  # on this machine
    name: str  # on the server: of its content, so that the same file is sent there once
    sha256: str
    data: bytes | None = None  # of a job that travels to another machine
    target: str | None = None


@dataclass(frozen=True)
class Try:
    """A server that was given the job and did not finish it, and how that is known."""

    server: str
    prompt_id: str
    outcome: str  # not_taken, refused_connection or forgotten


@dataclass(frozen=True)
class Order:
    """A job: what to run, with what, and what it is called.

    `digest` stands for all that decides the result: two orders with one digest ask for the same.
    `prompt_id` is the id that servers know it by.
    """

    job: str
    workflow: Mapping[str, Any]  # API or UI format
    prompt_id: str
    digest: str = ""
    user: str = DEFAULT_USER
    source: str = ""  # the file that the workflow was read from
    settings: tuple[str, ...] = ()  # NODE.INPUT=VALUE
    inputs: tuple[InputFile, ...] = ()
    partial: bool = False
    timeout: float | None = None  # seconds, waiting in the queue included
    tries: tuple[Try, ...] = ()
    asked: tuple[str, ...] = ()  # servers that may know this prompt id from earlier
    attempt: int = 1

    def again(self, batch: uuid.UUID) -> Order:
        """The same job under the id of its next attempt: the last one ended badly."""
        attempt = self.attempt + 1
        return replace(self, attempt=attempt, prompt_id=derived_id(batch, self.job, self.digest, attempt))


def digest_of(
    workflow: Mapping[str, Any], settings: tuple[str, ...], inputs: tuple[InputFile, ...], user: str
) -> str:
    """SHA-256 over what decides the result: the same text on every machine."""
    files = [[one.target, one.sha256] for one in inputs]
    asked = json.dumps([workflow, settings, files, user], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(asked.encode("utf-8", "surrogatepass")).hexdigest()


def derived_id(batch: uuid.UUID, job: str, digest: str, attempt: int = 1) -> str:
    """The prompt id of a job's n-th attempt: whoever derives it again finds the same prompt."""
    return str(uuid.uuid5(batch, f"{job}\n{digest}\n{attempt}"))


def person() -> str:
    """Who runs jobs here: two people, or two machines, never derive the same ids."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container without an entry for its user
        name = "somebody"
    return f"{name}@{platform.node()}"


def batch_id(name: str) -> uuid.UUID:
    return uuid.uuid5(NAMESPACE, name)


def fresh_id() -> str:
    return str(uuid.uuid4())


def fresh_job() -> str:
    return uuid.uuid4().hex[:10]


def check_job(name: object) -> str:
    """A job's name is part of file names on the server and here. Raises BadName."""
    if not isinstance(name, str) or not JOB_NAME.fullmatch(name):
        raise BadName(
            f"{name!r} cannot name a job: use 1 to 64 letters, digits, '.', '_' and '-', not '.' at an end."
        )
    return name


def check_user(name: object) -> str:
    """A user's name may become a folder. Raises BadName."""
    if not isinstance(name, str) or not USER_NAME.fullmatch(name) or name != name.strip(" ."):
        raise BadName(
            f'{name!r} cannot name a user: use 1 to 64 characters without / \\ : * ? " < > | %, '
            "no space or '.' at an end."
        )
    return name
