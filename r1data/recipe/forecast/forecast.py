"""The forecast: from a pilot of a few hundred prompts to the whole set of a recipe (R1 2.3.3), with intervals.

`steps` finds the way from prompts to the set in a recipe, `pilot` judges the pilot as the recipe would, `domains` says
what becomes of each domain, `machine` what it takes. The statistics are in `rates` (pass rates of prompts), `copies`,
`outcomes` (a prompt's responses), `figures` (many prompts) and `intervals`. All of it is ours; the paper has none.

The pilot's prompts must be drawn at random from each domain's. Not covered: what a pilot cannot show, such as copies
among the prompts of the whole set, and steps that train a model.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from r1data.data.plain import is_plain
from r1data.data.source import Source, open_source
from r1data.data.stores import open_store
from r1data.data.stores.layout import LOG
from r1data.errors import UserError
from r1data.recipe.forecast import notes
from r1data.recipe.forecast.domains import Domain, Figures, forecast, means
from r1data.recipe.forecast.intervals import Interval, exactly, total
from r1data.recipe.forecast.machine import Machine
from r1data.recipe.forecast.outcomes import ends
from r1data.recipe.forecast.pilot import read
from r1data.recipe.forecast.steps import Step, Way, build_of, way_to
from r1data.selection.yields import by_domain

__all__ = ["Domain", "Forecast", "Interval", "Machine", "Step", "Way", "build_of", "plan", "way_to"]


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is forecast of a recipe's build; `missing` says it in sentences, `notes` what it rests on."""

    way: Way
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
            "build": self.way.build,
            "samples_per_prompt": self.way.branch.n,
            "max_per_prompt": self.way.max_per_prompt,
            "confidence": self.confidence,
            "machine": self.machine.as_json(),
            "pilot_reasons": dict(self.reasons),
            "domains": {domain.name: domain.as_json() for domain in self.domains},
            "total": sums,
            "missing": list(self.missing),
            "notes": list(self.notes),
            "not_forecast": list(self.way.others),
        }


@dataclass(frozen=True, slots=True)
class Held:
    """Rows by domain that the recipe's inputs hold: prompts, and rows from elsewhere; `absent` are not there."""

    prompts: Mapping[str, int] | None
    elsewhere: Mapping[str, int]
    absent: tuple[str, ...]


def plan(
    way: Way,
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
        raise UserError(f"--confidence {confidence:g}: from 0.5 to less than 1")
    absent = [uri for uri in way.decontaminate if not _is_there(uri)]
    way = replace(way, decontaminate=tuple(uri for uri in way.decontaminate if uri not in absent))
    machine, found = machine or Machine(), read(pilots, way)
    held = _held(way, prompts or {})
    recorded = machine.tokens_per_second is None and found.tokens_per_second is not None
    if recorded:
        machine = replace(machine, tokens_per_second=(found.tokens_per_second or 0.0) / pilot_gpus)
    domains = tuple(
        _with_machine(_domain(name, found.prompts, held, way, confidence), machine)
        for name in _names(found.prompts, held, way)
    )
    return Forecast(
        way,
        domains,
        {name: machine.takes(_total(domains, name)) for name in ("whole", "to_fill")},
        machine,
        confidence,
        found.reasons,
        tuple(notes.missing(domains)),
        tuple(notes.grounds(way, found, [*held.absent, *absent], pilot_gpus if recorded else None)),
    )


def _names(pilot: pl.DataFrame, held: Held, way: Way) -> list[str]:
    quotas = [name for name in way.quotas if ":" not in name]
    return list(
        dict.fromkeys([*quotas, *pilot["domain"], *sorted(held.prompts or {}), *sorted(held.elsewhere)])
    )


def _domain(name: str, pilot: pl.DataFrame, held: Held, way: Way, confidence: float) -> Domain:
    mine = pilot.filter(pl.col("domain") == name)
    prompts = None if held.prompts is None else held.prompts.get(name, 0)
    elsewhere, quota = held.elsewhere.get(name, 0), way.quotas.get(name)
    if mine.height:
        found = means(mine, ends(way.branch.n, way.branch.rule), way, confidence)
        return forecast(
            name, mine, found, prompts=prompts, elsewhere=elsewhere, quota=quota, confidence=confidence
        )
    if prompts or not elsewhere:
        return Domain(name, quota, prompts, elsewhere, unknown="the pilot has no prompt of it")
    in_set = elsewhere if quota is None else min(quota, elsewhere)
    lacking = {} if quota is None else {"missing": exactly(quota - in_set)}
    return Domain(name, quota, prompts, elsewhere, whole={"in_set": exactly(in_set), **lacking})


def _with_machine(domain: Domain, machine: Machine) -> Domain:
    return replace(domain, whole=machine.takes(domain.whole), to_fill=machine.takes(domain.to_fill))


def _total(domains: Sequence[Domain], kind: str) -> dict[str, Interval]:
    """Sums over the domains that are forecast; of figures that one of those with samples lacks there is none."""
    parts = [getattr(domain, kind) for domain in domains if domain.unknown is None]
    sampled = [part for part in parts if "samples" in part]
    names = [name for name in (sampled[0] if sampled else {}) if all(name in part for part in sampled)]
    names = [name for name in dict.fromkeys([*names, "in_set", "missing"]) if name not in MACHINES]
    return {
        name: total(part[name] for part in parts if name in part)
        for name in names
        if any(name in part for part in parts)
    }


MACHINES = ("gpu_hours", "hours", "cost")
"""Figures that follow from others, in sums too."""


def _held(way: Way, given: Mapping[str, int]) -> Held:
    absent = [uri for uri in (way.branch.prompts, *way.elsewhere) if not _is_there(uri)]
    elsewhere: Counter[str] = Counter()
    for uri in way.elsewhere:
        elsewhere += Counter() if uri in absent else by_domain(open_source(uri))
    if way.branch.prompts not in absent:
        counted = {**by_domain(open_source(way.branch.prompts)), **given}
        return Held(counted, elsewhere, tuple(absent))
    return Held(given or None, elsewhere, tuple(uri for uri in absent if not given or uri in way.elsewhere))


def _is_there(uri: str) -> bool:
    return is_plain(uri) or bool(open_store(uri).files(LOG))
