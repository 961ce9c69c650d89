"""`gates run`: workflows on any ComfyUI server, one job or a file of jobs."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..errors import GatesError
from ..fleet.fields import DEFAULT_PATTERN, FIELDS
from .result import USAGE, Problem, Result

if TYPE_CHECKING:
    Nouns = argparse._SubParsersAction[argparse.ArgumentParser]

DEFAULT_SERVER: Final = "http://127.0.0.1:8188"
EXIT_CODES: Final = {
    0: "done",
    1: "the run failed: a node raised, or a file could not be kept",
    2: "usage: an option, the workflow, a setting or an input is wrong; nothing ran",
    3: "refused: the server's validation failed; nothing ran",
    4: "no server, or none any more: unreachable, silent, or it lost the run",
    5: "timed out: the run was cancelled",
    6: "partly refused: some outputs failed validation (see --partial)",
    130: "stopped with Ctrl-C or SIGTERM: the run was cancelled, and that one alone",
}
EXAMPLES: Final = """\
examples:
  gates run portrait.json
  gates run portrait.json --set 3.seed=7 --set "KSampler.steps=30" --input face.png
  gates run portrait.json --server http://a:8188 --server http://b:8188 --out "out/{job}/{filename}"
  gates run --batch jobs.jsonl --server http://a:8188 --server http://b:8188
  gates run --batch jobs.jsonl --comfyui ~/ComfyUI --count 2
"""


def add_parser(nouns: "Nouns") -> None:
    text = "run a workflow on a ComfyUI server and get its files"
    parser = nouns.add_parser(
        "run",
        help=text,
        description=f"{text[0].upper()}{text[1:]}; with --batch, a file of workflows on many servers.",
        epilog=epilog(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("workflow", nargs="?", type=Path, metavar="WORKFLOW", help=WORKFLOW_HELP)
    add_job_options(parser)
    add_server_options(parser)
    add_batch_options(parser)
    parser.set_defaults(run=run)


WORKFLOW_HELP: Final = (
    "JSON as ComfyUI saves it or as Export (API) writes it, or a PNG that ComfyUI wrote "
    "with the workflow in it"
)


def add_job_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("the job").add_argument
    text = "set an input; NODE is an id, or a title or class that one node has; VALUE is JSON, else text"
    add("--set", action="append", default=[], metavar="NODE.INPUT=VALUE", dest="settings", help=text)
    text = "upload a file and give it to the one node that loads such a file, or to NODE.INPUT=FILE"
    add("--input", action="append", default=[], metavar="FILE", dest="inputs", help=text)
    text = f"where outputs go, a pattern or a folder (default: {DEFAULT_PATTERN})"
    add("--out", metavar="PATTERN", help=text)
    add("--overwrite", action="store_true", help="replace files that are there")
    add("--user", metavar="NAME", help="who it is for, a field of --out (default: default)")
    text = "the job's name, part of its file names; the same job under the same name is never run twice"
    add("--job", metavar="ID", help=text)
    add("--timeout", type=seconds, metavar="S", help="seconds, waiting included; then the run is cancelled")
    text = "where some outputs fail validation, run the others (exit code 6)"
    add("--partial", action="store_true", help=text)
    text = "print one line of JSON for each event, and the result as the last line"
    add("--json", action="store_true", default=argparse.SUPPRESS, help=text)


def add_server_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("servers").add_argument
    text = f"address of a server; of several, the least busy is asked first (default: {DEFAULT_SERVER})"
    add("--server", action="append", default=[], metavar="URL", dest="servers", help=text)
    text = "send this with every request; again for more"
    add("--header", action="append", default=[], metavar="NAME:VALUE", dest="headers", help=text)
    text = "seconds for a server that failed to answer again, before the next one gets its job (default: 30)"
    add("--patience", type=seconds, default=30.0, metavar="S", help=text)


def add_batch_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("many jobs (with Ray: the extra `cluster`)").add_argument
    text = 'a file with one {"workflow", "set", "input", "out", "user", "job"} a line, in JSON'
    add("--batch", type=Path, metavar="JOBS.jsonl", help=text)
    text = "address of a running Ray cluster (default: one on this machine, for this batch)"
    add("--cluster", metavar="ADDRESS", help=text)
    text = "start the ComfyUI that lies in DIR on the machines of the cluster, one for each GPU"
    add("--comfyui", metavar="DIR", help=text)
    text = "start this instead; {port} is a free port, {folder} a folder that is removed afterwards"
    add("--start", metavar="COMMAND", help=text)
    add("--count", type=int, metavar="N", help="how many to start (default: as many as there are GPUs)")
    add("--gpus", type=float, metavar="N", help="GPUs for each that is started (default: 1)")
    text = "name of the batch, from which its prompt ids are made (default: the path of the file)"
    add("--batch-id", metavar="NAME", help=text)


def seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise ValueError(text)
    return value


def epilog() -> str:
    fields = "\n".join(f"  {'{' + name + '}':<13}{text}" for name, text in FIELDS.items())
    codes = "\n".join(f"  {code:<5}{text}" for code, text in EXIT_CODES.items())
    return f"{EXAMPLES}\nfields of --out:\n{fields}\n\nexit codes:\n{codes}\n"


def run(args: argparse.Namespace) -> Result:
    wrong = misuse(args)
    if wrong:
        return Result("run", USAGE, errors=(Problem("usage", wrong),))
    # The client brings aiohttp, which no other command needs.
    from ..fleet.book import code_of

    try:
        return run_one_or_many(args)
    except (GatesError, OSError) as error:
        code, exit_code = code_of(error)
        told = error.data.get("problems") if isinstance(error, GatesError) else None
        errors = tuple(Problem(code, sentence) for sentence in told or [str(error)])
        return Result("run", exit_code, errors=errors)


def run_one_or_many(args: argparse.Namespace) -> Result:
    if args.batch is None:
        from .run_alone import run_alone

        return run_alone(args)
    from .run_batch import run_batch

    return run_batch(args)


def misuse(args: argparse.Namespace) -> str:
    """What is wrong with the options taken together; "" for nothing."""
    if (args.workflow is None) == (args.batch is None):
        return "Name a workflow, or a file of jobs with --batch, and not both."
    if args.batch is None:
        alone = ("cluster", "comfyui", "start", "count", "gpus", "batch_id")
        wrong = [name for name in alone if getattr(args, name) is not None]
        return f"--{wrong[0].replace('_', '-')} goes with --batch." if wrong else ""
    of_one = [
        name for name, given in (("set", args.settings), ("input", args.inputs), ("job", args.job)) if given
    ]
    if of_one:
        return f"--{of_one[0]} is said in the lines of the file, for each job."
    if args.comfyui and args.start:
        return "--comfyui and --start are two ways to say the same."
    if (args.comfyui or args.start) and args.servers:
        return "A batch runs on servers that are there (--server) or on those it starts, not on both."
    if not (args.comfyui or args.start) and (args.count is not None or args.gpus is not None):
        return "--count and --gpus go with --comfyui or --start."
    return ""
