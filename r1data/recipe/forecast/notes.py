"""The forecast in words: what will be missing, and what the figures rest on and cannot show."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from r1data.recipe.forecast.domains import Domain
from r1data.recipe.forecast.intervals import Interval
from r1data.recipe.forecast.pilot import SETTINGS, Pilot
from r1data.recipe.forecast.steps import Way

DIGITS = 3
SCARCE = 30
"""Prompts of a domain below which a reader is told that they are few; ours."""


def missing(domains: Sequence[Domain]) -> Iterator[str]:
    """A sentence for each domain that lacks rows, or may, or of which that is not known."""
    for domain in domains:
        if domain.unknown:
            yield f"{domain.name}: not known, {domain.unknown}"
        elif domain.quota is not None:
            yield from _of_quota(domain, domain.quota)


def _of_quota(domain: Domain, quota: int) -> Iterator[str]:
    lacking = domain.whole.get("missing")
    if lacking is None:
        needed = domain.to_fill["prompts"]
        yield (
            f"{domain.name}: its quota of {quota:,} takes {spoken(needed)} prompts; how many there are is not known"
        )
    elif lacking.high < 0.5:
        return
    elif lacking.low < 0.5:
        yield (
            f"{domain.name}: may lack up to {rounded(lacking.high)} of {quota:,} examples"
            + _more(domain, "; to be sure of it takes")
        )
    else:
        more = _more(domain, "; that takes")
        yield f"{domain.name}: {spoken(lacking)} of {quota:,} examples will be missing{more}"


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


def grounds(way: Way, pilot: Pilot, absent: Sequence[str], recorded_gpus: int | None) -> Iterator[str]:
    """What a reader must know of the figures."""
    prompts, branch = pilot.prompts, way.branch
    counts = sorted(set(prompts["drawn"].to_list()))
    few = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    yield (
        f"the pilot has {prompts.height:,} prompts with {few} samples each, the recipe draws {branch.n}"
        + (f", until {branch.rule.target} are correct" if branch.rule else "")
        + "; intervals hold every spread of pass rates among prompts that fits the pilot's counts"
    )
    scarce = sorted(name for name, count in Counter(prompts["domain"].to_list()).items() if count < SCARCE)
    if scarce:
        yield f"fewer than {SCARCE} prompts of {', '.join(scarce)} are in the pilot, which makes for wide intervals"
    yield from _drawn_otherwise(way, pilot)
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
    yield from (f"{name}: quotas of a language are not forecast" for name in way.quotas if ":" in name)
    if way.elsewhere:
        yield "rows that are not sampled are counted as they stand; copies and contamination among them are not known"
    if recorded_gpus:
        yield (
            f"tokens a second are those of the pilot's sampling, taken to have had {recorded_gpus} GPU(s) "
            "(--pilot-gpus); a long run is rather faster"
        )
    if way.others:
        yield f"not forecast: {', '.join(way.others)}"


def _drawn_otherwise(way: Way, pilot: Pilot) -> Iterator[str]:
    """Where the pilot was sampled in another way than the recipe samples."""
    wanted = way.branch.sampling
    for name in ("model", *SETTINGS):
        had = sorted(
            {str(each[name]) for each in pilot.drawn_with if each.get(name) not in (None, "unknown")}
        )
        if had and had != [str(wanted.get(name))]:
            yield f"the pilot was sampled with {name} {', '.join(had)}, the recipe says {wanted.get(name)}"
