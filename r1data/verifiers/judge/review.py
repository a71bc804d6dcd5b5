"""Selects the rows of a table that a judge gets (R1 2.3.3: where rules cannot decide), and applies its verdicts.

Rows whose verifier is `judge` are judged; on request also those that a rule left undecided, and, to measure agreement,
those that a rule decided, whose verdicts are kept.

Not covered: rows without a truth, or without an answer after the thoughts; programs and puzzles that a rule could not
check (a judge cannot run them); whether the judge is right, which only the agreement can indicate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from r1data.errors import UserError
from r1data.verifiers.failures import check_batch
from r1data.verifiers.judge import probes
from r1data.verifiers.judge.judge import Judge
from r1data.verifiers.registry import JUDGE, find
from r1data.verifiers.verdict import DECIDED, Case, Verdict, VerdictColumns

COLUMN = "judge_verdict"
"""Column with the judge's verdict on rows that a rule decided."""


@dataclass(frozen=True, slots=True)
class JudgeReview:
    """The judge's verdicts by row.

    Attributes:
        overrides: those that replace the rules' verdicts.
        opinions: second opinions, on rows that a rule decided.
        probes: what the judge says of answers to the rows' questions that are known to be wrong (`probes`).
    """

    overrides: dict[int, Verdict] = field(default_factory=dict)
    opinions: dict[int, Verdict] = field(default_factory=dict)
    probes: dict[int, Verdict] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judging:
    """A judge, and which rows it gets beside those whose verifier is `judge`."""

    judge: Judge
    undecided: bool = False
    agreement: bool = False

    @property
    def version(self) -> str:
        """The column `verifier_version` of its verdicts."""
        return f"{JUDGE.name}/{self.judge.version}"

    def workers(self, workers: int | None) -> int | None:
        """How many worker processes to start: one, unless the judge is served, as each would load the model.

        Raises UserError if more are requested.
        """
        if self.judge.settings.remote:
            return workers
        if workers not in (None, 1):
            raise UserError(
                f"--workers {workers} would load the judge {workers} times; use one worker, or serve it (--endpoint)"
            )
        return 1

    def recorded(self) -> dict[str, Any]:
        """The settings that decide the verdicts, for the command's record."""
        more: dict[str, Any] = {"judge_unverifiable": self.undecided, "agreement": self.agreement}
        if self.agreement:
            more["probes"] = probes.PROBES
        return {**self.judge.settings.recorded(), **more}

    def review(
        self, names: Sequence[str], cases: Sequence[Case | None], by_rules: Sequence[VerdictColumns]
    ) -> JudgeReview:
        """The judge's verdicts on the rows that are for it.

        Args:
            names: each row's verifier.
            cases: what was verified; None for a row without a response.
            by_rules: what the rules said.

        Raises:
            UserError: the judge cannot be loaded or reached.
        """
        rows = list(zip(names, cases, by_rules, strict=True))
        numbers = [
            n
            for n, (name, case, rule_verdict) in enumerate(rows)
            if case and self.is_for_judge(name, rule_verdict)
        ]
        compared = [n for n in numbers if by_rules[n].verdict in DECIDED]
        wrong = probes.wrong_answers(compared, names, cases, by_rules) if compared else {}
        verdicts = self._judge([*(case for n in numbers if (case := cases[n])), *wrong.values()])
        reviewed = JudgeReview(probes=dict(zip(wrong, verdicts[len(numbers) :], strict=True)))
        for number, verdict in zip(numbers, verdicts[: len(numbers)], strict=True):
            name, _, rule_verdict = rows[number]
            if rule_verdict.verdict in DECIDED:
                reviewed.opinions[number] = verdict
            elif name == JUDGE.name:
                reviewed.overrides[number] = verdict
            else:
                reason = (
                    f"{name}: {rule_verdict.verdict_reason or rule_verdict.verdict}; judge: {verdict.reason}"
                )
                reviewed.overrides[number] = replace(verdict, reason=reason)
        return reviewed

    def _judge(self, cases: Sequence[Case]) -> list[Verdict]:
        """The judge's verdicts: `error` on a case that makes it raise. Raises UserError: no case is to blame for it."""
        outages: list[UserError] = []

        def judge(some: Sequence[Case]) -> list[Verdict]:
            try:
                return self.judge(some, 0.0)
            except UserError as error:
                outages.append(error)
                raise

        verdicts = check_batch(JUDGE.name, judge, cases)
        if outages:
            raise outages[0]
        return verdicts

    def is_for_judge(self, name: str, rule_verdict: VerdictColumns) -> bool:
        """Whether the judge gets a row, by its verifier and what the rules said."""
        if name == JUDGE.name:
            return rule_verdict.verdict not in DECIDED
        if rule_verdict.verdict in DECIDED:
            # A verdict that a judge gave earlier says nothing of the rules.
            return self.agreement and not rule_verdict.verifier_version.startswith(f"{JUDGE.name}/")
        # `error` is for the checker to mend; no answer, or several, is the response's own doing.
        left_open = rule_verdict.verdict in ("unverifiable", "timeout")
        if not self.undecided or not left_open or rule_verdict.verdict_cause == "no_answer":
            return False
        verifier = find(name)
        return verifier is not None and verifier.judge_may_review
