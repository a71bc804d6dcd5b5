"""The command line that both experiments share, and how they end: one line for a mistake, Ctrl-C included."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from r1data.errors import UserError


def positive(text: str) -> int:
    """A whole number above 0."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: give a whole number above 0")
    return int(text)


def parser(description: str, name: str) -> argparse.ArgumentParser:
    """Options of both experiments."""
    options = argparse.ArgumentParser(
        prog=f"python -m recipes.experiments.{name}",
        description=description,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = options.add_argument
    add(
        "-o",
        "--out",
        type=Path,
        default=Path("runs") / name,
        help="folder for the results; none with files in it",
    )
    add(
        "--model",
        default="miniature:base",
        help="miniature:base, or a folder trained from it (r1 run miniature)",
    )
    add(
        "--seeds",
        type=positive,
        nargs="+",
        default=[1, 2, 3],
        help="each has questions and scorers of its own",
    )
    add("--questions", type=positive, default=150, help="of the test split, for each seed")
    add("--train-questions", type=positive, default=4_000, help="of the train split, for the scorers")
    add("--train-responses", type=positive, default=4, help="to each of them")
    add("--rollouts", type=positive, default=4, help="completions from a step, with --labels rollouts")
    add("--batch-tokens", type=positive, default=1_024, help="tokens of an optimizer step of the scorers")
    add("--threads", type=positive, default=1, help="of torch")
    return options


def new_folder(path: Path) -> Path:
    """The folder, made. Raises UserError where something is in it already, or it cannot be made."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        used = any(path.iterdir())
    except OSError as error:
        raise UserError(
            f"{path}: cannot be written to ({error.strerror}); give another folder with -o"
        ) from error
    if used:
        raise UserError(f"{path}: has files in it; remove them, or give another folder with -o")
    return path


def check_seeds(seeds: list[int]) -> None:
    """Raise UserError for a seed that is given twice: the same draw counted twice would narrow the intervals."""
    if len(set(seeds)) < len(seeds):
        raise UserError(f"--seeds {' '.join(map(str, seeds))}: one stands twice; give each once")


def finish(run: Callable[[], None]) -> int:
    """Run an experiment; the exit status."""
    try:
        run()
    except UserError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; nothing was written\n")
        return 130
    return 0
