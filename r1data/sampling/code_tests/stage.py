"""The stage behind `r1 make-tests`: prompts in, the same prompts with a truth of tests out.

Rows are never lost: one for which no tests can be made keeps its null truth and says why in `tests_reason`; one that
has a truth is left as it is. Where a model writes the generators, it is asked about the rows that need one and have
none; its responses are programs like any other and run in the sandbox; useless ones are a reason.
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
from r1data.sampling.code_tests.rows import NoTests, read_material
from r1data.sampling.strategy import with_columns
from r1data.sandbox.job import SandboxFailed

if TYPE_CHECKING:
    from r1data.data.source import Source
    from r1data.data.writer import Summary

REASON = "tests_reason"
GENERATORS = "generators"
"""Column of the generators that a model wrote, as a JSON list."""
VERIFIER = "code"
COUNTS = ("generated", "disagreeing", "exposing", "kept", "bad", "unexposed")
HAS_TRUTH = "has a truth already"
_COUNTS = b"r1.make-tests"


@dataclass(frozen=True, slots=True)
class MakeTestsSettings:
    """What decides the tests, besides the programs. The fields' names are recorded in commits.

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
            raise UserError(
                f"--min-agreement {self.agree}: one program always agrees with itself; give 2 or more"
            )


def run(
    source: "Source",
    out: str,
    settings: MakeTestsSettings,
    *,
    workers: int | None = None,
    executor: str = "local",
) -> "Summary":
    """Makes tests for every shard of a source of prompts that bring their generators.

    Raises UserError where no sandbox is available.
    """
    from r1data.data.commits import Command
    from r1data.runtime.stages import Output, run_stage

    stage = functools.partial(make_table, settings=settings)
    command = Command("make-tests", asdict(settings))
    outputs = {"tests": Output(out, "prompt", count)}
    return run_stage(source, outputs, stage, command=command, workers=workers, executor=executor)["tests"]


def preview(source: "Source", out: str, settings: MakeTestsSettings) -> dict[str, Any]:
    """What `run` would do, for `--dry-run`."""
    return {"source": source.uri, "rows": source.rows, "out": out, "model": None, **asdict(settings)}


def make_table(
    table: pa.Table,
    settings: MakeTestsSettings,
    generators: Sequence[Sequence[str] | str | None] | None = None,
) -> pa.Table:
    """The table with `truth` and `verifier` where tests could be made, `tests_reason` where not, rows in order.

    Args:
        generators: by row, what a model wrote, or why it wrote none; None: the row's own generators.

    Raises:
        NoIsolation: no sandbox that holds is available on this machine.
    """
    generator_lists = generators or [None] * len(table)
    prompts = table.to_pylist()
    rows = [
        _row(row, settings, row_generators)
        for row, row_generators in zip(prompts, generator_lists, strict=True)
    ]
    columns = {
        "verifier": [values.get("verifier") for values, _ in rows],
        "truth": [values.get("truth") for values, _ in rows],
        REASON: [values.get(REASON) for values, _ in rows],
    }
    if generators:
        columns[GENERATORS] = [
            json.dumps(row_generators) if isinstance(row_generators, list) else None
            for row_generators in generators
        ]
    table = with_columns(table, columns)
    counts = {name: sum(row_counts.get(name, 0) for _, row_counts in rows) for name in COUNTS}
    counts["left_as_they_are"] = sum(row.get("truth") is not None for row in prompts)
    counts["without_tests"] = columns["truth"].count(None)
    # A stage gives back a table and nothing else, so its counts travel in the table's metadata.
    return table.replace_schema_metadata({_COUNTS: json.dumps(counts).encode()})


def count(table: pa.Table) -> Mapping[str, float]:
    """A shard's counts for the summary: inputs generated, tests of each kind, prompts without any."""
    counts: dict[str, float] = json.loads((table.schema.metadata or {}).get(_COUNTS, b"{}"))
    return counts


def needs_generator(row: Mapping[str, Any]) -> bool:
    """Whether a model could help: the row has no truth and no generator of its own, and programs to go with one."""
    try:
        sources = read_material(row)
    except NoTests:
        return False
    return row.get("truth") is None and not sources.generators and bool(sources.good or sources.voting)


def _row(
    row: Mapping[str, Any], settings: MakeTestsSettings, row_generators: Sequence[str] | str | None
) -> tuple[dict[str, Any], dict[str, int]]:
    """The row's verifier, truth and reason, and its counts."""
    unchanged = {"verifier": row.get("verifier"), "truth": row.get("truth")}
    if row.get("truth") is not None:
        return {**unchanged, REASON: HAS_TRUTH}, {}
    counts: dict[str, int] = {}
    try:
        return {
            "verifier": VERIFIER,
            "truth": _truth(row, settings, row_generators, counts),
            REASON: None,
        }, counts
    except NoTests as error:
        return {**unchanged, REASON: str(error)[:300]}, counts
    except SandboxFailed as error:
        return {**unchanged, REASON: f"the sandbox failed: {error}"[:300]}, counts


def _truth(
    row: Mapping[str, Any],
    settings: MakeTestsSettings,
    row_generators: Sequence[str] | str | None,
    counts: dict[str, int],
) -> str:
    """The truth of a row. Raises NoTests; `counts` is filled as far as it went."""
    # What can be told from the row is refused before anything runs in the sandbox.
    sources = read_material(row)
    generators = sources.generators if row_generators is None else row_generators
    if not sources.good and settings.agree is None:
        raise NoTests("no known-good program" + (", and none may vote" if sources.voting else ""))
    if not sources.good and len(sources.voting) < (settings.agree or 0):
        raise NoTests(
            f"{len(sources.voting)} sampled programs, of which {settings.agree} would have to agree"
        )
    if isinstance(generators, str):
        raise NoTests(generators)
    if not generators:
        raise NoTests("no generator")
    generated = generate(generators, calls=sources.function is not None, most=settings.inputs)
    counts["generated"] = len(generated.inputs)
    if not generated.inputs:
        raise NoTests(f"no generator made inputs: {generated.complaint}")
    chosen = choose(sources, generated.inputs, most=settings.tests, agree=settings.agree)
    counts |= {
        "disagreeing": len(generated.inputs) - chosen.agreed_tests,
        "exposing": chosen.exposing,
        "kept": len(chosen.kept),
        "bad": chosen.bad if sources.good else 0,
        "unexposed": chosen.bad - chosen.exposed if sources.good else 0,
    }
    if not chosen.kept:
        raise NoTests(f"the programs agree on none of {len(generated.inputs)} inputs")
    return truth_of(sources, chosen, {**counts, "good": len(sources.good), "voting": len(sources.voting)})
