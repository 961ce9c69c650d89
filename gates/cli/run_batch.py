"""`gates run --batch JOBS.jsonl`: a file of jobs, on Ray."""

import argparse

from .result import Result


def run_batch(args: argparse.Namespace) -> Result:
    raise NotImplementedError
