"""`--thinking`: which rows keep their thoughts, and how a template with a switch renders either kind."""

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r1data.engines.models import load_tokenizer
from r1data.errors import UserError
from r1data.training.examples import thinking
from r1data.training.examples.encoding import IGNORED, Encoder
from r1data.training.settings import SftSettings
from r1data.training.settings.specs import parse_thinking
from tests.training.real_tokenizers import real_tokenizer
from tests.training.tiny import build_tokenizer, lessons

EMPTY_BLOCK = "<think>\n\n</think>\n\n"


def kept(rows: list[dict[str, Any]], spec: str) -> dict[str, bool]:
    """Whether each row keeps its thoughts, by its question."""
    mixed = thinking.MixedRows(rows, parse_thinking(spec), seed=3)
    return {row["messages"][0]["content"]: thinking.has_thoughts(row["messages"]) for row in mixed}


def test_a_row_s_draw_does_not_depend_on_the_others() -> None:
    rows = lessons(60, 0)
    shuffled = random.Random(0).sample(rows, 40)
    whole = kept(rows, "mix=0.4")
    assert kept(shuffled, "mix=0.4") == {question: whole[question] for question in kept(shuffled, "keep")}
    assert 12 <= sum(not thinks for thinks in whole.values()) <= 36


@given(st.text(st.characters(exclude_characters="<>"), min_size=1).filter(str.strip))
@settings(max_examples=50)
def test_without_thoughts_the_summary_stays_as_it_is(summary: str) -> None:
    row = lessons(1, 0)[0]
    row["messages"][-1]["content"] = f"<think>a</think>\n\n{summary}"
    (changed,) = thinking.MixedRows([row], parse_thinking("none"), seed=0)
    assert changed["messages"][-1]["content"] == summary.lstrip()


def test_rows_with_and_without_thoughts_are_counted() -> None:
    unanswered = {"messages": [{"role": "user", "content": "1+1="}], "split": "train"}
    mixed = thinking.MixedRows([*lessons(6, 2), unanswered], parse_thinking("none"), seed=0)
    list(mixed)
    assert (mixed.with_thoughts, mixed.without_thoughts) == (0, 4)


@pytest.mark.parametrize("spec", ["mix", "mix=0", "mix=1", "mix=nan", "none=1", "on", ""])
def test_another_spelling_is_refused(spec: str) -> None:
    with pytest.raises(UserError, match="keep, none, or mix=RATIO"):
        replace(SftSettings(), thinking=spec).check()


def test_a_mix_needs_a_template_with_a_switch() -> None:
    words = build_tokenizer("{% for m in messages %}{{ m['content'] }}{% endfor %}")
    with pytest.raises(UserError, match="no switch for thoughts"):
        thinking.check_switch(parse_thinking("mix=0.5"), words)


def test_qwen3_s_empty_block_bears_no_loss() -> None:
    words = load_tokenizer(real_tokenizer("qwen3"))
    rows = thinking.MixedRows(lessons(1, 0), parse_thinking("none"), seed=0)
    (example,) = Encoder("chat", words, SftSettings()).several([row["messages"] for row in rows])
    assert isinstance(example, dict)
    learned = [label for label in example["labels"] if label != IGNORED]
    prompt = example["input_ids"][: -len(learned)]
    assert words.decode(prompt).endswith(f"<|im_start|>assistant\n{EMPTY_BLOCK}")
    assert words.decode(learned) == "1<|im_end|>"
