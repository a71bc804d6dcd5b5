"""One domain's forecast: from its prompts in the pilot to all of its prompts, and to its quota."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from r1data.recipe.forecast import copies, figures
from r1data.recipe.forecast.figures import Figure
from r1data.recipe.forecast.intervals import Interval, exactly, product
from r1data.recipe.forecast.outcomes import Ends, Outcome
from r1data.recipe.forecast.rates import GRID, Rates
from r1data.recipe.forecast.steps import Way

Figures = Mapping[str, Interval]


@dataclass(frozen=True, slots=True)
class Domain:
    """What is forecast of a domain.

    `prompts`: those that the recipe's input holds, None where that is not known; `elsewhere`: rows of other inputs.
    `rates`: shares of samples, and of prompts; `whole`: what these prompts come to; `to_fill`: what the quota takes.
    `unknown` says why there is no forecast.
    """

    name: str
    quota: int | None
    prompts: int | None
    elsewhere: int
    pilot: Mapping[str, int] = field(default_factory=dict)
    rates: Figures = field(default_factory=dict)
    whole: Figures = field(default_factory=dict)
    to_fill: Figures = field(default_factory=dict)
    unknown: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain data; each figure with its interval."""
        told = {
            "quota": self.quota,
            "prompts": self.prompts,
            "elsewhere": self.elsewhere,
            "pilot": self.pilot,
        }
        figures = {
            name: {key: interval.as_json() for key, interval in getattr(self, name).items()}
            for name in ("rates", "whole", "to_fill")
        }
        return {**told, **figures, **({"unknown": self.unknown} if self.unknown else {})}


@dataclass(frozen=True, slots=True)
class Means:
    """What the pilot says of a prompt of a domain, by figure; tokens are missing where they are not known."""

    samples: Figure
    correct: Figure
    solved: Figure
    kept: Figure
    selected: Figure
    tokens: Mapping[str, Figure]

    def counts(self) -> dict[str, Figure]:
        names = ("samples", "correct", "solved", "kept", "selected")
        return {name: getattr(self, name) for name in names}


def means(pilot: pl.DataFrame, ends: Ends, way: Way, confidence: float) -> Means:
    """From the pilot's prompts of one domain (columns as in `Pilot.prompts`)."""
    drawn, correct, good = (pilot[name].to_list() for name in ("drawn", "correct", "good"))
    passing = Rates.of(correct, drawn, confidence)
    laws = copies.fit(pilot.select("good", "different").iter_rows(), confidence)
    if way.branch.rule is None:
        readable, shares = Rates.of(good, drawn, confidence), exactly(1.0)
    else:
        readable, shares = passing, _readable(correct, good, confidence)

    def chosen(most: int | None) -> Figure:
        value = ends.chosen(laws[1], most, shares.value)
        others = [ends.chosen(law, most, shares.value) for law in (laws[0], laws[2])]
        others += [ends.chosen(laws[1], most, share) for share in (shares.low, shares.high)]
        return figures.of_outcome(readable, value, others)

    return Means(
        figures.of_outcome(passing, ends.samples()),
        figures.of_outcome(passing, ends.correct()),
        figures.of_outcome(passing, ends.solved()),
        chosen(None),
        chosen(way.max_per_prompt),
        _tokens(pilot, passing, ends.samples(), confidence),
    )


def _readable(correct: list[int], good: list[int], confidence: float) -> Interval:
    """The share of correct responses that a filter keeps; 0 to 1 where the pilot has none."""
    pairs = [(min(kept, right), right) for right, kept in zip(correct, good, strict=True) if right]
    if not pairs:
        return Interval(0.0, 1.0, 1.0)
    kept, right = zip(*pairs, strict=True)
    return Rates.of(kept, right, confidence).mean(GRID)


def _tokens(pilot: pl.DataFrame, passing: Rates, samples: Outcome, confidence: float) -> dict[str, Figure]:
    """Tokens of all responses to a prompt: those of one, as long as the pilot's, times how many it will get."""
    counts = np.array(pilot.select("correct", "drawn").to_numpy(), float)
    chances = GRID[None, :] ** counts[:, :1] * (1 - GRID[None, :]) ** (counts[:, 1:] - counts[:, :1])
    chances = chances * passing.weights
    expected = (chances @ samples.mean) / chances.sum(axis=1)
    found = {}
    for name in ("prompt_tokens", "response_tokens"):
        known = pilot[name].is_not_null().to_numpy()
        each = (pilot[name].fill_null(0).to_numpy() * expected)[known]
        if (figure := figures.of_values(each.tolist(), confidence)) is not None:
            found[name] = figure
    return found


def forecast(
    name: str,
    pilot: pl.DataFrame,
    found: Means,
    *,
    prompts: int | None,
    elsewhere: int,
    quota: int | None,
    confidence: float,
) -> Domain:
    """All figures of a domain, from what the pilot says of its prompts."""
    per_prompt = {key: figure.mean for key, figure in found.counts().items()}
    samples = found.samples.mean.value
    rates = {
        "correct": per_prompt["correct"] * (1 / samples),
        "kept": per_prompt["kept"] * (1 / samples),
        "solved": per_prompt["solved"],
        "selected_per_prompt": per_prompt["selected"],
        **{f"{key}_per_sample": figure.mean * (1 / samples) for key, figure in found.tokens.items()},
    }
    return Domain(
        name,
        quota,
        prompts,
        elsewhere,
        {"prompts": pilot.height, "samples": int(pilot["drawn"].sum())},
        rates,
        {} if prompts is None else _whole(found, prompts, elsewhere, quota),
        {} if quota is None else _to_fill(found, prompts, max(0, quota - elsewhere)),
    )


def _whole(found: Means, prompts: int, elsewhere: int, quota: int | None) -> Figures:
    whole = {key: figure.over(prompts) for key, figure in {**found.counts(), **found.tokens}.items()}
    there = whole["selected"].shifted(elsewhere)
    if quota is None:
        return {**whole, "in_set": there}
    return {
        **whole,
        "in_set": there.within(0, quota),
        "missing": (there * -1).shifted(quota).within(0, quota),
    }


def _to_fill(found: Means, prompts: int | None, lacking: int) -> Figures:
    needed = found.selected.until(lacking)
    to_fill = {"prompts": needed, "samples": product(needed, found.samples.mean)}
    if prompts is not None:
        to_fill["more_prompts"] = needed.shifted(-prompts).mapped(lambda more: max(0.0, more))
        to_fill["more_samples"] = product(to_fill["more_prompts"], found.samples.mean)
    for key, figure in found.tokens.items():
        to_fill[key] = product(needed, figure.mean)
    return to_fill
