"""Places of faults: what is marked is what was planted, and only in rows that are dropped."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.filters.apply import locate_filters
from r1data.filters.limits import LIMITS
from r1data.filters.masking import (
    blanked,
    display_maths_blanked,
    fences,
    masked,
    masked_in_place,
    without_display_maths,
    without_fences,
)
from tests.filters.test_hostile import PIECES

CLEAN = (
    "First, take the sum of both sides.\nThen the first term is $x^2$, and it costs $5.\n\n"
    "\\[ a \\\\[2pt] b \\]\nSo n is even, as we said before."
)
FRUIT = ["apple", "banana", "carrot", "garlic", "onion", "pepper"]


def row(thoughts: str, answer: str = "So it is 4.", **more: Any) -> dict[str, Any]:
    response = f"<think>{thoughts}</think>{answer}"
    defaults = {"prompt": "What is it?", "language": "en", "finish_reason": "stop"}
    return {**defaults, "response": response, "reasoning": thoughts, "answer": answer, **more}


def located(sample: dict[str, Any]) -> dict[str, list[str]]:
    """The marked texts by `KIND of COLUMN`."""
    texts: dict[str, list[str]] = {}
    for column, marks in locate_filters(sample).items():
        for mark in marks:
            assert mark.title
            texts.setdefault(f"{mark.kind} of {column}", []).append(sample[column][mark.start : mark.end])
    return texts


@pytest.mark.parametrize("thoughts", [CLEAN, "", "Wait, let me check.\n" * 5])
def test_a_row_that_is_kept_has_no_marks(thoughts: str) -> None:
    assert {key for key in located(row(thoughts)) if not key.startswith("bad_format")} == set()
    assert thoughts == "" or located(row(thoughts)) == {}


@pytest.mark.parametrize(
    ("language", "thoughts", "marked"),
    [
        ("en", f"{CLEAN}\nSo we need to验证 that n is prime.", ["验证"]),
        ("en", f"{CLEAN} 设 x + y 是 12，用. Next.", ["设", "是", "用"]),
        ("en", "The sum is 12. Donc la somme des deux nombres est égale à douze. Next, check n.",
         ["Donc la somme des deux nombres est égale à douze."]),
        ("en", "```\nDonc la somme des deux nombres est égale à douze.\n```\nна", ["на"]),
        ("zh", "等等，wait, so the answer is 5，再检查一遍。", ["wait, so the answer is 5，"]),
        ("ru", "Сумма равна двенадцати. Тому що це дуже просто. Далее.", ["Тому що це дуже просто."]),
        ("zh", "\n".join(f"我们用 {word} 算。" for word in FRUIT),
         FRUIT),
    ],
)  # fmt: skip
def test_foreign_words_are_marked(language: str, thoughts: str, marked: list[str]) -> None:
    assert located(row(thoughts, language=language)).get("mixed_language of reasoning") == marked


def test_a_long_paragraph_is_marked() -> None:
    long = "ten words of a paragraph that goes on " * 60
    texts = located(row(f"{CLEAN}\n{long}$$\nx\n$$\n{CLEAN}"))["long_paragraph of reasoning"]
    assert texts == [f"{long}$$"]


def test_a_long_table_is_no_long_paragraph() -> None:
    assert "long_paragraph of reasoning" not in located(row("\\[" + "x &= y \\\\[4pt] " * 300 + "\\]"))


def test_code_is_marked() -> None:
    fence = "```python\nprint(3)\n```"
    program = "import math\ndef f(n):\n    return n\nprint(f(3))"
    texts = located(row(f"So.\n{fence}\nThen.\n{program}\nEnd of it"))
    assert texts["code_block of reasoning"] == [fence, program]
    assert located(row("So.\n~~~\nnever closed"))["code_block of reasoning"] == ["~~~\nnever closed"]


def test_repeated_sentences_are_marked() -> None:
    texts = located(row(f"{CLEAN}\n" + "Wait, let me check number 7 again. " * 25))["repetition of reasoning"]
    assert texts.count("Wait, let me check number 7 again") == 25


def test_runs_are_marked() -> None:
    for run in ("z" * 200, "0, " * 250):
        assert any(
            run.strip(", ") in text for text in located(row(f"{CLEAN}\n{run}"))["repetition of reasoning"]
        )


def test_repeated_sequences_are_marked() -> None:
    again = " ".join(f"word{chr(97 + n % 26)}{chr(97 + n // 26)} and" for n in range(50))
    texts = located(row(f"{CLEAN}\n{again}\nİstanbul\n{again}"))["repetition of reasoning"]
    assert texts == [again]


def test_tags_are_marked_in_the_response() -> None:
    sample = row("a", response="<think>a</think>b</think>c", answer="c")
    assert located(sample) == {"bad_format of response": ["<think>", "</think>", "</think>"]}


def test_the_end_of_a_cut_response_is_marked() -> None:
    cut = row("So\n3 + 4 =", response="<think>So\n3 + 4 =", answer=None, finish_reason="length")
    assert located(cut)["truncated of reasoning"] == ["3 + 4 ="]
    assert located(row("a", "So it is", finish_reason="length"))["truncated of answer"] == ["So it is"]


def test_thoughts_that_the_prompt_opened_are_marked_in_the_response() -> None:
    text = "\n So we need to验证 that n is prime"
    sample = row("", prompt="Prove it.\n<think>\n", response=text, reasoning=None, answer=text)
    assert located(sample)["mixed_language of response"] == ["验证"]


PARTS = st.sampled_from([*PIECES, "$$ x\n$$", "\\(x\\)", "`x`", "\n~~~\n", "so on, "])
TEXT = st.lists(PARTS, max_size=12).map("".join)


@given(TEXT)
def test_texts_in_place_are_those_of_the_rules(text: str) -> None:
    assert blanked(text, fences(text)).split() == without_fences(text).split()
    for in_place, removed in ((display_maths_blanked, without_display_maths), (masked_in_place, masked)):
        plain = text.replace("\\\\[", "")
        assert len(in_place(plain)) == len(plain)
        assert in_place(plain).split() == removed(plain).split()


@given(TEXT, st.sampled_from(["en", "zh", "ja", "ru", "ar", "fa", "fr", None]))
def test_no_text_fails(text: str, language: str | None) -> None:
    for column, marks in locate_filters(row(text * 3, language=language)).items():
        assert column in ("reasoning", "answer", "response")
        assert all(mark.start < mark.end for mark in marks)


@pytest.mark.parametrize("piece", PIECES)
def test_a_long_text_ends(piece: str) -> None:
    locate_filters(row(piece * (100_000 // len(piece)), language="ja" if piece == "\\)" else "en"), LIMITS)
