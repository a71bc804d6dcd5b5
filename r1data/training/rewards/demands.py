"""What rewards want of a run's settings and of its prompts, known before anything is trained.

Here is also what a row says to a reward: the set of a general prompt and its rubric.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from typing import Any

from r1data.data.records import Record
from r1data.engines.openai import root_of
from r1data.errors import UserError
from r1data.training.rewards.models import PREFERENCES, RUBRIC
from r1data.training.rewards.registry import REWARDS, check_weights
from r1data.training.rewards.rollout import Rollout
from r1data.training.settings import GrpoSettings
from r1data.training.settings.specs import is_address
from r1data.verifiers.judge import rubric


def check_settings(settings: GrpoSettings) -> None:
    """Raise UserError where a reward is unknown, or lacks what it needs beside the prompts."""
    check_weights(settings.rewards)
    rewards, models = set(settings.rewards), set(settings.reward_models)
    if strange := sorted(models - set(PREFERENCES)):
        raise UserError(
            f"--reward-model {strange[0]}=…: reward models give {' and '.join(PREFERENCES)}; write one of these names"
        )
    for name in PREFERENCES:
        if name in rewards and name not in models:
            raise UserError(
                f"--reward {name} needs a reward model; add --reward-model {name}=FOLDER, or an http:// address"
            )
        if name in models and name not in rewards:
            raise UserError(f"--reward-model {name}=… is not asked for anything; add --reward {name}=1")
    for model in settings.reward_models.values():
        if is_address(model):
            root_of(model.partition("#")[0], "--reward-model")
    if RUBRIC in rewards and settings.judge is None:
        raise UserError("--reward rubric needs a judge; add --judge NAME and --judge-url URL")
    if "length-budget" in rewards and settings.length_target is None:
        raise UserError("--reward length-budget needs a target; add --length-target TOKENS")
    if "lint" in rewards and find_spec("ruff") is None:
        raise UserError("--reward lint needs the package `ruff`; install r1data[code]")
    _check_groups(settings)


def _check_groups(settings: GrpoSettings) -> None:
    """Raise UserError where a reward compares the responses to a prompt, and processes share them."""
    share = settings.sequences * settings.steps_per_rollout // settings.processes
    comparing = sorted(name for name in settings.rewards if REWARDS[name].compares)
    if comparing and share % settings.generations:
        raise UserError(
            f"--reward {comparing[0]} compares the {settings.generations} responses to a prompt, and a process has "
            f"{share} of a rollout, not all of each prompt's; change --processes"
        )


def asked(row: Record) -> Rollout:
    """A prompt as rewards see it, without a response. Raises UserError where its set or its rubric is malformed."""
    return Rollout(
        row["prompt"],
        "",
        row.get("truth"),
        row.get("verifier"),
        row.get("language"),
        preference=preference_of(row),
        rubric=rubric_of(row),
    )


def preference_of(row: Record) -> str | None:
    """The set of a general prompt; None for a reasoning prompt.

    The column `preference` says it. Without it a prompt that no verifier decides is of the helpfulness set (ours), and
    any other is a reasoning prompt. Raises UserError for another word.
    """
    preference = row.get("preference")
    if preference is None:
        return None if row.get("verifier") is not None else PREFERENCES[0]
    if preference not in PREFERENCES:
        raise UserError(
            f"{_where(row)}: its preference is {preference!r:.100}; write {' or '.join(PREFERENCES)}, or leave it empty"
        )
    return str(preference)


def rubric_of(row: Record) -> str | None:
    """A prompt's rubric as JSON, from its column `rubric` or that key of `meta`. Raises UserError for a broken one."""
    value = row.get("rubric")
    if value is None:
        value = _meta(row).get("rubric")
    if (items := rubric.parse(value, _where(row))) is None:
        return None
    return json.dumps([{"item": one.item, "weight": one.weight} for one in items], ensure_ascii=False)


def _meta(row: Record) -> Mapping[str, Any]:
    meta = row.get("meta")
    if isinstance(meta, str):
        try:
            meta = json.loads(meta)
        except (ValueError, RecursionError):
            return {}
    return meta if isinstance(meta, Mapping) else {}


def _where(row: Record) -> str:
    return f"prompt {str(row.get('prompt_id') or row['prompt'])[:60]!r}"


def concerned(rows: Iterable[Record], names: Iterable[str]) -> Iterator[Record]:
    """Yields the rows. Raises UserError at their end where a reward concerns none of them."""
    missing = set(names)
    some = False
    for row in rows:
        some = True
        if missing:
            prompt = asked(row)
            missing -= {name for name in missing if REWARDS[name].concerns(prompt)}
        yield row
    if some and missing:
        name = min(missing)
        needs = REWARDS[name].needs or "what it reads"
        raise UserError(
            f"no prompt has {needs}, so that --reward {name} would never count; leave it out, or add such prompts"
        )
