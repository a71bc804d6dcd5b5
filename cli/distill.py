"""`r1 distill`: a small dense model learns from the SFT set (R1 2.4)."""

from typing import Annotated

import typer

from r1data.training.settings import SftSettings
from r1data.training.students import DISTILLATION

from . import console
from .options import DryRunOption, JsonOption, OutDirOption, SourceArgument
from .training import show, with_settings

StudentOption = Annotated[
    str,
    typer.Option(
        metavar="STUDENT",
        help="{students}, another of docs/distill.md, a folder, a hub id or miniature:student.",
        show_default=False,
    ),
]
LearningRateOption = Annotated[
    float | None,
    typer.Option(help="Learning rate. [default: the student's own in the paper]", show_default=False),
]


@with_settings(DISTILLATION, "lr")
def command(
    source: SourceArgument,
    student: StudentOption,
    out: OutDirOption,
    settings: SftSettings,
    lr: LearningRateOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Distil an SFT set into a student, with the paper's settings for it.

    r1 distill sft --student qwen2.5-32b -o student --dry-run
    """
    from pathlib import Path

    from r1data.training import launch, plan, students

    student_entry = students.find(student)
    settings = students.settings_of(student_entry, settings, lr)
    rows = launch.read_rows(source, "sft")
    if dry_run:
        outlook = plan.plan_sft(rows, student_entry.base, student_entry.parameters, settings, Path(out))
        console.show({"student": student_entry.name, **outlook}, as_json=json, data_command=False)
        return
    trained = launch.run(
        rows,
        model=student_entry.base,
        out=Path(out),
        settings=settings,
        command="distill",
        parents=rows.parents(),
    )
    show(trained, as_json=json)
