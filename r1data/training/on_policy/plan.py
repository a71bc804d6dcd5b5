"""Dry run of on-policy distillation. Loads no model, asks no server and downloads nothing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from r1data.data.records import Record
from r1data.engines.models import resolve_model
from r1data.errors import UserError
from r1data.training import plan, students
from r1data.training.evaluation import prompts as eval_prompts
from r1data.training.models import room
from r1data.training.on_policy import teachers
from r1data.training.on_policy.prompts import domains
from r1data.training.settings import OnPolicySettings
from r1data.training.settings.specs import is_address


def plan_on_policy(
    rows: Iterable[Record], base: str, parameters: int | None, settings: OnPolicySettings, out: Path
) -> dict[str, Any]:
    """The plan of a run. Raises UserError for prompts without a teacher, and settings that do not fit together."""
    settings.check()
    counts = domains(rows)
    count = counts.total()
    if not count:
        raise UserError(
            "no prompts to train on, as the dataset is empty, or has no row of split train; give another"
        )
    teachers.refuse_uncovered(counts, settings)
    folder = resolve_model(base)
    if isinstance(folder, Path):
        for teacher in settings.other_models():
            if isinstance(resolve_model(teacher), Path):
                teachers.shared_vocabulary(folder, teacher)
    return {
        "base": base,
        **plan.memory(parameters),
        "teachers": {model: _teacher(model) for model in teachers.roster(settings).models},
        "prompts": count,
        **eval_prompts.planned(settings),
        "prompts_by_domain": {domain or "not given": n for domain, n in sorted(counts.items())},
        "steps": settings.steps,
        "passes_over_the_prompts": round(settings.steps * settings.prompts_per_step / count, 2),
        "responses_a_step": settings.sequences,
        "most_tokens_a_step": settings.sequences * settings.max_tokens,
        "loss": settings.loss,
        "micro_batch": settings.micro_batch or plan.AS_MANY_AS_FIT,
        "learning_rate": settings.lr,
        "template": settings.template,
        "engine": settings.engine,
        "processes": settings.processes,
        "positions": room.planned(base, settings, distil=True),
        "out": plan.state(out),
    }


def _teacher(model: str) -> str:
    """Where a teacher is, and how large."""
    if is_address(model):
        return "served; asked once training begins"
    folder = resolve_model(model)
    if not isinstance(folder, Path):
        return "its size is not known before it is fetched"
    return f"{students.count_parameters(folder):,} parameters, loaded beside the student"
