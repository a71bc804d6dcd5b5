"""Generators written by a model (R1 App. B.3.2), as a sampling strategy.

The paper does not give the model's prompt; the texts are ours (`prompts/texts/make-tests…`). A response counts as a
generator if it holds a program, as any answer does; whether that makes inputs shows when it runs.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from r1data.data.schema import Row, load_schema
from r1data.data.source import Source
from r1data.data.writer import Summary
from r1data.engines.base import EngineOptions
from r1data.errors import RowsLost
from r1data.sampling.code_tests.rows import NoTests, read_material
from r1data.sampling.code_tests.stage import REASON, MakeTestsSettings, count, make_table, needs_generator
from r1data.sampling.cold_start.texts import fill, load
from r1data.sampling.plan import SamplingPlan
from r1data.sampling.sample import preview as preview_sampling
from r1data.sampling.sample import sample
from r1data.sampling.strategy import KEPT, PromptRequest, Strategy
from r1data.verifiers.code.program import ExtractedProgram, extract_program
from r1data.verifiers.verdict import Verdict

NEEDS = ("{prompt}", "def inputs(seed)")
_POSITION, _CALLS = "_r1_place", "_r1_calls"
COMMAND = "make-tests"


def run(
    source: Source,
    out: str,
    plan: SamplingPlan,
    settings: MakeTestsSettings,
    options: EngineOptions | None = None,
) -> Summary:
    """Has a model write generators and makes tests with them, a shard at a time.

    Raises:
        UserError: the model or the source will not do, or no sandbox is available.
        RowsLost: the input pipe broke off; what arrived is committed.
    """
    return sample(source, out, plan, options, command=COMMAND, schema="prompt", strategy=Generators(settings))


def preview(source: Source, plan: SamplingPlan, settings: MakeTestsSettings) -> dict[str, Any]:
    """What `run` would do. Loads no weights and uses no network."""
    return preview_sampling(source, plan, Generators(settings), COMMAND)


def refuse_failed(summary: Summary) -> None:
    """Raise RowsLost where requests failed; the rows are there, each with its reason."""
    failed = int(summary.details.get("failed", 0))
    if failed:
        raise RowsLost(
            f"{summary.dataset}: {failed} requests failed; the rows are kept, the reason is in {REASON}: shorten "
            "those prompts, or use a model with a longer context"
        )


class Generators(Strategy):
    """Asks for generators; the output are the prompts with their tests."""

    columns_read = ("prompt_id", "prompt", "system", "language", _CALLS)
    retries_failures = False

    def __init__(self, settings: MakeTestsSettings) -> None:
        self.settings = settings
        self.texts = {
            calls: load("make-tests-calls" if calls else "make-tests", [], NEEDS) for calls in (False, True)
        }

    def parameters(self) -> dict[str, Any]:
        digests = {"calls" if calls else "stdin": text.digests() for calls, text in self.texts.items()}
        return {**asdict(self.settings), "texts": digests}

    def partition(self, rows: pa.Table) -> tuple[pa.Table, pa.Table | None]:
        """Only rows without a generator are sampled."""
        row_list = rows.to_pylist()
        rows = rows.append_column(_POSITION, pa.array(range(len(rows)), pa.int32()))
        rows = rows.append_column(_CALLS, pa.array([_calls(row) for row in row_list], pa.bool_()))
        is_asked = pa.array([needs_generator(row) for row in row_list], pa.bool_())
        return rows.filter(is_asked), rows.filter(pc.invert(is_asked))

    def requests(self, row: Row) -> Sequence[PromptRequest]:
        text = self.texts[row[_CALLS]].of(row["language"])
        return [PromptRequest(fill(text, {"prompt": row["prompt"]}), row["system"], {"method": "make-tests"})]

    def outputs(self, sampled: pa.Table, unsampled: pa.Table | None) -> dict[str, pa.Table]:
        prompt_columns = load_schema("prompt").names
        added = [column.name for column in load_schema("sample").columns if column.name not in prompt_columns]
        responses: dict[int, list[Row]] = {}
        first_rows = []
        for number, row in enumerate(sampled.select([_POSITION, *added]).to_pylist()):
            if row[_POSITION] not in responses:
                first_rows.append(number)
            responses.setdefault(row[_POSITION], []).append(row)
        # One row a prompt again: that of its first sample, without what sampling added.
        prompts = sampled.take(pa.array(first_rows, pa.int64())).drop_columns(added)
        whole = (
            prompts
            if unsampled is None
            else pa.concat_tables([prompts, unsampled], promote_options="default")
        )
        whole = whole.sort_by(_POSITION)
        responses_by_row = [responses.get(position) for position in whole[_POSITION].to_pylist()]
        generators = [None if rows is None else _extract_generators(rows) for rows in responses_by_row]
        return {KEPT: make_table(whole.drop_columns([_POSITION, _CALLS]), self.settings, generators)}

    def counts(self, outputs: Mapping[str, pa.Table]) -> Mapping[str, float]:
        return count(outputs[KEPT])


def _extract_generators(responses: Sequence[Row]) -> list[str] | str:
    """The generators among the responses to a row, or why there is none."""
    extracted = [extract_program(row["response"], "python") for row in responses]
    programs = [item.source for item in extracted if isinstance(item, ExtractedProgram)]
    if programs:
        return programs
    if responses[0]["finish_reason"] == "error":
        return f"the request failed: {json.loads(responses[0]['sampling']).get('error')}"
    return f"the model wrote no generator: {next(item.reason for item in extracted if isinstance(item, Verdict))}"


def _calls(row: Mapping[str, Any]) -> bool:
    try:
        return read_material(row).function is not None
    except NoTests:
        return False
