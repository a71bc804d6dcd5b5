"""The command line: parse arguments, call the library, print a summary. One file per command.

Data goes to stdout, everything else to stderr. Exit codes: 0 done, 1 user error or rows lost, 2 usage,
130 interrupted, 143 terminated. Nothing heavy is imported until a command runs, and no key is repeated.
"""

import contextlib
import errno
import functools
import importlib
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from types import FrameType
from typing import Annotated, Any

import typer

from r1data.data.resources import PACKAGE_VERSION
from r1data.data.secrets import HIDDEN, on_command_line, redact
from r1data.data.text import one_line
from r1data.errors import R1Error
from r1data.runtime.pandas_on_demand import import_pandas_on_demand
from r1data.runtime.terminal import clean_streams

from . import console
from .registries import INTERRUPTED, Program, RegistryCommand

# torch's threads spin while they wait: beside another busy process a training step took 30 s instead of 1.4.
os.environ.setdefault("GOMP_SPINCOUNT", "2000")

COMMANDS = {
    "ingest": ("ingest", "Data"),
    "cold-start": ("cold_start", "Data"),
    "sample": ("sample", "Data"),
    "general": ("general", "Data"),
    "verify": ("verify", "Data"),
    "filter": ("filter", "Data"),
    "review": ("review", "Data"),
    "build": ("build", "Data"),
    "select": ("select", "Data"),
    "make-tests": ("make_tests", "Data"),
    "make-pairs": ("make_pairs", "Data"),
    "export": ("export", "Hand over"),
    "export-model": ("export_model", "Hand over"),
    "push": ("push", "Hand over"),
    "pull": ("pull", "Hand over"),
    "train-sft": ("train_sft", "Train"),
    "train-rm": ("train_rm", "Train"),
    "train-grpo": ("train_grpo", "Train"),
    "distill": ("distill", "Train"),
    "serve-verdicts": ("serve_verdicts", "Train"),
    "miniature": ("miniature", "Recipes"),
    "run": ("run", "Recipes"),
    "plan": ("plan", "Recipes"),
    "report": ("report", "Recipes"),
    "ablate": ("ablate", "Recipes"),
    "eval": ("eval", "Look"),
    "view": ("view", "Look"),
    "inspect": ("inspect", "Look"),
    "why": ("why", "Look"),
    "cat": ("cat", "Look"),
    "diff": ("diff", "Look"),
    "check": ("check", "Look"),
    "gc": ("gc", "Look"),
    "template": ("template", "Look"),
    "doctor": ("doctor", "Look"),
}
"""Name of a command → its module here, and the panel of `--help` that lists it."""

TERMINATED = 143
_FULL = "; what is committed is kept: make room and run the same command again"
_READ_ONLY = "; choose a place that may be written to, or change its permissions"
REMEDIES = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EROFS: _READ_ONLY,
    errno.EACCES: _READ_ONLY,
    errno.ENOTDIR: "; datasets are folders: check the path, or make one of a data file with `r1 ingest FILE -o DS`",
}
"""The remedy for an operating system error."""


def _show_version(flag: bool) -> None:
    if flag:
        typer.echo(f"r1 {PACKAGE_VERSION}")
        raise typer.Exit


def _global_options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Questions in, a reasoning model out: the DeepSeek-R1 recipe, one command per step."""


@functools.cache
def application(command: str | None = None) -> typer.Typer:
    """The program, with one of its commands or with all of them: one alone starts in half the time."""
    program = typer.Typer(
        name="r1",
        cls=Program,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )
    program.callback()(_global_options)
    for name in [command] if command else COMMANDS:
        file, panel = COMMANDS[name]
        module = importlib.import_module(f"{__name__}.{file}")
        if hasattr(module, "group"):
            program.add_typer(module.group, name=name, rich_help_panel=panel)
        else:
            # A command whose help ends with lists of its own has a class for it.
            command_class = getattr(module, "Help", RegistryCommand)
            program.command(name, cls=command_class, rich_help_panel=panel)(module.command)
    return program


def __getattr__(name: str) -> Any:
    """`app`: the program with all its commands."""
    # Made when it is asked for: importing this package must not import every command (`benchmarks.startup`).
    if name == "app":
        return application()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def main() -> None:
    """Entry point of `r1`."""
    sys.exit(invoke(sys.argv[1:]))


def invoke(arguments: list[str]) -> int:
    """Runs one command line and returns its exit code."""
    with clean_streams():
        return _invoke(arguments)


def _invoke(arguments: list[str]) -> int:
    import_pandas_on_demand()
    kept: list[str] = []
    try:
        with _terminable():
            app = application(next((name for name in arguments[:1] if name in COMMANDS), None))
            code = app(arguments, prog_name="r1", standalone_mode=False)
    except SystemExit as end:
        code, kept = end.code, _notes(end)
    except KeyboardInterrupt as interrupt:
        code, kept = INTERRUPTED, _notes(interrupt)
    except R1Error as error:
        return _say(_without_secrets("; ".join([str(error), *_notes(error)]), arguments), 1)
    except ModuleNotFoundError as error:
        from r1data.runtime.extras import missing_package

        if line := missing_package(error):
            return _say(line, 1)
        sys.stderr.write(redact(traceback.format_exc()))
        return 1
    except BrokenPipeError:
        # Python flushes stdout when it ends, and would meet the broken pipe a second time, with a message of its own.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        remedy = REMEDIES.get(error.errno or 0, "")
        return _say(f"{error.filename or 'the system'}: {error.strerror or error}{remedy}", 1)
    except UnicodeEncodeError as error:
        # Bytes of a name or an argument that are no UTF-8 are halves of surrogate pairs in Python.
        text = error.object[max(0, error.start - 20) : error.end + 20]
        return _say(f"…{text}…: not UTF-8, which names and values are written in; rename or mend it", 1)
    except Exception as error:  # noqa: BLE001  a bug: the full traceback, with keys redacted
        # A usage error has this method, whichever of typer's versions, with click beside or inside, it comes from.
        if hasattr(error, "format_message"):
            return _usage(error, arguments)
        sys.stderr.write(redact(traceback.format_exc()))
        return 1
    code = code if isinstance(code, int) else 0
    # For the steps of a recipe the parent process prints the message.
    is_main = multiprocessing.parent_process() is None
    if is_main and code in (INTERRUPTED, TERMINATED):
        word = "interrupted" if code == INTERRUPTED else "terminated"
        left = kept or ["what is committed is kept, the same command goes on from there"]
        _say("; ".join([word, *left]), code)
    return code


def _notes(error: BaseException) -> list[str]:
    """What the code that was interrupted says of what it kept."""
    return list(getattr(error, "__notes__", ()))


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM, as a scheduler sends it, ends a command like Ctrl-C; a second one ends it immediately."""

    def end(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        raise SystemExit(TERMINATED)

    # Python lets the main thread alone set handlers.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _usage(error: Any, arguments: list[str]) -> int:
    """A usage error in one line; the value of an option that holds a key is not repeated."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return int(error.exit_code)
    context = getattr(error, "ctx", None)
    help = f"; see {context.command_path} --help" if context else ""
    message = _without_secrets(console.usage_text(error.format_message()), arguments)
    return _say(message.rstrip(".") + help, int(error.exit_code))


def _without_secrets(message: str, arguments: list[str]) -> str:
    """`message` with the keys among the arguments redacted."""
    for secret in on_command_line(arguments):
        message = message.replace(secret, HIDDEN)
    return message


def _say(message: str, code: int) -> int:
    sys.stderr.write(f"r1: {one_line(redact(message))}\n")
    return code
