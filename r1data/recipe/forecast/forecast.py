"""The forecast: from a pilot of a few hundred prompts to the whole set of a recipe (R1 2.3.3), with intervals.

`steps` finds the way from prompts to the set in a recipe, `pilot` judges the pilot as the recipe would, `domains` says
what becomes of each domain, `Machine` what it takes. The statistics are in `rates` (pass rates of prompts), `outcomes`
(a prompt's responses, and copies among them), `figures` (many prompts) and `intervals`. All of it is ours; the paper
has none.

The pilot's prompts must be drawn at random from each domain's. Not covered: what a pilot cannot show, such as copies
among the prompts of the whole set, and steps that train a model.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from r1data.data.plain import is_plain
from r1data.data.source import Source, open_source
from r1data.data.stores import open_store
from r1data.data.stores.layout import LOG
from r1data.errors import UserError
from r1data.recipe.forecast import notes
from r1data.recipe.forecast.domains import Domain, Figures, forecast_domain, prompt_means
from r1data.recipe.forecast.intervals import Interval, dependent_total, exact, total
from r1data.recipe.forecast.outcomes import sampling_outcomes
from r1data.recipe.forecast.pilot import read
from r1data.recipe.forecast.steps import BuildPath
from r1data.sampling.plan import Prices
from r1data.selection.yields import by_domain

SECONDS = 3600.0
MACHINE_FIGURES = ("gpu_hours", "hours", "cost")
"""Figures that follow from others, in sums too."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What turns tokens into hours and money.

    `tokens_per_second`: response tokens of one GPU; `gpus` at work at once; prices in whatever money. The rate is taken
    as known: the pilot's own, or what the user says. A large run fills its batches better than a pilot does, so hours
    from a pilot's record are rather too many.
    """

    tokens_per_second: float | None = None
    gpus: int = 1
    price_per_gpu_hour: float | None = None
    prices: Prices = field(default_factory=Prices)

    def as_json(self) -> dict[str, Any]:
        """What the figures rest on."""
        return {
            "tokens_per_second_per_gpu": self.tokens_per_second,
            "gpus": self.gpus,
            "price_per_gpu_hour": self.price_per_gpu_hour,
            "price_per_mtok": self.prices.responses,
            "price_per_mtok_in": self.prices.prompts,
        }

    def with_costs(self, figures: Mapping[str, Interval]) -> dict[str, Interval]:
        """The figures, with `gpu_hours`, `hours` and `cost` as far as their tokens and the rates are known."""
        extended = dict(figures)
        tokens = figures.get("response_tokens")
        if tokens is not None and self.tokens_per_second:
            extended["gpu_hours"] = tokens * (1 / self.tokens_per_second / SECONDS)
            extended["hours"] = extended["gpu_hours"] * (1 / self.gpus)
        if self.price_per_gpu_hour is not None:
            if "gpu_hours" in extended:
                extended["cost"] = extended["gpu_hours"] * self.price_per_gpu_hour
            return extended
        per_token = {"prompt_tokens": self.prices.prompts, "response_tokens": self.prices.responses}
        prices = {name: price for name, price in per_token.items() if price is not None}
        if prices and all(name in figures for name in prices):
            # Both kinds of tokens grow with the same samples, so their errors do not cancel.
            extended["cost"] = dependent_total(
                figures[name] * (price / 1e6) for name, price in prices.items()
            )
        return extended


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is forecast of a recipe's build; `missing` says it in sentences, `notes` what it rests on."""

    path: BuildPath
    domains: tuple[Domain, ...]
    total: Mapping[str, Figures]
    machine: Machine
    confidence: float
    reasons: Mapping[str, int]
    missing: tuple[str, ...]
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        sums = {
            name: {key: interval.as_json() for key, interval in figures.items()}
            for name, figures in self.total.items()
        }
        return {
            "build": self.path.build,
            "samples_per_prompt": self.path.branch.n,
            "max_per_prompt": self.path.max_per_prompt,
            "confidence": self.confidence,
            "machine": self.machine.as_json(),
            "pilot_reasons": dict(self.reasons),
            "domains": {domain.name: domain.as_json() for domain in self.domains},
            "total": sums,
            "missing": list(self.missing),
            "notes": list(self.notes),
            "not_forecast": list(self.path.not_forecast),
        }


@dataclass(frozen=True, slots=True)
class InputRows:
    """Rows by domain that the recipe's inputs hold: prompts, and rows from elsewhere; `absent` are not there."""

    prompts: Mapping[str, int] | None
    elsewhere: Mapping[str, int]
    absent: tuple[str, ...]


