"""Settings: the paper's figures, and what does not fit together."""

import re
from dataclasses import fields, replace
from typing import Any

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


NUMBERS = [
    one.name for one in fields(GrpoSettings()) if isinstance(one.type, str) and one.type.startswith("float")
]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_that_is_none_is_refused(name: str, value: float) -> None:
    with pytest.raises(UserError, match=f"^--{name.replace('_', '-')} .*give"):
        replace(GrpoSettings(), **{name: value}).check()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"top_p": 0.0}, "--top-p 0.0: give a number above 0"),
        ({"top_p": 1.5}, "--top-p 1.5: it is a share; give at most 1"),
        ({"engine_memory": 2.0}, "--engine-memory 2.0: it is a share; give at most 1"),
        ({"verify_seconds": 0.0}, "--verify-seconds 0.0: give a number above 0"),
        ({"verify_rollout_seconds": -1.0}, "--verify-rollout-seconds -1.0: give a number above 0"),
        ({"seed": -1}, "--seed -1: give a number from 0 to 4294967295"),
        ({"seed": 2**32}, "--seed 4294967296: give a number from 0 to 4294967295"),
        ({"rewards": {"accuracy": float("nan")}}, "--reward accuracy=nan: no reward can weigh that"),
    ],
)
def test_a_number_out_of_range_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=re.escape(message)):
        replace(GrpoSettings(), **changes).check()


@pytest.mark.parametrize(
    ("alone", "together"),
    [
        ({"engine_url": "http://localhost:1"}, {"engine": "vllm-server"}),
        ({"overlong_buffer": 5}, {"overlong": "punish"}),
        ({"eval_temperature": 1.0}, {"eval_on": "dev"}),
        ({"pool_retire": 3}, {"pool": True}),
        ({"pool_wait": 4}, {"pool": True}),
        ({"length_target": 100}, {"rewards": {"accuracy": 1.0, "length-budget": 1.0}}),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(alone: dict[str, Any], together: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"does nothing without .*; add that, or leave it out"):
        replace(GrpoSettings(), **alone).check()
    replace(GrpoSettings(), **alone, **together).check()
