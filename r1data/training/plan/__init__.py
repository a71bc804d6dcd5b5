"""Dry run of a training command: data, steps, memory. Loads no model and downloads nothing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from r1data.engines.models import resolve_model
from r1data.errors import UserError
from r1data.training import checkpoint, students
from r1data.training.settings import GrpoSettings, SftSettings

BYTES_A_PARAMETER = 16
"""Float32 weights, gradients and AdamW's two moments; activations come on top."""


def plan_sft(
    rows: Iterable[dict[str, Any]], base: str, parameters: int | None, settings: SftSettings, out: Path
) -> dict[str, Any]:
    """The plan of supervised training or distillation; tokens come from the rows' own `tokens` column."""
    settings.check()
    rates = f"{settings.lr:g}, {settings.schedule}"
    if settings.schedule == "cosine":
        rates = f"{settings.lr:g} → {settings.lr * settings.min_lr_ratio:g}, cosine"
    count = tokens = characters = uncounted = 0
    for row in rows:
        if row["split"] == "train":
            count += 1
            tokens += row.get("tokens") or 0
            uncounted += row.get("tokens") is None
            characters += sum(len(message["content"] or "") for message in row["messages"])
    if not count:
        raise UserError(
            "no row has split 'train', so there is nothing to train on; make the set with `r1 "
            "build`, which writes splits"
        )
    return {
        "base": base,
        **memory(parameters),
        "examples": count,
        "tokens_an_epoch": "not counted in the data" if uncounted else tokens,
        "characters_an_epoch": characters,
        "epochs": settings.epochs,
        "steps": settings.steps(count),
        "learning_rate": rates,
        "batch": settings.sequences,
        "micro_batch": settings.fitting_micro_batch(),
        "processes": settings.processes,
        "max_tokens": settings.max_tokens,
        "out": state(out),
    }


def plan_grpo(
    rows: Iterable[dict[str, Any]], model: str, settings: GrpoSettings, out: Path
) -> dict[str, Any]:
    """The plan of a GRPO run."""
    settings.check()
    count = truths = 0
    for row in rows:
        count += 1
        truths += row.get("truth") is not None
    if not count:
        raise UserError("no prompts to train on, as the dataset is empty; give another")
    folder = resolve_model(model)
    return {
        "model": model,
        **memory(students.count_parameters(folder) if isinstance(folder, Path) else None),
        "prompts": count,
        "prompts_with_truth": truths,
        "steps": settings.steps,
        "passes_over_the_prompts": round(settings.steps * settings.prompts_per_step / count, 2),
        "responses_a_step": settings.sequences,
        "responses_a_rollout": settings.sequences * settings.steps_per_rollout,
        "most_tokens_a_step": settings.sequences * settings.max_tokens,
        "micro_batch": settings.fitting_micro_batch(),
        "rewards": settings.rewards,
        "learning_rate": settings.lr,
        "template": settings.template,
        "engine": settings.engine,
        "processes": settings.processes,
        "out": state(out),
    }


def memory(parameters: int | None) -> dict[str, Any]:
    """Parameters and the GiB that weights, gradients and optimizer take over all GPUs."""
    if parameters is None:
        return {"parameters": "not known before it is fetched"}
    return {"parameters": parameters, "training_gib": round(parameters * BYTES_A_PARAMETER / 2**30, 3)}


def state(out: Path) -> str:
    if checkpoint.finished(out) is not None:
        return f"{out} (finished: the same command does nothing, another is refused)"
    if (out / ".r1" / "run.json").is_file():
        return f"{out} (begun: the same command goes on, another is refused)"
    return f"{out} (new)"
