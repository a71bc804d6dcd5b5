"""Input that is meant to hang, crash or fill memory: each gets a verdict, none raises, none is correct."""

import json

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r1data.verifiers.registry import check
from r1data.verifiers.table import VerifyPlan, verify_table
from r1data.verifiers.verdict import WORDS
from tests.verifiers.hostile import BY_HAND, grown

LIMIT = 0.2
OURS = ("math", "choice", "exact", "format", "format-r1-zero")


@pytest.mark.parametrize("name", BY_HAND)
def test_a_verdict_within_the_limit(name: str) -> None:
    verdict = check("math", BY_HAND[name], "2", time_limit=LIMIT)
    assert verdict.verdict in WORDS
    assert verdict.verdict not in ("correct", "error")
    json.dumps([verdict.extracted, verdict.reason])


@pytest.mark.parametrize("name", list(BY_HAND)[::3])
def test_a_truth_may_be_hostile_too(name: str) -> None:
    truth = BY_HAND[name].removeprefix("<think>so</think>")
    verdict = check("math", r"<think>so</think>\boxed{2}", truth, time_limit=LIMIT)
    assert verdict.verdict not in ("correct", "error")


@pytest.mark.parametrize("verifier", OURS)
def test_hundreds_of_grown_ones(verifier: str) -> None:
    for response in grown(200, seed=4):
        verdict = check(verifier, response, "2", time_limit=LIMIT)
        assert verdict.verdict in WORDS
        assert verdict.verdict != "error", (response[:200], verdict)


def test_an_answer_over_the_limit_says_its_length() -> None:
    verdict = check("math", r"<think>so</think>\boxed{" + "1" * 5_000 + "}", "2")
    assert verdict.verdict == "unverifiable"
    assert (verdict.reason or "").startswith("answer of 5000 characters")


def test_what_arrow_can_hold_goes_through_a_table() -> None:
    responses = [text for text in BY_HAND.values() if text.isprintable() or text.isascii()][:30]
    table = pa.table({"response": responses, "truth": ["2"] * len(responses)})
    assert set(verify_table(table, VerifyPlan(time_limit=LIMIT))["verdict"].to_pylist()) <= set(WORDS)


@settings(max_examples=60)
@given(st.text(max_size=60), st.text(max_size=20))
def test_no_text_raises(answer: str, truth: str) -> None:
    for name in OURS:
        check(name, f"<think>so</think>{answer}", truth, time_limit=5.0)
        check(name, answer, truth, time_limit=5.0)
