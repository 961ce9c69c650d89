"""What is kept of prompts that have run."""

from __future__ import annotations

import threading
from typing import Any

from gates.host.past import Past


def entry(text: str = "t") -> dict[str, Any]:
    prompt = {str(at): {"class_type": "Text", "inputs": {"text": text}} for at in range(20)}
    return {"prompt": (1, "id", prompt, {}, ["1"]), "outputs": {"1": {"text": (text,)}}, "meta": {}}


def test_entries_come_back_as_they_were() -> None:
    past = Past()
    past["a"] = entry("first")
    past["b"] = entry()
    past["a"] = entry("again")
    assert past["a"] == entry("again")
    assert isinstance(past["a"]["outputs"]["1"]["text"], tuple)
    assert (list(past), len(past), "b" in past, "c" in past) == (["a", "b"], 2, True, False)
    assert past.pop("b") == entry()
    assert list(past) == ["a"]


def test_a_reader_has_a_copy() -> None:
    past = Past()
    past["a"] = entry()
    past["a"]["outputs"].clear()
    assert past["a"] == entry()


def test_what_cannot_be_packed_is_kept_as_it_is() -> None:
    past = Past()
    odd = {**entry(), "outputs": {"1": {"lock": [threading.Lock()]}}}
    past["a"] = odd
    assert past["a"] is odd
