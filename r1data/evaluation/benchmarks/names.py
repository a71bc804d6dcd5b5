"""What an argument names: a benchmark, a benchmark with its questions in a place of the user's, or a dataset."""

from __future__ import annotations

import re
from pathlib import Path

from r1data.errors import UserError
from r1data.evaluation.benchmarks.entry import Benchmark
from r1data.evaluation.benchmarks.registry import BENCHMARKS

_NAME = re.compile(r"[\w.-]+", re.ASCII)


def parse(text: str) -> tuple[Benchmark, str] | None:
    """The benchmark that an argument names and where its questions are; None where it is the place of a dataset.

    Args:
        text: a name, `NAME=PLACE`, or what `open_source` takes.

    Raises:
        UserError: it looks like a name, alone or before `=`, and there is neither such a path nor such a benchmark.
    """
    name, equals, place = text.partition("=")
    if text == "-" or not _NAME.fullmatch(name) or Path(text).exists():
        return None
    if name in BENCHMARKS:
        return BENCHMARKS[name], place if equals else BENCHMARKS[name].uri
    # What has a dot was meant as a file: its reader says that it is not there.
    if "." in name:
        return None
    try:
        BENCHMARKS[name]
    except UserError as error:
        raise UserError(f"{text}: no such file or dataset, and {error}") from None
    return None


def place_of(text: str) -> str:
    """Where the questions of a name, of `NAME=PLACE` or of a path are. Raises UserError as `parse` does."""
    reference = parse(text)
    return reference[1] if reference else text


def of_benchmark(text: str, name: str | None) -> str:
    """`NAME=PLACE` where an argument is a place alone that holds a benchmark's questions.

    Args:
        text: the argument; one that names a benchmark itself stays as it is.
        name: the benchmark's; one that is not registered here changes nothing.

    Raises:
        UserError: as `parse` does.
    """
    return text if parse(text) or text == "-" or name not in BENCHMARKS else f"{name}={text}"
