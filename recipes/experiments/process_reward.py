"""A process reward model against best-of-n without one, at the same tokens (R1 4.2), in the miniature world.

`python -m recipes.experiments.process_reward -o runs/process-reward` samples responses to train questions, labels each
of their steps, and trains from the policy's weights a process reward model (every step) and an outcome reward model
(the end alone), on the same responses. Of n responses to test questions, each selector takes one: by the least or the
last of the steps' scores, by the outcome's, by majority, at random. Compared are equal numbers of generated tokens, and
equal tokens in all, where what a reward model reads counts too: the prompt once, and each response once.

Deterministic in the seeds, as far as torch is on one machine. The settings are ours; the paper gives none.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import Any

import numpy as np

from r1data.engines.models import fingerprint
from r1data.errors import UserError
from r1data.evaluation.statistics import Estimate, estimate_difference, estimate_share
from r1data.runtime.progress import track
from r1data.training.miniature.world import SumProblem, problems

from . import options, report, working
from .comparison import (
    Candidate,
    Selector,
    at_tokens,
    best,
    majority,
    of_groups,
    oracle,
    random_choice,
)
from .policy import Policy
from .questions import (
    LABELS,
    SPARE,
    Sampled,
    candidates,
    outcome_model,
    process_model,
    sample,
    step_targets,
    test_questions,
)

SELECTORS: dict[str, Selector] = {
    "random": random_choice,
    "majority": majority,
    "outcome model": best("outcome"),
    "process, last step": best("last"),
    "process, least step": best("least"),
    "oracle": oracle,
}
SCORED = ("outcome model", "process, last step", "process, least step")
"""Those that read the responses once more."""


@dataclass(frozen=True, slots=True)
class SeedResult:
    """The responses to the questions of one seed, and how well the reward models tell right from wrong there."""

    pools: list[list[Candidate]]
    prompts: list[int]
    auc: dict[str, float]
    left_out: int


def run_seed(policy: Policy, asked: Sequence[SumProblem], seed: int, given: argparse.Namespace) -> SeedResult:
    """Train the reward models of a seed and score the responses to its questions."""
    train = list(problems(given.train_questions, split="train", seed=seed))
    rows = [row for some in sample(policy, train, given.train_responses, seed) for row in some]
    targets = step_targets(policy, rows, given.labels, given.rollouts, seed)
    process = process_model(policy, given.model, rows, targets, seed, given.batch_tokens)
    outcome = outcome_model(policy, given.model, rows, seed, given.batch_tokens)
    sampled = sample(policy, asked, given.responses, seed, SPARE)
    known = [some for some in sampled if len(some) == given.responses]
    if not known:
        raise UserError(f"seed {seed}: no question whose responses can all be verified; raise --questions")
    pools, step_scores = candidates(policy, known, process, outcome)
    flat = [row for some in known for row in some]
    scored = [each for pool in pools for each in pool]
    auc = {
        "steps": _step_auc(flat, step_scores),
        **{name: area([each.scores[name] for each in scored], [each.correct for each in scored])
           for name in ("outcome", "last", "least")},
    }  # fmt: skip
    prompts = [len(policy.prompt(some[0].problem)) for some in known]
    return SeedResult(pools, prompts, auc, len(asked) - len(known))


def _step_auc(rows: Sequence[Sampled], scores: Sequence[Sequence[float]]) -> float:
    """Of steps before the last, with arithmetic as the truth."""
    labels = [working.exact_labels(row.steps, row.problem.value, row.correct)[:-1] for row in rows]
    flat = [score for each in scores for score in each[:-1]]
    return area(flat, [label == 1 for each in labels for label in each])


def area(scores: Sequence[float], positive: Sequence[bool]) -> float:
    """The chance that a positive one has a higher score than a negative one, ties half (the area under the ROC curve);
    NaN where one of the two is missing."""
    is_positive, values = np.asarray(positive, bool), np.asarray(scores, float)
    ordered, counts = np.unique(values, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[np.searchsorted(ordered, values)]
    n, m = int(is_positive.sum()), int((~is_positive).sum())
    return float((ranks[is_positive].sum() - n * (n + 1) / 2) / (n * m)) if n and m else float("nan")


def sizes(responses: int) -> list[int]:
    """1, 2, 4 … up to the number of responses."""
    return [2**power for power in range(responses.bit_length())]


def values_at(result: SeedResult, selector: Selector, size: int) -> list[float]:
    """What a selector is worth among `size` responses, a question each."""
    return [of_groups(selector, pool, size) for pool in result.pools]


def equal_in_all(result: SeedResult, name: str, size: int) -> tuple[list[float], list[float]] | None:
    """A selector among the first `size` responses, and the majority of as many as cost the same with what is read;
    None where some question has too few responses for that."""
    values, others = [], []
    for pool, prompt in zip(result.pools, result.prompts, strict=True):
        generated = list(accumulate(each.tokens for each in pool))
        tokens = spent_in_all(pool[:size], prompt)
        if tokens > generated[-1]:
            return None
        values.append(SELECTORS[name](pool[:size]))
        others.append(at_tokens(majority, pool, tokens)[0])
    return values, others


def spent_in_all(chosen: Sequence[Candidate], prompt: int) -> int:
    """Tokens generated, and tokens that a reward model reads: the prompt once, each response once."""
    return 2 * sum(each.tokens for each in chosen) + prompt


def summarize(results: Sequence[SeedResult], responses: int) -> dict[str, Any]:
    """The figures of all seeds together: intervals over their questions, and differences paired by question."""
    scores: dict[str, dict[int, Estimate]] = {}
    against: dict[str, dict[int, tuple[Estimate, list[Estimate]]]] = {}
    in_all: dict[str, dict[int, tuple[Estimate, list[Estimate]]]] = {}
    for size in sizes(responses):
        votes = [values_at(result, majority, size) for result in results]
        for name, selector in SELECTORS.items():
            values = [values_at(result, selector, size) for result in results]
            scores.setdefault(name, {})[size] = estimate_share(list(chain.from_iterable(values)))
            if name in SCORED:
                against.setdefault(name, {})[size] = _difference(values, votes)
                both = [equal_in_all(result, name, size) for result in results]
                if complete := [pair for pair in both if pair] if all(both) else []:
                    in_all.setdefault(name, {})[size] = _difference(
                        [a for a, _ in complete], [b for _, b in complete]
                    )
    lengths = [each.tokens for result in results for pool in result.pools for each in pool]
    steps_matter = {
        size: _difference(
            [values_at(result, SELECTORS["process, least step"], size) for result in results],
            [values_at(result, SELECTORS["outcome model"], size) for result in results],
        )
        for size in sizes(responses)
    }
    return {
        "scores": scores,
        "against majority": against,
        "against majority, tokens in all": in_all,
        "least step against outcome model": steps_matter,
        "mean tokens": sum(lengths) / len(lengths),
    }


def _difference(
    values: Sequence[list[float]], others: Sequence[list[float]]
) -> tuple[Estimate, list[Estimate]]:
    """Over all questions, and of each seed."""
    seeds = [estimate_difference(some, rest) for some, rest in zip(values, others, strict=True)]
    return estimate_difference(list(chain.from_iterable(values)), list(chain.from_iterable(others))), seeds


def show(figures: dict[str, Any], results: Sequence[SeedResult]) -> str:
    """The tables."""
    counts = list(figures["scores"]["random"])
    head = ["selector", *(f"n = {n}" for n in counts)]
    rows = [
        [name, *(report.points(each) for each in by_size.values())]
        for name, by_size in figures["scores"].items()
    ]
    parts = [report.table(head, rows)]
    for title in ("against majority", "against majority, tokens in all"):
        parts.append(f"{title}:")
        parts.append(report.table(["selector", "n", "difference", "each seed", ""], _rows(figures[title])))
    parts.append("least step against outcome model:")
    parts.append(
        report.table(
            ["n", "difference", "each seed", ""],
            [row[1:] for row in _rows({"": figures["least step against outcome model"]})],
        )
    )
    areas = {name: np.mean([result.auc[name] for result in results]) for name in results[0].auc}
    parts.append("AUC: " + ", ".join(f"{name} {value:.3f}" for name, value in areas.items()))
    parts.append(f"mean tokens of a response: {figures['mean tokens']:.1f}")
    return "\n\n".join(parts)


def _rows(differences: dict[str, dict[int, tuple[Estimate, list[Estimate]]]]) -> list[list[str]]:
    return [
        [name, str(size), report.points(pooled, "+"), report.of_seeds(seeds), report.verdict(pooled)]
        for name, by_size in differences.items()
        for size, (pooled, seeds) in by_size.items()
        if size > 1
    ]


def run(given: argparse.Namespace) -> None:
    """The whole experiment. Raises UserError for what cannot be run."""
    options.check_seeds(given.seeds)
    out = options.new_folder(given.out)
    policy = Policy(given.model, given.threads)
    asked = test_questions(given.seeds, given.questions)
    results = []
    with track("process reward", total=len(given.seeds), unit="seeds") as bar:
        for seed in given.seeds:
            results.append(run_seed(policy, asked[seed], seed, given))
            bar.advance()
    figures = summarize(results, given.responses)
    settings = {name: value for name, value in vars(given).items() if name != "out"}
    seeds = {
        str(seed): {"auc": result.auc, "questions": len(result.pools), "left_out": result.left_out}
        for seed, result in zip(given.seeds, results, strict=True)
    }
    report.write_json(
        {"settings": settings, "model": fingerprint(given.model), "seeds": seeds, **report.plain(figures)},
        out / "process_reward.json",
    )
    mean = figures["mean tokens"]
    report.draw(
        {
            name: [(size * mean, each) for size, each in by_size.items()]
            for name, by_size in figures["scores"].items()
            if name != "oracle"
        },
        out / "process_reward.svg",
    )
    sys.stdout.write(show(figures, results) + "\n")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parsed = options.parser((__doc__ or "").split("\n\n")[0], "process_reward")
    parsed.add_argument(
        "--responses", type=options.positive, default=16, help="to each test question: the largest n"
    )
    parsed.add_argument("--labels", choices=LABELS, default="exact", help="what a step is trained towards")
    return parsed


def main(arguments: Sequence[str] | None = None) -> int:
    """Run by the command line; the exit status."""
    given = parser().parse_args(arguments)
    return options.finish(lambda: run(given))


if __name__ == "__main__":
    sys.exit(main())
