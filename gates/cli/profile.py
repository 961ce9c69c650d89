"""`gates profile`: measure workflows on a ComfyUI server with the profiler, and look at what came of it."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..errors import GatesError
from .result import Problem, Result
from .run import DEFAULT_SERVER, seconds

if TYPE_CHECKING:
    Nouns = argparse._SubParsersAction[argparse.ArgumentParser]

SLOWER: Final = 1
TOO_FEW: Final = 7
EXIT_CODES: Final = {
    0: "done; for `check`: no slower than allowed",
    1: "a run failed; for `check`: slower than allowed, and the runs show it",
    2: "usage: an option or the workflow is wrong",
    3: "refused: the server or its profiler says no",
    4: "no server, or one without the profiler",
    5: "timed out: what waited was cancelled",
    7: "`check` cannot tell: not enough runs, or nothing to compare with",
    130: "stopped with Ctrl-C",
}
SIDE_HELP: Final = (
    "number of a run, several with commas, series:NAME, or a file that `export --format json` wrote; "
    "a run of a series stands for the whole series"
)
EXAMPLES: Final = """\
examples:
  gates profile run portrait.json --repeat 5 --mode warm --series before
  gates profile list --series before
  gates profile show 12
  gates profile compare series:before series:after
  gates profile export 12 --format chrome --out run.trace.json
  gates profile check --baseline before.json --fail-above 5%
"""


def add_parser(nouns: "Nouns") -> None:
    text = "measure workflows, node by node, and compare what was measured"
    codes = "\n".join(f"  {code:<5}{meaning}" for code, meaning in EXIT_CODES.items())
    parser = nouns.add_parser(
        "profile",
        help=text,
        description=f"{text[0].upper()}{text[1:]}.",
        epilog=f"{EXAMPLES}\nexit codes:\n{codes}\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    _add_run(verbs)
    _add_list(verbs)
    _add_show(verbs)
    _add_compare(verbs)
    _add_export(verbs)
    _add_check(verbs)
    parser.set_defaults(run=run)


def _verb(verbs: "Nouns", name: str, text: str) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
    add = parser.add_argument
    add("--server", default=DEFAULT_SERVER, metavar="URL", help=f"address (default: {DEFAULT_SERVER})")
    text = "send this with every request; again for more"
    add("--header", action="append", default=[], metavar="NAME:VALUE", dest="headers", help=text)
    add("--json", action="store_true", default=argparse.SUPPRESS, help="answer as one JSON object")
    return parser


def _add_run(verbs: "Nouns") -> None:
    add = _verb(verbs, "run", "measure a workflow").add_argument
    add("workflow", type=Path, metavar="WORKFLOW", help="JSON in either format, or a PNG that ComfyUI wrote")
    add("--repeat", type=int, default=1, metavar="N", help="how often (default: 1)")
    text = "what is dropped before each run: nothing, results, or results and models (default: natural)"
    add("--mode", choices=("natural", "warm", "cold"), default="natural", help=text)
    add("--name", default="", help="name of the runs")
    add("--comment", default="", help="words kept with them")
    add(
        "--series", metavar="NAME", help="what the runs belong to (default: a name of their own, for several)"
    )
    add("--timeout", type=seconds, metavar="S", help="seconds for all of it; then the rest is cancelled")


def _add_list(verbs: "Nouns") -> None:
    add = _verb(verbs, "list", "list the runs, newest first").add_argument
    add("--limit", type=int, default=20, metavar="N", help="how many (default: 20)")
    add("--series", metavar="NAME")
    add("--status", choices=("running", "success", "error", "interrupted", "aborted"))
    add("--find", metavar="TEXT", help="in names, comments and series")


def _add_show(verbs: "Nouns") -> None:
    add = _verb(verbs, "show", "show a run, its slowest node first").add_argument
    add("number", type=int, metavar="RUN", help="number of the run")
    add("--limit", type=int, default=20, metavar="N", help="how many nodes (default: 20)")


def _add_compare(verbs: "Nouns") -> None:
    add = _verb(verbs, "compare", "compare two runs or series: what is said of B is against A").add_argument
    add("a", metavar="A", help=SIDE_HELP)
    add("b", metavar="B", help="likewise")
    add("--metric", metavar="NAME", help="this column alone, such as exec_time or vram_max")
    add("--force", action="store_true", help="compare memory even where it was counted in different ways")


def _add_export(verbs: "Nouns") -> None:
    add = _verb(verbs, "export", "write a run to a file").add_argument
    add("number", type=int, metavar="RUN", help="number of the run")
    text = "a table, everything, or a timeline for Perfetto (default: json)"
    add("--format", choices=("csv", "json", "chrome"), default="json", help=text)
    add("--out", type=Path, metavar="FILE", help="where to (default: run-RUN with the ending of the format)")
    add("--overwrite", action="store_true", help="replace a file that is there")


def _add_check(verbs: "Nouns") -> None:
    add = _verb(verbs, "check", "fail when a workflow became slower; for CI").add_argument
    add("--baseline", required=True, metavar="RUN", help=SIDE_HELP)
    text = "what to hold against it (default: the newest runs of the same workflow)"
    add("--against", metavar="RUN", help=text)
    text = "by how much a run or a node may be slower (default: 5%%)"
    add("--fail-above", type=share, default=0.05, metavar="5%", help=text)


def share(text: str) -> float:
    """5% and 0.05 are the same."""
    value = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    if not 0 <= value <= 1:
        raise ValueError(text)
    return value


def run(args: argparse.Namespace) -> Result:
    # The client brings aiohttp, which no other command needs.
    from ..fleet.book import code_of
    from .profile_verbs import answer

    try:
        return answer(args)
    except (GatesError, OSError) as error:
        code, exit_code = code_of(error)
        return Result("profile", exit_code, errors=(Problem(code, str(error)),))
