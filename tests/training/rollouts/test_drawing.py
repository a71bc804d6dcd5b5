"""Seeds of responses."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from r1data.training.rollouts.drawing import Seeds

PROMPTS = st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=3), min_size=1, max_size=12)


@given(PROMPTS, st.randoms(use_true_random=False), st.integers(1, 4))
def test_a_response_depends_on_neither_order_nor_processes(
    prompts: list[list[int]], random: Random, processes: int
) -> None:
    expected = sorted(zip(prompts, Seeds(3).draw("7/train", prompts, 0, len(prompts)), strict=True))
    shuffled = list(prompts)
    random.shuffle(shuffled)
    size = -(-len(shuffled) // processes)
    drawn = []
    for first in range(0, len(shuffled), size):
        own = shuffled[first : first + size]
        drawn += list(zip(own, Seeds(3).draw("7/train", shuffled, first, len(own)), strict=True))
    assert sorted(drawn) == expected


@given(PROMPTS)
def test_no_two_responses_of_a_run_share_a_seed(prompts: list[list[int]]) -> None:
    seeds = Seeds(3)
    drawn = [
        one
        for moment in ("1/train", "2/train", "2/eval")
        for _ in range(2)  # a group that is sampled anew in the same step
        for one in seeds.draw(moment, prompts, 0, len(prompts))
    ]
    assert len(set(drawn)) == len(drawn)
