"""`r1data.data.responses`: linear, total, and never the thoughts in the answer's place."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.data.responses import Parts, is_unclosed, split, well_formed
from r1data.errors import UserError

plain = st.text(alphabet=st.characters(exclude_characters="<>", exclude_categories=("Cs",)))
pieces = ["<think>", "</think>", "<answer>", "</answer>", "a", "b c", " ", "<", "\n"]
tagged = st.lists(st.sampled_from(pieces)).map("".join)


@pytest.mark.parametrize(
    ("response", "parts"),
    [
        ("<think>a</think>b", ("a", "b")),
        ("\n<think>\na\n</think>\n\nb\n", ("a", "b")),
        ("<think>a</think> <answer>b</answer>", ("a", "b")),
        ("<think>a</think> so <answer> b </answer>.", ("a", "b")),
        ("<think>a</think><answer>b", ("a", "b")),
        ("a</think>b", ("a", "b")),
        ("<think>a", ("a", None)),
        ("plain text", (None, "plain text")),
        ("<answer>b</answer>", (None, "b")),
        ("<think>a</think>", ("a", "")),
        ("<think></think>b", ("", "b")),
        ("Sure!\n<think>a</think>b", ("a", "b")),
        ("<think>a</think>b<think>c</think>d", ("a</think>b<think>c", "d")),
        ("<think>a</think>b<think>c", ("a</think>b<think>c", None)),
    ],
)
def test_split(response: str, parts: tuple[str | None, str | None]) -> None:
    assert split(response) == Parts(*parts)


@given(plain, plain)
def test_what_was_put_together_comes_apart(reasoning: str, answer: str) -> None:
    assert split(f"<think>{reasoning}</think>{answer}") == Parts(reasoning.strip(), answer.strip())


@given(tagged)
def test_an_answer_never_holds_an_open_thought(response: str) -> None:
    answer = split(response).answer
    assert answer is None or ("<think>" not in answer and "</think>" not in answer)


@given(tagged)
def test_parts_are_pieces_of_the_response(response: str) -> None:
    assert all(part is None or part in response for part in split(response))


@given(tagged)
def test_well_formed_has_both_parts(response: str) -> None:
    if well_formed(response):
        reasoning, answer = split(response)
        assert reasoning and answer and not is_unclosed(response)
    if well_formed(response, "r1-zero"):
        assert well_formed(response)


@pytest.mark.parametrize(
    ("response", "layout", "expected"),
    [
        ("<think>\na\n</think>\n\nb", "r1", True),
        ("<think>a</think>b", "r1", True),
        ("\n<think>a</think>b", "r1", True),
        ("<think>\nSo 3 + 4 =", "r1", False),
        ("Sure!\n<think>a</think>b", "r1", False),
        ("<think>a</think>\n\n", "r1", False),
        ("<think> </think>b", "r1", False),
        ("<think>a</think>b<think>c</think>d", "r1", False),
        ("<think>a</think>b", "r1-zero", False),
        ("<think>a</think> <answer>b</answer>", "r1-zero", True),
        ("<think>a</think> <answer> </answer>", "r1-zero", False),
        ("plain", "any", True),
        (" ", "any", False),
    ],
)
def test_layouts(response: str, layout: str, expected: bool) -> None:
    assert well_formed(response, layout) is expected


def test_an_unknown_layout_names_the_known_ones() -> None:
    with pytest.raises(UserError, match="r1, r1-zero, any"):
        well_formed("a", "html")


@pytest.mark.parametrize("piece", ["<think>", "</think>", "<answer>", "<think></think>", "<", "<think"])
def test_a_megabyte_of_tags_is_split_at_once(piece: str) -> None:
    hostile = piece * (4_000_000 // len(piece))
    start = time.perf_counter()
    split(hostile)
    well_formed(hostile, "r1-zero")
    assert time.perf_counter() - start < 1.0


@pytest.mark.parametrize(
    "nothing",
    [
        "\u2800", "\u3164", "\u115f\u1160", "\uffa0", "\u0301", "\ufe0f\u20e3", "\u200b", "\U000e0041", "\u00ad",
        "&nbsp;", "&#8203;", "<br>", "<!-- 12 -->", "<!-- 12",
    ],
)  # fmt: skip
def test_what_shows_nothing_is_neither_thoughts_nor_an_answer(nothing: str) -> None:
    assert not well_formed(f"<think>{nothing}</think>12")
    assert not well_formed(f"<think>a</think>{nothing}")
    assert not well_formed(f"<think>a</think><answer>{nothing}</answer>", "r1-zero")


@pytest.mark.parametrize(
    "response",
    [
        "<think>a</think><think", "<think>a</think>12 <thin", "<think>a</think>12</think", "<think>a</think></answer>",
        "<think><</think>>", "<think></</think>12", "<think>a</think>12 <THINK>", "<think>a</think>12 </ think>",
    ],
)  # fmt: skip
def test_pieces_of_tags_are_no_layout(response: str) -> None:
    assert not well_formed(response)


@pytest.mark.parametrize(
    "answer", ["<", "x < t", "é", "\u0627\u064e", "&amp;", "a<b", "<thinking>", "\U0001f44d\U0001f3fd"]
)
def test_what_shows_something_is_an_answer(answer: str) -> None:
    assert well_formed(f"<think>3 < 5</think>{answer}")


def test_an_answer_within_the_thoughts_is_not_r1_zeros_layout() -> None:
    assert not well_formed("<think>a<answer>12</answer>b</think><answer>?</answer>", "r1-zero")
