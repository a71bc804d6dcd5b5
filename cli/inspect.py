"""`r1 inspect`: what a dataset holds and where it came from."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from r1data.errors import UserError

from . import blocks, console
from .options import AllParentsOption, JsonOption

PlaceArgument = Annotated[
    str,
    typer.Argument(
        metavar="DS", help="A dataset's path or URL; with --watch also a run's folder.", show_default=False
    ),
]
WatchOption = Annotated[
    bool,
    typer.Option(
        "--watch", help="Follow what is being written until it is complete; with --json an object a change."
    ),
]
EveryOption = Annotated[float, typer.Option(metavar="SECONDS", min=0.2, help="With --watch: how often.")]

MOST_STEPS = 100
"""Steps of the lineage that are shown. Ours."""


def command(
    dataset: PlaceArgument,
    all_parents: AllParentsOption = False,
    watch: WatchOption = False,
    every: EveryOption = 2.0,
    json: JsonOption = False,
) -> None:
    """Show a dataset's schema, counts and lineage, or watch a dataset or a run being written.

    r1 inspect samples

    r1 inspect samples --watch
    """
    if watch:
        from .watching import watch as show

        show(dataset, every, as_json=json)
        return
    from r1data.lineage.describe import describe

    try:
        described = describe(dataset, all_parents=all_parents)
    except UserError as error:
        from r1data.recipe.report.following import is_run

        if not is_run(dataset):
            raise
        raise UserError(
            f"{dataset}: the folder of a run, which holds no dataset itself; add --watch to follow it, or give one "
            "of its datasets"
        ) from error
    if json:
        console.show(described, as_json=True, data_command=False)
        return
    ancestors = described.pop("lineage")
    counts = described.pop("counts")
    for name, value in described.items():
        blocks.wrapped(blocks.format_value(value), name.replace("_", " "))
    for name, values in counts.items():
        blocks.wrapped(
            " · ".join(f"{blocks.truncate(key, blocks.VALUE)} {n:,}" for key, n in values.items()),
            name.replace("_", " "),
        )
    console.say("  lineage, nearest first")
    for step in ancestors[:MOST_STEPS]:
        indent = "  " * min(1 + step["depth"], blocks.width() // 4)
        place = blocks.relative_path(step.get("dataset") or step["source"])
        console.say(blocks.truncate_start(f"{indent}└ ", place))
        console.say(f"{indent}    {blocks.truncate(_origin(step), blocks.width() - len(indent) - 4)}")
    if len(ancestors) > MOST_STEPS:
        console.say(f"    … {len(ancestors) - MOST_STEPS:,} more; --json lists all")


def _origin(step: Mapping[str, Any]) -> str:
    if "command" in step:
        options = {k: v for k, v in step["parameters"].items() if v not in (None, {}, [], "")}
        return f"r1 {step['command']} · {blocks.one_line(options)}".rstrip(" ·")
    if step.get("again"):
        return "see above"
    digest = f"digest {step['digest'][:12]}" if step["digest"] else "no digest"
    return f"{step['why']} · {digest}" if "why" in step else f"source · {digest}"
