"""Stages that behave well, or kill their worker, for all tests of executors. Workers import them from here."""

import os
import random
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import pyarrow as pa

from r1data.data.commits import Command
from r1data.data.writer import Writer

COMMAND = Command("copy")


def make_source(path: Path, shards: int = 6, rows: int = 50) -> str:
    """A finished dataset of prompts whose ids count on from shard to shard."""
    with Writer.open(path, schema="prompt", command=Command("test"), announce=False) as writer:
        for number in range(shards):
            ids = [str(number * rows + row) for row in range(rows)]
            constant = {name: [name] * rows for name in ("domain", "language", "source")}
            writer.publish(f"part-{number}", pa.table({"prompt_id": ids, "prompt": ids, **constant}))
        writer.finish()
    return str(path)


def same(table: pa.Table) -> pa.Table:
    return table


def slow(table: pa.Table, seconds: float) -> pa.Table:
    time.sleep(seconds)
    return table


def count(table: pa.Table) -> Mapping[str, float]:
    return {"seen": len(table)}


def die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def die_once(table: pa.Table, marks: str) -> pa.Table:
    """Kills its worker the first time it meets half of the shards, drawn by their first row."""
    first = table["prompt_id"][0].as_py()
    mark = Path(marks, first)
    if random.Random(first).random() < 0.5 and not mark.exists():
        mark.touch()
        die()
    return table


def die_of(table: pa.Table, rows: tuple[str, ...]) -> pa.Table:
    """Kills its worker wherever one of these rows is."""
    if set(rows) & set(table["prompt_id"].to_pylist()):
        die()
    return table


def die_of_many(table: pa.Table, most: int) -> pa.Table:
    """Kills its worker where there are more rows than that, whichever they are."""
    if len(table) > most:
        die()
    return table


def exit_quietly(table: pa.Table, row: str) -> pa.Table:
    """Ends its worker as if all were well."""
    if row in table["prompt_id"].to_pylist():
        os._exit(0)
    return table


class Awkward(Exception):
    """Cannot be unpickled: its constructor wants two arguments and passes on one."""

    def __init__(self, what: str, where: str) -> None:
        super().__init__(f"{what} at {where}")


def fail(table: pa.Table, error: str) -> pa.Table:
    if error == "awkward":
        raise Awkward("bad", "line 1")
    if error == "full":
        raise OSError(28, "No space left on device", "/data/x")
    if error == "memory" and len(table):
        raise MemoryError
    if error == "memory":
        return table
    raise ValueError("a bug")


def chatty(table: pa.Table) -> pa.Table:
    os.write(1, b"noise\n")
    return table


def raise_at(table: pa.Table, rows: tuple[str, ...]) -> pa.Table:
    """Raises wherever one of these rows is."""
    if hit := set(rows) & set(table["prompt_id"].to_pylist()):
        raise ValueError(f"no use for {min(hit)}: \x1b[31m\nred")
    return table


def raise_or_die(table: pa.Table, raising: tuple[str, ...], deadly: tuple[str, ...]) -> pa.Table:
    """Raises wherever one of the first rows is, and kills its worker wherever one of the others is."""
    return die_of(raise_at(table, raising), deadly)


def raise_of_many(table: pa.Table, most: int) -> pa.Table:
    """Raises where there are more rows than that, whichever they are."""
    if len(table) > most:
        raise ValueError("too many")
    return table


class PanicException(BaseException):
    """As libraries in Rust raise it: no Exception."""


def panic_at(table: pa.Table, row: str) -> pa.Table:
    if row in table["prompt_id"].to_pylist():
        raise PanicException("index out of bounds")
    return table
