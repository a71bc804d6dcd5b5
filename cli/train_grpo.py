"""`r1 train-grpo`: reinforcement learning on prompts with a verifiable answer."""

from r1data.training.settings import GrpoSettings

from . import console
from .options import DryRunOption, JsonOption, ModelOption, OutDirOption, SourceArgument
from .training import PlacementOf, train, with_placement, with_settings


@with_placement
@with_settings(GrpoSettings())
def command(
    source: SourceArgument,
    model: ModelOption,
    out: OutDirOption,
    settings: GrpoSettings,
    placement: PlacementOf,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Train a model by GRPO on verifiable prompts, with the paper's settings unless told otherwise.

    r1 train-grpo prompts --model base -o zero --reward accuracy=1 --reward format=1
    """
    from pathlib import Path

    from r1data.training import launch, plan
    from r1data.training.models import context

    rows = launch.read_rows(source, "prompt")
    if dry_run:
        outlook = plan.plan_grpo(rows, model, settings, Path(out))
        outlook |= {"positions": context.planned(model, settings)}
        console.show(outlook, as_json=json, data_command=False)
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
