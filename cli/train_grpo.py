"""`r1 train-grpo`: reinforcement learning on prompts with a verifiable answer."""

from r1data.training.settings import GrpoSettings

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
@with_settings(GrpoSettings())
def command(
    source: SourceArgument,
    model: ModelOption,
    out: OutDirOption,
    settings: GrpoSettings,
    placement: PlacementOf,
    dry_run: DryRunOption = False,
    gpus: GpusOption = None,
    gpu_tflops: TflopsOption = 989.0,
    json: JsonOption = False,
) -> None:
    """Train a model by GRPO on verifiable prompts, with the paper's settings unless told otherwise.

    r1 train-grpo prompts --model base -o zero --reward accuracy=1 --reward format=1
    """
    from pathlib import Path

    from r1data.training import launch
    from r1data.training.plan.grpo import plan_grpo

    check_planned(gpus, plans=dry_run)
    rows = launch.read_rows(source, "prompt")
    if dry_run:
        outlook = plan_grpo(rows, model, settings, Path(out), plan_target(gpus, gpu_tflops))
        show_plan(outlook, as_json=json)
        return
    train(
        rows,
        model=model,
        out=out,
        settings=settings,
        command="train-grpo",
        placement=placement,
        as_json=json,
    )
