"""Which build of PyTorch an environment takes: what is found here, what is written, what is held in place."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from gates.dock.crew import Crew
from gates.dock.git import Git
from gates.dock.processes import Command, Finished, SystemRunner
from gates.dock.pyproject import PyprojectManager, new_manifest
from gates.dock.torch_backend import detected, hold_torch, set_torch
from gates.dock.uv import UVInterface
from gates.errors import BadConfig, CommandTimedOut
from tests.dock_rig import FolderRegistry


@dataclass
class Driver:
    """Says what nvidia-smi says."""

    says: str
    asked: list[Command] = field(default_factory=list)

    def run(self, command: Command) -> Finished:
        self.asked.append(command)
        return Finished(command, 0, self.says)


def crew(tmp_path: Path, says: str | None) -> tuple[Crew, Driver]:
    """A machine with such a driver; with None one that has no nvidia-smi."""
    folder = tmp_path / "a" / "bin"
    folder.mkdir(parents=True)
    if says is not None:
        program = folder / ("nvidia-smi.exe" if os.name == "nt" else "nvidia-smi")
        program.write_text("")
        program.chmod(0o755)
    driver, outside = Driver(says or ""), {"PATH": str(folder)}
    own = Git(SystemRunner(), outside)
    return Crew(
        driver, own, UVInterface(driver, None, None, outside), FolderRegistry(folder, folder, own), outside
    ), driver


class Hung:
    def run(self, command: Command) -> Finished:
        raise CommandTimedOut(f"{command.argv[0]} took longer")


def test_a_driver_that_hangs_is_no_build(tmp_path: Path) -> None:
    hung = replace(crew(tmp_path, "")[0], runner=Hung())
    with pytest.raises(CommandTimedOut, match="nvidia-smi does not answer.*--torch cpu"):
        detected(hung)


def manifest(tmp_path: Path) -> PyprojectManager:
    made = PyprojectManager(tmp_path / "pyproject.toml")
    made.text = new_manifest("main", "3.12")
    return made


@pytest.mark.parametrize(
    ("says", "build"),
    [
        ("| NVIDIA-SMI 580.65   Driver Version: 580.65   CUDA Version: 13.0 |", "cu130"),
        ("CUDA Version: 12.8", "cu128"),
        ("CUDA Version: 12.7", "cu126"),
        ("CUDA Version: 99.9", "cu130"),
        ("CUDA Version: 11.8", "cu118"),
        ("CUDA Version: 10.2", "cpu"),
        ("CUDA Version: N/A", "cpu"),
        ("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.", "cpu"),
        ("", "cpu"),
        (None, "cpu"),
    ],
)
def test_auto_takes_what_the_driver_here_can_run(tmp_path: Path, says: str | None, build: str) -> None:
    made, driver = crew(tmp_path, says)
    assert detected(made) == build
    assert [Path(command.argv[0]).stem for command in driver.asked] == ["nvidia-smi"] * (says is not None)


def test_index_and_sources_are_written_and_nothing_else_moves(tmp_path: Path) -> None:
    made, driver = crew(tmp_path, None)
    wanted = manifest(tmp_path)
    wanted.set_index("mine", "https://index.example/simple", ["private-lib"])
    set_torch(wanted, "cu128", made)
    values = wanted.values()
    assert values["tool"]["uv"]["index"] == [
        {"name": "mine", "url": "https://index.example/simple", "explicit": True},
        {"name": "pytorch", "url": "https://download.pytorch.org/whl/cu128", "explicit": True},
    ]
    named = dict.fromkeys(("torch", "torchvision", "torchaudio"), {"index": "pytorch"})
    assert values["tool"]["uv"]["sources"] == {"private-lib": {"index": "mine"}, **named}
    assert wanted.settings()["torch_backend"] == "cu128" and not driver.asked
    set_torch(wanted, "cpu", made)
    assert [one["url"][-3:] for one in wanted.values()["tool"]["uv"]["index"]] == ["ple", "cpu"]


@pytest.mark.parametrize("wanted", ["", "cuda", "cu", "cu12.8", "../cpu", "cpu/../../x", "CPU", "cu128\n"])
def test_what_is_no_build_is_refused_before_anything_is_written(tmp_path: Path, wanted: str) -> None:
    made, _ = crew(tmp_path, None)
    untouched = manifest(tmp_path)
    with pytest.raises(BadConfig, match="--torch takes"):
        set_torch(untouched, wanted, made)
    assert untouched.text == new_manifest("main", "3.12")


def test_what_was_chosen_is_held_and_other_constraints_stay(tmp_path: Path) -> None:
    held = manifest(tmp_path)
    held.set_constraints(["numpy<3", "torch==2.0", "torch-tools>=1"])
    hold_torch(held, {"torch": "2.13.0+cpu", "torchvision": "0.28.0", "numpy": "2.4"})
    assert held.constraints() == ["numpy<3", "torch-tools>=1", "torch==2.13.0+cpu", "torchvision==0.28.0"]


def test_without_a_wish_nothing_is_said_about_torch() -> None:
    assert "torch" not in new_manifest("main", "3.12")
