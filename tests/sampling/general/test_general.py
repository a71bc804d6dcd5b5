"""`general`: which prompts are asked for thoughts, and what becomes of the responses."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.data.dataset import Dataset
from r1data.data.responses import well_formed
from r1data.data.source import open_source
from r1data.errors import UserError
from r1data.filters.registry import parse_limits
from r1data.sampling.general import REASONS, load_strategy, run
from r1data.sampling.strategy import DROPPED, KEPT
from r1data.selection.filtering import filter_table
from tests.sampling.cold_start.scripted import Scripted, plan, rows, write

Script = Callable[..., Scripted]
ASK = {"prompt_id": "ask", "prompt": "Why is the sky blue?", "domain": "general"}
HI = {"prompt_id": "hi", "prompt": "Hello!", "domain": "general"}
METHOD = load_strategy()
GOOD = "<think>\nBlue scatters.\n</think>\n\nBlue light scatters most."


def row(prompt: str, **more: Any) -> dict[str, Any]:
    return {"prompt_id": "p", "prompt": prompt, "system": None, "language": "en", "thoughts": None, **more}


def answered(
    tmp_path: Path, model: Path, scripted: Script, script: dict[str, str], *lines: dict[str, Any], **more: Any
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, Any]]:
    """Kept rows, dropped rows and the summary's details of a scripted run."""
    scripted(script, **more)
    file = write(tmp_path / "prompts.jsonl", lines)
    out, dropped = tmp_path / "out", tmp_path / "dropped"
    summary = run(open_source(file), str(out), plan(model), load_strategy(), dropped=str(dropped))
    return rows(out), rows(dropped), dict(summary.details)


def test_a_question_is_asked_for_thoughts_in_its_language_and_a_greeting_as_it_stands() -> None:
    strategy = load_strategy()
    (english,) = strategy.requests(row(str(ASK["prompt"]), system="S"))
    (chinese,) = strategy.requests(row("天空为什么是蓝的？", language="zh"))
    (simple,) = strategy.requests(row("Hello!"))
    assert "between <think> and </think>" in english.prompt and "之间思考" in chinese.prompt
    assert english.prompt.endswith("Why is the sky blue?") and english.system == "S"
    assert simple.prompt == "Hello!"
    assert english.note == {"method": "general", "thoughts": "yes", "because": "no simple query"}
    assert simple.note == {"method": "general", "thoughts": "no", "because": "simple query: greeting"}


@pytest.mark.parametrize(
    ("column", "option", "prompt", "wanted"),
    [
        ("yes", "no", "Hello!", True),
        (True, "no", "Hello!", True),
        (" No ", "yes", "Why?", False),
        (False, "auto", "Why?", False),
        ("auto", "no", "Why?", False),
        (None, "yes", "Hello!", True),
        ("", "auto", "Hello!", False),
        (None, "auto", "Why?", True),
    ],
)
def test_the_row_comes_before_the_command_and_the_command_before_the_rule(
    column: Any, option: str, prompt: str, wanted: bool
) -> None:
    assert load_strategy(option).decide(row(prompt, thoughts=column))[0] is wanted


def test_a_column_that_says_something_else_is_refused() -> None:
    with pytest.raises(UserError, match="prompt p: column 'thoughts' says 'perhaps'; write yes, no or auto"):
        load_strategy().decide(row("Why?", thoughts="perhaps"))


def test_thoughts_and_answers_are_laid_out_alike(model: Path, tmp_path: Path, scripted: Script) -> None:
    script = {"ask/0": "<think>Blue scatters.</think>Blue light scatters most.", "hi/0": "Hello, friend."}
    (asked, simple), dropped, details = answered(tmp_path, model, scripted, script, ASK, HI)
    assert (asked["response"], asked["original_response"]) == (GOOD, script["ask/0"])
    assert (asked["reasoning"], asked["answer"]) == ("Blue scatters.", "Blue light scatters most.")
    assert (simple["response"], simple["reasoning"], simple["original_response"]) == (
        "Hello, friend.",
        None,
        None,
    )
    assert not dropped and (details["asked_for_thoughts"], details["simple"], details["kept"]) == (1, 1, 2)
    assert json.loads(simple["sampling"])["because"] == "simple query: greeting"
    assert Dataset(tmp_path / "out").schema.name == "sample"


