"""A score beside figures that others report of the same model."""

import pytest

from r1data.evaluation.benchmarks import BENCHMARKS
from r1data.evaluation.cards.published import compare, is_model, line

PROTOCOL = {"temperature": 0.6, "top_p": 0.95, "max_tokens": 32_768, "k": 64}
SCORES = {"pass@1": {"value": 0.30, "error": 0.02, "low": 0.26, "high": 0.34}}


@pytest.mark.parametrize(
    ("name", "published", "expected"),
    [
        ("deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B", "R1-Distill-Qwen-1.5B", True),
        ("models/DeepSeek_R1_Distill_Qwen_1.5B/", "R1-Distill-Qwen-1.5B", True),
        ("R1-Distill-Qwen-1.5B", "R1-Distill-Qwen-1.5B", True),
        ("deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B-sft", "R1-Distill-Qwen-1.5B", False),
        ("runs/r1", "R1-Distill-Qwen-1.5B", False),
        ("org/Qwen-14B", "R1-Distill-Qwen-14B", False),
    ],
)
def test_a_models_name_is_told_by_its_last_part(name: str, published: str, expected: bool) -> None:
    assert is_model(name, published) is expected


def test_each_figure_is_inside_or_outside_the_interval() -> None:
    entries = compare(BENCHMARKS["aime24"], "deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B", SCORES, PROTOCOL)
    figures = {
        (one["source"].split(",")[0], one["measure"]): (one["published"], one["inside"]) for one in entries
    }
    assert figures == {
        ("R1", "pass@1"): (28.9, True),
        ("R1", "cons@64"): (52.7, None),
        ("lighteval", "pass@1"): (30.7, True),
    }


def test_what_the_protocol_has_otherwise_is_said() -> None:
    entries = compare(
        BENCHMARKS["math500"], "R1-Distill-Qwen-7B", SCORES, {**PROTOCOL, "max_tokens": 4_096, "k": 16}
    )
    assert [one["differences"] for one in entries] == [["max_tokens 4096, theirs 32768"]]
    assert "outside the 95% interval; the protocol differs: max_tokens 4096, theirs 32768" in line(entries[0])


def test_a_model_with_fewer_positions_than_the_protocol_is_a_difference() -> None:
    entries = compare(
        BENCHMARKS["math500"], "R1-Distill-Qwen-7B", SCORES, {**PROTOCOL, "k": 16, "positions": 4_096}
    )
    assert entries[0]["differences"] == ["the model has 4,096 positions, fewer than their 32,768 tokens need"]


def test_a_benchmark_without_figures_compares_nothing() -> None:
    assert compare(None, "R1-Distill-Qwen-7B", SCORES, PROTOCOL) == []
