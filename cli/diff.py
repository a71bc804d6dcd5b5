"""`r1 diff`: what changed between two datasets."""

import json as formats
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from r1data.errors import UserError

from . import blocks, console
from .options import Json

if TYPE_CHECKING:
    from r1data.lineage.diff import Difference

Before = Annotated[str, typer.Argument(metavar="A", help="A dataset or a file.", show_default=False)]
After = Annotated[str, typer.Argument(metavar="B", help="The one to compare it with.", show_default=False)]
Rows = Annotated[
    bool, typer.Option("--rows", help="Write the keys of the rows that differ to stdout, as JSONL.")
]


def command(a: Before, b: After, rows: Rows = False, json: Json = False) -> None:
    """Compare two datasets by the ids of their rows, whatever the order and the shards; exit 0 either way.

    r1 diff kept kept-2

    r1 diff sft sft-2 --rows | head
    """
    from r1data.lineage.diff import diff

    if rows and json:
        raise UserError("--rows and --json both write to stdout; give one of them")
    found = diff(a, b)
    if json:
        console.show(found.as_json(), as_json=True, data_command=False)
        return
    if rows:
        for row in found.differing():
            sys.stdout.write(formats.dumps(row, ensure_ascii=False) + "\n")
    _tell(found, a, b)


def _tell(found: "Difference", a: str, b: str) -> None:
    told = found.as_json()
    blocks.field("equal", told["equal"])
    for name in ("schema", "rows"):
        _pair(name, told[name])
    _pair("digest", {side: digest and digest[:16] for side, digest in told["digest"].items()})
    for name, pair in told["parameters"].items():
        _pair(name.replace("_", " "), pair)
    for name in ("parents", "columns"):
        if told[name]["a"] or told[name]["b"]:
            _pair(f"{name} apart", told[name])
    for name, types in told["types"].items():
        _pair(f"type of {name}", types)
    blocks.field("in both", told["same"] + told["changed"]["rows"])
    blocks.field("changed", told["changed"]["rows"])
    for name in ("only_a", "only_b"):
        blocks.field(f"only in {name[-1]}", told[name]["rows"])
    console.table("changed", {n: {"rows": f"{c:,}"} for n, c in told["changed"]["columns"].items()})
    console.table(
        "verdict", {f"{v['from']} → {v['to']}": {"rows": f"{v['rows']:,}"} for v in told["verdicts"]}
    )
    for name, title in (("changed", "changed:"), ("only_a", "only in a:"), ("only_b", "only in b:")):
        if told[name]["examples"]:
            blocks.field(title, "  ".join(map(_key, told[name]["examples"])))


def _pair(name: str, pair: dict[str, Any]) -> None:
    if pair["a"] == pair["b"]:
        blocks.field(name, pair["a"])
    else:
        blocks.field(name, f"a: {blocks.shown(pair['a'])}")
        blocks.field("", f"b: {blocks.shown(pair['b'])}")


def _key(key: dict[str, Any]) -> str:
    return "/".join(str(value) for value in key.values() if value is not None)
