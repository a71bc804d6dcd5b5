"""`r1 train-sft`: supervised fine-tuning on a set of conversations."""

from r1data.training.settings import SftSettings

from . import console
from .options import DryRunOption, JsonOption, ModelOption, OutDirOption, SourceArgument
from .training import PlacementOf, show, with_placement, with_settings


@with_placement
@with_settings(SftSettings())
def command(
    source: SourceArgument,
    model: ModelOption,
    out: OutDirOption,
    settings: SftSettings,
    placement: PlacementOf,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Fine-tune a model on the rows of an SFT set whose split is train.

    r1 train-sft sft --model base -o actor --epochs 2
    """
    from pathlib import Path

    from r1data.engines.models import resolve_model
    from r1data.training import context, launch, plan, students

    rows = launch.read_rows(source, "sft")
    if dry_run:
        folder = resolve_model(model)
        size = students.count_parameters(folder) if isinstance(folder, Path) else None
        outlook = plan.plan_sft(rows, model, size, settings, Path(out))
        outlook |= {"positions": context.planned(model, settings)}
        console.show(outlook, as_json=json, data_command=False)
        return
    trained = launch.run(
        rows,
        model=model,
        out=Path(out),
        settings=settings,
        command="train-sft",
        parents=rows.parents(),
        say=console.say,
        placement=placement(settings.nodes),
    )
    show(trained, as_json=json)
