"""`r1 diff`: what changed between two datasets."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from r1data.data.text import json_line
from r1data.errors import UserError

from . import blocks, console
from .options import JsonOption

if TYPE_CHECKING:
    from r1data.lineage.diff import Difference

BeforeArgument = Annotated[str, typer.Argument(metavar="A", help="A dataset or a file.", show_default=False)]
AfterArgument = Annotated[
    str, typer.Argument(metavar="B", help="The one to compare it with.", show_default=False)
]
RowsOption = Annotated[
    bool, typer.Option("--rows", help="Write the keys of the rows that differ to stdout, as JSONL.")
]


def command(a: BeforeArgument, b: AfterArgument, rows: RowsOption = False, json: JsonOption = False) -> None:
    """Compare two datasets by the ids of their rows, whatever the order and the shards; exit 0 either way.

    r1 diff kept kept-2

    r1 diff sft sft-2 --rows | head
    """
    from r1data.lineage.diff import diff

    if rows and json:
        raise UserError("--rows and --json both write to stdout; give one of them")
    difference = diff(a, b)
    if json:
        console.show(difference.as_json(), as_json=True, data_command=False)
        return
    if rows:
        for row in difference.differing():
            sys.stdout.write(json_line(row) + "\n")
    _print_difference(difference, a, b)


def _print_difference(difference: "Difference", a: str, b: str) -> None:
    report = difference.as_json()
    blocks.field("equal", report["equal"])
    for name in ("schema", "rows"):
        _pair(name, report[name])
    _pair("digest", {side: digest and digest[:16] for side, digest in report["digest"].items()})
    for name, pair in report["parameters"].items():
        _pair(name.replace("_", " "), pair)
    for name in ("parents", "columns"):
        if report[name]["a"] or report[name]["b"]:
            _pair(f"{name} apart", report[name])
    for name, types in report["types"].items():
        _pair(f"type of {name}", types)
    blocks.field("in both", report["same"] + report["changed"]["rows"])
    blocks.field("changed", report["changed"]["rows"])
    for name in ("only_a", "only_b"):
        blocks.field(f"only in {name[-1]}", report[name]["rows"])
    console.print_table("changed", {n: {"rows": f"{c:,}"} for n, c in report["changed"]["columns"].items()})
    console.print_table(
        "verdict", {f"{v['from']} → {v['to']}": {"rows": f"{v['rows']:,}"} for v in report["verdicts"]}
    )
    for name, title in (("changed", "changed:"), ("only_a", "only in a:"), ("only_b", "only in b:")):
        if report[name]["examples"]:
            blocks.field(title, "  ".join(map(_key, report[name]["examples"])))


def _pair(name: str, pair: dict[str, Any]) -> None:
    if pair["a"] == pair["b"]:
        blocks.field(name, pair["a"])
    else:
        blocks.field(name, f"a: {blocks.format_value(pair['a'])}")
        blocks.field("", f"b: {blocks.format_value(pair['b'])}")


def _key(key: dict[str, Any]) -> str:
    return "/".join(str(value) for value in key.values() if value is not None)
