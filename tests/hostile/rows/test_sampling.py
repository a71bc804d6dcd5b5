"""Prompts and truncated samples from strangers: each row is sampled, or says why it is not; none stops the run."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from r1data.data.commits import Command
from r1data.data.dataset import Dataset
from r1data.data.schema import load_schema
from r1data.data.source import DatasetSource
from r1data.data.text import storable
from r1data.data.writer import Writer
from r1data.engines import base
from r1data.engines.base import Sampling
from r1data.evaluation.scores import score
from r1data.sampling.continue_truncated import Continue
from r1data.sampling.general import load_strategy
from r1data.sampling.plan import SamplingPlan
from r1data.sampling.sample import sample
from r1data.sampling.strategy import Strategy
from tests import tiny
from tests.hostile.rows import poisons
from tests.hostile.rows.stages import row, table
from tests.sampling.conftest import Dice

LONGEST = 20_000
"""Characters of a text here: a tokenizer takes minutes for megabytes."""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.build(tmp_path_factory.mktemp("model"))


@pytest.fixture(params=[True, False], ids=["exact", "streaming"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dice]:
    dice = Dice(exact=request.param)
    monkeypatch.setitem(base.ENGINES.built_in, "dice", base.Engine("dice", lambda model, options: dice))
    yield dice


def written(rows: pa.Table, folder: Path, schema: str) -> DatasetSource:
    with Writer.open(folder, schema=schema, command=Command("test"), announce=False) as writer:
        writer.publish("part-0", rows)
        writer.finish()
    return DatasetSource(str(folder))


def plan(model: Path, **other: Any) -> SamplingPlan:
    return SamplingPlan(
        str(model), sampling=Sampling(max_tokens=12), template="plain", engine="dice", **{"n": 2, **other}
    )


def texts(seed: int, in_ci: int) -> list[str]:
    some = itertools.islice(poisons.texts(seed), poisons.count(in_ci))
    return [storable(poison.value)[:LONGEST] for poison in some]


PROMPT_COLUMNS = [column.name for column in load_schema("prompt").columns]


@pytest.mark.parametrize("general", [False, True])
def test_each_prompt_gets_its_rows(model: Path, engine: Dice, tmp_path: Path, general: bool) -> None:
    values = texts(11, 52)
    rows = [
        row(number, **{("prompt", "system", "prompt_id", "language")[number % 4]: text})
        for number, text in enumerate(values)
    ]
    source = written(table(rows).select(PROMPT_COLUMNS), tmp_path / "prompts", "prompt")
    strategy: Strategy = load_strategy() if general else Strategy()
    schema = strategy.output_schema
    sample(
        source,
        str(tmp_path / "out"),
        plan(model),
        strategy=strategy,
        schema=schema,
        dropped=str(tmp_path / "no") if general else None,
    )
    outputs = [Dataset(tmp_path / name) for name in ("out", "no") if (tmp_path / name / ".r1").exists()]
    assert sum(output.rows for output in outputs) == 2 * len(values)


SETTINGS = (
    '{"continued": 5}', '{"max_tokens": []}', '{"seed": {}}', '{"seed": [1e400]}', '{"system": {"a": 1}}', "[" * 9_999,
    '{"continued": {"a": 1}}', '{"seed": "\\ud800"}', "null", "5", '"x"', '{"seed": NaN}',
)  # fmt: skip
"""What a stranger writes into the column `sampling` of a truncated row."""


def test_each_truncated_sample_goes_on_or_stays_as_it_is(model: Path, engine: Dice, tmp_path: Path) -> None:
    cut = {"finish_reason": "length", "model": "unknown", "prompt_tokens": None}
    rows = [row(number, **cut, sampling=settings) for number, settings in enumerate(SETTINGS)]
    rows += [row(number, **cut, response=text) for number, text in enumerate(texts(12, 26), 100)]
    rows += [row(90), row(91, **cut)]
    source = written(table(rows), tmp_path / "samples", "sample")
    one = plan(model, n=1)
    strategy = Continue(one, anyway=True)
    sample(source, str(tmp_path / "out"), one, strategy=strategy, schema="sample")
    result = {each["prompt_id"]: each for each in Dataset(tmp_path / "out").table().to_pylist()}
    assert len(result) == len(rows)
    assert result["p90"]["response"] == row(90)["response"]
    assert result["p91"]["response"] != row(91)["response"]
    assert json.loads(result["p91"]["sampling"])["continued"]


def test_a_strategy_that_raises_on_a_prompt_costs_that_prompts_rows(
    model: Path, engine: Dice, tmp_path: Path
) -> None:
    class Odd(Strategy):
        def requests(self, row: Any) -> Any:
            if row["prompt_id"] == "p3":
                raise KeyError("\x1b[31mno\nsuch")
            return super().requests(row)

    source = written(
        table([row(number) for number in range(9)]).select(PROMPT_COLUMNS), tmp_path / "prompts", "prompt"
    )
    summary = sample(source, str(tmp_path / "out"), plan(model), strategy=Odd())
    assert summary.details["failed"] == 2
    for each in Dataset(tmp_path / "out").table().to_pylist():
        settings = json.loads(each["sampling"])
        assert (each["finish_reason"] == "error") is (each["prompt_id"] == "p3") is ("error" in settings)
        assert settings.get("error", "KeyError").isprintable() and "KeyError" in settings.get(
            "error", "KeyError"
        )


def test_scores_of_1000_rows_with_a_poisoned_one() -> None:
    clean = [row(number) for number in range(200)]
    for number, text in enumerate(texts(13, 26)):
        column = ("response", "reasoning", "prompt", "language", "verdict", "extracted", "finish_reason")[
            number % 7
        ]
        scores = score(table([*clean, row(200, **{column: text})]))
        assert scores.samples == 201 and scores.measures["pass@1"].value == 1.0
