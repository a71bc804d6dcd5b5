"""The miniature world: splits that cannot meet, sums that are right, text that its tokens cover."""

import re
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r1data.training.miniature import world

seeds = st.integers(0, 2**31)


@given(seeds, seeds)
@settings(max_examples=10)
def test_no_seed_makes_test_and_train_meet(one: int, other: int) -> None:
    test = {p.chain for p in world.problems(50, split="test", seed=one)}
    train = {p.chain for p in world.problems(50, split="train", seed=other)}
    dev = {p.chain for p in world.problems(50, split="dev", seed=other)}
    assert not test & train and not test & dev and not dev & train


@given(seeds)
@settings(max_examples=10)
def test_the_corpus_never_reads_a_held_out_chain(seed: int) -> None:
    for prompt, _ in islice(world.documents(seed), 100):
        chain = re.search(r"\d[\d+-]*\d", prompt)
        assert chain is not None and world.split_of(chain[0]) == "train"


@given(seeds)
@settings(max_examples=10)
def test_values_are_right_and_within_reach(seed: int) -> None:
    for problem in world.problems(40, seed=seed):
        assert problem.value == sum(int(n) for n in re.findall(r"[+-]?\d+", problem.chain))
        assert 0 <= problem.value <= world.LARGEST
        assert problem.chain in problem.prompt


def test_half_of_the_prompts_are_chinese() -> None:
    languages = [p.language for p in world.problems(100)]
    assert languages.count("zh") == 50


def test_the_prompt_shows_its_language() -> None:
    for problem in world.problems(100):
        assert (problem.language == "zh") == bool(re.search(r"[\u4e00-\u9fff]", problem.prompt))


def test_the_same_seed_gives_the_same_world() -> None:
    assert list(world.problems(20, seed=3)) == list(world.problems(20, seed=3))
    assert list(islice(world.documents(3), 20)) == list(islice(world.documents(3), 20))


@pytest.mark.parametrize("sign", ["wait, ", "等等，"])
def test_some_slips_are_noticed_in_both_languages(sign: str) -> None:
    assert any(sign in response for _, response in islice(world.documents(1), 2_000))


@given(seeds)
@settings(max_examples=10)
def test_no_step_of_a_working_falls_below_zero(seed: int) -> None:
    for _, response in islice(world.documents(seed), 200):
        assert not re.search(r"(?<![\d])-\d", response)
