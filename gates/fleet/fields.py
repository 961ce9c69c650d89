"""The fields of an `--out` pattern: a table that the command line shows without loading anything else."""

from __future__ import annotations

from collections.abc import Mapping

DEFAULT_PATTERN = "{user}/{job}/{filename}"
FIELDS: Mapping[str, str] = {
    "user": "who the job is for: --user",
    "job": "the job's name: --job",
    "filename": "the file's name on the server, without its folder",
    "stem": "that name without its ending",
    "ext": "its ending, without the dot",
    "node": "the id of the node that put it out",
    "kind": "what the node calls it: images, gifs, audio…",
    "n": "1, 2, 3… through the outputs of the job",
    "prompt_id": "the id of the prompt",
    "date": "the day on which the job began: 2026-01-31",
}
STEADY = frozenset({"user", "job"})  # known before a job runs, and the same when it runs again
