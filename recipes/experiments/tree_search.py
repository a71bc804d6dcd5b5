"""Search over steps against best-of-n, at the same number of generated tokens (R1 4.2), in the miniature world.

`python -m recipes.experiments.tree_search -o runs/tree-search` trains a value model from the policy's weights, and
answers test questions by Monte-Carlo tree search and by beam search over steps, and by best-of-n, with the same value
model to choose among what has ended, and by majority vote. Budgets are multiples of the mean response. Each search is
compared with best-of-n at the tokens that it spent on that very question, exactly (`comparison.at_tokens`); what the
value model reads comes on top for both searches and for best-of-n, and not for a majority.

Deterministic in the seeds, as far as torch is on one machine. The settings are ours; the paper gives none.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from statistics import mean
from typing import Any

from r1data.engines.models import fingerprint
from r1data.errors import UserError
from r1data.evaluation.statistics import Estimate, estimate_difference, estimate_share
from r1data.runtime.progress import track
from r1data.training.miniature.world import SumProblem, problems

from . import options, report
from .comparison import Candidate, Selector, at_tokens, best, majority
from .policy import Policy, Response, grade
from .questions import (
    LABELS,
    SPARE,
    candidates,
    example,
    process_model,
    sample,
    step_targets,
    test_questions,
)
from .search import Outcome, Values, beam, tree_search
from .value_model import ValueModel

SELECTORS: Mapping[str, Selector] = {"best": best("last"), "majority": majority}
"""What chooses among whole responses: the value of the last step, or the commonest answer."""
SEARCHES = ("tree search", "beam search")


@dataclass(frozen=True, slots=True)
class Cell:
    """A search at one budget on the questions of one seed, with best-of-n at the tokens spent, a question each."""

    search: dict[str, list[float]]
    best_of_n: dict[str, list[float]]
    tokens: list[float]
    best_of_n_tokens: list[float]


def compare(outcomes: Sequence[Outcome], pools: Sequence[Sequence[Candidate]], truths: Sequence[int]) -> Cell:
    """A search's outcomes beside best-of-n from `pools` at equal tokens; unknown verdicts are left out with their
    question."""
    rows = [
        (ended, pool, outcome.spent)
        for outcome, pool, truth in zip(outcomes, pools, truths, strict=True)
        if (ended := _candidates(outcome, truth)) and pool
    ]
    other = {
        name: [at_tokens(choose, pool, spent) for _, pool, spent in rows]
        for name, choose in SELECTORS.items()
    }
    return Cell(
        {name: [choose(ended) for ended, _, _ in rows] for name, choose in SELECTORS.items()},
        {name: [value for value, _ in values] for name, values in other.items()},
        [spent for _, _, spent in rows],
        [tokens for _, tokens in other["majority"]],
    )


def _candidates(outcome: Outcome, truth: int) -> list[Candidate] | None:
    ended = []
    for response, value in outcome.finished:
        correct, answer = grade(response.text, truth)
        if correct is None:
            return None
        ended.append(Candidate(answer, correct, len(response.tokens), {"last": value}))
    return ended


def valued(policy: Policy, scorer: ValueModel) -> Values:
    """The score of the last token of each beginning."""

    def values(beginnings: Sequence[tuple[SumProblem, Response]]) -> list[float]:
        examples = [
            example(policy, problem, response, [len(response.tokens)]) for problem, response in beginnings
        ]
        return [scores[0] for scores in scorer.score(examples)]

    return values


def run_seed(
    policy: Policy, asked: Sequence[SumProblem], seed: int, given: argparse.Namespace
) -> dict[str, dict[int, Cell]]:
    """Train the value model of a seed, and search; search → budget → what came of it."""
    train = list(problems(given.train_questions, split="train", seed=seed))
    rows = [row for some in sample(policy, train, given.train_responses, seed) for row in some]
    targets = step_targets(policy, rows, given.labels, given.rollouts, seed)
    scorer = process_model(policy, given.model, rows, targets, seed, given.batch_tokens)
    # twice the largest budget, for questions whose responses are shorter than the mean
    pool_size = 2 * max(given.budgets)
    sampled = sample(policy, asked, pool_size, seed, SPARE)
    lengths = [len(row.response.tokens) for some in sampled for row in some]
    if not lengths:
        raise UserError(f"seed {seed}: no response that can be verified; raise --questions")
    pools, _ = candidates(policy, [some if len(some) == pool_size else [] for some in sampled], scorer)
    values, truths = valued(policy, scorer), [problem.value for problem in asked]
    tokens = {budget: budget * mean(lengths) for budget in given.budgets}
    trees = tree_search(policy, values, asked, list(tokens.values()), seed)
    return {
        "tree search": {budget: compare(trees[spent], pools, truths) for budget, spent in tokens.items()},
        "beam search": {
            budget: compare(beam(policy, values, asked, budget, seed), pools, truths)
            for budget in given.budgets
        },
    }


def summarize(results: Sequence[dict[str, dict[int, Cell]]]) -> dict[str, dict[str, dict[str, Any]]]:
    """Search → budget → figures over the questions of all seeds, differences paired by question."""
    return {
        name: {
            str(budget): _figures([result[name][budget] for result in results]) for budget in results[0][name]
        }
        for name in SEARCHES
    }


def _figures(cells: Sequence[Cell]) -> dict[str, Any]:
    pairs = {
        "best against best-of-n": ("best", "best"),
        "best against majority": ("best", "majority"),
        "majority against majority": ("majority", "majority"),
    }
    figures: dict[str, Any] = {
        "tokens": mean(chain.from_iterable(cell.tokens for cell in cells)),
        "best-of-n tokens": mean(chain.from_iterable(cell.best_of_n_tokens for cell in cells)),
    }
    for name in SELECTORS:
        figures[name] = estimate_share(list(chain.from_iterable(cell.search[name] for cell in cells)))
        figures[f"best-of-n, {name}"] = estimate_share(
            list(chain.from_iterable(cell.best_of_n[name] for cell in cells))
        )
    for title, (ours, theirs) in pairs.items():
        seeds = [estimate_difference(cell.search[ours], cell.best_of_n[theirs]) for cell in cells]
        every = [
            (value, other)
            for cell in cells
            for value, other in zip(cell.search[ours], cell.best_of_n[theirs], strict=True)
        ]
        figures[title] = (estimate_difference([a for a, _ in every], [b for _, b in every]), seeds)
    return figures


def show(figures: dict[str, dict[str, dict[str, Any]]]) -> str:
    """The tables."""
    parts = []
    for name, by_budget in figures.items():
        columns = ("best", "majority", "best-of-n, best", "best-of-n, majority")
        rows = [
            [
                budget,
                f"{each['tokens']:.0f}",
                f"{each['best-of-n tokens']:.0f}",
                *(report.points(each[c]) for c in columns),
            ]
            for budget, each in by_budget.items()
        ]
        parts.append(report.table([name, "tokens", "best-of-n tokens", *columns], rows))
        rows = [
            [
                budget,
                title,
                report.points(each[title][0], "+"),
                report.of_seeds(each[title][1]),
                report.verdict(each[title][0]),
            ]
            for budget, each in by_budget.items()
            for title in each
            if " against " in title
        ]
        parts.append(report.table([name, "", "difference", "each seed", ""], rows))
    return "\n\n".join(parts)


def curves(figures: dict[str, dict[str, dict[str, Any]]]) -> dict[str, list[tuple[float, Estimate]]]:
    """Lines of the chart."""
    lines: dict[str, list[tuple[float, Estimate]]] = {}
    for name, by_budget in figures.items():
        lines[f"{name}, best"] = [(each["tokens"], each["best"]) for each in by_budget.values()]
    for column in ("best", "majority"):
        lines[f"best-of-n, {column}"] = [
            (each["best-of-n tokens"], each[f"best-of-n, {column}"])
            for each in figures["tree search"].values()
        ]
    return lines


def run(given: argparse.Namespace) -> None:
    """The whole experiment. Raises UserError for what cannot be run."""
    options.check_seeds(given.seeds)
    out = options.new_folder(given.out)
    policy = Policy(given.model, given.threads)
    asked = test_questions(given.seeds, given.questions)
    results = []
    with track("tree search", total=len(given.seeds), unit="seeds") as bar:
        for seed in given.seeds:
            results.append(run_seed(policy, asked[seed], seed, given))
            bar.advance()
    figures = summarize(results)
    settings = {name: value for name, value in vars(given).items() if name != "out"}
    report.write_json(
        {"settings": settings, "model": fingerprint(given.model), **report.plain(figures)},
        out / "tree_search.json",
    )
    report.draw(curves(figures), out / "tree_search.svg")
    sys.stdout.write(show(figures) + "\n")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parsed = options.parser((__doc__ or "").split("\n\n")[0], "tree_search")
    parsed.add_argument(
        "--budgets",
        type=options.positive,
        nargs="+",
        default=[2, 4, 8],
        help="in mean responses; beam widths too",
    )
    parsed.add_argument("--labels", choices=LABELS, default="outcome", help="what a step is trained towards")
    return parsed


def main(arguments: Sequence[str] | None = None) -> int:
    """Run by the command line; the exit status."""
    given = parser().parse_args(arguments)
    return options.finish(lambda: run(given))


if __name__ == "__main__":
    sys.exit(main())
