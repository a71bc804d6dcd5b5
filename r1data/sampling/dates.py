"""The day that a chat template writes into prompts as today's: pinned for a dataset, so that a run which goes on
tomorrow asks the same.

Templates of Llama 3.2 and its like write it. Not here: templates that a server applies (`--template server`).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from r1data.data import commits
from r1data.data.days import today
from r1data.data.stores import open_store
from r1data.engines.model_files import template_writes_date
from r1data.engines.models import tokenizer_folder
from r1data.errors import UserError
from r1data.sampling.plan import SamplingPlan


def dated(plan: SamplingPlan, out: str | Path) -> SamplingPlan:
    """The plan with its day: its own, else that of the dataset in `out`, else today. Without one where the template
    writes none."""
    if plan.date is not None or plan.template not in ("auto", "chat"):
        return plan
    try:
        folder = tokenizer_folder(plan.tokenizer_source)
    except UserError:
        return plan  # a served model's name, which is refused elsewhere where it matters
    if not template_writes_date(folder):
        return plan
    store = open_store(out)
    earlier = commits.read(store) if store.exists() else []
    # A dataset of an earlier release has none, and goes on without.
    return replace(plan, date=earlier[0].command["parameters"].get("date") if earlier else today())
