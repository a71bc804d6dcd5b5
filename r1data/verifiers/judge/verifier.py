"""`judge`: the verifier of rows that only a model can decide. Without a model (`--judge`) nothing can be said of them.

With one, `r1data.verifiers.judge.judge.Judge` stands in for this verifier.
"""

from collections.abc import Sequence

from r1data.verifiers.verdict import Case, Verdict, Verifier, unverifiable


def check_all(cases: Sequence[Case], time_limit: float) -> list[Verdict]:
    """One verdict each: that there is no judge."""
    return [unverifiable("no_checker", "no judge configured: pass --judge")] * len(cases)


VERIFIER = Verifier(
    name="judge",
    check=check_all,
    version="1",
    summary="what a model makes of question, truth and answer: [judge.md](judge.md)",
    batch=True,
)
