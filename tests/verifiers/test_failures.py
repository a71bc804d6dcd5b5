"""What a checker raises, or gives instead of a verdict, belongs to the case that it was at."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r1data.errors import UserError
from r1data.verifiers import registry
from r1data.verifiers.code import verifier as code
from r1data.verifiers.registry import check_all
from r1data.verifiers.verdict import Case, Verdict, Verifier, correct
from tests.verifiers.code.programs import ADD, calls, case


class Panic(BaseException):
    """As pyo3 raises where Rust panics: no `Exception`."""


class Unshowable(Exception):
    def __str__(self) -> str:
        raise ValueError("no")


POISONS: dict[str, Callable[[], Any]] = {
    "ValueError": lambda: ValueError("\x1b[31mred\ud800\0\u202e\nnext line"),
    "RecursionError": RecursionError,
    "MemoryError": MemoryError,
    "OverflowError": lambda: OverflowError("x" * 10**6),
    "KeyError": lambda: KeyError(10**5000),
    "UnicodeEncodeError": lambda: UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
    "Panic": lambda: Panic("called `Option::unwrap()` on a `None` value"),
    "Unshowable": Unshowable,
    "TypeError": lambda: None,
    "TypeError ": lambda: "correct",
    "TypeError  ": lambda: Verdict("error", cause="odd"),  # type: ignore[arg-type]
    "TypeError   ": lambda: Verdict("correct", "1"),  # type: ignore[arg-type]
    "TypeError    ": lambda: Verdict("correct", 1.0, b"x"),  # type: ignore[arg-type]
    "TypeError     ": lambda: Verdict("correct", 1.0, measures={"seconds": []}),  # type: ignore[dict-item]
}
"""By the type that the reason names: an exception to raise, or a value to give in place of a verdict."""


def answer(response: str) -> Verdict:
    """A verdict on an honest response; a poison's name makes trouble."""
    if response not in POISONS:
        return correct(response)
    poison = POISONS[response]()
    if isinstance(poison, BaseException):
        raise poison
    verdict: Verdict = poison
    return verdict


def one_by_one(case: Case, time_limit: float) -> Verdict:
    return answer(case.response)


def batch(cases: Sequence[Case], time_limit: float) -> list[Verdict]:
    return [answer(case.response) for case in cases]


@settings(max_examples=100)
@given(
    responses=st.lists(st.sampled_from([*POISONS, *map(str, range(30))]), max_size=60),
    verifier=st.sampled_from(
        [Verifier("odd", one_by_one, "1", "odd"), Verifier("odd", batch, "1", "odd", batch=True)]
    ),
    threads=st.sampled_from([1, 3]),
)
def test_an_exception_belongs_to_its_case(responses: list[str], verifier: Verifier, threads: int) -> None:
    verdicts = check_all(
        ["odd"] * len(responses),
        responses,
        [None] * len(responses),
        overrides={"odd": verifier},
        threads=threads,
    )
    for response, verdict in zip(responses, verdicts, strict=True):
        if response not in POISONS:
            assert verdict == correct(response)
            continue
        assert (verdict.verdict, verdict.score, verdict.cause) == ("error", None, "crash")
        reason = verdict.reason or ""
        assert reason.startswith(f"odd failed with {response.strip()}")
        assert reason.isprintable() and len(reason) <= 300


def test_one_of_a_thousand_costs_few_further_calls() -> None:
    sizes = []

    def counting(cases: Sequence[Case], time_limit: float) -> list[Verdict]:
        sizes.append(len(cases))
        return batch(cases, time_limit)

    responses = ["7"] * 700 + ["MemoryError"] + ["7"] * 299
    overrides = {"odd": Verifier("odd", counting, "1", "odd", batch=True)}
    verdicts = check_all(["odd"] * 1000, responses, [None] * 1000, overrides=overrides)
    assert [verdict.verdict for verdict in verdicts].count("correct") == 999
    assert len(sizes) <= 21 and sum(sizes) <= 3000


def test_what_the_user_can_mend_holds_for_all_and_is_said_once_to_each() -> None:
    calls = []

    def unreachable(cases: Sequence[Case], time_limit: float) -> list[Verdict]:
        calls.append(cases)
        raise UserError("no server at port 1; start it")

    overrides = {"odd": Verifier("odd", unreachable, "1", "odd", batch=True)}
    verdicts = check_all(["odd"] * 9, ["7"] * 9, [None] * 9, overrides=overrides)
    assert verdicts == [Verdict("error", reason="no server at port 1; start it", cause="no_checker")] * 9
    assert len(calls) == 1


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("is_batch", [True, False])
def test_what_ends_the_program_ends_it(stop: type[BaseException], is_batch: bool) -> None:
    def stopping(*_: object) -> list[Verdict]:
        raise stop

    overrides = {"odd": Verifier("odd", stopping, "1", "odd", batch=is_batch)}  # type: ignore[arg-type]
    with pytest.raises(stop):
        check_all(["odd"] * 3, ["7"] * 3, [None] * 3, overrides=overrides)


def test_a_program_whose_check_raises_leaves_the_others_their_verdicts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judge, runs = code.judge_program, []

    def raising(program: Any, *args: Any) -> Verdict:
        runs.append(program)
        if "poison" in program.source:
            raise OverflowError("int too large to convert to float")
        return judge(program, *args)

    monkeypatch.setattr(code, "judge_program", raising)
    truth = calls("add", ([2, 3], 5))
    rows = [case(ADD + ("\n# poison" if row % 4 == 1 else ""), truth) for row in range(9)]
    verdicts = check_all(["code"] * 9, [row.response for row in rows], [row.truth for row in rows])
    words = [verdict.verdict for verdict in verdicts]
    assert words == ["error" if row % 4 == 1 else "correct" for row in range(9)]
    assert len(runs) == 9


def test_a_row_that_cannot_be_scored_leaves_the_others_the_scores_they_have_without_it() -> None:
    def share(
        cases: Sequence[Case], verdicts: Sequence[Verdict], prompts: Sequence[str], time_limit: float
    ) -> list[dict[str, float | None]]:
        lengths = [float(case.response) for case in cases]
        return [{"share": length / sum(lengths)} for length in lengths]

    verifier = Verifier("odd", one_by_one, "1", "odd", scores=("share",), score=share)
    rows = {n: ("odd", Case(text, None), correct(text), "p") for n, text in enumerate(["1", "x", "3", ""])}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "find", lambda name: verifier)
        assert registry.scores(rows, 1.0) == {0: {"share": 0.25}, 1: {}, 2: {"share": 0.75}, 3: {}}
