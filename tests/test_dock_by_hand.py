"""What a person wrote into the manifest outlives what dock writes into it."""

from __future__ import annotations

from pathlib import Path

from tests.dock_rig import Rig


def test_a_package_added_by_hand_stays_when_comfyui_is_updated(tmp_path: Path) -> None:
    base = tmp_path / "a" / "b"
    base.mkdir(parents=True)
    environment = Rig(base).furnish().environment()
    file = environment.places.manifest
    listed = 'dependencies = [\n    "core-lib==1.0",\n    "other-lib",  # for my own node\n]'
    file.write_text(file.read_text().replace('dependencies = ["core-lib==1.0"]', listed))
    environment.sync()
    environment.update_comfyui("v0.2.0")
    text = file.read_text()
    assert environment.get_pyproject().dependencies() == ["other-lib", "core-lib==2.0"]
    assert '"other-lib",  # for my own node' in text
    assert environment.status().unsynced == ()
