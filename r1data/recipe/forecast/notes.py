"""The forecast in sentences: what will be missing, and the assumptions behind the figures."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from r1data.recipe.forecast.domains import Domain
from r1data.recipe.forecast.intervals import Interval
from r1data.recipe.forecast.pilot import SETTINGS, Pilot
from r1data.recipe.forecast.steps import BuildPath

DIGITS = 3
FEW_PROMPTS = 30
"""Prompts of a domain below which the notes say that they are few. Ours."""


def missing(domains: Sequence[Domain]) -> Iterator[str]:
    """A sentence for each domain that will or may lack rows, or has no forecast."""
    for domain in domains:
        if domain.unknown:
            yield f"{domain.name}: not known, {domain.unknown}"
            continue
        quota, missing_rows = domain.quota, domain.whole.get("missing")
        if quota is None:
            continue
        if missing_rows is None:
            needed = spoken(domain.to_fill["prompts"])
            yield (
                f"{domain.name}: its quota of {quota:,} takes {needed} prompts; how many there are is not known"
            )
        elif missing_rows.low >= 0.5:
            more = _more(domain, "; that takes")
            yield f"{domain.name}: {spoken(missing_rows)} of {quota:,} examples will be missing{more}"
        elif missing_rows.high >= 0.5:
            more, most = _more(domain, "; to be sure of it takes"), rounded(missing_rows.high)
            yield f"{domain.name}: may lack up to {most} of {quota:,} examples{more}"


def _more(domain: Domain, lead: str) -> str:
    if "more_prompts" not in domain.to_fill:
        return ""
    prompts, samples = domain.to_fill["more_prompts"], domain.to_fill["more_samples"]
    if prompts.value < 1:
        return f"{lead} up to {rounded(prompts.high)} more prompts"
    return f"{lead} {spoken(prompts)} more prompts, {spoken(samples)} samples"


def spoken(interval: Interval) -> str:
    """A figure and its interval."""
    if interval.low == interval.high:
        return rounded(interval.value)
    value = rounded(interval.value) if math.isfinite(interval.value) else "an unknown number"
    high = f"to {rounded(interval.high)}" if math.isfinite(interval.high) else "or more"
    return f"{value} ({rounded(interval.low)} {high})"


def rounded(figure: float) -> str:
    """A figure to three digits, with thousands."""
    if not math.isfinite(figure):
        return "unlimited"
    if abs(figure) < 1e-9:
        return "0"
    places = DIGITS - 1 - math.floor(math.log10(abs(figure)))
    figure = round(figure, places)
    return f"{figure:,.{max(0, places)}f}" if abs(figure) < 100 else f"{figure:,.0f}"


def assumptions(
    path: BuildPath, pilot: Pilot, absent: Sequence[str], recorded_gpus: int | None
) -> Iterator[str]:
    """The assumptions behind the figures, and their limits."""
    prompts, branch = pilot.prompts, path.branch
    counts = sorted(set(prompts["drawn"].to_list()))
    few = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    yield (
        f"the pilot has {prompts.height:,} prompts with {few} samples each, the recipe draws {branch.n}"
        + (f", until {branch.rule.target} are correct" if branch.rule else "")
        + "; intervals hold every spread of pass rates among prompts that fits the pilot's counts"
    )
    scarce = sorted(
        name for name, count in Counter(prompts["domain"].to_list()).items() if count < FEW_PROMPTS
    )
    if scarce:
        yield f"fewer than {FEW_PROMPTS} prompts of {', '.join(scarce)} are in the pilot, so intervals are wide"
    yield from _sampling_differences(path, pilot)
    good, different = int(prompts["good"].sum()), int(prompts["different"].sum())
    if good > different:
        yield (
            f"{good - different:,} of the pilot's {good:,} good responses are copies, or nearly, of another to the "
            "same prompt; the share that is reckoned with grows with the samples"
        )
    if pilot.repeated_texts:
        yield f"{pilot.repeated_texts:,} prompts of the pilot have the text of another; the build takes them for one"
    if pilot.repeated_rows:
        yield f"{pilot.repeated_rows:,} rows of the pilot were there twice and count once"
    yield "copies and near copies among prompts of the whole set cannot be seen in a pilot"
    yield from (f"{uri}: not there, so what it holds is in no figure" for uri in absent)
    yield from (f"{name}: quotas of a language are not forecast" for name in path.quotas if ":" in name)
    if path.other_inputs:
        yield "rows that are not sampled are counted as they stand; copies and contamination among them are not known"
    if recorded_gpus:
        yield (
            f"tokens a second are those of the pilot's sampling, taken to have had {recorded_gpus} GPU(s) "
            "(--pilot-gpus); a long run is rather faster"
        )
    if path.not_forecast:
        yield f"not forecast: {', '.join(path.not_forecast)}"


def _sampling_differences(path: BuildPath, pilot: Pilot) -> Iterator[str]:
    """Settings of the pilot's sampling that differ from the recipe's."""
    recipe_settings = path.branch.sampling
    for name in ("model", *SETTINGS):
        pilot_values = sorted(
            {
                str(settings[name])
                for settings in pilot.drawn_with
                if settings.get(name) not in (None, "unknown")
            }
        )
        if pilot_values and pilot_values != [str(recipe_settings.get(name))]:
            values = ", ".join(pilot_values)
            yield f"the pilot was sampled with {name} {values}, the recipe says {recipe_settings.get(name)}"