def test_what_a_teacher_thinks_about_a_greeting_is_left_out(
    model: Path, tmp_path: Path, scripted: Script
) -> None:
    script = {"hi/0": "<think>\nThey greet me.\n</think>\n\nHello, friend."}
    ((simple,), _, _) = answered(tmp_path, model, scripted, script, HI)
    assert (simple["response"], simple["reasoning"]) == ("Hello, friend.", None)
    assert simple["original_response"] == script["hi/0"] and simple["response_tokens"] is None


@pytest.mark.parametrize(
    ("prompt", "written", "reason"),
    [
        (ASK, "Blue light scatters most.", "no_thoughts"),
        (ASK, "<think>\n\n</think>\n\nBlue.", "no_thoughts"),
        (ASK, "<think>Blue scatters.", "no_answer"),
        (ASK, "<think>Blue scatters.</think>", "no_answer"),
        (ASK, "Well. <think>Blue scatters.</think>Blue.", "bad_layout"),
        (ASK, "<think>One.</think><think>Two.</think>Blue.", "bad_layout"),
        (HI, "", "no_answer"),
        (HI, "<think>They greet", "no_answer"),
        (HI, "Hello. <think>They greet me.</think> Hi.", "bad_layout"),
    ],
)
def test_what_is_not_as_asked_is_dropped_with_its_reason(
    prompt: dict[str, Any], written: str, reason: str, model: Path, tmp_path: Path, scripted: Script
) -> None:
    script = {f"{prompt['prompt_id']}/0": written}
    kept, (dropped,), details = answered(tmp_path, model, scripted, script, prompt)
    assert not kept and (dropped["response"], dropped["general_reason"]) == (written, reason)
    assert dropped["drop_reasons"] == [REASONS[reason]] and details[f"dropped_{reason}"] == 1


def test_cut_and_failed_responses_are_dropped_too(model: Path, tmp_path: Path, scripted: Script) -> None:
    script = {"ask/0": GOOD}
    kept, dropped, details = answered(
        tmp_path, model, scripted, script, ASK, HI, cut=["ask/0"], broken=["hi/0"]
    )
    assert not kept and [each["general_reason"] for each in dropped] == ["truncated", "failed"]
    assert (details["truncated"], details["failed"]) == (1, 1)


def test_rows_of_both_kinds_pass_the_filter_that_asks_for_no_tags(
    model: Path, tmp_path: Path, scripted: Script
) -> None:
    script = {"ask/0": GOOD, "hi/0": "Hello, friend. What can I do for you today?"}
    answered(tmp_path, model, scripted, script, ASK, HI)
    table = pa.concat_tables(Dataset(tmp_path / "out").tables())
    strict, loose = (filter_table(table, keep="any", limits=parse_limits([], name)) for name in ("r1", "any"))
    assert strict["dropped"]["prompt_id"].to_pylist() == ["hi"]
    assert len(loose["kept"]) == 2


def test_the_command_is_another_with_other_texts_or_thoughts(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("{prompt}")
    said = [load_strategy(), load_strategy("no"), load_strategy(prompt_files=[str(tmp_path / "text")])]
    assert len({json.dumps(strategy.parameters(), sort_keys=True) for strategy in said}) == 3


def test_samples_are_no_prompts(model: Path, tmp_path: Path) -> None:
    samples = write(tmp_path / "s.jsonl", [{"prompt": "Hello!", "response": "Hi."}])
    with pytest.raises(UserError, match="holds sample rows; `r1 general` needs prompt rows"):
        run(open_source(samples), str(tmp_path / "out"), plan(model), load_strategy())


PARTS = st.lists(
    st.sampled_from(["<think>", "</think>", "<answer>", "</answer>", "a", "b", " ", "\n", "\u200b"])
)


@given(PARTS, st.booleans(), st.sampled_from(["stop", "length", "error"]))
def test_nothing_is_kept_but_what_was_asked_for(parts: list[str], wanted: bool, finish: str) -> None:
    sampled = pa.table(
        {
            "response": ["".join(parts)], "finish_reason": [finish], "response_tokens": pa.array([1], pa.int32()),
            "sampling": [json.dumps({"thoughts": "yes" if wanted else "no"})],
        }
    )  # fmt: skip
    made = METHOD.outputs(sampled, None)
    assert len(made[KEPT]) + len(made[DROPPED]) == 1
    for each in made[KEPT].to_pylist():
        assert finish == "stop"
        assert well_formed(each["response"]) if wanted else well_formed(each["response"], "any")
        assert (each["reasoning"] is None) is not wanted
        assert wanted or "think>" not in each["response"]
