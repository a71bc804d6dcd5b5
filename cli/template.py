"""`r1 template`: whether a model's chat template and tokenizer are fit to train thoughts with."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import blocks, console
from .options import JsonOption

if TYPE_CHECKING:
    from r1data.training.examples.template_report import TemplateReport

ModelArgument = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="A model's folder, a hub id, or miniature:base, miniature:student.",
        show_default=False,
    ),
]
RowsArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[DS]",
        help="An SFT set whose every row is encoded too; without it the model alone is looked at.",
        show_default=False,
    ),
]
TemplateOption = Annotated[
    str | None,
    typer.Option(
        "--template",
        help="r1-zero, chat or plain. [default: the tokenizer's own chat template, else r1-zero]",
        show_default=False,
    ),
]
MARKS = {"fit": "✓", "note": "·", "unfit": "✗"}


def command(
    model: ModelArgument,
    source: RowsArgument = None,
    template: TemplateOption = None,
    json: JsonOption = False,
) -> None:
    """Check a model's chat template before training with it, and show what would be trained on.

    r1 template Qwen/Qwen3-8B sft
    """
    from r1data.training import launch
    from r1data.training.examples.template_report import report

    rows = launch.read_rows(source, "sft") if source else None
    result = report(model, rows, template)
    if json:
        console.show(result.as_json(), as_json=True, data_command=False)
    else:
        _show(result)
    result.refuse()


def _show(result: "TemplateReport") -> None:
    blocks.title(f"{result.model}, template {result.template}")
    for check in result.checks:
        way_out = f"  → {check.way_out}" if check.verdict == "unfit" else ""
        blocks.wrapped(f"{check.says}{way_out}", f"{MARKS[check.verdict]} {check.name}")
    blocks.title("An example, of which the second part bears the loss")
    for name, text in result.example.items():
        blocks.wrapped(text, name)
    if result.rows:
        blocks.title("The set")
        console.show(_counts(result.rows), data_command=False)


def _counts(rows: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in rows.items() if value}
