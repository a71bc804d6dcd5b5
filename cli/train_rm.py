"""`r1 train-rm`: a reward model, from pairs or from labelled responses."""

import enum
from typing import Annotated

import typer

from r1data.training.settings import RewardModelSettings

from .options import DryRunOption, JsonOption, ModelOption, OutDirOption, SourceArgument
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


class Kind(enum.StrEnum):
    """What is rated."""

    helpful = "helpful"
    safety = "safety"


KindOption = Annotated[
    Kind,
    typer.Option(
        "--kind",
        help="What is rated: helpful, on the final summary alone, or safety, on the response with its thoughts.",
    ),
]


@with_placement
@with_settings(RewardModelSettings(), "reads")
def command(
    source: SourceArgument,
    model: ModelOption,
    out: OutDirOption,
    settings: RewardModelSettings,
    placement: PlacementOf,
    kind: KindOption = Kind.helpful,
    dry_run: DryRunOption = False,
    gpus: GpusOption = None,
    gpu_tflops: TflopsOption = 989.0,
    json: JsonOption = False,
) -> None:
    """Train a reward model on pairs or on responses labelled safe or unsafe, and measure it on prompts held out.

    r1 train-rm pairs --model actor -o helpful --kind helpful

    r1 train-rm labelled --model actor -o safety --kind safety
    """
    from dataclasses import replace
    from pathlib import Path

    from r1data.engines.models import resolve_model
    from r1data.training import launch, plan, students

    check_planned(gpus, plans=dry_run)
    rows = launch.read_rows(source, "preference", "sample")
    settings = replace(settings, reads=kind.value)
    if dry_run:
        resolve_model(model)  # a name that only `r1 distill` knows is no model here
        target = plan_target(gpus, gpu_tflops)
        outlook = plan.plan_reward_model(rows, students.find(model), settings, Path(out), target)
        show_plan(outlook, as_json=json)
        return
    train(
        rows,
        model=model,
        out=out,
        settings=settings,
        command="train-rm",
        placement=placement,
        as_json=json,
    )
