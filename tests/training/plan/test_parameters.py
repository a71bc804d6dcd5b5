"""Parameter counts from configs alone."""

from pathlib import Path

import pytest

from r1data.engines.models import load_model
from r1data.training.plan.parameters import config_from, parameters, read_config
from r1data.training.students import STUDENTS, find
from tests.training.plan.published import ACTIVE, PUBLISHED

NAMES = list(STUDENTS.built_in)


def published(base: str) -> int:
    """The published count of a base; an instructed one has that of its base."""
    return PUBLISHED[base.removesuffix("-Instruct").removesuffix("-Base")]


@pytest.mark.parametrize("name", NAMES)
def test_counts_agree_with_the_published_ones(name: str) -> None:
    student = STUDENTS.built_in[name]
    assert parameters(config_from(student.config)).total == student.parameters == published(student.base)


def test_experts_that_a_token_does_not_visit_are_not_active() -> None:
    counts = parameters(config_from(find("qwen3-30b-a3b").config))
    assert counts.active == ACTIVE["Qwen/Qwen3-30B-A3B"]


def test_a_dense_model_is_active_throughout() -> None:
    counts = parameters(config_from(find("qwen2.5-0.5b").config))
    assert counts.active == counts.total and counts.head == 0


def test_a_folder_is_counted_as_it_loads(qwen: Path) -> None:
    config = read_config(find(str(qwen)))
    assert config is not None
    assert parameters(config).total == sum(p.numel() for p in load_model(qwen).parameters())


def test_a_hub_model_that_nobody_knows_has_no_config() -> None:
    assert read_config(find("org/model")) is None
