"""Whether prompts, responses and examples have room in the positions of the model that is trained, as it is after
`context`'s change: for plans, before a run begins, and over its prepared rows. Nothing heavy is imported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from r1data.data.records import Record
from r1data.engines.model_config import language_part, positions, rope_parameters
from r1data.engines.models import resolve_model
from r1data.errors import UserError
from r1data.training.examples.prepared import portions
from r1data.training.models.context import by_default, extension, of_folder, read_config, rotates
from r1data.training.models.context_families import find_family
from r1data.training.settings import GrpoSettings, Settings


def describe(config: Mapping[str, Any], settings: Settings, place: str | Path) -> str:
    """The positions of the trained model in words, for a plan: `4,096 → 32,768 positions: …`, or those of its base."""
    change = extension(config, settings, place)
    if change is not None:
        return str(change)
    held = positions(config, place)
    return "not limited by its config" if held is None else f"{held:,} positions, those of its base"


def planned(
    model: str,
    settings: Settings,
    known: Mapping[str, Any] | None = None,
    *,
    distil: bool = False,
    prompt: int = 0,
) -> str:
    """The positions of the trained model in words, for a plan; fetches nothing.

    Args:
        model: the base's name.
        settings: of the training.
        known: what is known of its config.json where it is not here.
        distil: whether a base is extended by default.
        prompt: tokens of the longest prompt, as far as a plan knows.

    Raises:
        UserError: as `check` does.
    """
    folder = resolve_model(model)
    config = read_config(folder) if isinstance(folder, Path) else known
    if not config:
        return "not known before it is fetched"
    _check(config, settings, model)
    words = describe(config, by_default(settings, config, model) if distil else settings, model)
    held, needed = _available(config, settings, model), prompt + settings.longest
    if not prompt or held is None or needed <= held:
        return words
    return f"{words}; too few for the longest prompt (about {prompt:,} tokens) and a response of {settings.longest:,}"


def in_summary(folder: Path, settings: Settings) -> dict[str, str]:
    """What a run's summary says of a change; nothing where there is none."""
    change = of_folder(folder, settings)
    return {} if change is None else {"context": str(change)}


def available(folder: Path, settings: Settings) -> int | None:
    """The positions that the trained model has; None where its config does not limit them."""
    return _available(read_config(folder), settings, folder)


def _available(config: Mapping[str, Any], settings: Settings, place: str | Path) -> int | None:
    change = extension(config, settings, place)
    return positions(config, place) if change is None else change.after


def check(folder: Path, settings: Settings) -> None:
    """Raise UserError where a change is asked for that is not known, or no position is left for a rollout's prompt."""
    _check(read_config(folder), settings, folder)


def _check(config: Mapping[str, Any], settings: Settings, place: str | Path) -> None:
    held = _available(config, settings, place)
    if isinstance(settings, GrpoSettings) and held is not None and settings.longest >= held:
        raise UserError(
            f"{place}: has {held:,} positions, and --max-tokens {settings.longest} leaves none for a prompt; "
            f"lower --max-tokens, or give more positions with --context"
        )


def within(
    examples: Iterable[tuple[str, Record]], folder: Path, settings: Settings
) -> Iterator[tuple[str, Record]]:
    """The examples (split, `input_ids` and `labels`). Raises UserError after the last where some do not fit."""
    held = available(folder, settings)
    count = too_long = longest = 0
    for split, example in examples:
        length = len(example["input_ids"])
        count, longest = count + 1, max(longest, length)
        too_long += held is not None and length > held
        yield split, example
    if held is not None and too_long:
        raise UserError(
            f"{folder}: has {held:,} positions; examples longer than that: {too_long:,} of {count:,}, "
            f"up to {longest:,} tokens; {_remedy(folder, held, longest)}"
            + (f", or leave them out with --max-tokens {held}" if too_long < count else "")
        )


def prompts_within(prompts: Iterable[Record], folder: Path, settings: GrpoSettings) -> Iterator[Record]:
    """Prompts as token ids (`prompt`). Raises UserError after the last where some leave a whole response no room."""
    held = available(folder, settings)
    longest = 0
    for portion in portions(prompts):
        if held is not None:
            longest = max(longest, *(len(row["prompt"]) for row in portion))
        yield from portion
    needed = longest + settings.longest
    if held is not None and needed > held:
        lower = f"lower --max-tokens to {held - longest}, or " if held > longest else ""
        raise UserError(
            f"{folder}: has {held:,} positions, and the longest prompt ({longest:,} tokens) with --max-tokens "
            f"{settings.longest} needs {needed:,}; {lower}{_remedy(folder, held, needed)}"
        )


def _remedy(folder: Path, held: int, needed: int) -> str:
    """What to add for so many positions."""
    part = language_part(read_config(folder))
    if not (rope_parameters(part) or rotates(part)):
        return "take a model with more"
    family = find_family(read_config(folder), held)
    if family is not None and needed <= family.most:
        return f"add --context {needed}"
    return f"add --context {needed} with --rope, such as --rope yarn={-(-needed // held)}"
