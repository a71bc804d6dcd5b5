"""Evaluation (R1 section 3): k responses a prompt, each verified, the scores of the model, and their card.

An `Evaluation` is one set of questions asked of one model; several are measured one after the other with one engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from r1data.data.dataset import Dataset
from r1data.data.source import Source
from r1data.data.writer import Summary
from r1data.engines.base import EngineOptions, LoadedEngine
from r1data.errors import UserError
from r1data.evaluation.benchmarks import Benchmark
from r1data.evaluation.cards import card as cards
from r1data.evaluation.cards.card import Card
from r1data.evaluation.cards.describing import describe
from r1data.evaluation.responses import GIVEN, refuse_scores_of
from r1data.evaluation.scores import Scores, score_dataset
from r1data.sampling.dates import dated
from r1data.sampling.plan import SamplingPlan
from r1data.sampling.sample import Loader, load, sample
from r1data.verifiers.table import verify_table


@dataclass(frozen=True)
class Evaluation:
    """Questions, a model and where the rows go.

    Args:
        place: what names the questions: `aime24`, `gsm8k=test.jsonl`, a dataset's path.
        source: the questions as prompts.
        out: the dataset to write.
        plan: all that decides the rows.
        benchmark: of which the questions are, if of one.
    """

    place: str
    source: Source
    out: str
    plan: SamplingPlan
    benchmark: Benchmark | None = None


@dataclass(frozen=True)
class Measured:
    """What an evaluation came to. `card` is None while rows are missing, whose scores nobody should hand on."""

    evaluation: Evaluation
    summary: Summary
    scores: Scores
    card: Card | None = None
    card_place: str | None = None


class SharedEngine:
    """Loads an engine once for evaluations of the same model and options."""

    def __init__(self) -> None:
        self._loaded: tuple[tuple[object, ...], LoadedEngine] | None = None

    def __call__(self, plan: SamplingPlan, options: EngineOptions | None) -> LoadedEngine:
        key = (
            plan.engine,
            plan.model,
            plan.dtype,
            plan.max_model_len,
            plan.tokenizer,
            plan.thinking,
            options,
        )
        if self._loaded is None or self._loaded[0] != key:
            self._loaded = None  # let go of the last model before another one takes its memory
            self._loaded = key, load(plan, options)
        return self._loaded[1]


def evaluate(
    evaluations: Iterable[Evaluation],
    options: EngineOptions | None = None,
    *,
    published_as: str | None = None,
    loader: Loader | None = None,
) -> Iterator[Measured]:
    """Sample, verify and score each evaluation, and write its card. What is finished already is only scored.

    Args:
        evaluations: one after the other.
        options: machine resources for the engine.
        published_as: the model's name among published figures; by default told from its own name.
        loader: gives the engine once it is needed; by default a `SharedEngine`.

    Raises:
        UserError, RowsLost: as `sampling.sample` does.
    """
    loader = loader or SharedEngine()
    for one in evaluations:
        refuse_scores_of(one.out, GIVEN)
        summary = sample(
            one.source, one.out, one.plan, options,
            command="eval", schema="verified", stage=verify_table, loader=loader,
        )  # fmt: skip
        dataset = Dataset(one.out)
        scores = score_dataset(dataset)
        if not (summary.complete and scores.samples) or summary.details.get("failed"):
            yield Measured(one, summary, scores)
            continue
        card = describe(
            dataset,
            dated(one.plan, one.out),
            {name: estimate.as_json() for name, estimate in scores.measures.items()},
            place=one.place,
            benchmark=one.benchmark,
            published_as=published_as,
        )
        yield Measured(one, summary, scores, card, cards.write(card, one.out))


def outputs(places: Iterable[str], out: str) -> list[str]:
    """The dataset of each set of questions: `out` for one, and below it for several, by their names.

    Raises:
        UserError: two have the same name.
    """
    names = [name_of(place) for place in places]
    if len(names) == 1:
        return [out]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise UserError(
            f"{repeated[0]}: names two of the sources, which would be written to one place; name them in two commands"
        )
    return [f"{out.rstrip('/')}/{name}" for name in names]


def name_of(place: str) -> str:
    """A name for questions: a benchmark's, else the last part of a path without its ending."""
    name, equals, _ = place.partition("=")
    if equals and "/" not in name:
        return name
    return PurePosixPath(place.rstrip("/")).name.split(".")[0] or "questions"
