"""General prompts enter in the last steps, in whole rollouts."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.errors import UserError
from r1data.training.grpo import phases
from r1data.training.settings import GrpoSettings

BASE = GrpoSettings(rewards={"accuracy": 1.0, "helpfulness": 1.0}, prompts_per_step=2)


def test_the_papers_last_400_of_1700_steps() -> None:
    settings = replace(BASE, steps=1_700)
    assert phases.first_general_rollout(settings) * settings.steps_per_rollout == 1_296
    assert phases.has_phases(settings)


@pytest.mark.parametrize(
    "settings", [replace(BASE, steps=400), replace(BASE, steps=1_700, rewards={"accuracy": 1.0})]
)
def test_without_steps_before_or_without_preferences_there_is_one_phase(settings: GrpoSettings) -> None:
    assert not phases.has_phases(settings)


@given(
    st.lists(st.sampled_from([None, "helpfulness", "harmlessness"]), min_size=1, max_size=20),
    st.integers(1, 60),
    st.integers(1, 60),
    st.integers(1, 5),
)
def test_rollouts_before_have_reasoning_prompts_alone_and_the_rest_all(
    preferences: list[str | None], steps: int, general: int, rollout: int
) -> None:
    settings = replace(BASE, steps=steps, general_steps=general, steps_per_rollout=rollout)
    before = phases.first_general_rollout(settings) * rollout
    assert abs(before - max(0, steps - general)) <= rollout / 2
    may = phases.allows(preferences, settings)
    for step in range(0, steps, rollout):
        for row, preference in enumerate(preferences):
            assert may(row, step) == (step >= before or preference is None)


def test_what_has_no_prompts_for_a_phase_is_refused() -> None:
    settings = replace(BASE, steps=100, general_steps=50)
    with pytest.raises(UserError, match="--general-steps 100"):
        phases.check(["helpfulness"], settings)
    with pytest.raises(UserError, match="half of a rollout"):
        phases.check([None], replace(settings, steps=96, general_steps=3))
