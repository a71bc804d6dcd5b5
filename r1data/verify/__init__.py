r"""Verifiers: `(response, truth) → Verdict`, one registry for `r1 verify`, for rewards and for Python.

A verdict is never guessed: `incorrect` means that an answer was found and is wrong (`r1data.verdict`). The answer is
taken from what follows the thoughts. A verifier is added by one file and one line in `registry.VERIFIERS`, or
from another package by an entry point in the group `r1.verifiers`.

    check("math", r"<think>so</think>\boxed{12}", "12").verdict == "correct"
"""

from r1data.verdict import WORDS, AnyVerifier, BatchVerifier, Case, Verdict, Verifier, batch
from r1data.verify.registry import TIME_LIMIT, VERIFIERS, check, check_all, known, require
from r1data.verify.table import Plan, verify_table

__all__ = [
    "TIME_LIMIT", "VERIFIERS", "WORDS", "AnyVerifier", "BatchVerifier", "Case", "Plan", "Verdict", "Verifier", "batch",
    "check", "check_all", "known", "require", "verify_table",
]  # fmt: skip
