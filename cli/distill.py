"""`r1 distill`: a small dense model learns from the SFT set (R1 2.4), or on its own responses from a teacher."""

from typing import Annotated, Any

import typer

from r1data.training.settings import SftSettings
from r1data.training.students import DISTILLATION

from . import console
from .on_policy import OnPolicyOption, TeacherOption, refuse_without, settings_from, with_on_policy
from .options import DryRunOption, JsonOption, OutDirOption, SourceArgument
from .training import (
    GpusOption,
    PlacementOf,
    TflopsOption,
    check_planned,
    plan_target,
    show_plan,
    train,
    with_placement,
    with_settings,
)

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
    typer.Option(
        help="Learning rate. [default: the student's own in the paper; 5e-5 with --on-policy]",
        show_default=False,
    ),
]


@with_placement
@with_settings(DISTILLATION, "lr")
@with_on_policy()
def command(
    command_line: typer.Context,
    source: SourceArgument,
    student: StudentOption,
    out: OutDirOption,
    settings: SftSettings,
    on_policy_options: dict[str, Any],
    placement: PlacementOf,
    lr: LearningRateOption = None,
    on_policy: OnPolicyOption = False,
    teacher: TeacherOption = None,
    dry_run: DryRunOption = False,
    gpus: GpusOption = None,
    gpu_tflops: TflopsOption = 989.0,
    json: JsonOption = False,
) -> None:
    """Distil an SFT set into a student, with the paper's settings for it; or let a teacher score its own responses.

    r1 distill sft --student qwen2.5-32b -o student --dry-run

    r1 distill prompts --on-policy --student small --teacher http://localhost:8000 -o student
    """
    from pathlib import Path

    from r1data.training import launch, plan, students

    check_planned(gpus, plans=dry_run and not on_policy)
    student_entry = students.find(student)
    if on_policy:
        own = settings_from(command_line, settings, on_policy_options, teacher, lr)
        rows = launch.read_rows(source, "prompt", "sft")
        if dry_run:
            from r1data.training.on_policy.plan import plan_on_policy

            outlook = plan_on_policy(rows, student_entry.base, student_entry.parameters, own, Path(out))
            console.show({"student": student_entry.name, **outlook}, as_json=json, data_command=False)
            return
    else:
        refuse_without(on_policy_options, teacher)
        settings = students.settings_of(student_entry, settings, lr)
        rows = launch.read_rows(source, "sft")
        if dry_run:
            target = plan_target(gpus, gpu_tflops)
            outlook = plan.plan_sft(rows, student_entry, settings, Path(out), target, extend=True)
            show_plan({"student": student_entry.name, **outlook}, as_json=json)
            return
    train(
        rows,
        model=student_entry.base,
        out=out,
        settings=own if on_policy else settings,
        command="distill",
        placement=placement,
        as_json=json,
    )
