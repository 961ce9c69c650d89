"""Pool Profile: the id of the chosen profile, and a key that follows its content."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from gates import pool, profile_node, profiles
from gates.profile_node import PoolProfile
from tests import pictures


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "input" / "grid_pool"
    monkeypatch.setattr(profile_node, "_grid_pool_base", lambda: str(made))
    return made


def test_inputs_are_the_name_that_people_read_and_the_id_that_counts() -> None:
    required = PoolProfile.INPUT_TYPES()["required"]
    assert list(required) == ["profile", "profile_id"]
    kind, name = required["profile"]
    assert kind == "STRING" and name["hidden"] and name["socketless"]
    kind, chosen = required["profile_id"]
    assert kind == "COMBO" and chosen["options"] == [""]
    assert PoolProfile.CATEGORY == "Dataset Gates"
    assert list(profile_node.NODE_CLASS_MAPPINGS) == ["PoolProfile"]


def test_every_id_is_accepted_so_that_the_pool_can_say_what_is_missing() -> None:
    assert PoolProfile.VALIDATE_INPUTS("0123456789abcdef") is True


def test_a_renamed_profile_keeps_its_id(base: Path) -> None:
    profiles.create_profile(base, "A", "id1")
    profiles.rename_profile(base, "id1", "A2")
    assert PoolProfile().run(profile="A", profile_id="id1") == ("id1",)


def test_the_key_is_the_id_until_there_is_such_a_pool(base: Path) -> None:
    for profile_id in ("", "id1", "absent"):
        assert PoolProfile.IS_CHANGED(profile="x", profile_id=profile_id) == profile_id
    profiles.create_profile(base, "A", "id1")
    empty = PoolProfile.IS_CHANGED(profile="A", profile_id="id1")
    pool.add_image(base, "id1", pictures.png())
    filled = PoolProfile.IS_CHANGED(profile="A", profile_id="id1")
    assert len({"id1", empty, filled}) == 3
    profiles.rename_profile(base, "id1", "B")
    assert PoolProfile.IS_CHANGED(profile="A", profile_id="id1") == filled
    profiles.delete_profile(base, "id1")
    assert PoolProfile.IS_CHANGED(profile="A", profile_id="id1") == "id1"
    profiles.restore_profile(base, "id1")
    assert PoolProfile.IS_CHANGED(profile="A", profile_id="id1") == filled


def test_a_linked_id_cannot_be_known(base: Path) -> None:
    found = PoolProfile.IS_CHANGED(profile=None, profile_id=None)
    assert isinstance(found, float) and math.isnan(found)
    assert PoolProfile.IS_CHANGED(profile=None, profile_id="id1") == "id1"


def test_outside_of_comfyui_the_key_is_the_id() -> None:
    assert PoolProfile.IS_CHANGED(profile="x", profile_id="id1") == "id1"
