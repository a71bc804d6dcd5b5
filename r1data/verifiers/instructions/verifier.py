"""`ifeval`: a response is correct if it follows all instructions of the truth, as IFEval's strict accuracy has it.

What is checked is the answer after the thoughts, all of it; the thoughts are never looked at, and an answer that was
cut is none. The scores say more: the share of the instructions that are followed, and both again as IFEval's loose
accuracy has them, where the first line, the last or the asterisks may be left out.

Not covered: whether the response answers the prompt.
"""

from collections.abc import Iterator, Sequence

from r1data.verifiers.extraction import texts
from r1data.verifiers.instructions.entry import BadInstruction
from r1data.verifiers.instructions.layout import TooDeep
from r1data.verifiers.instructions.registry import Given, parse
from r1data.verifiers.verdict import (
    Case,
    NamedScores,
    Verdict,
    Verifier,
    correct,
    incorrect,
    no_answer,
    no_truth,
    unverifiable,
)

LIMIT = 100_000
"""Most characters of an answer or a truth. Ours."""
SCORES = ("followed", "loose", "followed_loose")


def check(case: Case, time_limit: float) -> Verdict:
    """Verify one response against a list of instructions."""
    prepared = _prepare(case)
    if isinstance(prepared, Verdict):
        return prepared
    answer, given = prepared
    try:
        broken_ids = [one.id for one, arguments in given if not one.rule(answer, arguments)]
    except TooDeep:
        return unverifiable("too_long", "the answer is JSON that is nested too deep")
    return incorrect(None, f"not followed: {', '.join(broken_ids)}"[:300]) if broken_ids else correct(None)


def _prepare(case: Case) -> tuple[str, tuple[Given, ...]] | Verdict:
    """The answer and the instructions, or the verdict that one of them is missing."""
    if case.truth is None or not case.truth.strip():
        return no_truth()
    if len(case.truth) > LIMIT:
        return unverifiable("too_long", f"truth of {len(case.truth)} characters, over the limit of {LIMIT}")
    try:
        given = parse(case.truth)
    except BadInstruction as error:
        return unverifiable("bad_truth", str(error)[:300])
    answer = texts.after_thoughts(case.response)
    if isinstance(answer, Verdict):
        return answer
    if case.is_cut:
        return no_answer("that was finished: it was cut")
    if len(answer) > LIMIT:
        return unverifiable("too_long", f"answer of {len(answer)} characters, over the limit of {LIMIT}")
    return answer, given


def score(
    cases: Sequence[Case], verdicts: Sequence[Verdict], prompts: Sequence[str], time_limit: float
) -> list[NamedScores]:
    """`SCORES` of each response: nothing where it cannot be checked, 0 where it has no answer."""
    return [_scores(case) for case in cases]


def _scores(case: Case) -> NamedScores:
    prepared = _prepare(case)
    if isinstance(prepared, Verdict):
        return dict.fromkeys(SCORES, 0.0 if prepared.cause == "no_answer" else None)
    answer, given = prepared
    try:
        strict = [one.rule(answer, arguments) for one, arguments in given]
        variants = list(_variants(answer))
        loose = [
            followed or any(one.rule(text, arguments) for text in variants)
            for followed, (one, arguments) in zip(strict, given, strict=True)
        ]
    except TooDeep:
        return dict.fromkeys(SCORES)
    return {
        "followed": sum(strict) / len(strict),
        "loose": float(all(loose)),
        "followed_loose": sum(loose) / len(loose),
    }


def _variants(answer: str) -> Iterator[str]:
    """The answer without its first line, its last, both, and each without asterisks; blank ones are left out."""
    lines = answer.split("\n")
    texts_of_lines = ["\n".join(part).strip() for part in (lines[1:], lines[:-1], lines[1:-1])]
    for text in (
        answer.replace("*", ""),
        *texts_of_lines,
        *(text.replace("*", "") for text in texts_of_lines),
    ):
        if text.strip():
            yield text


VERIFIER = Verifier(
    name="ifeval",
    check=check,
    version="1",
    summary="the answer with a list of instructions that a program can check",
    scores=SCORES,
    score=score,
)
