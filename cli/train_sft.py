"""`r1 train-sft`: supervised fine-tuning on a set of conversations."""

from r1data.training.settings import SftSettings

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


@with_placement
@with_settings(SftSettings())
def command(
    source: SourceArgument,
    model: ModelOption,
    out: OutDirOption,
    settings: SftSettings,
    placement: PlacementOf,
    dry_run: DryRunOption = False,
    gpus: GpusOption = None,
    gpu_tflops: TflopsOption = 989.0,
    json: JsonOption = False,
) -> None:
    """Fine-tune a model on the rows of an SFT set whose split is train.

    r1 train-sft sft --model base -o actor --epochs 2
    """
    from pathlib import Path

    from r1data.engines.models import resolve_model
    from r1data.training import launch, plan, students

    check_planned(gpus, plans=dry_run)
    rows = launch.read_rows(source, "sft")
    if dry_run:
        resolve_model(model)  # a name that only `r1 distill` knows is no model here
        target = plan_target(gpus, gpu_tflops)
        show_plan(plan.plan_sft(rows, students.find(model), settings, Path(out), target), as_json=json)
        return
    train(
        rows,
        model=model,
        out=out,
        settings=settings,
        command="train-sft",
        placement=placement,
        as_json=json,
    )
