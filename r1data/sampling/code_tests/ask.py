"""Generators written by a model (R1 App. B.3.2), through the machinery of sampling.

The paper does not say what the model is asked; the texts are ours (`prompts/texts/make-tests…`). A response counts as a
generator if it holds a program as any answer does; whether that makes inputs shows when it runs.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from r1data.data.schema import load_schema
from r1data.data.source import Source
from r1data.data.writer import Summary
from r1data.engines.base import EngineOptions
from r1data.errors import RowsLost
from r1data.sampling import sample
from r1data.sampling.code_tests.rows import NoTests, given
from r1data.sampling.code_tests.stage import REASON, Settings, count, make_table, needs_generator
from r1data.sampling.cold_start.texts import fill, load
from r1data.sampling.plan import Plan
from r1data.sampling.strategy import KEPT, Asked, Method, Row
from r1data.verifiers.code.program import Extracted, program
from r1data.verifiers.verdict import Verdict

NEEDS = ("{prompt}", "def inputs(seed)")
_PLACE, _CALLS = "_r1_place", "_r1_calls"


COMMAND = "make-tests"


def run(
    source: Source, out: str, plan: Plan, settings: Settings, options: EngineOptions | None = None
) -> Summary:
    """Has a model write generators, and makes tests, a shard at a time.

    Raises:
        UserError: the model or the source will not do, or no isolation can be had.
        RowsLost: the pipe it reads from broke off; what arrived is committed.
    """
    return sample.sample(
        source, out, plan, options, command=COMMAND, schema="prompt", method=Generators(settings)
    )


def preview(source: Source, plan: Plan, settings: Settings) -> dict[str, Any]:
    """What `run` would do. Loads no weights and asks no network."""
    return sample.preview(source, plan, Generators(settings), COMMAND)


def refuse_failed(summary: Summary) -> None:
    """Raise RowsLost where the model could not be asked; the rows are there, each with its reason."""
    failed = int(summary.details.get("failed", 0))
    if failed:
        raise RowsLost(
            f"{summary.dataset}: {failed} requests failed; the rows are kept, the reason is in {REASON}: shorten "
            "those prompts, or use a model with a longer context"
        )


class Generators(Method):
    """Asks for generators; what is written of a shard are its prompts with their tests."""

    reads = ("prompt_id", "prompt", "system", "language", _CALLS)
    owes = False

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.texts = {
            calls: load("make-tests-calls" if calls else "make-tests", [], NEEDS) for calls in (False, True)
        }

    def recorded(self) -> dict[str, Any]:
        digests = {"calls" if calls else "stdin": text.digests() for calls, text in self.texts.items()}
        return {**asdict(self.settings), "texts": digests}

    def choose(self, rows: pa.Table) -> tuple[pa.Table, pa.Table | None]:
        """Only rows for which a generator is missing are asked about."""
        found = rows.to_pylist()
        rows = rows.append_column(_PLACE, pa.array(range(len(rows)), pa.int32()))
        rows = rows.append_column(_CALLS, pa.array([_calls(row) for row in found], pa.bool_()))
        asked = pa.array([needs_generator(row) for row in found], pa.bool_())
        return rows.filter(asked), rows.filter(pc.invert(asked))

    def asked(self, row: Row) -> Sequence[Asked]:
        text = self.texts[row[_CALLS]].of(row["language"])
        return [Asked(fill(text, {"prompt": row["prompt"]}), row["system"], {"method": "make-tests"})]

    def made(self, sampled: pa.Table, aside: pa.Table | None) -> dict[str, pa.Table]:
        own = load_schema("prompt").names
        added = [column.name for column in load_schema("sample").columns if column.name not in own]
        responses: dict[int, list[Row]] = {}
        firsts = []
        for number, row in enumerate(sampled.select([_PLACE, *added]).to_pylist()):
            if row[_PLACE] not in responses:
                firsts.append(number)
            responses.setdefault(row[_PLACE], []).append(row)
        prompts = sampled.take(pa.array(firsts, pa.int64())).drop_columns(added)
        whole = prompts if aside is None else pa.concat_tables([prompts, aside], promote_options="default")
        whole = whole.sort_by(_PLACE)
        asked = [responses.get(place) for place in whole[_PLACE].to_pylist()]
        written = [None if rows is None else _written(rows) for rows in asked]
        return {KEPT: make_table(whole.drop_columns([_PLACE, _CALLS]), self.settings, written)}

    def counts(self, made: Mapping[str, pa.Table]) -> Mapping[str, float]:
        return count(made[KEPT])


def _written(responses: Sequence[Row]) -> list[str] | str:
    """The generators among the responses to a row, or why there is none."""
    found = [program(row["response"], "python") for row in responses]
    programs = [one.source for one in found if isinstance(one, Extracted)]
    if programs:
        return programs
    if responses[0]["finish_reason"] == "error":
        return f"the model was not asked: {json.loads(responses[0]['sampling']).get('error')}"
    return f"the model wrote no generator: {next(one.reason for one in found if isinstance(one, Verdict))}"


def _calls(row: Mapping[str, Any]) -> bool:
    try:
        return given(row).function is not None
    except NoTests:
        return False
