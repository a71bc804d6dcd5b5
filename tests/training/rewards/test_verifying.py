"""Verdicts in threads: each response has one, a verifier that hangs takes no other's, and no rollout waits for ever."""

import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r1data.training import launch
from r1data.training.rewards import Rollout, verifying
from r1data.training.rewards.verifying import Verification
from r1data.training.rollouts.measures import Scorer
from r1data.verifiers.registry import VERIFIERS
from r1data.verifiers.verdict import Case, Verdict, Verifier, correct, incorrect
from tests.training import harness
from tests.training.tiny import sums

END = threading.Event()
"""Set when the tests are over, so that what hangs ends."""


@pytest.fixture(scope="module", autouse=True)
def end() -> Iterator[None]:
    yield
    END.set()


def check(case: Case, time_limit: float) -> Verdict:
    """`hang` hangs whatever the limit, `exit` ends the program; else a response is right where it says so."""
    if case.response == "hang":
        END.wait()
    if case.response == "exit":
        sys.exit(3)
    return correct("") if case.response == "right" else incorrect("")


def check_batch(cases: Sequence[Case], time_limit: float) -> list[Verdict]:
    return [check(case, time_limit) for case in cases]


SINGLE = {"v": Verifier("v", check, "1", "")}
BATCH = {"v": Verifier("v", check_batch, "1", "", batch=True)}


def rollouts(*responses: str) -> list[Rollout]:
    return [Rollout(f"q{number}", response, "t", "v") for number, response in enumerate(responses)]


def words(verdicts: Sequence[Verdict | None]) -> list[str | None]:
    return [verdict and verdict.verdict for verdict in verdicts]


@settings(max_examples=30)
@given(st.lists(st.sampled_from(["right", "wrong"]), max_size=30), st.sampled_from([SINGLE, BATCH]))
def test_every_response_has_its_own_verdict_in_order(
    responses: list[str], verifiers: dict[str, Verifier]
) -> None:
    verification = Verification(5.0, verifiers, threads=3)
    verdicts = verification.verdicts(rollouts(*responses))
    verification.close()
    assert words(verdicts) == ["correct" if one == "right" else "incorrect" for one in responses]


def test_verifiers_that_hang_cost_their_own_responses_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "STUCK_SECONDS", 0.3)
    verification = Verification(0.01, SINGLE, threads=2)
    verdicts = verification.verdicts(rollouts(*["hang"] * 3, *["right"] * 20))
    assert words(verdicts) == ["timeout"] * 3 + ["correct"] * 20
    assert verdicts[0] is not None and verdicts[0].cause == "limit"
    assert words(verification.verdicts(rollouts("wrong"))) == ["incorrect"]


@pytest.mark.parametrize("verifiers", [SINGLE, BATCH])
def test_a_rollout_ends_in_its_time_and_the_next_one_is_verified(verifiers: dict[str, Verifier]) -> None:
    verification = Verification(5.0, verifiers, threads=2)
    began = time.monotonic()
    first = verification.verdicts(rollouts("hang", "hang"), seconds=0.3)
    assert time.monotonic() - began < 30
    assert words(first) == ["timeout", "timeout"]
    assert words(verification.verdicts(rollouts("right", "wrong"), seconds=60)) == ["correct", "incorrect"]


def test_a_verifier_that_ends_the_program_fails_on_its_response_alone() -> None:
    assert words(Verification(5.0, SINGLE, threads=1).verdicts(rollouts("exit", "right"))) == [
        "error",
        "correct",
    ]


def test_what_began_early_is_not_verified_again() -> None:
    calls: list[str] = []

    def counted(case: Case, time_limit: float) -> Verdict:
        calls.append(case.response)
        return correct("")

    verification = Verification(5.0, {"v": Verifier("v", counted, "1", "")}, threads=2)
    some = [*rollouts("a", "b", "c"), *rollouts("a")]  # the last one equals the first
    verification.begin(some[1])
    while not calls:
        time.sleep(0.001)
    assert words(verification.verdicts(some)) == ["correct"] * 4
    assert sorted(calls) == ["a", "b", "c"]


def test_the_scorer_begins_with_responses_to_prompts_that_it_expects() -> None:
    scorer = Scorer(["accuracy"], 5.0, lambda counts: counts)
    seen: list[Rollout] = []
    scorer.verification.begin = seen.append  # type: ignore[method-assign]
    scorer.decode = lambda ids: "".join(map(chr, ids))
    row = {"prompt": [1, 2], "question": "1+1", "prefill": "<think>", "truth": "2", "verifier": "math"}
    scorer.expect([{**row, "language": "en"}])
    scorer.begin([1, 2], [65, 66])
    scorer.begin([3], [65])
    assert [(one.response, one.tokens) for one in seen] == [("<think>AB", 2)]


def test_a_run_whose_verifier_hangs_goes_on_without_those_responses(
    qwen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hangs(case: Case, time_limit: float) -> Verdict:
        if case.prompt in ("0+1=", "1+1=") and case.response != "no answer":
            END.wait()
        return incorrect("")

    monkeypatch.setitem(VERIFIERS.built_in, "exact", replace(VERIFIERS["exact"], check=hangs))  # type: ignore[arg-type]
    settings = replace(
        harness.GRPO,
        steps=1,
        steps_per_rollout=1,
        beta=0.0,
        prompts_per_step=4,
        verify_seconds=0.2,
        verify_rollout_seconds=8.0,
        rewards={"accuracy": 1.0, "letters": 1.0},
    )
    summary = run(qwen, tmp_path / "out", settings)
    assert (summary["responses"], summary["unrewarded"], summary["limit"]) == (16, 8, 8)


def run(model: Path, out: Path, settings: object) -> dict[str, int]:
    launch_run: Callable[..., launch.Trained] = launch.run
    return dict(
        launch_run(sums(4), model=model, out=out, settings=settings, command="train-grpo").manifest["summary"]
    )
