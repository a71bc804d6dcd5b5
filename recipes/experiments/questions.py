"""Questions, the responses of a policy to them, and value models trained on such: what both experiments begin with."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from r1data.engines.base import seed_of
from r1data.training.miniature.world import SumProblem, problems

from . import working
from .comparison import Candidate
from .policy import Place, Policy, Response, grade
from .value_model import Example, ValueModel

SPARE = 8
"""Responses to a question drawn in place of some whose verdict is unknown, so that few questions are left out. Ours."""
Labels = Literal["exact", "outcome", "rollouts"]
LABELS: tuple[Labels, ...] = ("exact", "outcome", "rollouts")
"""A step's target: whether it is right by arithmetic, whether its response ends correct, or the share of fresh
completions from it that do (Wang et al. 2023)."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """A question with a response, its steps, and what the verifier says of it."""

    problem: SumProblem
    response: Response
    steps: list[working.Step]
    correct: bool
    answer: str | None


def test_questions(seeds: Sequence[int], count: int) -> dict[int, list[SumProblem]]:
    """`count` questions of the test split for each seed; no sum is asked twice, in any words or under any seed."""
    taken: set[str] = set()
    return {seed: list(islice(_fresh(seed, count, taken), count)) for seed in seeds}


def _fresh(seed: int, count: int, taken: set[str]) -> Iterator[SumProblem]:
    for problem in problems(100 * count, split="test", seed=seed):
        if problem.chain not in taken:
            taken.add(problem.chain)
            yield problem


def sample(
    policy: Policy, asked: Sequence[SumProblem], count: int, seed: int, spare: int = 0
) -> list[list[Sampled]]:
    """The first `count` responses with a known verdict among `count` + `spare` to each question, graded; fewer where
    fewer are known."""
    responses = policy.respond(asked, count + spare, seed)
    return [
        [row for each in some if (row := graded(policy, problem, each))][:count]
        for problem, some in zip(asked, responses, strict=True)
    ]


def graded(policy: Policy, problem: SumProblem, response: Response) -> Sampled | None:
    """A response with its steps and verdict; None where the verdict is unknown."""
    correct, answer = grade(response.text, problem.value)
    return None if correct is None else Sampled(problem, response, policy.steps(response), correct, answer)


def step_targets(
    policy: Policy, rows: Sequence[Sampled], labels: Labels, rollouts: int, seed: int
) -> list[list[float]]:
    """A target for each step of each response."""
    if labels == "exact":
        return [working.exact_labels(row.steps, row.problem.value, row.correct) for row in rows]
    if labels == "outcome":
        return [[float(row.correct)] * len(row.steps) for row in rows]
    return rollout_labels(policy, rows, rollouts, seed)


def rollout_labels(policy: Policy, rows: Sequence[Sampled], rollouts: int, seed: int) -> list[list[float]]:
    """The share of `rollouts` completions from each step that end correct; of the last step, the verdict itself."""
    places = [
        Place(row.problem, row.response.tokens[: step.end], f"rollout {number} {row_number}")
        for row_number, row in enumerate(rows)
        for step in row.steps[:-1]
        for number in range(rollouts)
    ]
    verdicts = iter(
        # a completion that the verifier cannot tell of is none that is known to end correct
        grade(each.text, place.problem.value)[0] is True
        for place, each in zip(places, policy.finish(places, seed), strict=True)
    )
    return [
        [*(sum(islice(verdicts, rollouts)) / rollouts for _ in row.steps[:-1]), float(row.correct)]
        for row in rows
    ]


def example(
    policy: Policy,
    problem: SumProblem,
    response: Response,
    ends: Sequence[int],
    targets: Sequence[float] = (),
) -> Example:
    """A response, or its beginning, as the value model reads it; `ends` count the response's tokens."""
    prompt = policy.prompt(problem)
    return Example((*prompt, *response.tokens), tuple(len(prompt) + end - 1 for end in ends), tuple(targets))


def process_model(
    policy: Policy,
    model: str,
    rows: Sequence[Sampled],
    targets: Sequence[Sequence[float]],
    seed: int,
    batch_tokens: int,
) -> ValueModel:
    """A value model of every step."""
    examples = [
        example(policy, row.problem, row.response, [step.end for step in row.steps], each)
        for row, each in zip(rows, targets, strict=True)
    ]
    scorer = ValueModel(model)
    scorer.train(examples, seed_of(seed, "process", 0), batch_tokens)
    return scorer


def outcome_model(
    policy: Policy, model: str, rows: Sequence[Sampled], seed: int, batch_tokens: int
) -> ValueModel:
    """A value model of whole responses, which it reads to their end."""
    examples = [
        example(policy, row.problem, row.response, [len(row.response.tokens)], [float(row.correct)])
        for row in rows
    ]
    scorer = ValueModel(model)
    scorer.train(examples, seed_of(seed, "outcome", 0), batch_tokens)
    return scorer


def candidates(
    policy: Policy, rows: Sequence[Sequence[Sampled]], process: ValueModel, outcome: ValueModel | None = None
) -> tuple[list[list[Candidate]], list[list[float]]]:
    """The responses to each question with their scores: the least, the last and, of an outcome model, the one; and the
    scores of all steps, a response each."""
    flat = [row for some in rows for row in some]
    steps = process.score(
        [example(policy, row.problem, row.response, [step.end for step in row.steps]) for row in flat]
    )
    ends = [example(policy, row.problem, row.response, [len(row.response.tokens)]) for row in flat]
    whole = outcome.score(ends) if outcome else [[0.0]] * len(flat)
    scored = iter(
        Candidate(
            row.answer,
            row.correct,
            len(row.response.tokens),
            {"least": min(scores), "last": scores[-1], "outcome": final[0]},
        )
        for row, scores, final in zip(flat, steps, whole, strict=True)
    )
    return [list(islice(scored, len(some))) for some in rows], steps
