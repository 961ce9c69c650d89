"""`gates dock`: ComfyUI setups in one pyproject.toml, and protection for one that is there."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..errors import BadInput, Conflict, DockError, GatesError, Missing, Refused, TooLarge
from .result import FAILED, INTERRUPTED, Problem, Result

if TYPE_CHECKING:
    Nouns = argparse._SubParsersAction[argparse.ArgumentParser]

REFUSED: Final = 3
EXIT_CODES: Final = {
    0: "done, or nothing to do",
    1: "failed; what was changed on the way is undone",
    2: "usage: a name, an option or a file is wrong, or it wants --yes",
    3: "refused, nothing changed: packages that exclude each other or would have to be built, "
    "a ComfyUI that runs, what is there; "
    "for `guard`: something that ComfyUI needs would move",
    4: "not there: a workspace, an environment, a pack, uv, git, the registry",
    5: "a program took too long and was stopped",
    130: "stopped with Ctrl-C",
}
OTHERS: Final = {BadInput: 2, Missing: 4, Conflict: REFUSED, Refused: REFUSED, TooLarge: REFUSED}
STOPPED: Final = "Stopped. A change that was not finished is undone."
BUILDS: Final = "build packages that have no wheel, which runs what their authors wrote"
PYTHON: Final = "the Python that runs it (default: its own, else that of the activated environment)"
EXAMPLES: Final = """\
examples:
  gates dock init
  gates dock create main --comfyui https://github.com/comfyanonymous/ComfyUI@v0.3.64 --torch auto
  gates dock node add comfyui-kjnodes
  gates dock sync --dry-run
  gates dock rollback
  gates dock model find sd15
  gates dock guard comfyui-kjnodes --comfyui ~/ComfyUI
  gates dock snapshot save before --comfyui ~/ComfyUI
