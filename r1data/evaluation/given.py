"""Evaluation of responses that are there: opened with their questions, verified, scored model by model, and their card.

`responses` joins, verifies and scores; here is what the user named, and what is handed on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from r1data.data.dataset import Dataset
from r1data.data.source import Source
from r1data.data.writer import Summary
from r1data.evaluation import benchmarks
from r1data.evaluation import responses as joining
from r1data.evaluation.benchmarks import Benchmark
from r1data.evaluation.cards import card as cards
from r1data.evaluation.cards.card import ResponsesCard
from r1data.evaluation.cards.describing_responses import describe_responses
from r1data.evaluation.responses import ModelScores, Questions
from r1data.evaluation.truths import survey_truths


@dataclass(frozen=True)
class GivenResponses:
    """Responses, and the questions that they are joined to.

    Attributes:
        source: the responses as rows.
        questions_place: what names the questions; None where the responses have their own, as for the next two.
        questions: what the responses are joined to.
        benchmark: of which the questions are, if of one.
        unanswered: questions without a response.
    """

    source: Source
    questions_place: str | None = None
    questions: Questions | None = None
    benchmark: Benchmark | None = None
    unanswered: int = 0

    def preview(self, out: str | None) -> dict[str, Any]:
        """What would be done, for `--dry-run`."""
        questions = self.questions and self.questions.name
        return {"source": self.source.uri, "rows": self.source.rows, "out": out, "questions": questions}


@dataclass(frozen=True)
class MeasuredResponses:
    """What verified responses came to. `card` is None while rows are missing, and where there is no row."""

    summary: Summary
    models: Mapping[str, ModelScores]
    card: ResponsesCard | None = None
    card_place: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The summary, the scores by model, and the card, as plain data."""
        models = {name: each.as_json() for name, each in self.models.items()}
        card = {"card": self.card.as_json()} if self.card else {}
        return {**self.summary.as_json(), "models": models, **card}


def open_given(source: str, responses: str | None = None) -> tuple[GivenResponses, list[str]]:
    """Responses that are there, and notes on them for people.

    Args:
        source: the responses; where `responses` are named, the questions: a benchmark, `NAME=FILE`, a dataset or file.
        responses: a dataset or file of responses to these questions.

    Raises:
        UserError: something cannot be read, no row has a truth, or the responses answer other questions.
    """
    if responses is None:
        opened = joining.open_responses(joining.refuse_benchmark(source))
        survey_truths(opened)
        return GivenResponses(opened), []
    opened_questions, benchmark = benchmarks.open_evaluation(source)
    survey_truths(opened_questions)
    questions = Questions.of(opened_questions, benchmark)
    opened = joining.open_responses(responses, questions, benchmark)
    notes = []
    if benchmark and (difference := benchmarks.deviation(benchmark, opened_questions)):
        notes.append(f"{benchmark.name}: {difference}; do not compare these scores with published ones")
    if unanswered := joining.refuse_other_questions(opened, questions):
        number = len(questions.texts)
        notes.append(f"{unanswered:,} of {number:,} questions have no response and are left out")
    return GivenResponses(opened, source, questions, benchmark, unanswered), notes


def evaluate_given(given: GivenResponses, out: str, *, announce: bool = True) -> MeasuredResponses:
    """Verifies responses into a dataset, scores each model's, and writes their card there.

    Args:
        announce: whether the shards are told on a pipe; not where the dataset does not last.

    Raises:
        UserError, RowsLost: as `run_stage` does.
    """
    summary = joining.verify(given.source, out, given.questions, announce=announce)
    dataset = Dataset(out)
    models = joining.score_models(dataset.tables)
    if not (summary.complete and models):
        return MeasuredResponses(summary, models)
    card = describe_responses(
        dataset,
        models,
        place=given.source.uri,
        questions_place=given.questions_place,
        benchmark=given.benchmark,
        unanswered=given.unanswered,
    )
    return MeasuredResponses(summary, models, card, cards.write(card, out))
