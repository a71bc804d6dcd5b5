"""The stage behind `r1 make-tests`: prompts in, the same prompts with a truth of tests out.

Rows are never lost: one for which no tests can be made keeps its null truth and says why in `tests_reason`; one that
has a truth is left as it is. Where a model writes the generators, it is asked about the rows that need one and have
none; its responses are programs like any other, run in the sandbox, and garbage is a reason.
"""

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from r1data.errors import UserError
from r1data.sampling.code_tests.choice import choose, truth_of
from r1data.sampling.code_tests.inputs import generate
from r1data.sampling.code_tests.rows import Given, NoTests, given
from r1data.sandbox.job import SandboxFailed

if TYPE_CHECKING:
    from r1data.data.source import Source
    from r1data.data.writer import Summary

REASON = "tests_reason"
WRITTEN = "generators"
"""What a model wrote, as a JSON list."""
VERIFIER = "code"
COUNTED = ("generated", "disagreeing", "exposing", "kept", "bad", "unexposed")
HAS_TRUTH = "has a truth already"
_COUNTS = b"r1.make-tests"


@dataclass(frozen=True, slots=True)
class Settings:
    """What decides the tests, the programs apart.

    Attributes:
        inputs: generated for a prompt, at most.
        tests: kept because they expose something, at most.
        agree: sampled programs that must agree where none is known to be good; None: such rows get no tests.
    """

    inputs: int = 64
    tests: int = 32
    agree: int | None = None

    def __post_init__(self) -> None:
        if self.agree is not None and self.agree < 2:
            raise UserError(f"--agree {self.agree}: one program always agrees with itself; 2 or more")


def run(
    source: "Source", out: str, settings: Settings, *, workers: int | None = None, executor: str = "local"
) -> "Summary":
    """Makes tests for every shard of a source of prompts that bring their generators.

    Raises UserError where no isolation can be had.
    """
    from r1data.data.commits import Command
    from r1data.runtime.stages import Output, run_stage

    stage = functools.partial(make_table, settings=settings)
    command = Command("make-tests", asdict(settings))
    outputs = {"tests": Output(out, "prompt", count)}
    return run_stage(source, outputs, stage, command=command, workers=workers, executor=executor)["tests"]


def plan(source: "Source", out: str, settings: Settings) -> dict[str, Any]:
    """What `run` would do, for `--dry-run`."""
    return {"source": source.uri, "rows": source.rows, "out": out, "model": None, **asdict(settings)}


def make_table(
    table: pa.Table, settings: Settings, generators: Sequence[Sequence[str] | str | None] | None = None
) -> pa.Table:
    """The table with `truth` and `verifier` where tests could be made, `tests_reason` where not, rows in order.

    Args:
        generators: by row, what a model wrote, or why it wrote none; None leaves the row's own.

    Raises:
        NoIsolation: nothing that holds can be had here.
    """
    written = generators or [None] * len(table)
    rows = [_row(row, settings, own) for row, own in zip(table.to_pylist(), written, strict=True)]
    columns = {
        "verifier": [made.get("verifier") for made, _ in rows],
        "truth": [made.get("truth") for made, _ in rows],
        REASON: [made.get(REASON) for made, _ in rows],
    }
    if generators:
        columns[WRITTEN] = [json.dumps(own) if isinstance(own, list) else None for own in generators]
    for name, values in columns.items():
        table = _put(table, name, pa.array(values, pa.string()))
    counts = {name: sum(counted.get(name, 0) for _, counted in rows) for name in COUNTED}
    reasons = [made.get(REASON) for made, _ in rows]
    counts["left_as_they_are"] = reasons.count(HAS_TRUTH)
    counts["without_tests"] = sum(reason not in (None, HAS_TRUTH) for reason in reasons)
    return table.replace_schema_metadata({_COUNTS: json.dumps(counts).encode()})


def count(table: pa.Table) -> Mapping[str, float]:
    """What a summary says of a shard: inputs generated, tests of each kind, prompts without any."""
    counts: dict[str, float] = json.loads((table.schema.metadata or {}).get(_COUNTS, b"{}"))
    return counts


def needs_generator(row: Mapping[str, Any]) -> bool:
    """Whether a model could help: the row has no truth and no generator of its own, and programs to go with one."""
    try:
        found = given(row)
    except NoTests:
        return False
    return row.get("truth") is None and not found.generators and bool(found.good or found.voting)


def _row(
    row: Mapping[str, Any], settings: Settings, written: Sequence[str] | str | None
) -> tuple[dict[str, Any], dict[str, int]]:
    """The row's verifier, truth and reason, and what was counted."""
    same = {"verifier": row.get("verifier"), "truth": row.get("truth")}
    if row.get("truth") is not None:
        return {**same, REASON: HAS_TRUTH}, {}
    counts: dict[str, int] = {}
    try:
        return {"verifier": VERIFIER, "truth": _truth(row, settings, written, counts), REASON: None}, counts
    except NoTests as error:
        return {**same, REASON: str(error)[:300]}, counts
    except SandboxFailed as error:
        return {**same, REASON: f"the sandbox failed: {error}"[:300]}, counts


def _truth(
    row: Mapping[str, Any], settings: Settings, written: Sequence[str] | str | None, counts: dict[str, int]
) -> str:
    """The truth of a row. Raises NoTests; `counts` is filled as far as it went."""
    found = given(row)
    generators = found.generators if written is None else written
    _refuse_without_programs(found, settings)
    if isinstance(generators, str):
        raise NoTests(generators)
    if not generators:
        raise NoTests("no generator")
    made = generate(generators, calls=found.function is not None, most=settings.inputs)
    counts["generated"] = len(made.inputs)
    if not made.inputs:
        raise NoTests(f"no generator made inputs: {made.complaint}")
    chosen = choose(found, made.inputs, most=settings.tests, agree=settings.agree)
    counts |= {
        "disagreeing": len(made.inputs) - chosen.agreed,
        "exposing": chosen.exposing,
        "kept": len(chosen.kept),
        "bad": chosen.bad if found.good else 0,
        "unexposed": chosen.bad - chosen.exposed if found.good else 0,
    }
    if not chosen.kept:
        raise NoTests(f"the programs agree on none of {len(made.inputs)} inputs")
    return truth_of(found, chosen, {**counts, "good": len(found.good), "voting": len(found.voting)})


def _refuse_without_programs(found: Given, settings: Settings) -> None:
    if found.good:
        return
    if settings.agree is None:
        raise NoTests("no known-good program" + (", and none may vote" if found.voting else ""))
    if len(found.voting) < settings.agree:
        raise NoTests(f"{len(found.voting)} sampled programs, of which {settings.agree} would have to agree")


def _put(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    if name in table.column_names:
        return table.set_column(table.column_names.index(name), name, values)
    return table.append_column(name, values)
