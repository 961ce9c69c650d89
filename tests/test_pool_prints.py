"""What a measured run keeps of the pools that it used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gates import pool, profiles
from gates.pool_prints import prints_of
from tests.serving import png


def prompt(**ids: Any) -> dict[str, Any]:
    return {
        "1": {"class_type": "PoolProfile", "inputs": {"profile_id": ids.get("profile", "")}},
        "2": {"class_type": "GridImagePool", "inputs": {"pool_id": ids.get("pool", ["1", 0]), "index": 0}},
        "3": {"class_type": "Other", "inputs": {"pool_id": "not ours"}},
        "4": "no node",
    }


def test_each_pool_is_told_by_its_content(tmp_path: Path) -> None:
    profiles.create_profile(str(tmp_path), "Cats", "cats", 1)
    pool.add_image(str(tmp_path), "cats", png(), 1, name="a.png")
    before = prints_of(tmp_path, prompt(profile="cats", pool="own"))
    assert list(before) == ["cats", "own"]
    assert (before["cats"]["images"], before["cats"]["name"]) == (1, "Cats")
    assert before["own"] == {
        "fingerprint": None,
        "images": 0,
        "name": None,
        "why": "there is no such pool",
    }
    assert prints_of(tmp_path, prompt(profile="cats"))["cats"] == before["cats"]
    pool.add_image(str(tmp_path), "cats", png((1, 2, 3)), 1, name="b.png")
    assert prints_of(tmp_path, prompt(profile="cats"))["cats"]["fingerprint"] != before["cats"]["fingerprint"]


def test_a_pool_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    assert prints_of(tmp_path, prompt()) == {}
    assert prints_of(tmp_path, prompt(pool="../aside"))["../aside"]["why"]
    profiles.create_profile(str(tmp_path), "Gone", "gone", 1)
    profiles.delete_profile(str(tmp_path), "gone", 2)
    told = prints_of(tmp_path, prompt(pool="gone"))["gone"]
    assert told["fingerprint"] is None and told["why"]
