"""Sampling: every prompt n rows, the same rows however often it is interrupted."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from r1data.cli import invoke

from r1data.data.dataset import Dataset
from r1data.data.source import open_source
from r1data.engines.base import Completion, EngineOptions, Request, Sampling
from r1data.engines.models import load_tokenizer
from r1data.errors import RowsLost, UserError
from r1data.sampling.parts import Renderer
from r1data.sampling.plan import SamplingPlan
from r1data.sampling.sample import preview, refuse_failed, sample
from r1data.sampling.scheduler import run_parts
from tests import tiny

OPTIONS = EngineOptions(threads=1, device="cpu")
PROMPTS = [{"prompt": f"{i}+{i % 9}=", "truth": str(i + i % 9)} for i in range(20)]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.build(tmp_path_factory.mktemp("model"))


@pytest.fixture
def prompts(write_jsonl: Callable[..., Path]) -> Path:
    return write_jsonl(PROMPTS)


def plan(model: Path, **other: object) -> SamplingPlan:
    settings = {"n": 3, "sampling": Sampling(max_tokens=12), "template": "plain", "part_rows": 12, **other}
    return SamplingPlan(str(model), **settings)  # type: ignore[arg-type]


def rows(dataset: Path) -> list[dict[str, object]]:
    return pa.concat_tables(shard.table() for shard in Dataset(dataset).shards()).to_pylist()


def test_each_prompt_gets_n_rows_with_its_columns_before_them(
    model: Path, prompts: Path, tmp_path: Path
) -> None:
    summary = sample(open_source(str(prompts)), str(tmp_path / "out"), plan(model), OPTIONS)
    made = rows(tmp_path / "out")
    assert summary.rows == len(made) == 60 and summary.shards == 5
    assert [r["sample_index"] for r in made] == [0, 1, 2] * 20
    assert [r["prompt"] for r in made[::3]] == [p["prompt"] for p in PROMPTS]
    assert all(
        r["truth"] == PROMPTS[i // 3]["truth"] and r["engine"] == "transformers" for i, r in enumerate(made)
    )
    assert json.loads(str(made[0]["sampling"]))["template"] == "plain"


def test_an_interrupted_run_goes_on_with_the_same_rows(model: Path, prompts: Path, tmp_path: Path) -> None:
    whole = sample(open_source(str(prompts)), str(tmp_path / "whole"), plan(model), OPTIONS)
    calls = []

    def interrupted(table: pa.Table) -> pa.Table:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return table

    with pytest.raises(KeyboardInterrupt):
        sample(open_source(str(prompts)), str(tmp_path / "cut"), plan(model), OPTIONS, stage=interrupted)
    assert len(rows(tmp_path / "cut")) == 24
    assert (
        sample(open_source(str(prompts)), str(tmp_path / "cut"), plan(model), OPTIONS).digest == whole.digest
    )


def test_a_finished_dataset_loads_no_model(
    model: Path, prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = sample(open_source(str(prompts)), str(tmp_path / "out"), plan(model), OPTIONS)
    monkeypatch.setattr("r1data.sampling.sample.load_engine", None)
    monkeypatch.setattr("r1data.sampling.continuation.load_tokenizer", None)
    assert sample(open_source(str(prompts)), str(tmp_path / "out"), plan(model), OPTIONS) == first


def test_rows_do_not_depend_on_the_size_of_shards(model: Path, prompts: Path, tmp_path: Path) -> None:
    for size in (12, 60):
        sample(open_source(str(prompts)), str(tmp_path / str(size)), plan(model, part_rows=size), OPTIONS)
    assert rows(tmp_path / "12") == rows(tmp_path / "60")


@pytest.mark.parametrize(
    "other", [{"seed": 1}, {"n": 2}, {"sampling": Sampling(temperature=0.5, max_tokens=12)}]
)
def test_other_arguments_into_the_same_folder_are_refused(
    model: Path, prompts: Path, tmp_path: Path, other: dict[str, object]
) -> None:
    sample(open_source(str(prompts)), str(tmp_path / "out"), plan(model), OPTIONS)
    with pytest.raises(UserError, match="choose another -o"):
        sample(open_source(str(prompts)), str(tmp_path / "out"), plan(model, **other), OPTIONS)


def test_a_retrained_model_in_the_same_folder_is_refused(prompts: Path, tmp_path: Path) -> None:
    folder = tiny.build(tmp_path / "model")
    sample(open_source(str(prompts)), str(tmp_path / "out"), plan(folder), OPTIONS)
    tiny.build(folder, seed=1)
    with pytest.raises(UserError, match="weights"):
        sample(open_source(str(prompts)), str(tmp_path / "out"), plan(folder), OPTIONS)


def test_a_prompt_without_room_is_a_row_that_says_so_each_time(
    model: Path, write_jsonl: Callable[..., Path], tmp_path: Path
) -> None:
    long = str(write_jsonl([*PROMPTS[:2], {"prompt": "1+" * 200, "truth": "1"}]))
    for _ in range(2):
        summary = sample(open_source(long), str(tmp_path / "out"), plan(model), OPTIONS)
        assert summary.rows == 9 and summary.details["failed"] == 3
        with pytest.raises(RowsLost, match="3 rows failed"):
            refuse_failed(summary)
    bad = rows(tmp_path / "out")[-1]
    assert bad["finish_reason"] == "error" and "context" in json.loads(str(bad["sampling"]))["error"]


def test_what_the_template_writes_of_a_response_is_part_of_it(prompts: Path, tmp_path: Path) -> None:
    folder = tiny.build(tmp_path / "model")
    tokenizer = load_tokenizer(folder)
    tokenizer.chat_template = "{% for m in messages %}{{ m.content }}{% endfor %}{{ '<think>\n' }}"
    tokenizer.save_pretrained(folder)
    sample(open_source(str(prompts)), str(tmp_path / "out"), plan(folder, template="auto"), OPTIONS)
    made = rows(tmp_path / "out")
    assert all(str(r["response"]).startswith("<think>\n") and r["reasoning"] is not None for r in made)


SWITCHED = (
    "{% for m in messages %}{{ m.content }}{% endfor %}"
    "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}"
)


def test_thinking_is_turned_off_by_the_template_s_switch_and_recorded(prompts: Path, tmp_path: Path) -> None:
    folder = tiny.build(tmp_path / "model")
    tokenizer = load_tokenizer(folder)
    tokenizer.chat_template = SWITCHED
    tokenizer.save_pretrained(folder)
    lengths = {}
    for thinking in ("on", "off"):
        place = str(tmp_path / thinking)
        sample(open_source(str(prompts)), place, plan(folder, template="auto", thinking=thinking), OPTIONS)
        (lengths[thinking],) = {row["prompt_tokens"] for row in rows(Path(place)) if row["prompt"] == "0+0="}
        assert {json.loads(str(row["sampling"]))["thinking"] for row in rows(Path(place))} == {thinking}
    block = tokenizer("<think>\n\n</think>\n\n", add_special_tokens=False)["input_ids"]
    assert lengths["off"] - lengths["on"] == len(block)


def test_a_template_without_a_switch_refuses_to_turn_thinking_off(
    model: Path, prompts: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="no switch for thoughts"):
        sample(
            open_source(str(prompts)),
            str(tmp_path / "out"),
            plan(model, template="auto", thinking="off"),
            OPTIONS,
        )


def test_samples_are_no_prompts(model: Path, write_jsonl: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="needs prompt"):
        preview(open_source(str(write_jsonl([{"prompt": "p", "response": "r"}]))), plan(model))


class Reversed:
    """Reads all requests of a call, then answers from the last to the first."""

    name, exact = "reversed", False

    def generate(self, requests: Iterable[Request], sampling: Sampling) -> Iterator[tuple[int, Completion]]:
        for index, request in reversed(list(enumerate(requests))):
            yield index, Completion(request.id, [1], "stop", 1, 1)


def test_completions_in_any_order_find_their_rows(model: Path) -> None:
    renderer = Renderer(str(model), "plain", None, 2, 0)
    table = pa.table({"prompt_id": ["a", "b"], "prompt": ["1", "2"], "system": pa.nulls(2, pa.string())})
    parts = (renderer.part(name, (), table) for name in ("one", "two"))
    done = list(run_parts(Reversed(), parts, Sampling(), lambda completion: None))
    assert [part.name for part in done] == ["two", "one"]
    for part in done:
        assert [part.completions[i].text for i in range(4)] == ["a/0", "a/1", "b/0", "b/1"]


def test_what_arrived_before_a_pipe_broke_is_finished_first(model: Path) -> None:
    renderer = Renderer(str(model), "plain", None, 1, 0)
    table = pa.table({"prompt_id": ["a"], "prompt": ["1"], "system": pa.nulls(1, pa.string())})

    def broken() -> Iterator[object]:
        yield renderer.part("one", (), table)
        raise RowsLost("the pipe broke")

    found = run_parts(Reversed(), broken(), Sampling(), lambda completion: None)  # type: ignore[arg-type]
    assert next(found).name == "one"
    with pytest.raises(RowsLost):
        next(found)


def test_eval_prints_its_scores_and_does_nothing_the_second_time(
    model: Path, prompts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "scores"
    line = ["eval", prompts, "--model", model, "-o", out, "-k", 4, "--max-tokens", 8, "--template", "plain"]
    told = []
    for _ in range(2):
        assert invoke([*map(str, line), "--threads", "1", "--json"]) == 0
        told.append(json.loads(capsys.readouterr().out.splitlines()[-1]))
    assert told[0] == told[1]
    assert {"pass@1", "pass@4", "cons@4", "format", "tokens"} <= told[0]["measures"].keys()
    assert len(list((out / "data").iterdir())) == 1


def test_a_dry_run_writes_nothing(model: Path, prompts: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert invoke(["sample", str(prompts), "-o", str(out), "--model", str(model), "--dry-run"]) == 0
    assert not out.exists()


def test_a_shard_of_full_responses_stays_bounded_in_bytes() -> None:
    long = SamplingPlan("m", sampling=Sampling(max_tokens=32_768))
    assert long.max_shard_rows == 512
    assert long.parameters()["part_rows"] == 512
    assert SamplingPlan("m", sampling=Sampling(max_tokens=4_096)).max_shard_rows == 2_048
