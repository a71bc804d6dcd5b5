"""The command line: arguments in, one call into the library, a summary out. One file a command.

Data goes to stdout, everything else to stderr. Exit 0 done, 1 a mistake the user can fix or rows lost, 2 usage,
130 interrupted. Nothing heavy is imported until a command runs.
"""

import importlib
import multiprocessing
import os
import sys

import typer

from r1data.errors import R1Error

# torch's threads spin while they wait: beside another busy process a training step took 30 s instead of 1.4.
os.environ.setdefault("GOMP_SPINCOUNT", "2000")

COMMANDS = {
    "ingest": ("ingest", "Data"),
    "sample": ("sample", "Data"),
    "verify": ("verify", "Data"),
    "filter": ("filter", "Data"),
    "build": ("build", "Data"),
    "train-sft": ("train_sft", "Train"),
    "train-grpo": ("train_grpo", "Train"),
    "distill": ("distill", "Train"),
    "miniature": ("miniature", "Recipes"),
    "run": ("run", "Recipes"),
    "report": ("report", "Recipes"),
    "eval": ("eval", "Look"),
    "inspect": ("inspect", "Look"),
    "cat": ("cat", "Look"),
    "check": ("check", "Look"),
}
"""Name of a command → its module here, and the panel of `--help` that lists it."""

app = typer.Typer(
    name="r1",
    help="Questions in, a reasoning model out: the DeepSeek-R1 recipe, a command a step.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for _name, (_module, _panel) in COMMANDS.items():
    _loaded = importlib.import_module(f"{__name__}.{_module}")
    if hasattr(_loaded, "group"):
        app.add_typer(_loaded.group, name=_name, rich_help_panel=_panel)
    else:
        app.command(_name, rich_help_panel=_panel)(_loaded.command)


def main() -> None:
    """Entry point of `r1`."""
    sys.exit(invoke(sys.argv[1:]))


def invoke(arguments: list[str]) -> int:
    """Runs one command line and returns its exit code."""
    try:
        app(arguments, prog_name="r1", standalone_mode=True)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
        if code == 130 and multiprocessing.parent_process() is None:  # a recipe speaks for its steps
            _say("interrupted; what is finished is kept, the same command goes on from there", 130)
        return code
    except R1Error as error:
        return _say(str(error), 1)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return _say(f"{error.filename or 'the system'}: {error.strerror or error}", 1)
    return 0


def _say(message: str, code: int) -> int:
    sys.stderr.write(f"r1: {' '.join(message.split())}\n")
    return code