"""


def add_parser(nouns: "Nouns") -> None:
    text = "ComfyUI setups in one file: change, look at and undo them; guard one that is there"
    codes = "\n".join(f"  {code:<5}{meaning}" for code, meaning in EXIT_CODES.items())
    parser = nouns.add_parser(
        "dock",
        help=text,
        description=f"{text[0].upper()}{text[1:]}.",
        epilog=f"{EXAMPLES}\nexit codes:\n{codes}\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_shared(parser, outer=True)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    _add_workspace_verbs(verbs)
    _add_environment_verbs(verbs)
    _add_node_verbs(verbs)
    _add_model_verbs(verbs)
    _add_install_verbs(verbs)
    parser.set_defaults(run=run)


def _add_shared(parser: argparse.ArgumentParser, outer: bool = False) -> None:
    """The options that may stand before or after the verb: the inner ones leave no default behind."""
    default = None if outer else argparse.SUPPRESS
    add = parser.add_argument
    add("--workspace", metavar="PATH", default=default, help="folder of the workspace")
    add("--env", metavar="NAME", default=default, help="environment (default: the active one)")
    no = False if outer else argparse.SUPPRESS
    add("--yes", "-y", action="store_true", default=no, help="do not ask")
    add("--json", action="store_true", default=argparse.SUPPRESS, help="answer as one JSON object")


def _verb(verbs: "Nouns", name: str, text: str) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
    _add_shared(parser)
    return parser


def _add_workspace_verbs(verbs: "Nouns") -> None:
    add = _verb(verbs, "init", "make a workspace").add_argument
    add("path", nargs="?", metavar="PATH", help="its folder (default: ~/.comfydock_workspace)")
    add(
        "--from",
        dest="other",
        metavar="OTHER_WORKSPACE",
        help="take the environments of another program over",
    )
    add = _verb(
        verbs, "config", "show or change settings and API keys; without arguments it asks"
    ).add_argument
    add("key", nargs="?", metavar="KEY", help="a setting, or key.SERVICE for an API key")
    add(
        "value",
        nargs="?",
        metavar="VALUE",
        help="what it becomes; - reads a line, an empty text takes it away",
    )
    _verb(verbs, "list", "list the environments, and those in the trash")
    add = _verb(verbs, "create", "make an environment").add_argument
    add("name", metavar="NAME")
    add("--comfyui", metavar="URL[@REF]", help="what to clone, such as URL, URL@v0.3.64 or @v0.3.64")
    add("--python", metavar="PATH|VERSION", help="an interpreter that is there (default: the newest)")
    text = "build of PyTorch: cpu, a CUDA build such as cu128, or auto (default: what ComfyUI asks for)"
    add("--torch", metavar="BUILD", help=text)
    add("--allow-builds", action="store_true", help=BUILDS)
    add = _verb(verbs, "delete", "move an environment to the trash of the workspace").add_argument
    add("name", metavar="NAME")
    add = _verb(verbs, "restore", "bring an environment back from the trash").add_argument
    add("name", metavar="NAME")
    add = _verb(verbs, "use", "choose the environment that commands are about").add_argument
    add("name", metavar="NAME")


def _add_environment_verbs(verbs: "Nouns") -> None:
    add = _verb(verbs, "run", "start ComfyUI in the environment").add_argument
    add("args", nargs=argparse.REMAINDER, metavar="-- ARGS", help="arguments of ComfyUI's main.py")
    _verb(verbs, "status", "show the environment, and what is not as the manifest says")
    add = _verb(verbs, "sync", "make the disk what the manifest says").add_argument
    add("--dry-run", action="store_true", help="only say what would be done")
    text = "run the install script of this pack; again for more"
    add("--allow-scripts", action="append", default=[], metavar="PACK", help=text)
    add("--allow-builds", action="store_true", help=BUILDS)
    add = _verb(verbs, "commit", "record the manifest as it is").add_argument
    add("-m", "--message", required=True, metavar="TEXT")
    add = _verb(verbs, "rollback", "undo the last change, or go back to a commit").add_argument
    add("commit", nargs="?", metavar="COMMIT", help="as `log` shows it (default: undo the last change)")
    add("--allow-builds", action="store_true", help=BUILDS)
    _verb(verbs, "validate", "check the manifest and whether all packages can be had together")
    _verb(verbs, "diff", "show what changed since the last commit")
    text = "end what was interrupted, put the disk back to what manifest and lock say"
    add = _verb(verbs, "repair", text).add_argument
    add("--allow-builds", action="store_true", help=BUILDS)
    add = _verb(verbs, "update-comfyui", "move ComfyUI to another version").add_argument
    add("ref", nargs="?", metavar="REF", help="branch, tag or commit (default: the newest version)")
    add("--allow-builds", action="store_true", help=BUILDS)
    add = _verb(verbs, "log", "list the commits, newest first").add_argument
    add("--limit", type=int, metavar="N", help="how many (default: all)")


def _add_node_verbs(verbs: "Nouns") -> None:
    node = _verb(verbs, "node", "find, add, remove and list node packs")
    inner = node.add_subparsers(dest="node_verb", required=True, metavar="VERB")
    add = _verb(inner, "find", "search the registry, or offline what was seen of it").add_argument
    add("query", nargs="+", metavar="WORD")
    add("--limit", type=int, default=10, metavar="N", help="how many (default: 10)")
    add = _verb(inner, "add", "add a node pack").add_argument
    add("node", metavar="PACK", help="registry ID or ID@VERSION, git URL or URL@REF, or a folder")
    add("--local", action="store_true", help="PACK is a folder: link to it, for development")
    add("--allow-scripts", action="store_true", help="run its install script")
    add("--allow-builds", action="store_true", help=BUILDS)
    add = _verb(inner, "remove", "remove a node pack; its folder is set aside").add_argument
    add("node", metavar="PACK")
    _verb(inner, "list", "list the node packs of the environment")


def _add_model_verbs(verbs: "Nouns") -> None:
    model = _verb(verbs, "model", "index models by their content, and find them by it")
    inner = model.add_subparsers(dest="model_verb", required=True, metavar="VERB")
    add = _verb(inner, "scan", "read the models that are new; those that were read stay read").add_argument
    text = "where they lie (default: the shared folder, and that of every environment)"
    add("folders", nargs="*", metavar="DIR", help=text)
    add("--again", action="store_true", help="read all of them once more")
    add = _verb(inner, "find", "find models by words of their names and folders, or by a hash").add_argument
    add("query", nargs="+", metavar="WORD|HASH")
    add("--limit", type=int, default=10, metavar="N", help="how many (default: 10)")
    add = _verb(inner, "list", "list the models and where they lie").add_argument
    add("--copies", action="store_true", help="only those that lie there more than once")


def _add_install_verbs(verbs: "Nouns") -> None:
    add = _verb(verbs, "guard", "say what installing a pack would change in a ComfyUI").add_argument
    add("pack", metavar="PACK", help="registry ID, git URL or folder")
    add("--comfyui", type=Path, metavar="DIR", help="that ComfyUI (default: the one here)")
    add("--python", type=Path, metavar="PATH", help=PYTHON)
    add("--allow-builds", action="store_true", help=BUILDS)
    snapshot = _verb(verbs, "snapshot", "keep and restore core, packs and packages of a ComfyUI")
    inner = snapshot.add_subparsers(dest="snapshot_verb", required=True, metavar="VERB")
    for name, text, words in (
        ("save", "keep what is there now", ("name?",)),
        ("list", "list what was kept", ()),
        ("diff", "show what changed since, or between two", ("name", "other?")),
        ("restore", "go back to what was kept; what is there now is kept first", ("name",)),
        ("export", "write a snapshot as ComfyUI-Manager's file", ("name", "file")),
        ("import", "keep a snapshot file of ComfyUI-Manager", ("file", "name?")),
    ):
        add = _verb(inner, name, text).add_argument
        for word in words:
            bare = word.rstrip("?")
            add(bare, metavar=bare.upper(), nargs="?" if word != bare else None)
        add("--comfyui", type=Path, metavar="DIR", help="that ComfyUI (default: the one here)")
        if name in ("save", "diff", "restore"):
            add("--python", type=Path, metavar="PATH", help=PYTHON)
        if name == "restore":
            add("--dry-run", action="store_true", help="only show the plan")
            add("--allow-builds", action="store_true", help=BUILDS)


def run(args: argparse.Namespace) -> Result:
    # tomlkit, sqlite and the network are loaded by the verbs that need them.
    from .dock_verbs import answer

    try:
        return answer(args)
    except KeyboardInterrupt:
        return Result("dock", INTERRUPTED, errors=(Problem("interrupted", STOPPED),))
    except DockError as error:
        return Result("dock", error.exit_code, errors=(Problem(error.code, str(error)),))
    except GatesError as error:
        code = next((code for kind, code in OTHERS.items() if isinstance(error, kind)), FAILED)
        return Result("dock", code, errors=(Problem(error.code, str(error)),))
