"""Nothing that a pack or a manifest brings along is built, until somebody allows it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gates.dock.crew import Crew
from gates.dock.environment import Environment
from gates.dock.places import EnvironmentPlaces, WorkspacePlaces
from gates.errors import BuildRefused, DockError, PackageConflict
from tests.dock_rig import Rig, repository, written
from tests.sdists import sdist, source
from tests.wheels import wheel


@dataclass
class NotingRig(Rig):
    notes: list[str] = field(default_factory=list)

    def crew_of(self, workspace: WorkspacePlaces, environment: EnvironmentPlaces | None) -> Crew:
        from dataclasses import replace

        return replace(super().crew_of(workspace, environment), note=self.notes.append)


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> NotingRig:
    base = tmp_path_factory.mktemp("builds") / "a" / "b"
    base.mkdir(parents=True)
    rig = NotingRig(base)
    rig.furnish()
    sdist(rig.wheels, "only-source", ran(rig))
    wheel(rig.wheels, "needs-source", "1.0", ["only-source"])
    sdist(rig.wheels, "newer", ran(rig), "2.0")
    wheel(rig.wheels, "newer", "1.0")
    repository(base / "evil", source("evil", ran(rig)))
    git_line = f"evil @ git+{(base / 'evil').as_uri()}\n"
    for name, line in {
        "sdist": "only-source\n",
        "through": "needs-source\n",
        "fromgit": git_line,
        "old-wheel": "newer\n",
        "both": "only-source\ncore-lib>=3\n",
    }.items():
        repository(rig.packs / name, {"__init__.py": "", "requirements.txt": line})
    rig.environment("template")
    return rig


def ran(rig: Rig) -> Path:
    return rig.base / "RAN"


@pytest.fixture
def rig(furnished: NotingRig) -> NotingRig:
    ran(furnished).unlink(missing_ok=True)
    furnished.notes.clear()
    shutil.rmtree(furnished.base / "workspace" / "uv_cache", ignore_errors=True)
    return furnished


def fresh(rig: Rig, name: str) -> Environment:
    return rig.environment(name)


def reopened(rig: Rig, environment: Environment) -> Environment:
    return rig.workspace().get_environment(environment.name)


@pytest.mark.parametrize(
    ("pack", "told"),
    [
        ("sdist", "sdist wants only-source: there is no wheel of it, .* --allow-builds"),
        ("through", "through brings only-source: there is no wheel"),
        ("fromgit", "fromgit wants evil: there is no wheel"),
    ],
)
def test_a_package_without_a_wheel_is_refused_first_and_built_when_allowed(
    rig: NotingRig, pack: str, told: str
) -> None:
    environment = fresh(rig, f"one-{pack}")
    before = environment.places.manifest.read_bytes(), environment.places.lock.read_bytes()
    with pytest.raises(BuildRefused, match=told) as caught:
        environment.add_node(pack)
    assert caught.value.exit_code == 3 and not ran(rig).exists()
    assert before == (environment.places.manifest.read_bytes(), environment.places.lock.read_bytes())

    environment.allow_builds()
    environment.add_node(pack)
    assert ran(rig).exists() and rig.notes == ["Packages may be built in this environment from now on."]

    again = reopened(rig, environment)
    assert again.validate().ok and again.sync(dry_run=True).plan.is_empty
    again.allow_builds()
    again.remove_node(pack)
    assert len(rig.notes) == 1 and reopened(rig, environment).rollback().failed == ()


def test_consent_is_kept_only_where_it_led_to_something(rig: NotingRig) -> None:
    environment = fresh(rig, "failed")
    environment.allow_builds()
    with pytest.raises(PackageConflict, match="comfyui wants core-lib==1.0, both wants core-lib>=3"):
        environment.add_node("both")
    ran(rig).unlink(missing_ok=True)
    with pytest.raises(BuildRefused):
        reopened(rig, environment).add_node("sdist")
    assert not rig.notes and not ran(rig).exists()


def test_consent_comes_with_no_manifest(rig: NotingRig) -> None:
    environment = fresh(rig, "giver")
    environment.allow_builds()
    environment.add_node("sdist")
    ran(rig).unlink()
    other = fresh(rig, "taker")
    for name in ("pyproject.toml", "uv.lock"):
        shutil.copy(environment.places.cec / name, other.places.cec / name)
    found = other.validate()
    assert [issue.code for issue in found.issues] == []  # a lock is only read
    for call in (lambda: other.sync(dry_run=True), other.sync, other.repair):
        with pytest.raises(BuildRefused, match="sdist wants only-source"):
            call()
    other.places.lock.unlink()
    assert [issue.code for issue in other.validate().issues] == ["build_refused"]
    assert not ran(rig).exists()


def test_a_version_that_has_a_wheel_is_taken_before_one_that_has_none(rig: NotingRig) -> None:
    environment = fresh(rig, "older")
    environment.add_node("old-wheel")
    assert 'name = "newer"\nversion = "1.0"' in environment.places.lock.read_text("utf-8")
    assert not ran(rig).exists()


OWN = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""


@pytest.mark.parametrize("kind", ["workspace", "packaged", "dynamic", "path", "editable"])
def test_a_manifest_builds_nothing_that_lies_beside_it(rig: NotingRig, kind: str) -> None:
    """uv builds a project and the members of its workspace also where it is told to build nothing."""
    environment = fresh(rig, f"beside-{kind}")
    cec = environment.places.cec
    written(cec / "workflows" / "evil", source("evil", ran(rig)))
    written(cec, {"backend.py": source("beside", ran(rig))["backend.py"]})
    text = environment.places.manifest.read_text("utf-8")
    listed = text.replace("dependencies = [", 'dependencies = ["evil", ')
    manifests = {
        "workspace": text + '\n[tool.uv.workspace]\nmembers = ["workflows/evil"]\n',
        "packaged": text.replace("package = false", "package = true") + OWN,
        "dynamic": text.replace("package = false", "").replace(
            'version = "0.1.0"', 'dynamic = ["version"]', 1
        )
        + OWN,
        "path": listed + '\n[tool.uv.sources]\nevil = { path = "workflows/evil" }\n',
        "editable": listed + '\n[tool.uv.sources]\nevil = { path = "workflows/evil", editable = true }\n',
    }
    environment.places.manifest.write_text(manifests[kind], "utf-8")
    assert not environment.validate().ok
    for call in (lambda: environment.sync(dry_run=True), environment.sync, environment.repair):
        with pytest.raises(DockError):
            call()
    assert not ran(rig).exists()
    assert environment.rollback().plan.is_empty and environment.validate().ok
    assert not ran(rig).exists()


def test_comfyui_may_want_what_has_no_wheel(rig: NotingRig) -> None:
    core = rig.base / "wanting"
    repository(core, {"main.py": "", "requirements.txt": "only-source\n"}, tag="v1")
    workspace = rig.workspace()
    with pytest.raises(BuildRefused, match="comfyui wants only-source"):
        workspace.create_environment("wanting", comfyui=f"{core}@v1")
    assert not ran(rig).exists() and not workspace.places.environment("wanting").root.exists()
    workspace.create_environment("wanting", comfyui=f"{core}@v1", allow_builds=True)
    assert ran(rig).exists() and len(rig.notes) == 1
