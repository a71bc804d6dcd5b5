"""Answers that are known to be wrong, to see whether a judge finds them.

Agreement on rows says little where most answers are right: a judge that calls everything correct agrees there. So some
of the rows that are compared are asked about once more, each with the answer to another row in the place of its own,
or with its number plus one, where the rule of the row calls that `incorrect`.

Not covered: answers that are wrong in a way of their own (a unit, a sign, half of a list), and how often a judge calls
right answers wrong; that the agreement shows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from r1data.verifiers import registry
from r1data.verifiers.verdict import DECIDED, Case, VerdictColumns

COLUMN = "judge_probe"
"""Column with the judge's verdict on an answer to the row's question that is known to be wrong."""
PROBES = 20
"""Most rows of a shard that are probed: as many more questions, each asked `--votes` times. Ours."""
TRIES = 5
"""Answers to other rows that are tried for one that the rule calls wrong. Ours."""
LONGEST = 200
"""Most characters of an answer that is given in the place of another. Ours."""

_WHOLE_NUMBER = re.compile(r"-?\d{1,15}", re.ASCII)


def wrong_answers(
    rows: Sequence[int],
    names: Sequence[str],
    cases: Sequence[Case | None],
    by_rules: Sequence[VerdictColumns],
    time_limit: float = registry.TIME_LIMIT,
) -> dict[int, Case]:
    """Cases whose answer is known to be wrong, by the row whose question they answer.

    Args:
        rows: those that are compared, spread over which up to `PROBES` are probed.
        names: each row's verifier.
        cases: what was verified.
        by_rules: what the rules said.
        time_limit: seconds for a rule to call an answer wrong.
    """
    answers = [answer for row in rows if (answer := _right_answer(cases[row], by_rules[row]))]
    step = max(1, -(-len(rows) // PROBES))
    probes: dict[int, Case] = {}
    for place, row in list(enumerate(rows))[::step]:
        case, verifier = cases[row], registry.find(names[row])
        if case is None or case.truth is None or not (verifier and verifier.judge_may_review):
            continue
        # The answers to the rows behind it come first, so that not all rows get the same one.
        others = answers[place % max(1, len(answers)) :] + answers[: place % max(1, len(answers))]
        different = [answer for answer in dict.fromkeys(others) if answer != case.truth.strip()]
        for answer in (*different[:TRIES], *_next_number(case.truth)):
            verdict = registry.check(
                names[row], answer, case.truth, prompt=case.prompt, time_limit=time_limit
            )
            if verdict.verdict == "incorrect":
                probes[row] = Case(answer, case.truth, case.prompt)
                break
    return probes


def _right_answer(case: Case | None, by_rule: VerdictColumns) -> str | None:
    """The answer of a row that the rule calls correct, or else its truth, where it is short."""
    if case is None or by_rule.verdict not in DECIDED:
        return None
    answer = (by_rule.extracted if by_rule.verdict == "correct" else None) or case.truth or ""
    return answer.strip() if 0 < len(answer.strip()) <= LONGEST else None


def _next_number(truth: str) -> list[str]:
    return [str(int(truth.strip()) + 1)] if _WHOLE_NUMBER.fullmatch(truth.strip()) else []
