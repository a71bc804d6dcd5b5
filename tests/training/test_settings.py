"""Settings: the paper's figures, and what does not fit together."""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.errors import UserError
from r1data.training.settings import GrpoSettings, SftSettings


def test_the_papers_grpo() -> None:
    paper = GrpoSettings().resolved()
    assert (paper.lr, paper.beta, paper.epsilon, paper.temperature) == (3e-6, 0.001, 10, 1)
    assert (paper.generations, paper.prompts_per_step, paper.sequences) == (16, 32, 512)
    assert paper.sequences * paper.steps_per_rollout == 8_192
    assert (paper.max_tokens, paper.sync_ref_steps, paper.template) == (32_768, 400, "r1-zero")
    assert paper.rewards == {"accuracy": 1.0, "format": 1.0}


def test_the_papers_sft() -> None:
    paper = SftSettings()
    assert (paper.lr, paper.lr * paper.min_lr_ratio) == (5e-5, pytest.approx(5e-6))
    assert (paper.epochs, paper.batch_size, paper.max_tokens) == (2, 128, 32_768)


OPTIONS_OF_THEIR_OWN = {"rewards", "reward_models"}


@pytest.mark.parametrize("settings", [GrpoSettings(), SftSettings()])
def test_every_setting_has_help(settings: GrpoSettings | SftSettings) -> None:
    settings.check()
    assert all(one.metadata.get("help") for one in fields(settings) if one.name not in OPTIONS_OF_THEIR_OWN)


@given(st.integers(1, 512), st.integers(1, 8), st.integers(1, 70_000))
def test_a_step_is_split_evenly(batch: int, processes: int, tokens: int) -> None:
    settings = SftSettings(batch_size=batch, processes=processes, max_tokens=tokens)
    if batch % processes:
        with pytest.raises(UserError):
            settings.fitting_micro_batch()
        return
    size = settings.fitting_micro_batch()
    assert batch // processes % size == 0
    assert size == 1 or size * tokens <= 65_536


@given(st.integers(1, 10_000), st.floats(0.01, 5), st.integers(1, 512))
def test_steps_cover_the_epochs_and_no_whole_batch_more(examples: int, epochs: float, batch: int) -> None:
    steps = SftSettings(epochs=epochs, batch_size=batch).steps(examples)
    assert steps * batch >= examples * epochs > (steps - 1) * batch
