"""Dry run of a training command: data, steps, memory, hours. Loads no weights and downloads nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from r1data.errors import UserError
from r1data.training import students
from r1data.training.evaluation import prompts as eval_prompts
from r1data.training.models import context, room
from r1data.training.output import checkpoint
from r1data.training.plan import cost
from r1data.training.plan.hardware import GIB, Hardware
from r1data.training.settings import RewardModelSettings, Settings, SftSettings

BYTES_A_PARAMETER = 16
"""Float32 weights, gradients and AdamW's two moments; activations come on top."""

AS_MANY_AS_FIT = "as many as fit"
"""The micro-batch that a run chooses when it begins."""


@dataclass(frozen=True)
class Target:
    """What a run is planned for.

    Args:
        machine: the machines; None plans no memory a process.
        tflops: dense bf16 TFLOP/s of a GPU.
    """

    machine: Hardware | None = None
    tflops: float = cost.GPU_TFLOPS


def plan_sft(
    rows: Iterable[dict[str, Any]],
    student: students.Student,
    settings: SftSettings,
    out: Path,
    target: Target | None = None,
    extend: bool = False,
) -> dict[str, Any]:
    """The plan of supervised training or, with `extend`, of distillation, which gives a base more positions by default.

    Raises UserError where there is nothing to train on, or settings and machines do not fit together.
    """
    from r1data.training.plan import tokens

    check_settings(settings)
    counted = tokens.count(rows, student.base, settings)
    if not counted.examples:
        dropped = f" (dropped: {counted.dropped})" if counted.dropped else ""
        raise UserError(
            f"no row has split 'train'{dropped}, so there is nothing to train on; make the set with `r1 "
            "build`, which writes splits"
        )
    rates = f"{settings.lr:g}, {settings.schedule}"
    if settings.schedule == "cosine":
        rates = f"{settings.lr:g} → {settings.lr * settings.min_lr_ratio:g}, cosine"
    summary = {
        "base": student.base,
        **({"licence": student.licence} if student.licence else {}),
        **memory(student.parameters),
        "examples": counted.examples,
        **eval_prompts.planned(settings),
        "tokens_an_epoch": counted.tokens,
        "tokens_from": counted.source,
        "characters_an_epoch": counted.characters,
        **({"dropped": counted.dropped} if counted.dropped else {}),
        "epochs": settings.epochs,
        "steps": settings.steps(counted.examples),
        "learning_rate": rates,
        "batch": settings.sequences,
        "max_tokens": settings.max_tokens,
        "processes": settings.processes,
        "positions": room.planned(student.base, settings, student.config, distil=extend),
        "out": state(out),
    }
    if extend and (config := _config(student)):
        settings = cast(SftSettings, context.by_default(settings, config.to_dict(), student.base))
    return summary | on_machines(student, settings, target or Target(), counted.tokens, counted.examples)


def plan_reward_model(
    rows: Iterable[dict[str, Any]],
    student: students.Student,
    settings: RewardModelSettings,
    out: Path,
    target: Target | None = None,
) -> dict[str, Any]:
    """The plan of a reward model. Raises UserError where there is nothing to train on."""
    from r1data.training.plan import reward_model

    check_settings(settings)
    counted, form, held_out = reward_model.count(rows, student.base, settings)
    summary = {
        "base": student.base,
        **({"licence": student.licence} if student.licence else {}),
        **memory(student.parameters),
        "form": form,
        "examples": counted.examples,
        "held_out": held_out,
        "tokens_an_epoch": counted.tokens,
        "tokens_from": counted.source,
        **({"dropped": counted.dropped} if counted.dropped else {}),
        "epochs": settings.epochs,
        "steps": settings.steps(counted.examples),
        "learning_rate": f"{settings.lr:g}, {settings.schedule}",
        "batch": settings.sequences,
        "max_tokens": settings.max_tokens,
        "processes": settings.processes,
        "positions": room.planned(student.base, settings, student.config),
        "out": state(out),
    }
    return summary | on_machines(student, settings, target or Target(), counted.tokens, counted.examples)


def _config(student: students.Student) -> Any:
    from r1data.training.plan import parameters

    return parameters.read_config(student)


def on_machines(
    student: students.Student,
    settings: SftSettings | RewardModelSettings,
    target: Target,
    tokens: int,
    examples: int,
) -> dict[str, Any]:
    """Memory, hours and disk, as far as the student's config is known; nothing where it is not."""
    from r1data.training.plan import parameters
    from r1data.training.plan.outlook import outlook

    config = _config(student)
    if config is None:
        return {"machine": "not planned: the base's config is not known before it is fetched"}
    counts = parameters.parameters(config)
    summary: dict[str, Any] = {"parameters": counts.total}
    if counts.active != counts.total:
        summary["active_parameters"] = counts.active
    machine = target.machine
    if machine is None:
        return summary | {"machine": "not planned; add --gpus 8x80, or 2x8x80 for two nodes"}
    plan = outlook(config, settings, machine, settings.max_tokens)
    layout = plan.chosen.layout
    hours = cost.hours(
        config, counts, tokens * settings.epochs, tokens / examples, machine.world, target.tflops
    )
    space = cost.disk(counts, layout, 2 if settings.save_dtype == "bfloat16" else 4)
    summary |= {
        "machine": str(machine),
        "processes": machine.processes,
        "memory": plan.table(),
        "plan": plan.line(),
    }
    if plan.remedies:
        summary["to_make_it_fit"] = list(plan.remedies)
    if machine.gpu:
        summary |= {
            "hours": cost.rounded(hours),
            "hours_at": f"{cost.UTILISATION:.0%} of {target.tflops:g} TFLOP/s a GPU",
        }
    return summary | {
        "ram_to_load_gib": _gib(cost.ram_to_load(counts, layout, machine.processes)),
        "checkpoint_gib": _gib(space["checkpoint"]),
        "disk_gib": _gib(space["most"]),
        "trained_model_gib": _gib(space["final"]),
    }


def _gib(size: int) -> float:
    return round(size / GIB, 1 if size > GIB else 3)


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


def check_settings(settings: Settings) -> None:
    """Raise UserError where no run could have the settings; tools of `--track` are asked of a run's machine alone."""
    settings.check()
    if settings.track:
        from r1data.training.loop import tracking

        tracking.check_names(settings.track)