def make_forecast(
    path: BuildPath,
    pilots: Sequence[Source],
    *,
    prompts: Mapping[str, int] | None = None,
    machine: Machine | None = None,
    pilot_gpus: int = 1,
    confidence: float = 0.95,
) -> Forecast:
    """The forecast of a recipe's build.

    Args:
        prompts: prompts by domain, in place of what the recipe's input holds.
        machine: without a rate of tokens, the pilot's own is taken, if it was recorded, for `pilot_gpus` GPUs.

    Raises:
        UserError: see `pilot.read`.
    """
    if not 0.5 <= confidence < 1:
        raise UserError(f"--confidence {confidence:g}: give a share from 0.5 to less than 1")
    absent = [uri for uri in path.decontaminate if not _exists(uri)]
    path = replace(path, decontaminate=tuple(uri for uri in path.decontaminate if uri not in absent))
    machine, pilot = machine or Machine(), read(pilots, path)
    input_rows = _count_inputs(path, prompts or {})
    recorded = machine.tokens_per_second is None and pilot.tokens_per_second is not None
    if recorded:
        machine = replace(machine, tokens_per_second=(pilot.tokens_per_second or 0.0) / pilot_gpus)
    quotas = [name for name in path.quotas if ":" not in name]
    names = [
        *quotas,
        *pilot.prompts["domain"],
        *sorted(input_rows.prompts or {}),
        *sorted(input_rows.elsewhere),
    ]
    domains: list[Domain] = []
    for name in dict.fromkeys(names):
        domain = _domain(name, pilot.prompts, input_rows, path, confidence)
        whole, to_fill = machine.with_costs(domain.whole), machine.with_costs(domain.to_fill)
        domains.append(replace(domain, whole=whole, to_fill=to_fill))
    return Forecast(
        path,
        tuple(domains),
        {name: machine.with_costs(_total(domains, name)) for name in ("whole", "to_fill")},
        machine,
        confidence,
        pilot.reasons,
        tuple(notes.missing(domains)),
        tuple(
            notes.assumptions(path, pilot, [*input_rows.absent, *absent], pilot_gpus if recorded else None)
        ),
    )


def _domain(
    name: str, pilot: pl.DataFrame, input_rows: InputRows, path: BuildPath, confidence: float
) -> Domain:
    prompts_here = pilot.filter(pl.col("domain") == name)
    prompts = None if input_rows.prompts is None else input_rows.prompts.get(name, 0)
    elsewhere, quota = input_rows.elsewhere.get(name, 0), path.quotas.get(name)
    if prompts_here.height:
        means = prompt_means(
            prompts_here, sampling_outcomes(path.branch.n, path.branch.rule), path, confidence
        )
        return forecast_domain(
            name,
            prompts_here,
            means,
            prompts=prompts,
            elsewhere=elsewhere,
            quota=quota,
            confidence=confidence,
        )
    if prompts or not elsewhere:
        return Domain(name, quota, prompts, elsewhere, unknown="the pilot has no prompt of it")
    in_set = elsewhere if quota is None else min(quota, elsewhere)
    missing = {} if quota is None else {"missing": exact(quota - in_set)}
    return Domain(name, quota, prompts, elsewhere, whole={"in_set": exact(in_set), **missing})


def _total(domains: Sequence[Domain], kind: str) -> dict[str, Interval]:
    """Sums over the domains that are forecast; of figures that one of those with samples lacks there is none."""
    parts = [getattr(domain, kind) for domain in domains if domain.unknown is None]
    sampled = [part for part in parts if "samples" in part]
    names = [name for name in (sampled[0] if sampled else {}) if all(name in part for part in sampled)]
    # Hours and costs are left to `with_costs`, which reckons them from the summed tokens.
    names = [name for name in dict.fromkeys([*names, "in_set", "missing"]) if name not in MACHINE_FIGURES]
    return {
        name: total(part[name] for part in parts if name in part)
        for name in names
        if any(name in part for part in parts)
    }


def _count_inputs(path: BuildPath, overrides: Mapping[str, int]) -> InputRows:
    absent = [uri for uri in (path.branch.prompts, *path.other_inputs) if not _exists(uri)]
    elsewhere: Counter[str] = Counter()
    for uri in path.other_inputs:
        elsewhere += Counter() if uri in absent else by_domain(open_source(uri))
    if path.branch.prompts not in absent:
        prompts = {**by_domain(open_source(path.branch.prompts)), **overrides}
        return InputRows(prompts, elsewhere, tuple(absent))
    return InputRows(
        overrides or None,
        elsewhere,
        tuple(uri for uri in absent if not overrides or uri in path.other_inputs),
    )


def _exists(uri: str) -> bool:
    return is_plain(uri) or bool(open_store(uri).files(LOG))
