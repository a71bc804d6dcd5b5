"""What a card takes from rows: digests without order, and of what rows claim only what is plain."""

import json
import random

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.evaluation.cards.rows import QuestionFacts, ResponseFacts

ROWS = [
    {
        "prompt_id": f"p{n % 3}",
        "prompt": f"What is {n % 3}?",
        "system": None,
        "truth": str(n % 3),
        "verifier": "math",
        "verifier_version": "math/4",
        "engine": None,
        "model": "ab"[n % 2],
        "response": f"{n}",
        "reasoning": None,
        "finish_reason": "stop",
        "response_tokens": n,
        "sampling": None,
    }
    for n in range(12)
]
SCHEMA = pa.schema(
    [(name, pa.int32() if name == "response_tokens" else pa.string()) for name in ROWS[0]],
)


def table(rows: list[dict[str, object]]) -> pa.Table:
    return pa.Table.from_pylist(rows, SCHEMA)


def facts_of(*tables: pa.Table) -> tuple[QuestionFacts, ResponseFacts]:
    questions, responses = QuestionFacts(), ResponseFacts()
    for each in tables:
        questions.add(each)
        responses.add(each)
    return questions, responses


def digests(*tables: pa.Table) -> tuple[str, str]:
    questions, responses = facts_of(*tables)
    return questions.section("q", None)["digest"], responses.digest


@given(st.randoms(use_true_random=False), st.integers(1, 11))
def test_digests_do_not_depend_on_order_or_shards(chance: random.Random, cut: int) -> None:
    rows = chance.sample(ROWS, len(ROWS))
    assert digests(table(rows[:cut]), table(rows[cut:])) == digests(table(ROWS))


@pytest.mark.parametrize(
    "column", ["prompt_id", "model", "response", "reasoning", "finish_reason", "response_tokens"]
)
def test_each_part_of_a_response_is_in_the_digest(column: str) -> None:
    other = {**ROWS[0], column: 99 if column == "response_tokens" else "p1"}
    assert digests(table([other, *ROWS[1:]]))[1] != digests(table(ROWS))[1]


def test_a_response_that_is_there_twice_counts_twice() -> None:
    assert digests(table([*ROWS, ROWS[0]]))[1] != digests(table(ROWS))[1]


def test_verdicts_of_two_versions_are_both_told() -> None:
    mixed = [ROWS[0], {**ROWS[1], "verifier_version": "math/3"}, {**ROWS[2], "verifier": None}]
    assert facts_of(table(mixed))[0].grader == {"math": "math/3 and math/4"}


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (['{"temperature": 0.6}'], 0.6),
        (['{"temperature": 0.6}', '{"temperature": 1.0}'], "unknown"),
        (['{"temperature": 0.6}', None], "unknown"),
        (['{"temperature": NaN}'], "unknown"),
        (['{"temperature": 1e999}'], "unknown"),
        ([json.dumps({"temperature": 10**400})], "unknown"),
        (['{"temperature": [[1]]}'], "unknown"),
        (["[" * 100_000], "unknown"),
        (["[1]"], "unknown"),
        (["{"], "unknown"),
    ],
)
def test_a_setting_is_what_all_rows_state(texts: list[str | None], expected: object) -> None:
    rows = [{**ROWS[0], "sampling": text} for text in texts]
    assert facts_of(table(rows))[1].protocol("a")["temperature"] == expected
