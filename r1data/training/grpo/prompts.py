"""The prompts of a GRPO run: checked, rendered as token ids, written into the run's folder.

They are rendered here, by the same templates that sampling uses. Which ones a rollout has is decided at its beginning
(`pools`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from r1data.data.records import Record
from r1data.engines.models import load_tokenizer
from r1data.engines.template_facts import end_token_id
from r1data.engines.templates import Prompt
from r1data.errors import UserError
from r1data.training.examples import prepared, rendering
from r1data.training.examples.provenance import Provenance
from r1data.training.grpo import phases
from r1data.training.models import room
from r1data.training.output import checkpoint
from r1data.training.rewards import REWARDS, Rollout, Verification, demands
from r1data.training.rollouts import prompt_rows
from r1data.training.settings import GrpoSettings
from r1data.verifiers.registry import JUDGE, VERIFIERS

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

PROMPTS = "prompts.arrow"
COLUMNS = ("truth", "verifier", "language", "preference", "rubric")
KINDS = {
    "row": pa.int64(),
    "prompt": pa.list_(pa.int32()),
    **{name: pa.string() for name in ("question", "prefill", *COLUMNS)},
}


def prepare(
    rows: Iterable[Record], model: str | Path, run: checkpoint.TrainingRun, settings: GrpoSettings
) -> dict[str, Any]:
    """Render the prompts (`prompt`, `system`?, and what the rewards read) into the run's folder.

    Returns what is trained on, in numbers. Raises UserError for data that the rewards cannot use.
    """
    tokenizer = load_tokenizer(model)
    if tokenizer.eos_token_id is None and end_token_id(tokenizer, settings.template) is None:
        raise UserError(
            f"{model}: its tokenizer has no end token, so that no response would end; "
            "add eos_token to its tokenizer_config.json"
        )
    origin = Provenance()
    with prompt_rows.PromptRowWriter(run.work / prompt_rows.FILE) as kept:
        checked = demands.concerned(_check_rows(origin.rows(rows), settings), _weighed(settings))
        # Every row knows its position in the file, by which rollouts name their prompts.
        numbered = (
            (PROMPTS, {"row": number, **row})
            for number, row in enumerate(fitting(kept.rows(checked), model, settings, tokenizer))
        )
        counts = prepared.write_arrow({PROMPTS: run.work / PROMPTS}, numbered, KINDS)
    origin.write(run, rows)
    if phases.has_phases(settings):
        phases.check(prepared.read_arrow(run.work / PROMPTS)["preference"], settings)
    return {
        "steps": settings.steps,
        "prompts": counts[PROMPTS],
        **room.in_summary(Path(model), settings),
    }


def fitting(
    rows: Iterable[Record], model: str | Path, settings: GrpoSettings, tokenizer: PreTrainedTokenizerBase
) -> Iterator[Record]:
    """Prompts as the model reads them. Raises UserError for one that it has no weights or no positions for."""
    rendered = rendering.with_weights(render(rows, settings, tokenizer), model, tokenizer)
    yield from room.prompts_within(rendered, Path(model), settings)


def places(settings: GrpoSettings) -> Dataset:
    """As many rows as the run's rollouts have prompts: TRL's data loader counts them, and knows nothing of prompts."""
    from datasets import Dataset

    # TRL generates for whole rollouts: the last one takes all its prompts, even if training ends within it.
    rollouts = -(-settings.steps // settings.steps_per_rollout)
    return Dataset.from_dict({"place": range(rollouts * settings.prompts_per_rollout)})


def _weighed(settings: GrpoSettings) -> list[str]:
    return [name for name, weight in settings.rewards.items() if weight]


def _check_rows(rows: Iterable[Record], settings: GrpoSettings) -> Iterator[Record]:
    """Yields the rows; raises UserError where there are none, or none has what the rewards read."""
    verifiers: set[str | None] = set()
    empty, truths = True, 0
    unreadable, readable = "", False
    probing = Verification(settings.verify_seconds, threads=1)
    for row in rows:
        if empty:
            for name in settings.rewards:
                prepared.require_columns(list(row), REWARDS[name].columns, f"the reward {name!r}")
        empty = False
        truths += row.get("truth") is not None
        verifiers.add(row.get("verifier"))
        if not readable and row.get("verifier") is not None:
            reason = _unreadable_truth(row, probing)
            unreadable, readable = unreadable or reason or "", reason is None
        yield row
    probing.close()
    if empty:
        raise UserError("no prompts to train on, as the dataset is empty; give another")
    used_verifiers = [VERIFIERS[verifier] for verifier in verifiers if verifier is not None]
    needs_truth = any(verifier.needs_truth for verifier in used_verifiers)
    if settings.rewards.get("accuracy") and not (used_verifiers and (truths or not needs_truth)):
        raise UserError(
            "no prompt has a truth and a verifier, which 'accuracy' needs; ingest with --map truth=YOURS"
        )
    if settings.rewards.get("accuracy") and not readable:
        raise UserError(
            f"no prompt has a truth that its verifier can read, so that nothing would be learned (the first: "
            f"{unreadable}); ingest with --map truth=YOURS, or --set verifier=NAME"
        )


def _unreadable_truth(row: Record, probing: Verification) -> str | None:
    """Why the verifier of a prompt cannot read its truth; None where it can, or where nobody knows before training."""
    if row["verifier"] == JUDGE.name:
        return None
    probe = Rollout(row["prompt"], _PROBE, row.get("truth"), row["verifier"])
    (verdict,) = probing.verdicts([probe], _PROBE_SECONDS)
    return verdict.reason if verdict is not None and verdict.cause in ("bad_truth", "no_truth") else None


_PROBE = "no answer"
"""A response to which a verifier says what is wrong with the truth, if anything is."""
_PROBE_SECONDS = 60.0
"""How long a verifier may take to say so; one that hangs is found out in training. Ours."""


def render(
    rows: Iterable[Record], settings: GrpoSettings, tokenizer: PreTrainedTokenizerBase
) -> Iterator[Record]:
    """Rows with their prompt as the model reads it: TRL gets token ids and renders nothing. Raises UserError where the
    chat template is unfit."""
    for row, prompt in rendering.render(rows, settings.template, settings, tokenizer):
        yield _prompt(row, prompt)


def _prompt(row: Record, prompt: Prompt) -> Record:
    columns = {"prompt": prompt.ids, "question": row["prompt"], "prefill": prompt.prefill}
    prompt_of_rewards = demands.asked(row)
    return columns | {column: getattr(prompt_of_rewards, column) for column in COLUMNS}
