"""Patterns, files of jobs, inputs, workflows in pictures, records: what is read from others is data."""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.client import Output
from gates.errors import BadInputFile, BadJobFile, BadPattern, HostileName, NotAWorkflow
from gates.fleet import records
from gates.fleet.fields import FIELDS
from gates.fleet.job_file import Defaults, read_jobs
from gates.fleet.naming import job_values, names, output_values, read_pattern
from gates.fleet.order import Order, Try, batch_id, derived_id
from gates.fleet.preparing import loader_for
from gates.fleet.records import Kept, begun
from gates.fleet.sources import name_on_server, png_texts, read_input, read_workflow
from tests.fleet_rig import render, write_jobs, write_json

BATCH = batch_id("of these tests")
VALUES = {
    **job_values("ann", "j", "id", "2026-01-31"),
    **output_values(Output("5:3", "images", "a.b.png"), 2),
}


@pytest.mark.parametrize(
    ("text", "path", "record"),
    [
        ("{user}/{job}/{filename}", "ann/j/a.b.png", "ann/j/j.json"),
        ("out/{job}.{ext}", "out/j.png", "out/j.json"),
        ("out/", "out/a.b.png", "out/j.json"),
        ("{date}/{user}/{stem}-{node}-{n}.{ext}", "2026-01-31/ann/a.b-5-3-2.png", "j.json"),
        ("x/{user}/{kind}/{prompt_id}", "x/ann/images/id", "x/ann/j.json"),
        ("result.png", "result.png", "j.json"),
        ("../up/{filename}", "../up/a.b.png", "../up/j.json"),
    ],
)
def test_where_a_pattern_leads(tmp_path: Path, text: str, path: str, record: str) -> None:
    root = tmp_path / "a" / "b" / "c"
    pattern = read_pattern(text, root)
    assert pattern.path(VALUES) == (root / path).resolve()
    assert pattern.record(VALUES) == (root / record).resolve()


@pytest.mark.parametrize("text", ["{colour}", "{", "a}b", "{job}/../x", "", "{user}/", "{{job}}"])
def test_patterns_that_name_no_file(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadPattern):
        read_pattern(text, tmp_path)


def test_an_unknown_field_is_told_with_the_list(tmp_path: Path) -> None:
    with pytest.raises(BadPattern, match=r"\{colour\}\. The fields are: " + ", ".join(sorted(FIELDS))):
        read_pattern("{colour}/{filename}", tmp_path)


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_no_value_leads_out_of_the_folder(filename: str, node: str, kind: str) -> None:
    base = Path("/nowhere/at/all")
    pattern = read_pattern("{kind}/{node}/{filename}", base)
    try:
        path = pattern.path({**VALUES, **output_values(Output(node, kind, filename), 1)})
    except HostileName:
        return
    assert path.parent.parent.parent == base and ".." not in path.parts


def test_a_second_output_of_a_name_gets_another() -> None:
    found = names(Path("x/a.png"))
    assert [next(found).name for _ in range(3)] == ["a.png", "a-2.png", "a-3.png"]


# --- files of jobs --------------------------------------------------------------------------------------


def test_every_wrong_line_is_named_and_none_is_run(tmp_path: Path) -> None:
    good = {"workflow": render("x"), "job": "a"}
    lines: list[object] = [
        good,
        [1],
        {"workflow": "no.json"},
        {"job": "b"},
        {**good, "job": "../b"},
        good,
        {**good, "job": "c", "colour": 1},
        {**good, "job": "d", "set": {"9.text": "x"}},
        {**good, "job": "e", "out": "{x}"},
        {**good, "job": "f", "input": "none.png"},
        {**good, "job": "g", "set": 5},
    ]
    with pytest.raises(BadJobFile) as raised:
        read_jobs(write_jobs(tmp_path / "jobs.jsonl", *lines), BATCH)
    problems = raised.value.data["problems"]
    assert [one.split(":")[0] for one in problems] == [f"line {number}" for number in range(2, 12)]
    assert "the job 'a' is on line 1 already" in problems[4]
    (tmp_path / "empty.jsonl").write_text("\n\n", "utf-8")
    with pytest.raises(BadJobFile, match="holds no job"):
        read_jobs(tmp_path / "empty.jsonl", BATCH)


