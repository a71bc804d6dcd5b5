"""Algorithms by name, and the settings that they decide."""

import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.errors import UserError
from r1data.training.grpo import lengths
from r1data.training.grpo.algorithms import ALGORITHMS, PAPER
from r1data.training.settings import GrpoSettings
from r1data.training.settings.recorded import as_parameters, as_recorded

DOCS = Path(__file__).parents[3] / "docs/rl.md"


def test_the_docs_table_is_the_registry() -> None:
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", DOCS.read_text(), re.MULTILINE))
    for name, entry in ALGORITHMS.items():
        changes = [f"`--{key.replace('_', '-')} {_shown(value)}`" for key, value in entry.changes.items()]
        assert rows[name] == f"{entry.summary} | {entry.paper} | {' '.join(changes)}".rstrip()


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_what_is_given_wins_over_the_algorithm(name: str) -> None:
    given_values = {
        "beta": 0.5,
        "epsilon": 0.7,
        "epsilon_high": 0.9,
        "scale_rewards": "batch",
        "overlong": "mask",
    }
    plain = GrpoSettings(loss=name).resolved()
    assert {key: getattr(plain, key) for key in PAPER} == ALGORITHMS[name].defaults
    assert (
        as_parameters(replace(GrpoSettings(loss=name), **given_values).resolved()).items()
        >= given_values.items()
    )
    plain.check()


def test_an_option_of_no_algorithm_has_its_default_whatever_the_name() -> None:
    one, other = (GrpoSettings(loss=name).resolved() for name in ("grpo", "gspo"))
    differing = {
        field.name for field in fields(one) if getattr(one, field.name) != getattr(other, field.name)
    }
    assert differing <= {"loss", *PAPER}


def test_a_run_of_an_earlier_release_goes_on() -> None:
    new = as_parameters(GrpoSettings().resolved())
    names = (
        "epsilon_high",
        "delta",
        "overlong",
        "overlong_buffer",
        "max_tokens_later",
        "resample_limit",
        "pool",
    )
    old = {key: value for key, value in new.items() if key not in names}
    assert as_recorded("grpo", old) == new


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"loss": "dr_grpo"}, "dr-grpo"),
        ({"loss": "bnpo"}, "micro-batch"),
        ({"loss": "ppo"}, "choose one of grpo, dr-grpo, dapo"),
        ({"loss": "dapo", "resample_limit": 1}, "dapo-no-resampling"),
        ({"resample_limit": 0}, "1 or more"),
        ({"delta": 4.0}, "11"),
        ({"epsilon": -0.1}, "0 or more"),
        ({"overlong": "drop"}, "none, mask, punish"),
        ({"overlong": "punish", "overlong_buffer": 99, "max_tokens": 50}, "50"),
        ({"max_tokens_later": "65536"}, "65536@8200"),
        ({"max_tokens_later": "65536@8200,40000@9000"}, "raises"),
        ({"max_tokens_later": "1000@8200"}, "raises"),
        ({"pool": True, "rewards": {"format": 1.0}}, "accuracy"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=re.escape(said)) as caught:
        GrpoSettings(**changes).check()
    assert "\n" not in str(caught.value)


def test_lengths_are_raised_with_the_rollout_that_begins_next() -> None:
    raised = GrpoSettings(max_tokens_later="65536@8200, 70_000@9000")
    assert [raised.limit(step) for step in (0, 8_192, 8_208, 9_000)] == [32_768, 32_768, 65_536, 70_000]
    assert raised.longest == 70_000


@given(st.integers(1, 200), st.integers(1, 200), st.integers(0, 200))
def test_the_punishment_is_dapos(limit: int, buffer: int, length: int) -> None:
    buffer, length = min(buffer, limit), min(length, limit)
    expected = limit - buffer
    by_hand = 0.0 if length <= expected else (expected - length) / buffer
    assert lengths.punishment(length, limit, buffer) == pytest.approx(by_hand)
    assert lengths.punishment(limit, limit, buffer) == -1
