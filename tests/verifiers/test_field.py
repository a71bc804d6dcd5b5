"""What the field's inputs broke: each response gets the verdict that its case expects, or the case is argued with."""

import json
from pathlib import Path
from typing import Any

import pytest

from r1data.verifiers.math.verifier import LENIENT
from r1data.verifiers.registry import check_all
from r1data.verifiers.verdict import Verdict

CASES = [
    json.loads(line)
    for line in (Path(__file__).parent.parent / "fixtures" / "field" / "cases.jsonl").read_text().splitlines()
]
ARGUED = {
    "code-11": "the case's truth is cut within its JSON; a whole one of its kind is correct (test_verifier)",
    "red-52": "a number marked as the answer is the answer, whatever was worked out before the marker",
    "red-56": "12e0000 is JSON (RFC 8259 allows leading zeros in an exponent), and it equals 12",
}
"""Cases whose `expected` is wrong, with the reason."""
SENTENCES = "K2b"
"""Answers that stand in a sentence: some are decided by `--lenient` alone, as the default is for rewards."""


def as_expected(verdict: Verdict, expected: str) -> bool:
    if expected == "correct":
        return verdict.verdict == "correct"
    if expected == "unverifiable (not incorrect)":
        return verdict.verdict in ("unverifiable", "correct")
    return verdict.verdict != "correct"


def verdict_of(case: dict[str, Any], lenient: bool) -> Verdict:
    overrides = {"math": LENIENT} if lenient else {}
    (verdict,) = check_all(
        [case["verifier"]], [case["response"]], [case["truth"]], time_limit=20.0, overrides=overrides
    )
    return verdict


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_case_of_the_field(case: dict[str, Any]) -> None:
    verdict = verdict_of(case, lenient=case["fault"].startswith(SENTENCES))
    if case["id"] in ARGUED:
        assert not as_expected(verdict, case["expected"])
        return
    assert as_expected(verdict, case["expected"]), (case["fault"], verdict)


def test_a_sentence_is_never_no_answer() -> None:
    """What `--lenient` alone decides is undecided without it, and no reward of 0."""
    sentences = [case for case in CASES if case["fault"].startswith(SENTENCES)]
    verdicts = [verdict_of(case, lenient=False) for case in sentences]
    assert {verdict.cause for verdict in verdicts} <= {None, "undecided"}
    assert all(verdict.verdict != "incorrect" for verdict in verdicts)
