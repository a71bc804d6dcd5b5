"""Searches over steps: tokens are counted, and what has ended is kept."""

from collections.abc import Iterator

import pytest

from r1data.training.miniature.world import SumProblem, problems
from recipes.experiments.policy import MAX_TOKENS, Policy, Response
from recipes.experiments.search import CHILDREN, Tree, beam, tree_search

ASKED = list(problems(6, split="dev", seed=5))


class CountingPolicy(Policy):
    """Counts what it writes."""

    written = 0

    def _go_on(self, places, seed, stops):  # type: ignore[no-untyped-def]
        responses = super()._go_on(places, seed, stops)
        for place, response in zip(places, responses, strict=True):
            self.written += len(response.tokens) - len(place.tokens)
        return responses


@pytest.fixture(scope="module")
def shared_policy() -> CountingPolicy:
    return CountingPolicy("miniature:student", threads=1)


@pytest.fixture
def policy(shared_policy: CountingPolicy) -> Iterator[CountingPolicy]:
    shared_policy.written = 0
    yield shared_policy


def longer_is_better(beginnings: list[tuple[SumProblem, Response]]) -> list[float]:
    return [len(response.tokens) / MAX_TOKENS for _, response in beginnings]


def test_a_beam_counts_every_token_that_the_policy_wrote(policy: CountingPolicy) -> None:
    outcomes = beam(policy, longer_is_better, ASKED, 4, seed=1)
    assert sum(outcome.spent for outcome in outcomes) == policy.written


def test_a_tree_counts_every_token_that_the_policy_wrote(policy: CountingPolicy) -> None:
    outcomes = tree_search(policy, longer_is_better, ASKED, [100.0], seed=1)[100.0]
    assert sum(outcome.spent for outcome in outcomes) == policy.written


def test_every_question_has_a_whole_response_even_with_few_tokens(policy: CountingPolicy) -> None:
    for outcomes in (
        tree_search(policy, longer_is_better, ASKED, [1.0], seed=1)[1.0],
        beam(policy, longer_is_better, ASKED, 2, 1),
    ):
        assert all(
            outcome.finished and all(each.ended for each, _ in outcome.finished) for outcome in outcomes
        )


def test_the_same_seed_gives_the_same_search_and_another_seed_another(policy: CountingPolicy) -> None:
    first, again, other = (
        tree_search(policy, longer_is_better, ASKED, [60.0], seed)[60.0] for seed in (1, 1, 2)
    )
    assert first == again and first != other


def test_a_larger_budget_begins_with_what_the_smaller_one_found(policy: CountingPolicy) -> None:
    outcomes = tree_search(policy, longer_is_better, ASKED, [60.0, 120.0], seed=3)
    for small, large in zip(outcomes[60.0], outcomes[120.0], strict=True):
        assert small.spent <= large.spent
        assert len(small.finished) <= len(large.finished)


def grown(values: list[float], endings: list[bool]) -> Tree:
    tree = Tree(ASKED[0])
    tree.choose()
    steps = [Response((number,), ended, "") for number, ended in enumerate(endings)]
    tree.grow(steps, values)
    return tree


def test_a_tree_goes_on_from_the_more_valued_step() -> None:
    tree = grown([0.1, 0.9, 0.2], [False, False, False])
    assert {place.tokens for place in tree.choose()} == {(1,)}


def test_what_has_ended_is_not_gone_on_from() -> None:
    tree = grown([0.1, 0.9, 0.2], [False, True, False])
    assert {place.tokens for place in tree.choose()} == {(2,)}
    assert [response.tokens for response, _ in tree.finished] == [(1,)]


def test_a_tree_whose_leaves_have_all_ended_gets_new_first_steps() -> None:
    tree = grown([0.1, 0.9, 0.2], [True] * CHILDREN)
    assert {place.tokens for place in tree.choose()} == {()}
