"""One domain's forecast: from its prompts in the pilot to all of its prompts, and to its quota."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from r1data.recipe.forecast import figures, outcomes
from r1data.recipe.forecast.figures import PromptMean
from r1data.recipe.forecast.intervals import Interval, exact, product
from r1data.recipe.forecast.outcomes import Moments, SamplingOutcomes
from r1data.recipe.forecast.rates import GRID, Rates
from r1data.recipe.forecast.steps import BuildPath

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
        counts = {
            "quota": self.quota,
            "prompts": self.prompts,
            "elsewhere": self.elsewhere,
            "pilot": self.pilot,
        }
        figures = {
            name: {key: interval.as_json() for key, interval in getattr(self, name).items()}
            for name in ("rates", "whole", "to_fill")
        }
        return {**counts, **figures, **({"unknown": self.unknown} if self.unknown else {})}


@dataclass(frozen=True, slots=True)
class PromptMeans:
    """What the pilot says of a prompt of a domain, by figure; tokens are missing where they are not known."""

    samples: PromptMean
    correct: PromptMean
    solved: PromptMean
    kept: PromptMean
    selected: PromptMean
    tokens: Mapping[str, PromptMean]

    def counts(self) -> dict[str, PromptMean]:
        names = ("samples", "correct", "solved", "kept", "selected")
        return {name: getattr(self, name) for name in names}


def prompt_means(
    pilot: pl.DataFrame, outcomes_by_rate: SamplingOutcomes, path: BuildPath, confidence: float
) -> PromptMeans:
    """From the pilot's prompts of one domain (columns as in `Pilot.prompts`)."""
    drawn, correct, good = (pilot[name].to_list() for name in ("drawn", "correct", "good"))
    pass_rates = Rates.of(correct, drawn, confidence)
    copy_models = outcomes.fit_copy_model(pilot.select("good", "different").iter_rows(), confidence)
    if path.branch.rule is None:
        readable, shares = Rates.of(good, drawn, confidence), exact(1.0)
    else:
        readable, shares = pass_rates, _readable(correct, good, confidence)

    def selected(limit: int | None) -> PromptMean:
        value = outcomes_by_rate.selected_responses(copy_models[1], limit, shares.value)
        variants = [
            outcomes_by_rate.selected_responses(law, limit, shares.value)
            for law in (copy_models[0], copy_models[2])
        ]
        variants += [
            outcomes_by_rate.selected_responses(copy_models[1], limit, share)
            for share in (shares.low, shares.high)
        ]
        return figures.of_outcome(readable, value, variants)

    return PromptMeans(
        figures.of_outcome(pass_rates, outcomes_by_rate.drawn_samples()),
        figures.of_outcome(pass_rates, outcomes_by_rate.correct_responses()),
        figures.of_outcome(pass_rates, outcomes_by_rate.solved_prompts()),
        selected(None),
        selected(path.max_per_prompt),
        _tokens(pilot, pass_rates, outcomes_by_rate.drawn_samples(), confidence),
    )


def _readable(correct: list[int], good: list[int], confidence: float) -> Interval:
    """The share of correct responses that a filter keeps; 0 to 1 where the pilot has none."""
    pairs = [
        (min(readable, correct_count), correct_count)
        for correct_count, readable in zip(correct, good, strict=True)
        if correct_count
    ]
    if not pairs:
        return Interval(0.0, 1.0, 1.0)
    readable, correct_count = zip(*pairs, strict=True)
    return Rates.of(readable, correct_count, confidence).mean(GRID)


def _tokens(
    pilot: pl.DataFrame, pass_rates: Rates, samples: Moments, confidence: float
) -> dict[str, PromptMean]:
    """Tokens of all responses to a prompt: those of one, as long as the pilot's, times how many it will get."""
    # Each prompt's own responses tell which rates it may have (Bayes, the fitted distribution being the prior). Hard
    # prompts may get both longer responses and more of them, which mean length times mean count would miss.
    counts = np.array(pilot.select("correct", "drawn").to_numpy(), float)
    chances = GRID[None, :] ** counts[:, :1] * (1 - GRID[None, :]) ** (counts[:, 1:] - counts[:, :1])
    chances = chances * pass_rates.weights
    expected = (chances @ samples.mean) / chances.sum(axis=1)
    token_means = {}
    for name in ("prompt_tokens", "response_tokens"):
        has_tokens = pilot[name].is_not_null().to_numpy()
        expected_tokens = (pilot[name].fill_null(0).to_numpy() * expected)[has_tokens]
        if (figure := figures.of_values(expected_tokens.tolist(), confidence)) is not None:
            token_means[name] = figure
    return token_means


def forecast_domain(
    name: str,
    pilot: pl.DataFrame,
    means: PromptMeans,
    *,
    prompts: int | None,
    elsewhere: int,
    quota: int | None,
    confidence: float,
) -> Domain:
    """All figures of a domain, from what the pilot says of its prompts."""
    per_prompt = {key: figure.mean for key, figure in means.counts().items()}
    samples = means.samples.mean.value
    rates = {
        "correct": per_prompt["correct"] * (1 / samples),
        "kept": per_prompt["kept"] * (1 / samples),
        "solved": per_prompt["solved"],
        "selected_per_prompt": per_prompt["selected"],
        **{f"{key}_per_sample": figure.mean * (1 / samples) for key, figure in means.tokens.items()},
    }
    whole: dict[str, Interval] = {}
    if prompts is not None:
        whole = {key: figure.over(prompts) for key, figure in {**means.counts(), **means.tokens}.items()}
        in_set = whole["selected"].shifted(elsewhere)
        whole["in_set"] = in_set if quota is None else in_set.within(0, quota)
        if quota is not None:
            whole["missing"] = (in_set * -1).shifted(quota).within(0, quota)
    to_fill: dict[str, Interval] = {}
    if quota is not None:
        needed = means.selected.until(max(0, quota - elsewhere))
        to_fill = {"prompts": needed, "samples": product(needed, means.samples.mean)}
        if prompts is not None:
            to_fill["more_prompts"] = needed.shifted(-prompts).mapped(lambda more: max(0.0, more))
            to_fill["more_samples"] = product(to_fill["more_prompts"], means.samples.mean)
        to_fill |= {key: product(needed, figure.mean) for key, figure in means.tokens.items()}
    sizes = {"prompts": pilot.height, "samples": int(pilot["drawn"].sum())}
    return Domain(name, quota, prompts, elsewhere, sizes, rates, whole, to_fill)
