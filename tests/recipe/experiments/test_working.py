"""Steps of the miniature world's responses, and their exact labels."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.training.miniature import world
from recipes.experiments.working import MARKS, Step, exact_labels, split, stated, value_of

PIECES = st.lists(
    st.sampled_from([*sorted(MARKS), "first ", "wait, ", "7", "+", "-", "12", "</think>", "\\boxed{"])
)
CHAINS = st.lists(st.integers(-9, 9).filter(bool), min_size=1).map(lambda rest: [5, *rest])


@given(PIECES)
def test_steps_are_the_whole_response_in_order(pieces: list[str]) -> None:
    steps = split(pieces)
    assert "".join(step.text for step in steps) == "".join(pieces)
    assert [step.start for step in steps] == [0, *(step.end for step in steps)][: len(steps)]


@given(PIECES)
def test_a_mark_ends_a_step_and_stands_nowhere_else_in_it(pieces: list[str]) -> None:
    steps = split(pieces)
    assert all(pieces[step.end - 1] in MARKS for step in steps[:-1])
    assert not any(piece in MARKS for step in steps for piece in pieces[step.start : step.end - 1])


@given(CHAINS)
def test_a_chain_has_the_value_of_its_numbers(numbers: list[int]) -> None:
    assert value_of(world.render(numbers)) == sum(numbers)


@pytest.mark.parametrize("text", ["", "7+", "7*5", "__import__('os')", "1+x"])
def test_other_text_is_no_chain(text: str) -> None:
    with pytest.raises(ValueError, match="no chain"):
        value_of(text)


def test_a_step_states_its_last_chain() -> None:
    assert stated("wait, 9-3, 12+4-3") == 13
    assert stated("first ") is None


@given(st.integers(0, 10_000))
def test_steps_that_the_world_writes_without_a_slip_are_all_right(seed: int) -> None:
    rng = random.Random(seed)
    text, value = "", 0
    numbers = [5, rng.randint(1, 9), rng.randint(1, 9), -rng.randint(1, 5)]
    truth = sum(numbers)
    while len(numbers) > 1:
        numbers = [numbers[0] + numbers[1], *numbers[2:]]
        text, value = f"{text}then {world.render(numbers)}, ", numbers[0]
    steps = [Step(0, 0, part) for part in [*text.split(", ")[:-1], f"\\boxed{{{value}}}"]]
    assert exact_labels(steps, truth, value == truth) == [1.0] * len(steps)


def test_a_slip_is_wrong_until_it_is_mended_and_the_verifier_has_the_last_word() -> None:
    texts = ["first 13-3, ", "wait, 12-3, ", "so it is 8. ", "</think>\\boxed{9}"]
    steps = [Step(0, 0, text) for text in texts]
    assert exact_labels(steps, 9, True) == [0.0, 1.0, 0.0, 1.0]
    assert exact_labels(steps, 9, False)[-1] == 0.0


def test_a_step_without_a_number_is_as_right_as_the_one_before() -> None:
    steps = [Step(0, 0, text) for text in ("so, ", "first 8, ", "wait, ", "9")]
    assert exact_labels(steps, 9, False) == [1.0, 0.0, 0.0, 0.0]
    assert exact_labels([], 9, False) == []
