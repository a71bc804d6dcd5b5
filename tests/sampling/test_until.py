"""`--until`: what a prompt gets follows from its own responses, whatever the engine, the order and other prompts."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from r1data.data.dataset import Dataset
from r1data.data.source import open_source
from r1data.data.writer import Summary
from r1data.engines.base import EngineOptions
from r1data.sampling.plan import SamplingPlan
from r1data.sampling.sample import preview, sample
from r1data.sampling.until import StoppingRule
from tests.sampling.conftest import PROMPTS, Dice, Row, plan, rows

RULE = StoppingRule(1, 8, 2)
Play = Callable[..., Dice]


def until(model: Path, prompts: str, out: Path, **other: object) -> Summary:
    settings: SamplingPlan = plan(model, **{"until": RULE, **other})
    return sample(open_source(prompts), str(out), settings, EngineOptions(threads=1, device="cpu"))


def of_prompt(samples: list[Row]) -> dict[object, list[tuple[object, ...]]]:
    by_prompt: dict[object, list[tuple[object, ...]]] = {}
    for row in samples:
        sample = tuple(row[name] for name in ("sample_index", "response", "verdict"))
        by_prompt.setdefault(row["prompt"], []).append(sample)
    return by_prompt


def test_a_prompt_stops_with_the_round_that_holds_its_correct_response(
    model: Path, prompts: str, tmp_path: Path, play: Play
) -> None:
    play()
    summary = until(model, prompts, tmp_path / "out")
    for drawn in of_prompt(rows(tmp_path / "out")).values():
        assert [index for index, *_ in drawn] == list(range(len(drawn)))
        verdicts = [verdict for *_, verdict in drawn]
        assert "correct" not in verdicts[:-2] and ("correct" in verdicts[-2:] or len(drawn) == 8)
    endings = [summary.details[f"prompts_{name}"] for name in ("enough", "given_up", "all")]
    assert sum(endings) == len(PROMPTS) and endings[0] > 6
    assert summary.rows + summary.details["not_drawn"] == 8 * len(PROMPTS)


def test_rows_are_those_of_a_plain_run_as_far_as_they_go(
    model: Path, prompts: str, tmp_path: Path, play: Play
) -> None:
    play()
    until(model, prompts, tmp_path / "out")
    sample(open_source(prompts), str(tmp_path / "plain"), plan(model))
    whole = {(r["prompt_id"], r["sample_index"]): r["response"] for r in rows(tmp_path / "plain")}
    samples = rows(tmp_path / "out")
    assert all(whole[r["prompt_id"], r["sample_index"]] == r["response"] for r in samples)
    right = {key[0] for key, response in whole.items() if response == r"\boxed{1}"}
    assert {r["prompt_id"] for r in samples if r["verdict"] == "correct"} == right


@pytest.mark.parametrize(
    "other", [{"exact": True}, {"together": 1}, {"together": 50}, {"exact": True, "together": 3}]
)
def test_neither_the_engine_nor_its_order_matters(
    model: Path, prompts: str, tmp_path: Path, play: Play, other: dict[str, object]
) -> None:
    play()
    first = until(model, prompts, tmp_path / "first")
    play(**other)
    assert until(model, prompts, tmp_path / "second").digest == first.digest


def test_other_prompts_and_the_size_of_shards_do_not_matter(
    model: Path, prompts: str, tmp_path: Path, play: Play, write_jsonl: Callable[..., Path]
) -> None:
    play()
    until(model, prompts, tmp_path / "all")
    some = str(write_jsonl(PROMPTS[3:7], "some.jsonl"))
    until(model, some, tmp_path / "some", part_rows=8)
    whole, part = of_prompt(rows(tmp_path / "all")), of_prompt(rows(tmp_path / "some"))
    assert part == {prompt: whole[prompt] for prompt in part} and len(part) == 4


def test_an_interrupted_run_goes_on_with_the_same_rows(
    model: Path, prompts: str, tmp_path: Path, play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    play()
    whole = until(model, prompts, tmp_path / "whole", part_rows=16)
    engine = play(exact=True)
    throw = engine.generate

    def broken(*arguments: object) -> object:
        for completion in throw(*arguments):  # type: ignore[arg-type]
            if len(engine.asked) == 30:
                raise KeyboardInterrupt
            yield completion

    monkeypatch.setattr(engine, "generate", broken)
    with pytest.raises(KeyboardInterrupt):
        until(model, prompts, tmp_path / "cut", part_rows=16)
    assert 0 < len(Dataset(tmp_path / "cut").entries) < whole.shards
    play()
    assert until(model, prompts, tmp_path / "cut", part_rows=16).digest == whole.digest


def test_the_engine_stays_full_as_long_as_there_are_new_prompts(
    model: Path, prompts: str, tmp_path: Path, play: Play
) -> None:
    engine = play(together=4)
    until(model, prompts, tmp_path / "out", part_rows=8)
    assert engine.begun_when_first_short == len(PROMPTS)
    assert len(engine.asked) == len(rows(tmp_path / "out"))


def test_a_hopeless_prompt_is_given_up_and_says_so(
    model: Path, prompts: str, tmp_path: Path, play: Play
) -> None:
    play(sides=10**9)
    rule = StoppingRule(1, 40, 10, worth=0.2)
    assert rule.earliest() == 20
    summary = until(model, prompts, tmp_path / "out", until=rule, n=40)
    assert summary.details["prompts_given_up"] == 12 and summary.rows == 12 * 20
    assert {json.loads(str(r["sampling"]))["ended"] for r in rows(tmp_path / "out")} == {"given_up"}


def test_a_prompt_that_nobody_can_judge_gets_all(
    model: Path, tmp_path: Path, play: Play, write_jsonl: Callable[..., Path]
) -> None:
    play()
    unknown = str(write_jsonl([{"prompt": "a"}, {"prompt": "b", "truth": "1"}]))
    summary = until(model, unknown, tmp_path / "out", until=StoppingRule(1, 8, 2, worth=0.9))
    samples = of_prompt(rows(tmp_path / "out"))
    assert len(samples["a"]) == 8 and {verdict for *_, verdict in samples["a"]} == {"unverifiable"}
    assert summary.details["prompts_all"] >= 1


def test_a_prompt_that_is_too_long_is_an_error_in_all_its_rows(
    model: Path, tmp_path: Path, write_jsonl: Callable[..., Path]
) -> None:
    long = str(write_jsonl([{"prompt": "1+" * 200, "truth": "1"}]))
    summary = until(model, long, tmp_path / "out", engine="transformers")
    assert summary.rows == summary.details["failed"] == 8


def test_the_rule_is_part_of_what_decides_the_rows(model: Path, prompts: str, play: Play) -> None:
    play()
    shown_plan = preview(
        open_source(prompts), plan(model, until=StoppingRule(2, 64, 16), n=64, engine="transformers")
    )
    assert (shown_plan["until"], shown_plan["round"], shown_plan["worth"], shown_plan["give_up"]) == (
        2,
        16,
        0.1,
        0.05,
    )
    assert shown_plan["gives_up_after"] == 48


def test_verdicts_are_those_of_the_rows_own_verifiers(
    model: Path, tmp_path: Path, play: Play, write_jsonl: Callable[..., Path]
) -> None:
    play(sides=1)
    prompts = str(write_jsonl([{"prompt": "a", "truth": "1", "verifier": v} for v in ("math", "exact")]))
    until(model, prompts, tmp_path / "out")
    table = pa.concat_tables(Dataset(tmp_path / "out").tables())
    assert {v.split("/")[0] for v in table["verifier_version"].to_pylist()} == {"math", "exact"}
