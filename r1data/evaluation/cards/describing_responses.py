"""Makes the card of responses that were there: what they are, what graded them, and the scores of each model."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from typing import Any

from r1data.data.dataset import Dataset
from r1data.evaluation.benchmarks import Benchmark
from r1data.evaluation.cards import published
from r1data.evaluation.cards.card import ResponsesCard
from r1data.evaluation.cards.rows import QuestionFacts, ResponseFacts, read
from r1data.evaluation.responses import ModelScores


def describe_responses(
    dataset: Dataset,
    models: Mapping[str, ModelScores],
    *,
    place: str,
    questions_place: str | None = None,
    benchmark: Benchmark | None = None,
    unanswered: int = 0,
) -> ResponsesCard:
    """The card of responses that were verified and scored.

    Args:
        dataset: the verified rows.
        models: their scores, by the model's name.
        place: where the responses are.
        questions_place: what the user named as the questions; None where the responses have their own.
        benchmark: of which the questions are.
        unanswered: questions without a response.
    """
    questions, responses = QuestionFacts(), ResponseFacts()
    read(dataset, questions, responses)
    return ResponsesCard(
        responses={"place": place, "number": responses.number, "digest": responses.digest},
        questions={**questions.section(questions_place, benchmark), "unanswered": unanswered},
        grader=questions.grader,
        versions={"r1data": importlib.metadata.version("r1data")},
        models={
            name: _model(name, scores, responses.protocol(name), benchmark) for name, scores in models.items()
        },
    )


def _model(
    name: str, model: ModelScores, protocol: dict[str, Any], benchmark: Benchmark | None
) -> dict[str, Any]:
    scores = {measure: estimate.as_json() for measure, estimate in model.scores.measures.items()}
    return {
        "k": model.scores.k,
        "protocol": protocol,
        "scores": scores,
        "label": model.labelled and model.labelled.as_json(),
        "published": published.compare(benchmark, name, scores, {**protocol, "k": model.scores.k}),
    }