def test_paths_are_those_beside_the_file_and_names_come_from_what_is_asked(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    write_json(folder / "w.json", render("x"))
    (folder / "in.png").write_bytes(b"x")
    plain = {"workflow": "w.json", "set": {"1.text": "y", "1.seconds": 2}, "input": {"1.text": "in.png"}}
    jobs = write_jobs(folder / "jobs.jsonl", plain, plain, {**plain, "user": "bob", "out": "{job}.x"})
    first, second, third = read_jobs(jobs, BATCH, Defaults(user="ann"))
    assert first.order.settings == ("1.text=y", "1.seconds=2")
    assert [one.target for one in first.order.inputs] == ["1.text"]
    assert first.order.job == first.order.digest[:10] and second.order.job == f"{first.order.job}-2"
    assert third.order.user == "bob" and third.order.digest != first.order.digest
    assert first.pattern.base == folder and third.pattern.path({"job": "z"}) == folder / "z.x"
    moved = write_jobs(folder / "jobs.jsonl", {**plain, "user": "new"}, plain)
    assert read_jobs(moved, BATCH, Defaults(user="ann"))[1].order == first.order  # whatever its line
    assert first.order.prompt_id == derived_id(BATCH, first.order.job, first.order.digest)


# --- inputs and pictures --------------------------------------------------------------------------------


def test_an_input_is_a_file_or_a_node_and_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.b=c.png").write_bytes(b"1")
    (tmp_path / "Über face.PNG").write_bytes(b"1")
    assert read_input("a.b=c.png", tmp_path).target is None
    named = read_input("Load Image.image=Über face.PNG", tmp_path)
    assert (named.target, named.name) == ("Load Image.image", f"ber_face-{named.sha256[:12]}.png")
    assert name_on_server(Path("..."), "0" * 64) == "input-000000000000"
    with pytest.raises(BadInputFile):
        read_input("1.image=none.png", tmp_path)


def test_which_loader_takes_a_file_is_told_or_asked(tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "c.mp4"):
        (tmp_path / name).write_bytes(b"1")
    a, b, c = (read_input(name, tmp_path) for name in ("a.png", "b.png", "c.mp4"))
    free = {"1.image": "image_upload", "7.image": "image_upload", "9.file": "video_upload"}
    assert [loader_for(one, (a, c, b), free) for one in (a, b, c)] == ["1.image", "7.image", "9.file"]
    with pytest.raises(BadInputFile, match=r"2 that could \(1.image, 7.image\) for 1"):
        loader_for(a, (a, c), free)
    with pytest.raises(BadInputFile, match="--input NODE.INPUT="):
        loader_for(c, (c,), {})


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def test_texts_of_a_picture_in_each_of_their_three_forms(tmp_path: Path) -> None:
    packed = zlib.compress(b"two")
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        [
            chunk(b"tEXt", b"a\0one"),
            chunk(b"zTXt", b"b\0\0" + packed),
            chunk(b"iTXt", b"c\0\0\0\0\0three"),
            chunk(b"iTXt", b"d\0\1\0\0\0" + packed),
            chunk(b"zTXt", b"e\0\0no zlib"),
        ]
    )
    assert dict(png_texts(data)) == {"a": "one", "b": "two", "c": "three", "d": "two", "e": ""}
    (tmp_path / "x.png").write_bytes(data)
    with pytest.raises(NotAWorkflow, match="without a workflow"):
        read_workflow(tmp_path / "x.png")


@given(st.binary(max_size=60))
def test_no_picture_breaks_the_reader(body: bytes) -> None:
    list(png_texts(b"\x89PNG\r\n\x1a\n" + body))
    list(png_texts(b"\x89PNG\r\n\x1a\n" + chunk(b"iTXt", body) + chunk(b"zTXt", body)))


# --- records --------------------------------------------------------------------------------------------


@given(st.text(max_size=10), st.none() | st.text(max_size=10), st.floats(0, 1e9))
def test_a_record_comes_back_as_it_went(text: str, error: str | None, now: float) -> None:
    order = Order("j", render(text), "id", "d", tries=(Try("http://a", "id", "forgotten"),))
    record = replace(
        begun(order, "{job}", None, now),
        outputs=(Kept("1", "images", text, path=text, size=1, cached=True),),
        error=None if error is None else {"code": "x", "message": error},
    )
    assert records.from_dict(json.loads(json.dumps(records.as_dict(record)))) == record


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 2}', '{"version": 1}', "x"])
def test_what_is_no_record_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "j.json").write_text(text, "utf-8")
    assert records.read(tmp_path / "j.json") is None
