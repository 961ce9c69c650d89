"""What a pack would do to an existing ComfyUI: real uv, real git, wheels of the tests' own."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest

from gates.cli.dock_view import guard_lines
from gates.dock.dry_runs import changes_of
from gates.dock.guard import GuardReport, guard
from gates.dock.needs import Needs, Package
from gates.dock.processes import Command, Finished
from gates.dock.records import NodeInfo, PackageChange
from gates.errors import BadNodeName, BadRequirement, CommandFailed, UnknownNode
from tests.installed_comfyui import World, git, world, write


@pytest.fixture
def comfy(tmp_path: Path) -> World:
    return world(tmp_path)


def pack(comfy: World, name: str, requirements: str, **files: str) -> str:
    folder = comfy.base / "packs" / name
    more = {file.replace("__", "."): text for file, text in files.items()}
    write(folder, {"__init__.py": "", "requirements.txt": requirements, **more})
    return str(folder)


def asked(comfy: World, what: str, **options: Any) -> GuardReport:
    """The report; nothing of the install is changed by asking."""
    before = comfy.site_packages()
    listed = sorted(str(path) for path in comfy.packs.rglob("*"))
    report = guard(comfy.install, what, comfy.uv, comfy.git, **options)
    assert comfy.site_packages() == before
    assert sorted(str(path) for path in comfy.packs.rglob("*")) == listed
    return report


def test_a_pack_that_moves_numpy_is_harmful(comfy: World) -> None:
    report = asked(comfy, pack(comfy, "node-x", "numpy<2\ntidy\n"))
    assert report.changes == (PackageChange("numpy", "2.4.6", "1.26.4"), PackageChange("tidy", None, "2.0"))
    (harm,) = report.harmful
    assert (harm.package, harm.before, harm.after) == ("numpy", "2.4.6", "1.26.4")
    assert harm.why == "node-x wants numpy<2, ComfyUI has 2.4.6; ComfyUI itself wants numpy>=2"
    assert report.held is None and not report.ok


def test_a_pack_that_only_adds_is_not(comfy: World) -> None:
    report = asked(comfy, pack(comfy, "node-x", "tidy<2\naiohttp>=3\n"))
    assert report.changes == (PackageChange("tidy", None, "1.0"),)
    assert report.ok and report.harmful == () and report.impossible is None


def test_a_pack_that_asks_for_nothing_changes_nothing(comfy: World) -> None:
    report = asked(comfy, pack(comfy, "node-x", "# nothing\n"))
    assert report.changes == () and report.ok


def test_what_comfyui_needs_through_others_counts_too(comfy: World) -> None:
    report = asked(comfy, pack(comfy, "node-x", "jinja2<3.1\n"))
    (harm,) = report.harmful
    assert harm.why == "node-x wants jinja2<3.1, ComfyUI has 3.1.6"


def test_a_foreign_package_may_move(comfy: World) -> None:
    comfy.pip("tidy==1.0")
    report = asked(comfy, pack(comfy, "node-x", "tidy>=2\n"))
    assert report.changes == (PackageChange("tidy", "1.0", "2.0"),) and report.ok


def test_who_asks_for_it_is_told_through_others(comfy: World) -> None:
    comfy.wheel("middle", "1.0", ["numpy<2"])
    report = asked(comfy, pack(comfy, "node-x", "middle\n"))
    (harm,) = report.harmful
    assert harm.why.startswith("node-x brings middle, which wants numpy<2, ComfyUI has 2.4.6")


def test_when_it_could_stay_this_is_said(comfy: World) -> None:
    comfy.wheel("choosy", "2.0", ["numpy<2"])
    comfy.wheel("choosy", "1.0")
    report = asked(comfy, pack(comfy, "node-x", "choosy\n"))
    (harm,) = report.harmful
    assert "held in place it installs too" in harm.why
    assert report.held == (PackageChange("choosy", None, "1.0"),)


def test_torch_stands_first_and_what_is_broken_is_named(comfy: World) -> None:
    comfy.wheel("xformers", "0.1", ["torch==2.9.0"])
    comfy.pip("xformers")
    report = asked(comfy, pack(comfy, "node-x", "numpy<2\ntorch==2.7.0\n"))
    assert [change.name for change in report.changes] == ["torch", "numpy"]
    assert [harm.package for harm in report.harmful] == ["torch", "numpy"]
    assert report.broken == ("xformers wants torch==2.9.0, and would get 2.7.0",)


def test_what_cannot_be_had_is_explained(comfy: World) -> None:
    report = asked(comfy, pack(comfy, "node-x", "torch==9.9\n"))
    assert report.impossible is not None and not report.ok
    assert f"node-x cannot be installed as it is in {comfy.python}." in report.impossible
    assert "node-x wants torch==9.9" in report.impossible
    assert "\n".join(guard_lines(report)).count("cannot be installed") == 1


def test_install_scripts_are_named_and_not_run(comfy: World) -> None:
    trap = comfy.base / "ran"
    code = f"open({str(trap)!r}, 'w')\n"
    folder = pack(comfy, "node-x", "tidy\n", install__py=code, setup__py=code, __init____py=code)
    report = asked(comfy, folder)
    assert report.scripts == ("install.py",) and not trap.exists()


def test_a_package_that_is_there_as_source_alone_is_not_built(comfy: World) -> None:
    trap = comfy.base / "ran"
    source_distribution(comfy.wheels, "srcy", f"open({str(trap)!r}, 'w')\n")
    report = asked(comfy, pack(comfy, "node-x", "srcy\ntidy\n"))
    assert report.changes == (PackageChange("tidy", None, "2.0"),) and not trap.exists()
    assert any(note.startswith("srcy is there as source alone") for note in report.notes)


def test_a_repository_among_the_requirements_is_not_fetched(comfy: World) -> None:
    folder = pack(comfy, "node-x", "srcg @ git+https://example.invalid/srcg\ntidy\n")
    report = asked(comfy, folder)
    assert report.changes == (PackageChange("tidy", None, "2.0"),)
    assert any(note.startswith("srcg is there as source alone") for note in report.notes)


def source_distribution(folder: Path, name: str, code: str) -> None:
    files = {"setup.py": code, "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"}
    with tarfile.open(folder / f"{name}-1.0.tar.gz", "w:gz") as out:
        for member, text in files.items():
            info = tarfile.TarInfo(f"{name}-1.0/{member}")
            info.size = len(text)
            out.addfile(info, io.BytesIO(text.encode()))


def test_a_pack_of_git_at_a_tag(comfy: World) -> None:
    comfy.pack("node-x", {"requirements.txt": "numpy<2\n"})
    git(comfy.base / "upstream" / "node-x", "tag", "v1")
    comfy.pack("node-x", {"requirements.txt": "tidy\n"})
    assert not asked(comfy, f"{comfy.url('node-x')}@v1").ok
    assert asked(comfy, comfy.url("node-x")).ok


class Registry:
    """The two methods of NodeRegistry that are used."""

    def __init__(self, requirements: str) -> None:
        self.requirements = requirements

    def get_node(self, identifier: str, is_local: bool = False) -> NodeInfo:
        return NodeInfo("node-x", "registry", registry_id=identifier, version="1.2.0")

    def download_node(self, info: NodeInfo, target: Path) -> NodeInfo:
        write(target, {"requirements.txt": self.requirements, "install.py": ""})
        return info


def test_a_pack_of_the_registry(comfy: World) -> None:
    report = asked(comfy, "node-x", registry=Registry("numpy<2\n"))
    assert not report.ok and report.pack.version == "1.2.0" and report.scripts == ("install.py",)
    with pytest.raises(UnknownNode, match="no registry was given"):
        asked(comfy, "node-x")


def test_a_pack_that_is_there_already_is_named(comfy: World) -> None:
    comfy.pack("node-x", {})
    comfy.clone("node-x", "Node-X")
    report = asked(comfy, pack(comfy, "node-x", "tidy\n"))
    assert any("Node-X is in custom_nodes already" in note for note in report.notes)


def test_what_comfyui_lacks_already_is_said_and_not_blamed_on_the_pack(comfy: World) -> None:
    write(comfy.root, {"requirements.txt": "torch\nnumpy>=2\nnot-there>=1\n"})
    report = asked(comfy, pack(comfy, "node-x", "numpy<2\n"))
    assert "ComfyUI wants not-there>=1 and has none already now" in report.notes
    assert [harm.package for harm in report.harmful] == ["numpy"]


@pytest.mark.parametrize(
    ("what", "error"),
    [
        ("ext::sh -c touch% ran", BadNodeName),
        ("--upload-pack=x", BadNodeName),
        ("./missing", UnknownNode),
        ("", BadNodeName),
        ("file:///nowhere/at/all", CommandFailed),
    ],
)
def test_bad_packs_are_refused_with_a_sentence(comfy: World, what: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        asked(comfy, what, registry=Registry(""))


def test_requirements_are_read_and_options_are_not_obeyed(comfy: World) -> None:
    folder = pack(comfy, "node-x", "--index-url https://example.invalid/x\ntidy\n")
    report = asked(comfy, folder)
    assert report.changes == (PackageChange("tidy", None, "2.0"),)
    assert any("--index-url is not taken over" in note for note in report.notes)
    with pytest.raises(BadRequirement, match="line 1"):
        asked(comfy, pack(comfy, "node-y", "no requirement at all!\n"))


def test_the_pack_s_own_uv_settings_are_not_read(comfy: World) -> None:
    pyproject = '[tool.uv]\noverride-dependencies = ["numpy<2"]\n'
    report = asked(comfy, pack(comfy, "node-x", "tidy\n", pyproject__toml=pyproject))
    assert report.ok and report.changes == (PackageChange("tidy", None, "2.0"),)


@pytest.mark.skipif(os.name == "nt", reason="links need a right there")
def test_a_list_that_is_a_link_to_elsewhere_is_not_read(comfy: World) -> None:
    write(comfy.base, {"secret.txt": "numpy<2\n"})
    folder = Path(pack(comfy, "node-x", ""))
    (folder / "requirements.txt").unlink()
    (folder / "requirements.txt").symlink_to(comfy.base / "secret.txt")
    with pytest.raises(BadRequirement, match="link to outside"):
        asked(comfy, str(folder))


def test_another_build_of_torch_is_harm(comfy: World) -> None:
    comfy.wheel("torch", "2.9.0+cu128", ["numpy"])
    comfy.pip("torch==2.9.0+cu128")
    comfy.wheel("torch", "2.9.0+cpu", ["numpy"])
    report = asked(comfy, pack(comfy, "node-x", "torch==2.9.0+cpu\n"))
    assert [(harm.before, harm.after) for harm in report.harmful] == [("2.9.0+cu128", "2.9.0+cpu")]


# --- the verdict


def verdict(comfy: World, what: str, **options: Any) -> str:
    report = asked(comfy, what, **options)
    assert report.ok
    return guard_lines(report)[-1]


def test_the_verdict_names_the_interpreter(comfy: World) -> None:
    said = guard_lines(asked(comfy, pack(comfy, "node-x", "")))
    assert said == [
        "node-x needs nothing that is not there already.",
        f"Nothing that ComfyUI needs would move in {comfy.python}: node-x can be installed.",
    ]
    refused = asked(comfy, pack(comfy, "node-y", "numpy<2\n"))
    assert guard_lines(refused)[-1] == f"Do not install node-y as it is in {comfy.python}."


@pytest.mark.parametrize(
    ("requirements", "files", "unseen"),
    [
        ("-e git+https://example.invalid/x#egg=foo\n", {}, "the option -e is not taken over"),
        ("-c held.txt\ntidy\n", {}, "the option -c is not taken over"),
        ("foo @ git+https://example.invalid/foo\n", {}, "foo is there as source alone"),
        ("", {"install__py": ""}, "install.py"),
    ],
)
def test_what_was_not_looked_at_is_no_all_clear(
    comfy: World, requirements: str, files: dict[str, str], unseen: str
) -> None:
    report = asked(comfy, pack(comfy, "node-x", requirements, **files))
    lines = guard_lines(report)
    assert report.ok and not any("needs nothing" in line for line in lines)
    assert lines[-1].startswith("As far as that can be told nothing that ComfyUI needs would move")
    assert f"{unseen}" in lines[-1].partition("Not looked at: ")[2]


def test_a_comfyui_without_a_list_gives_no_all_clear(comfy: World) -> None:
    (comfy.root / "requirements.txt").unlink()
    assert "Not looked at: no requirements.txt of ComfyUI" in verdict(comfy, pack(comfy, "node-x", "tidy\n"))
    write(comfy.root, {"requirements.txt": "torch\n-e ./more\n"})
    assert "the option -e is not taken over" in verdict(comfy, pack(comfy, "node-x", "tidy\n"))


# --- without programs


def test_rows_of_a_dry_run_are_read() -> None:
    said = (
        "Would install 3 packages\n - numpy==2.1.0\n + numpy==1.26.0\n + badpack==1.0\n"
        " - gone==1.0\n + Own_Name==3.0 (from git+https://example.org/x@abc)\n"
    )
    found = changes_of(Finished(Command(("uv",), Path()), 0, "", said))
    assert [(one.name, one.before, one.after) for one in found] == [
        ("numpy", "2.1.0", "1.26.0"),
        ("gone", "1.0", None),
        ("badpack", None, "1.0"),
        ("own-name", None, "3.0"),
    ]


def test_needs_follow_extras_and_markers_and_end_in_circles() -> None:
    packages = {
        "a": Package("a", "1", ("b[more]", "never; python_version < '3'", "old; python_version < '3.9'")),
        "b": Package("b", "1", ("c; extra == 'more'", "d; extra == 'other'", "a")),
        "c": Package("c", "1", ("not a requirement!!",)),
    }
    assert Needs(packages, "3.11.7").closure(["a"]) == {"a", "b", "c"}
    assert Needs(packages, "3.8.1").closure(["a"]) == {"a", "b", "c", "old"}


def test_what_was_broken_before_is_not_blamed_on_the_pack() -> None:
    packages = {"x": Package("x", "1", ("y>=2", "z<3"))}
    needs = Needs(packages, None)
    before = {"x": "1", "y": "1", "z": "2"}
    (one,) = needs.newly_broken(before, {**before, "z": "3"})
    assert (one.package, one.requirement, one.got) == ("x", "z<3", "3")
