"""Which model is compared with which, where datasets hold one model or several (`r1 eval --compare`).

A dataset of two models compares these; two datasets of a model each compare the two; and two datasets that hold the
same several models compare each with itself, before and after a change say. Samples of two models are never taken for
one model's: everything else is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from r1data.data.source import open_source
from r1data.errors import UserError
from r1data.evaluation.comparison import Comparison, Side, compare_sides
from r1data.evaluation.models import listed


@dataclass(frozen=True, slots=True)
class Comparisons:
    """Comparisons by model; one without a name (None) where no model is compared with itself."""

    by_model: Mapping[str | None, Comparison]

    def as_json(self) -> dict[str, Any]:
        """Plain data: the one comparison's, or `models`, which has each model's."""
        if None in self.by_model:
            return self.by_model[None].as_json()
        return {"models": {str(model): result.as_json() for model, result in self.by_model.items()}}


def compare_all(places: Sequence[str]) -> Comparisons:
    """Compares the two models of one place, or two places.

    Raises:
        UserError: there are more places or none, one cannot be read or has no row, they hold other questions, or it
            is not told which model to compare with which.
    """
    if not 1 <= len(places) <= 2:
        raise UserError(
            "--compare needs two evaluations; give A and B, or one dataset of two models: what `r1 eval` wrote, or "
            "verified rows"
        )
    sides = [Side(place, open_source(place, "verified")) for place in places]
    models = [side.models() for side in sides]
    if len(sides) == 1:
        return Comparisons({None: _of_one(sides[0], models[0])})
    if all(len(each) == 1 for each in models):
        return Comparisons({None: compare_sides(*sides)})
    if models[0] != models[1]:
        first, second = (
            f"{side.name} holds {listed(each)}" for side, each in zip(sides, models, strict=True)
        )
        raise UserError(
            f"--compare: {first}, {second}; give two datasets of one model each, two that hold the same models, or "
            "one of two models"
        )
    one, other = sides
    return Comparisons(
        {model: compare_sides(one.of(model, one.name), other.of(model, other.name)) for model in models[0]}
    )


def _of_one(side: Side, models: Sequence[str]) -> Comparison:
    if len(models) == 2:
        first, second = models
        return compare_sides(side.of(first, first), side.of(second, second))
    advice = (
        "name the evaluation to compare it with as well"
        if len(models) == 1
        else "give a dataset of two of them, or two datasets that hold the same models"
    )
    raise UserError(f"--compare: {side.name} holds {listed(models)}, and by itself needs two; {advice}")
