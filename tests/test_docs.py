"""The documents and the code say the same, in both directions."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from pathlib import Path

import pytest

from gates import __version__, errors
from gates.errors import GatesError

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"


def tracked_files() -> list[Path]:
    """The files of the repository; without git, those that lie in the folders of the product."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if done.returncode == 0 and done.stdout:
        names = done.stdout.decode("utf-8").split("\0")
        return [ROOT / name for name in names if name and (ROOT / name).is_file()]
    rooms = ("gates", "web", "tests", "docs", "bench", "example_workflows", "example_data")
    return [*ROOT.glob("*.*"), *(p for room in rooms for p in (ROOT / room).rglob("*") if p.is_file())]


DOCUMENTS = sorted(path for path in tracked_files() if path.suffix == ".md" and "data" not in path.parts)


def text_of(path: Path) -> str:
    return path.read_text("utf-8")


def strings_in(path: Path) -> list[str]:
    nodes = ast.walk(ast.parse(text_of(path)))
    return [n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)]


# --- links ------------------------------------------------------------------------------------


def anchors(path: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", text_of(path), re.M)
    return {re.sub(r"[^a-z0-9 -]", "", head.lower()).replace(" ", "-") for head in heads}


def broken_links(path: Path) -> list[str]:
    found = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text_of(path)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        if not file.exists() or (anchor and anchor not in anchors(file)):
            found.append(target)
    return found


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    assert broken_links(path) == []


def test_a_broken_link_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One two\n[a](#one-two) [b](#three) [c](gone.md) [d](https://x.example/)\n")
    assert broken_links(page) == ["#three", "gone.md"]


# --- lists that stand in the code and in the documents -----------------------------------------


def leaves(kind: type[GatesError] = GatesError) -> list[type[GatesError]]:
    below = [leaf for child in kind.__subclasses__() for leaf in leaves(child)]
    return below or [kind]


def documented_errors() -> dict[str, int]:
    rows = re.findall(r"^\| `([a-z_]+)` \| (\d{3}) \|", text_of(DOCS / "errors.md"), re.M)
    return {code: int(status) for code, status in rows}


def test_each_error_code_is_documented_once_and_each_documented_one_exists() -> None:
    codes = [leaf.code for leaf in leaves() if leaf.__module__ == errors.__name__]
    assert sorted(documented_errors()) == sorted(codes)
    assert len(set(codes)) == len(codes)


def test_each_error_is_documented_with_its_status() -> None:
    responses = pytest.importorskip("gates.responses")
    statuses = {leaf.code: responses.status_of(leaf("")) for leaf in leaves()}
    assert documented_errors() == statuses


def documented_routes() -> set[tuple[str, str]]:
    pages = text_of(DOCS / "pools.md") + text_of(DOCS / "profiler.md")
    return set(re.findall(r"^\| (GET|POST|PATCH|DELETE) \| `(/[^`]+)` \|", pages, re.M))


def served_routes() -> set[tuple[str, str]]:
    """Method and path of every `@table.get("/…")` of the pack; the host's routes are ComfyUI's."""
    found = set()
    shared = _string_constants(ROOT / "gates" / "profiler_desk.py")
    for path in (ROOT / "gates").glob("*.py"):
        constants = {**shared, **_string_constants(path)}
        for node in ast.walk(ast.parse(text_of(path))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                route = _spelled(node.args[0], constants)
                if node.func.attr in ("get", "post", "patch", "delete") and route.startswith("/"):
                    found.add((node.func.attr.upper(), route))
    return found


def _string_constants(path: Path) -> dict[str, str]:
    return {
        target.id: node.value.value
        for node in ast.parse(text_of(path)).body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _spelled(node: ast.expr, constants: dict[str, str]) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Name):
        return constants.get(node.id, "")
    if isinstance(node, ast.JoinedStr):
        return "".join(_spelled(part, constants) for part in node.values)
    return _spelled(node.value, constants) if isinstance(node, ast.FormattedValue) else ""


def test_each_route_is_documented_and_each_documented_one_is_served() -> None:
    assert documented_routes() == served_routes()


def test_each_event_is_documented_and_each_documented_one_is_sent() -> None:
    documented = set(re.findall(r"^\| `(dataset_gates\.[a-z_]+)` \|", text_of(DOCS / "pools.md"), re.M))
    sent = {
        text
        for path in (ROOT / "gates").glob("*.py")
        for text in strings_in(path)
        if re.fullmatch(r"dataset_gates\.[a-z_]+", text)
    }
    assert documented == sent


def test_each_event_of_the_profiler_is_documented_and_each_documented_one_is_sent() -> None:
    documented = set(re.findall(r"^\| `(holaf\.profiler\.[a-z_]+)` \|", text_of(DOCS / "profiler.md"), re.M))
    sent = {
        text
        for path in (ROOT / "gates").rglob("*.py")
        for text in strings_in(path)
        if re.fullmatch(r"holaf\.profiler\.[a-z_]+", text)
    }
    assert documented == sent


@pytest.mark.parametrize("kind", ["run", "step"])
def test_each_column_of_the_profiler_is_documented(kind: str) -> None:
    from gates.profiler.records import Run, Step, columns_of

    part = text_of(DOCS / "profiler.md").split(f"### Columns of a {kind}\n")[1].split("\n#")[0]
    rows = re.findall(r"^\| `([a-z_]+)` \| (.*?) ?\| (.+) \|$", part, re.M)
    columns = columns_of(Run if kind == "run" else Step)
    assert rows == [(name, one["unit"], one["meaning"]) for name, one in columns.items()]


def test_each_setting_of_the_profiler_is_documented() -> None:
    from gates.profiler.shown import settings_json
    from gates.profiler.store import Settings

    rows = re.findall(r"^\| `([a-z_]+)` \| (\w+) \|", text_of(DOCS / "profiler.md"), re.M)
    said = settings_json(Settings())
    assert {name: value for name, value in rows if name in said} == {
        name: str(value).lower() for name, value in said.items()
    }


def test_each_setting_is_documented_and_each_documented_one_is_read() -> None:
    pattern = r"DATASET_GATES_[A-Z_]+[A-Z]"
    documented = set(re.findall(rf"^\| `({pattern})` \|", text_of(DOCS / "pools.md"), re.M))
    read = {
        text
        for path in (ROOT / "gates").glob("*.py")
        for text in strings_in(path)
        if re.fullmatch(pattern, text)
    }
    assert documented == read


def test_each_command_is_documented() -> None:
    from gates.cli.main import build_parser

    usage = build_parser().format_help()
    nouns = re.findall(r"^    ([a-z]+)  ", usage, re.M)
    assert nouns
    pages = {
        "run": ("running.md", "WORKFLOW"),
        "profile": ("profiler.md", "run WORKFLOW"),
        "dock": ("dock.md", "create NAME"),
    }
    for noun in nouns:
        name, shown = pages.get(noun, ("host.md", "--base-directory"))
        page = text_of(DOCS / name).replace("--listen 127.0.0.1 --port 8188 ", "")
        assert f"gates {noun} {shown}" in page


# --- the package -------------------------------------------------------------------------------


def project_value(key: str) -> str:
    match = re.search(rf'^{key} = "(.+)"$', text_of(ROOT / "pyproject.toml"), re.M)
    assert match, key
    return match.group(1)


def test_one_version() -> None:
    assert project_value("version") == __version__
    assert f"\n## {__version__}\n" in text_of(DOCS / "changelog.md")


def test_what_the_registry_wants() -> None:
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9._-]{0,98}", project_value("name"))
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)
    assert 'license = { file = "LICENSE" }' in text_of(ROOT / "pyproject.toml")
    assert "\ndependencies = []\n" in text_of(ROOT / "pyproject.toml")
    assert project_value("PublisherId") == "dataset-gates"


def test_every_node_has_its_help() -> None:
    for node in ("PoolProfile", "GridImagePool"):
        assert len(text_of(ROOT / "web" / "docs" / f"{node}.md")) > 200


# --- example data ------------------------------------------------------------------------------

ANIMALS = ROOT / "example_data" / "animals"


def test_each_photograph_is_named_with_its_source() -> None:
    listed = json.loads(text_of(ANIMALS / "images.json"))
    assert {entry["image"] for entry in listed} == {path.name for path in ANIMALS.glob("*.jpg")}
    rows = re.findall(
        r"^\| `(.+?\.jpg)` \| (.+?) \| <(.+?)> \| (.+?) \|$", text_of(DOCS / "third-party.md"), re.M
    )
    assert [(e["image"], e["author"], e["source"]) for e in listed] == [row[:3] for row in rows]
    for entry, row in zip(listed, rows, strict=True):
        assert row[3].startswith(entry["licence"])
        assert entry["label"]


def test_the_photographs_are_small() -> None:
    image = pytest.importorskip("PIL.Image")
    paths = list(ANIMALS.glob("*.jpg"))
    assert len(paths) == 12
    assert sum(path.stat().st_size for path in paths) < 1_200_000
    for path in paths:
        with image.open(path) as picture:
            assert max(picture.size) <= 768


@pytest.mark.parametrize("path", sorted((ROOT / "example_workflows").glob("*.json")), ids=lambda p: p.name)
def test_example_workflows_hold_together(path: Path) -> None:
    workflow = json.loads(text_of(path))
    nodes = {node["id"]: node for node in workflow["nodes"]}
    for _, source, out, target, slot, kind in workflow["links"]:
        assert nodes[source]["outputs"][out]["type"] == kind
        assert nodes[target]["inputs"][slot]["type"] == kind
    assert path.with_suffix(".jpg").is_file(), "the thumbnail that the frontend shows"


# --- addresses ---------------------------------------------------------------------------------

ADDRESS = re.compile(r"\b(?:https?|wss?|ftp)://([A-Za-z0-9.-]+|\[[0-9a-f:]+)")
NOBODY = re.compile(
    r"(?:localhost|127\.\d+\.\d+\.\d+|\[::1|0\.0\.0\.0|(?:[a-z0-9-]+\.)*example(?:\.[a-z]+)?"
    r"|(?:[a-z0-9-]+\.)*(?:test|invalid|localhost)|[a-z0-9]+|www\.w3\.org)"
)
NAMED: dict[str, set[str]] = {
    "dev.py": {"download.pytorch.org"},
    "pyproject.toml": {"github.com"},
    "README.md": {"github.com"},
    "docs/dock.md": {"github.com"},
    "gates/cli/dock.py": {"github.com"},
    "gates/dock/comfyui.py": {"download.pytorch.org", "github.com"},
    "gates/dock/registry.py": {"api.comfy.org"},
    "gates/dock/registry_client.py": {"api.comfy.org"},
    "gates/dock/tools.py": {"git-scm.com"},
    "tests/test_dock_registry.py": {"api.comfy.org"},
    "tests/test_dock_registry_names.py": {"github.com"},
    "tests/test_dock_story.py": {"github.com"},
    "tests/test_dock_torch.py": {"download.pytorch.org"},
    "docs/testing-your-pack.md": {"download.pytorch.org", "github.com"},
    "docs/third-party.md": {
        "commons.wikimedia.org",
        "www.flickr.com",
        "pypi.org",
        "gcompris.net",
        "github.com",
    },
    "example_data/animals/images.json": {"commons.wikimedia.org", "www.flickr.com"},
}


def addresses(text: str) -> set[str]:
    return {host for host in ADDRESS.findall(text) if not NOBODY.fullmatch(host.rstrip("."))}


def test_no_file_names_an_address_but_those_listed() -> None:
    found = {}
    for path in tracked_files():
        # What others published lies there as it is; its comments name addresses, its code asks none.
        if path.suffix not in (".png", ".jpg", ".webp", ".zip") and "vendor" not in path.parts:
            hosts = addresses(text_of(path))
            if hosts and path != Path(__file__).resolve():
                found[path.relative_to(ROOT).as_posix()] = hosts
    unlisted = {name: hosts - NAMED.get(name, set()) for name, hosts in found.items()}
    assert {name: hosts for name, hosts in unlisted.items() if hosts} == {}


def test_an_address_is_seen() -> None:
    assert addresses("see https://files.somewhere.org/x") == {"files.somewhere.org"}
    assert addresses("http://127.0.0.1:8188/ http://localhost:{port} http://evil.example") == set()
