"""`judge`: a model decides whether the answer means the same as the truth (R1 2.3.3: where rules cannot decide).

Without a model (`--judge`) every row is `unverifiable`. With one, rows whose verifier is `judge` are judged; so are, if
asked for, those that a rule could not decide; and to see how far a judge is to be trusted, those that a rule did
decide, whose verdicts then stay. The judge itself is `r1data.verifiers.judge`.

Not covered: rows without a truth, or without an answer after the thoughts; programs and puzzles that a rule could not
check (a judge cannot run them); whether the judge is right, which only the agreement says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from r1data.errors import UserError
from r1data.verifiers.verdict import Case, Judged, Verdict, batch, unverifiable

if TYPE_CHECKING:
    from r1data.verifiers.judge.judge import Judge

VERSION = "1"
NAME = "judge"
COLUMN = "judge_verdict"
"""What the judge says of rows that a rule decided."""
ANSWERS = ("math", "choice", "exact")
"""Rules that compare an answer with a truth, as a judge can."""
NO_ANSWER = "no answer"
DECIDED = ("correct", "incorrect")


@batch
def check_all(cases: Sequence[Case], time_limit: float) -> list[Verdict]:
    """Without a model nothing can be said."""
    return [unverifiable("no judge configured: pass --judge")] * len(cases)


@dataclass(frozen=True, slots=True)
class Reviewed:
    """By the number of a row: the verdicts that stand from now on, and those that are a second opinion."""

    overrides: dict[int, Verdict] = field(default_factory=dict)
    opinions: dict[int, Verdict] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judging:
    """Which rows a judge gets beside those whose verifier it is."""

    judge: Judge
    undecided: bool = False
    agreement: bool = False

    @property
    def version(self) -> str:
        """Of the verdicts that stand."""
        return f"{NAME}/{self.judge.version}"

    def workers(self, wanted: int | None) -> int | None:
        """How many processes may work: one where the judge runs in them, which would else load it each.

        Raises UserError where more are wanted.
        """
        if self.judge.settings.remote:
            return wanted
        if wanted not in (None, 1):
            raise UserError(
                f"--workers {wanted} would load the judge {wanted} times; use one worker, or serve it (--endpoint)"
            )
        return 1

    def recorded(self) -> dict[str, Any]:
        """What decides the verdicts, for the command's record."""
        more = {"judge_unverifiable": self.undecided, "agreement": self.agreement}
        return {**self.judge.settings.recorded(), **more}

    def review(
        self, names: Sequence[str], cases: Sequence[Case | None], said: Sequence[Judged | None]
    ) -> Reviewed:
        """What the judge says of the rows that are for it.

        `said` is what the rules said: verdict, score, extracted, reason, version. Raises UserError where the judge
        cannot be loaded or reached.
        """
        rows = list(zip(names, cases, said, strict=True))
        wanted = [n for n, (name, case, old) in enumerate(rows) if case and old and self._wants(name, old)]
        made = self.judge([case for n in wanted if (case := cases[n])], 0.0)
        found = Reviewed()
        for number, verdict in zip(wanted, made, strict=True):
            name, _, old = rows[number]
            if old is None or old[0] in DECIDED:
                found.opinions[number] = verdict
            elif name == NAME:
                found.overrides[number] = verdict
            else:
                reason = f"{name}: {old[3] or old[0]}; judge: {verdict.reason}"
                found.overrides[number] = replace(verdict, reason=reason)
        return found

    def _wants(self, name: str, old: Judged) -> bool:
        if name == NAME:
            return old[0] not in DECIDED
        if old[0] in DECIDED:
            return self.agreement and not old[4].startswith(f"{NAME}/")
        return self.undecided and _undecided(name, old)


def _undecided(name: str, old: Judged) -> bool:
    """A rule looked at an answer and could not tell; that there is none, or several, it could."""
    unknown = old[0] in ("unverifiable", "timeout")
    return unknown and name in ANSWERS and not (old[3] or "").startswith(NO_ANSWER)
