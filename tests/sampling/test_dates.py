"""The day that a chat template writes into prompts is the dataset's."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from r1data.data.dataset import Dataset
from r1data.data.source import open_source
from r1data.engines.base import EngineOptions, Sampling
from r1data.engines.models import load_tokenizer
from r1data.errors import UserError
from r1data.sampling import dates
from r1data.sampling.plan import SamplingPlan
from r1data.sampling.sample import sample
from tests import tiny

TEMPLATE = "{{ strftime_now('%d.%m.%Y') }} {% for m in messages %}{{ m.content }}{% endfor %}"
OPTIONS = EngineOptions(threads=1, device="cpu")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tiny.build(tmp_path / "model")
    tokenizer = load_tokenizer(folder)
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    return folder


def plan(model: Path, **other: object) -> SamplingPlan:
    settings = {"n": 1, "sampling": Sampling(max_tokens=4), **other}
    return SamplingPlan(str(model), **settings)  # type: ignore[arg-type]


def test_a_dataset_keeps_the_day_on_which_it_began(
    model: Path, write_jsonl: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompts, out = str(write_jsonl([{"prompt": f"{i}+1="} for i in range(4)])), str(tmp_path / "out")
    monkeypatch.setattr(dates, "today", lambda: "2031-01-30")
    first = sample(open_source(prompts), out, plan(model), OPTIONS)
    monkeypatch.setattr(dates, "today", lambda: "2031-01-31")
    assert sample(open_source(prompts), out, plan(model), OPTIONS).rows == first.rows
    rows = pa.concat_tables(shard.table() for shard in Dataset(tmp_path / "out").shards()).to_pylist()
    assert {json.loads(row["sampling"])["date"] for row in rows} == {"2031-01-30"}


def test_a_dataset_that_recorded_no_day_goes_on_without(
    model: Path, write_jsonl: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompts, out = str(write_jsonl([{"prompt": "1+1="}])), str(tmp_path / "out")
    with monkeypatch.context() as earlier_release:
        earlier_release.setattr(dates, "today", lambda: None)
        first = sample(open_source(prompts), out, plan(model), OPTIONS)
    assert sample(open_source(prompts), out, plan(model), OPTIONS).rows == first.rows


def test_a_day_of_ones_own_is_taken_and_a_word_refused(model: Path, tmp_path: Path) -> None:
    assert dates.dated(plan(model, date="2024-07-26"), tmp_path / "out").date == "2024-07-26"
    with pytest.raises(UserError, match="YYYY-MM-DD"):
        plan(model, date="tomorrow")


def test_a_template_without_a_day_records_none(tmp_path: Path) -> None:
    folder = tiny.build(tmp_path / "model")
    assert "date" not in dates.dated(plan(folder), tmp_path / "out").parameters()
