"""Cold start (R1 2.3.1, App. B.3.2): the first long, readable chains of thought, by one of three strategies.

`few-shot` and `reflect` sample prompts (`prompting`); `refine` has a stronger model rewrite correct samples (`refine`).
All three sample as `r1 sample` does; their prompt texts are data: `texts`, `examples`. A strategy is added by a class
and a line in `STRATEGIES`. Not here: review by people.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

from r1data.data.locations import absolute
from r1data.data.source import Source
from r1data.data.writer import Summary
from r1data.engines.base import EngineOptions
from r1data.errors import UserError
from r1data.filters.limits import LIMITS, FilterLimits
from r1data.sampling.cold_start import examples as example_files
from r1data.sampling.cold_start import texts
from r1data.sampling.cold_start.prompting import FewShot, Reflect
from r1data.sampling.cold_start.refine import REFINABLE, Refine
from r1data.sampling.cold_start.texts import OutputLayout
from r1data.sampling.plan import SamplingPlan
from r1data.sampling.sample import sample
from r1data.sampling.strategy import Strategy
from r1data.selection.filtering import check_skipped

SHOTS = 2
"""Examples in a prompt: ours, the paper shows "a long CoT"."""
RESPONSES = 4
"""Responses a prompt by `few-shot` and `reflect`. Ours."""


@dataclass(frozen=True, slots=True)
class ColdStartSettings:
    """Settings of the strategies. None and () are a strategy's default; `STRATEGY_SETTINGS` says which has which."""

    prompt_files: tuple[str, ...] = ()
    output: OutputLayout = field(default_factory=OutputLayout)
    examples: str | None = None
    shots: int | None = None
    limits: FilterLimits | None = None
    skip: tuple[str, ...] = ()
    mend: tuple[str, ...] | None = None
    dropped: str | None = None


STRATEGY_SETTINGS = {
    "few-shot": ("examples", "shots"),
    "reflect": (),
    "refine": ("limits", "skip", "mend", "dropped"),
}


def load_strategy(name: str, settings: ColdStartSettings, seed: int = 0) -> Strategy:
    """The strategy of that name, with its texts and examples.

    Raises UserError: no such strategy, a setting of another strategy, an unusable file.
    """
    if name not in STRATEGIES:
        raise UserError(f"no cold-start method {name!r}; choose one of {', '.join(STRATEGIES)}")
    for owner, settings_names in STRATEGY_SETTINGS.items():
        for setting in settings_names:
            if owner != name and getattr(settings, setting) != _DEFAULTS[setting]:
                raise UserError(f"{setting}: for --method {owner} alone; leave it out of {name}")
    return STRATEGIES[name](settings, seed)


def responses(name: str) -> int:
    """Default number of responses a row: one refinement, else `RESPONSES`."""
    return 1 if name == "refine" else RESPONSES


def run(
    source: Source,
    out: str,
    plan: SamplingPlan,
    strategy: Strategy,
    options: EngineOptions | None = None,
    dropped: str | None = None,
) -> Summary:
    """Writes a strategy's responses into `out`, and the rows that `refine` drops into `dropped` if it is given.

    Raises:
        UserError: the rows have not the schema that the strategy needs, or as `sampling.sample` does.
        RowsLost: as `sampling.sample` does.
    """
    if dropped and os.path.normpath(absolute(dropped)) == os.path.normpath(absolute(out)):
        raise UserError(f"{out}: two outputs cannot share a folder; name another for one of them")
    if isinstance(strategy, Refine) and plan.n != 1:
        raise UserError(f"-n {plan.n}: refine writes one refinement a row; leave -n out")
    return sample(
        source,
        out,
        plan,
        options,
        command="cold-start",
        schema=strategy.output_schema,
        strategy=strategy,
        dropped=dropped,
    )


def _few_shot(settings: ColdStartSettings, seed: int) -> Strategy:
    count = SHOTS if settings.shots is None else settings.shots
    if count < 1:
        raise UserError(f"shots {count}: show at least one example, or use --method reflect")
    prompt_texts = texts.load("few-shot", settings.prompt_files, FewShot.needs)
    return FewShot(prompt_texts, settings.output, example_files.load(settings.examples), count, seed)


def _reflect(settings: ColdStartSettings, seed: int) -> Strategy:
    return Reflect(texts.load("reflect", settings.prompt_files, Reflect.needs), settings.output)


def _refine(settings: ColdStartSettings, seed: int) -> Strategy:
    refinable = REFINABLE if settings.mend is None else settings.mend
    check_skipped(settings.skip)
    check_skipped(refinable)
    prompt_texts = texts.load("refine", settings.prompt_files, Refine.needs)
    return Refine(prompt_texts, settings.output, settings.limits or LIMITS, settings.skip, refinable)


STRATEGIES: dict[str, Callable[[ColdStartSettings, int], Strategy]] = {
    "few-shot": _few_shot,
    "reflect": _reflect,
    "refine": _refine,
}
_DEFAULTS: dict[str, Any] = {each.name: each.default for each in fields(ColdStartSettings)}
