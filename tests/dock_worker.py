"""Does one thing to an environment in a process of its own, and may die in the middle of it.

Reads an order a line, `{"base": PATH, "verb": VERB, "mode": MODE, "at": N}`, forks a process that follows it
and answers `{"code": EXIT CODE, "events": [...]}`. With `at` the process is killed at its N-th event. Events
are the steps that the dock tells; in the mode `commands` also the moments before and after each program.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gates.dock.environment import Environment
from gates.dock.processes import Command, Finished, Runner
from tests.dock_rig import Rig, git

BOLD = "# written by hand\n"


@dataclass
class Events:
    at: int | None
    names: list[str] = field(default_factory=list)

    def __call__(self, name: str) -> None:
        if self.at == len(self.names):
            os.kill(os.getpid(), signal.SIGKILL)
        self.names.append(name)


@dataclass
class ToldRunner:
    inner: Runner
    event: Callable[[str], None]

    def run(self, command: Command) -> Finished:
        verb = next((w for w in command.argv[1:] if not w.startswith("-") and "=" not in w), "")
        name = f"{Path(command.argv[0]).name} {verb}"
        self.event(f"before {name}")
        finished = self.inner.run(command)
        self.event(f"after {name}")
        return finished


def head(folder: Path, ref: str) -> str:
    return git(folder, "rev-parse", ref)


def prepared(rig: Rig) -> None:
    """An environment with a history, packs of each kind, and things that dock did not put there."""
    environment = rig.environment()
    environment.add_node("good@v1")
    environment.add_node("arch@1.0.0")
    environment.add_node(str(rig.base / "packs" / "plain"), is_local=True)
    by_hand = environment.places.custom_nodes / "by-hand"
    by_hand.mkdir()
    (by_hand / "__init__.py").write_text("HAND = 1\n", "utf-8")
    uv = rig.crew_of(environment.places.workspace, None).uv
    words = ("pip", "install", "--quiet", "--python", str(environment.places.venv), "hand-lib==1.0")
    uv.run(environment.path, *words).checked("Installing by hand")
    (environment.places.cec / "workflows" / "mine.json").write_text("{}", "utf-8")


def edited_by_hand(rig: Rig, environment: Environment) -> None:
    """Another version of one pack, a new one without version, one less, and another ComfyUI."""
    manifest = environment.get_pyproject()
    second, core = head(rig.packs / "good", "v2"), head(rig.comfyui, "v0.2.0")
    first = head(rig.packs / "good", "v1")
    manifest.remove_node("plain")
    manifest.set_dependencies(["core-lib==2.0"])
    manifest.set_settings(comfyui_version="v0.2.0", comfyui_commit=core)
    fresh = f'\n[tool.comfydock.nodes.scripted]\nrepository = "{(rig.packs / "scripted").as_uri()}"\n'
    manifest.text = BOLD + manifest.text.replace(first, second) + fresh
    manifest.save()


def deed(rig: Rig, verb: str) -> Callable[[], object]:
    if verb == "create":
        return lambda: rig.workspace().create_environment("two", comfyui=f"{rig.comfyui}@v0.1.0")
    environment = rig.workspace().get_environment("one")
    deeds: dict[str, Callable[[], object]] = {
        "add_node": lambda: environment.add_node("scripted"),
        "add_local": lambda: environment.add_node(str(rig.packs / "scripted"), is_local=True),
        "remove_node": lambda: environment.remove_node("good"),
        "remove_local": lambda: environment.remove_node("plain"),
        "sync": environment.sync,
        "rollback": lambda: environment.rollback(environment.log()[-1].id),
        "undo": environment.rollback,
        "update_comfyui": lambda: environment.update_comfyui("v0.2.0"),
        "repair": environment.repair,
    }
    return deeds[verb]


def follow(order: dict[str, Any]) -> list[str]:
    events = Events(None)
    rig = Rig(Path(order["base"]), step=events)
    if order["mode"] == "commands":
        rig.around = lambda runner: ToldRunner(runner, events)
    if order["verb"] == "sync":
        edited_by_hand(rig, rig.workspace().get_environment("one"))
    do = deed(rig, order["verb"])
    events.names.clear()
    events.at = order["at"]
    do()
    return events.names


def serve() -> None:
    for line in sys.stdin:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            os.write(writing, json.dumps(follow(json.loads(line))).encode())
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as told:
            events = told.read()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.write(json.dumps({"code": code, "events": json.loads(events or "[]")}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
