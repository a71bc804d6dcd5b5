"""`r1 inspect`: what a dataset holds and where it came from."""

from collections.abc import Mapping
from typing import Any

from . import blocks, console
from .options import AllParentsOption, DatasetArgument, JsonOption


def command(
    dataset: DatasetArgument, all_parents: AllParentsOption = False, json: JsonOption = False
) -> None:
    """Show a dataset's schema, counts and lineage.

    r1 inspect samples
    """
    from r1data.lineage.describe import describe

    described = describe(dataset, all_parents=all_parents)
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
    for step in ancestors:
        indent = "  " * (1 + step["depth"])
        place = blocks.relative_path(step.get("dataset") or step["source"])
        console.say(blocks.truncate_start(f"{indent}└ ", place))
        console.say(f"{indent}    {blocks.truncate(_origin(step), blocks.width() - len(indent) - 4)}")


def _origin(step: Mapping[str, Any]) -> str:
    if "command" in step:
        options = {k: v for k, v in step["parameters"].items() if v not in (None, {}, [], "")}
        return f"r1 {step['command']} · {blocks.one_line(options)}".rstrip(" ·")
    if step.get("again"):
        return "see above"
    digest = f"digest {step['digest'][:12]}" if step["digest"] else "no digest"
    return f"{step['why']} · {digest}" if "why" in step else f"source · {digest}"
