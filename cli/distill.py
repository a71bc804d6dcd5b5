"""`r1 distill`: a small dense model learns from the SFT set (R1 2.4)."""

from typing import Annotated

import typer

from r1data.training.settings import SftSettings
from r1data.training.students import DISTILLATION

from . import console
from .options import DryRun, Json, OutDir, Source
from .training import show, with_settings

Name = Annotated[
    str,
    typer.Option(
        metavar="STUDENT",
        help="{students}, a folder, a hub id or miniature:student.",
        show_default=False,
    ),
]
Rate = Annotated[
    float | None,
    typer.Option(help="Learning rate. [default: the student's own in the paper]", show_default=False),
]


@with_settings(DISTILLATION, "lr")
def command(
    source: Source,
    student: Name,
    out: OutDir,
    settings: SftSettings,
    lr: Rate = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Distil an SFT set into a student, with the paper's settings for it.

    r1 distill sft --student qwen2.5-32b -o student --dry-run
    """
    from pathlib import Path

    from r1data.training import data, launch, plan, students

    chosen = students.find(student)
    settings = students.settings_of(chosen, settings, lr)
    rows = data.read(source, "sft")
    if dry_run:
        told = plan.plan_sft(rows, chosen.base, chosen.parameters, settings, Path(out))
        console.show({"student": chosen.name, **told}, as_json=json, data_command=False)
        return
    trained = launch.run(
        rows, model=chosen.base, out=Path(out), settings=settings, command="distill", parents=rows.parents()
    )
    show(trained, as_json=json)
