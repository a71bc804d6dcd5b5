"""`r1 inspect`: what a dataset holds and where it came from."""

from . import console
from .options import Dataset, Json


def command(dataset: Dataset, json: Json = False) -> None:
    """Show a dataset's schema, counts and lineage.

    r1 inspect samples
    """
    from r1data import look

    described = look.describe(dataset)
    if json:
        console.show(described, as_json=True, data_command=False)
        return
    lineage = described.pop("lineage")
    counts = described.pop("counts")
    console.show(described)
    for name, values in counts.items():
        console.show({f"by {name}": values})
    console.say("  lineage, nearest first")
    for number, step in enumerate(lineage):
        place = step.get("dataset") or step.get("source")
        what = f"r1 {step['command']} {_options(step['parameters'])}" if "command" in step else "source"
        console.say(console.printable(f"  {'  ' * number}└ {place}  ← {what}"))


def _options(parameters: dict[str, object]) -> str:
    return " ".join(
        f"{name}={value}" for name, value in parameters.items() if value not in (None, {}, [], "")
    )
