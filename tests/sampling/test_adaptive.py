"""The rule that ends a prompt: what it promises holds whatever the settings."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.errors import UserError
from r1data.sampling.until import StoppingRule, binomial_cdf

RATES = st.integers(1, 99).map(lambda n: n / 100)


@st.composite
def rules(draw: st.DrawFn) -> StoppingRule:
    most = draw(st.integers(1, 80))
    enough, size = draw(st.integers(1, min(most, 6))), draw(st.integers(1, 20))
    return StoppingRule(enough, most, size, draw(RATES), draw(st.sampled_from([0.0, 0.01, 0.05, 0.2, 0.5])))


def chance_to_give_up(rule: StoppingRule, rate: float) -> float:
    """Exact: over all ways in which the responses to a prompt of that pass rate can come out."""
    chances, given_up, drawn = {0: 1.0}, 0.0, 0
    while chances and drawn < rule.max_responses:
        size = min(rule.round_size, rule.max_responses - drawn)
        drawn += size
        after: dict[int, float] = {}
        for passed, chance in chances.items():
            for more in range(size + 1):
                share = math.comb(size, more) * rate**more * (1 - rate) ** (size - more)
                after[passed + more] = after.get(passed + more, 0.0) + chance * share
        ends = {passed: rule.decide([True] * passed + [False] * (drawn - passed)) for passed in after}
        given_up += sum(chance for passed, chance in after.items() if ends[passed] == "given_up")
        chances = {passed: chance for passed, chance in after.items() if ends[passed] is None}
    return given_up


@given(rules(), RATES)
def test_a_prompt_worth_its_price_is_given_up_no_more_often_than_was_risked(
    rule: StoppingRule, rate: float
) -> None:
    assert chance_to_give_up(rule, max(rate, rule.worth)) <= rule.risk + 1e-9


@given(rules(), st.integers(0, 80))
def test_what_nobody_could_judge_never_ends_a_prompt(rule: StoppingRule, drawn: int) -> None:
    assert rule.decide([None] * drawn) in (None, "all")


@given(rules(), st.lists(st.sampled_from([True, False, None]), max_size=80))
def test_the_order_within_a_look_does_not_matter(rule: StoppingRule, outcomes: list[bool | None]) -> None:
    assert rule.decide(outcomes) == rule.decide(outcomes[::-1])


@given(rules(), st.lists(st.sampled_from([True, False, None]), max_size=80))
def test_enough_is_enough_and_all_is_all(rule: StoppingRule, outcomes: list[bool | None]) -> None:
    ending = rule.decide(outcomes)
    assert (ending == "enough") == (outcomes.count(True) >= rule.target)
    assert ending is not None or len(outcomes) < rule.max_responses


@given(rules())
def test_the_earliest_end_is_the_first_look_at_which_failures_alone_end_a_prompt(rule: StoppingRule) -> None:
    earliest = rule.earliest()
    for drawn in range(rule.round_size, rule.max_responses, rule.round_size):
        given_up = rule.decide([False] * drawn) == "given_up"
        assert given_up == (earliest is not None and drawn >= earliest)


@given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 99))
def test_the_tail_is_the_binomial_one(passed: int, judged: int, percent: int) -> None:
    rate = Fraction(percent, 100)
    exact = sum(
        math.comb(judged, k) * rate**k * (1 - rate) ** (judged - k) for k in range(min(passed, judged) + 1)
    )
    assert binomial_cdf(passed, judged, percent / 100) == pytest.approx(float(exact), abs=1e-9)


def test_many_tries_do_not_overflow() -> None:
    assert binomial_cdf(10, 100_000, 0.5) == 0.0
    assert binomial_cdf(49_999, 100_000, 0.5) == pytest.approx(0.4987, abs=1e-3)


def test_sixteen_failures_do_not_speak_against_a_tenth_and_sixty_do() -> None:
    assert StoppingRule(1, 16, 4).earliest() is None
    assert StoppingRule(1, 64, 16).earliest() == 48
    assert StoppingRule(1, 64, 16, risk=0.0).earliest() is None


@pytest.mark.parametrize("wrong", [(5, 4, 1), (0, 4, 1), (1, 4, 0), (1, 4, 1, 0.0), (1, 4, 1, 0.1, 1.0)])
def test_settings_that_mean_nothing_are_refused(wrong: tuple[float, ...]) -> None:
    with pytest.raises(UserError):
        StoppingRule(*wrong)  # type: ignore[arg-type]
