"""refine: every row comes out, refined with the answer that it had or dropped with a reason."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from r1data.data.dataset import Dataset
from r1data.data.source import open_source
from r1data.data.writer import Summary
from r1data.errors import UserError
from r1data.sampling.cold_start.refine import REASONS
from r1data.sampling.cold_start.run import ColdStartSettings, load_strategy, run
from r1data.sampling.cold_start.texts import OutputLayout
from r1data.selection.drop_reasons import reasons as drop_reasons
from r1data.verifiers import registry
from r1data.verifiers.math.verifier import check as check_math
from r1data.verifiers.verdict import Case, Verdict, Verifier
from tests.sampling.cold_start.scripted import Row, Scripted, plan, rows, write

Script = Callable[..., Scripted]


def sample(name: str, response: str, **other: object) -> Row:
    same = {"language": "en", "domain": "math", "truth": "3", "verifier": "math", "model": "r1-zero"}
    return {
        "prompt_id": name,
        "prompt": f"{name}: 1+2?",
        "sample_index": 7,
        "response": response,
        **same,
        **other,
    }


def thought(text: str, answer: str = "\\boxed{3}") -> str:
    return f"<think>{text}</think>{answer}"


def refined(thoughts: str, summary: str) -> str:
    return f"<thoughts>\n{thoughts}\n</thoughts>\n<summary>\n{summary}\n</summary>"


LOOP = "I add one and two and get three, so it must be three in the end. " * 28
SAMPLES = [
    sample("good", thought("one and two 等于 three")),
    sample("wrong", thought("one and two is four", "\\boxed{4}")),
    sample("no-truth", thought("one and two is three"), truth=None),
    sample("no-thoughts", "\\boxed{3}"),
    sample("loop", thought(LOOP)),
    sample("cut", "<think>one and"),
    sample("changed", thought("one and two makes three")),
    sample("no-parts", thought("one and two makes three")),
    sample("still-mixed", thought("one and two 是 three")),
    sample("no-answer", thought("one and two makes three")),
    sample("broken", thought("one and two makes three")),
    sample("long", thought("one and two makes three")),
]
SCRIPT = {
    "good/7/0": refined("I add one and two.\n\nThat is three.", "Adding gives \\boxed{3}."),
    "changed/7/0": refined("I add one and two.", "It is \\boxed{5}."),
    "no-parts/7/0": "It is \\boxed{3}.",
    "still-mixed/7/0": refined("I add one and two 得到 three.", "It is \\boxed{3}."),
    "no-answer/7/0": refined("I add one and two.", "I am glad that I could help you with this, and do come again!"),
    "long/7/0": "<thoughts>\nI add one and",
}  # fmt: skip


@pytest.fixture
def samples(tmp_path: Path) -> str:
    return write(tmp_path / "samples.jsonl", SAMPLES)


@pytest.fixture
def engine(scripted: Script) -> Scripted:
    return scripted(SCRIPT, cut=["long/7/0"], broken=["broken/7/0"])


def refine(source: str, folder: Path, model: Path, settings: ColdStartSettings | None = None) -> Summary:
    strategy = load_strategy("refine", settings or ColdStartSettings())
    return run(
        open_source(source), str(folder / "kept"), plan(model), strategy, dropped=str(folder / "dropped")
    )


def test_every_row_comes_out_once_kept_or_with_reasons(
    model: Path, samples: str, tmp_path: Path, engine: Scripted
) -> None:
    refine(samples, tmp_path, model)
    kept, dropped = rows(tmp_path / "kept"), rows(tmp_path / "dropped")
    assert [row["prompt_id"] for row in kept] == ["good"]
    found = {row["prompt_id"]: (row["refine_reason"], row["drop_reasons"]) for row in dropped}
    assert len(kept) + len(dropped) == len(SAMPLES) == len(found) + 1
    assert found == {
        "wrong": ("not_refined", ["incorrect"]),
        "no-truth": ("not_refined", ["unverifiable"]),
        "no-thoughts": ("not_refined", ["bad_format"]),
        "loop": ("not_refined", ["repetition"]),
        "cut": ("not_refined", ["unverifiable", "bad_format", "truncated"]),
        "changed": ("answer_changed", ["incorrect"]),
        "no-parts": ("no_parts", ["bad_format"]),
        "still-mixed": ("unreadable", ["mixed_language"]),
        "no-answer": ("no_verdict", ["unverifiable"]),
        "broken": ("failed", ["unverifiable", "bad_format"]),
        "long": ("no_parts", ["unverifiable", "bad_format", "truncated"]),
    }
    assert {reason for _, reasons in found.values() for reason in reasons} <= set(drop_reasons())
    assert {point for point, _ in found.values()} <= set(REASONS)


def test_the_model_sees_only_rows_that_are_worth_it(
    model: Path, samples: str, tmp_path: Path, engine: Scripted
) -> None:
    summary = refine(samples, tmp_path, model)
    assert engine.asked == [
        f"{name}/7/0"
        for name in ("good", "changed", "no-parts", "still-mixed", "no-answer", "broken", "long")
    ]
    counted = {"rows_in": 12, "refined": 7, "not_refined": 5, "answer_changed": 1, "no_parts": 2, "failed": 1}
    counted |= {"unreadable_in": 5, "unreadable_before": 2, "unreadable_after": 4, "unreadable": 1}
    assert {name: summary.details[name] for name in counted} == counted


def test_a_refined_row_carries_what_it_was(
    model: Path, samples: str, tmp_path: Path, engine: Scripted
) -> None:
    refine(samples, tmp_path, model)
    (row,) = rows(tmp_path / "kept")
    assert row["response"] == (
        "<think>\nI add one and two.\n\nThat is three.\n</think>\n\nAdding gives \\boxed{3}."
    )
    assert (row["reasoning"], row["answer"]) == (
        "I add one and two.\n\nThat is three.",
        "Adding gives \\boxed{3}.",
    )
    assert (row["sample_index"], row["verdict"], row["extracted"]) == (7, "correct", "3")
    assert (row["model"], row["engine"]) == (str(model), "scripted")
    assert (row["original_response"], row["original_model"]) == (SAMPLES[0]["response"], "r1-zero")
    assert (row["original_extracted"], row["original_drop_reasons"]) == ("3", ["mixed_language"])
    assert Dataset(tmp_path / "kept").schema.name == "filtered"


def test_special_tokens_are_written_of_what_is_kept(
    model: Path, samples: str, tmp_path: Path, engine: Scripted
) -> None:
    refine(samples, tmp_path, model, ColdStartSettings(output=OutputLayout("special-token")))
    (row,) = rows(tmp_path / "kept")
    assert row["response"] == f"|special_token|{row['reasoning']}|special_token|{row['answer']}"


def test_nothing_is_mended_where_that_is_asked_for(
    model: Path, samples: str, tmp_path: Path, engine: Scripted
) -> None:
    refine(samples, tmp_path, model, ColdStartSettings(mend=()))
    assert not rows(tmp_path / "kept") and "good/7/0" not in engine.asked


def lenient(case: Case, time_limit: float) -> Verdict:
    """To this one 3 and 4 are both right where the truth says so."""
    is_open = case.truth == "3 or 4"
    verdict = check_math(case._replace(truth="3") if is_open else case, time_limit)
    return Verdict("correct", 1.0, verdict.extracted) if is_open else verdict


def test_answers_that_differ_are_dropped_though_both_are_right(
    model: Path, tmp_path: Path, scripted: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = Verifier("lenient", lenient, "1", "one of two numbers")
    monkeypatch.setitem(registry.VERIFIERS.built_in, "lenient", entry)  # type: ignore[arg-type]
    lines = [sample(name, thought("so"), verifier="lenient", truth="3 or 4") for name in ("a", "b")]
    scripted({"a/7/0": refined("so it is", "\\boxed{4}"), "b/7/0": refined("so it is", "\\boxed{3.0}")})
    refine(write(tmp_path / "s.jsonl", lines), tmp_path, model)
    assert [row["prompt_id"] for row in rows(tmp_path / "kept")] == ["b"]
    (row,) = rows(tmp_path / "dropped")
    assert (row["refine_reason"], row["drop_reasons"]) == ("answer_changed", ["not_selected"])
    assert row["verdict"] == "correct"


def test_a_verdict_that_is_there_is_not_had_again(model: Path, tmp_path: Path, scripted: Script) -> None:
    known = {
        "verdict": "correct",
        "extracted": "3",
        "verifier_version": "hand/1",
        "verifier": "nobody-has-it",
    }
    source = write(tmp_path / "s.jsonl", [sample("a", thought("so"), **known)])
    scripted({"a/7/0": refined("so it is", "\\boxed{3}")})
    refine(source, tmp_path, model)
    (row,) = rows(tmp_path / "dropped")
    assert (row["refine_reason"], row["drop_reasons"]) == ("no_verdict", ["unverifiable"])
    assert row["original_verifier_version"] == "hand/1"


def test_a_shard_of_which_nothing_is_asked_is_written_all_the_same(
    model: Path, tmp_path: Path, scripted: Script
) -> None:
    source = write(tmp_path / "s.jsonl", [SAMPLES[1]])
    for exact in (True, False):
        engine = scripted({})
        engine.exact = exact
        summary = refine(source, tmp_path / str(exact), model)
        assert summary.rows == 0 and len(rows(tmp_path / str(exact) / "dropped")) == 1


def test_an_interrupted_run_goes_on_with_the_same_rows(
    model: Path, samples: str, tmp_path: Path, engine: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    strategy = load_strategy("refine", ColdStartSettings())
    several = plan(model, part_rows=3)
    whole = run(
        open_source(samples), str(tmp_path / "whole"), several, strategy, dropped=str(tmp_path / "rest")
    )
    again = load_strategy("refine", ColdStartSettings())
    calls: list[int] = []

    def interrupted(sampled: pa.Table, quarantined: pa.Table | None) -> dict[str, pa.Table]:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return strategy.outputs(sampled, quarantined)

    monkeypatch.setattr(again, "outputs", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(open_source(samples), str(tmp_path / "cut"), several, again, dropped=str(tmp_path / "cut-rest"))
    assert len(list((tmp_path / "cut" / "data").iterdir())) == 2
    done = run(
        open_source(samples), str(tmp_path / "cut"), several, strategy, dropped=str(tmp_path / "cut-rest")
    )
    assert done.digest == whole.digest
    assert rows(tmp_path / "cut-rest") == rows(tmp_path / "rest")


def test_refined_rows_can_be_refined_again(
    model: Path, samples: str, tmp_path: Path, scripted: Script
) -> None:
    scripted(SCRIPT, cut=["long/7/0"], broken=["broken/7/0"])
    refine(samples, tmp_path, model)
    scripted({"good/7/0": refined("One and two is three.", "\\boxed{3}")})
    refine(str(tmp_path / "kept"), tmp_path / "again", model)
    (row,) = rows(tmp_path / "again" / "kept")
    assert row["original_response"] == rows(tmp_path / "kept")[0]["response"]


def test_prompts_are_no_samples(model: Path, tmp_path: Path) -> None:
    prompts = write(tmp_path / "p.jsonl", [{"prompt": "1+1?"}])
    with pytest.raises(UserError, match="holds prompt rows; `r1 cold-start` needs sample rows"):
        refine(prompts, tmp_path, model)


def test_two_refinements_of_a_row_are_refused(model: Path, samples: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="one refinement a row"):
        run(
            open_source(samples),
            str(tmp_path / "out"),
            plan(model, 2),
            load_strategy("refine", ColdStartSettings()),
        )


def test_kept_and_dropped_need_two_folders(model: Path, samples: str, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    with pytest.raises(UserError, match="cannot share a folder"):
        run(
            open_source(samples),
            out,
            plan(model),
            load_strategy("refine", ColdStartSettings()),
            dropped=f"{out}/",
        )
