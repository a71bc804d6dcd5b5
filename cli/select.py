"""`r1 select`: the prompts that a model solves sometimes, neither always nor never."""

from collections.abc import Mapping
from typing import Annotated

import typer

from . import console
from .options import DryRunOption, JsonOption, OutOption, SourceArgument

PassRateOption = Annotated[
    str,
    typer.Option(
        "--pass-rate",
        metavar="LOW:HIGH",
        help="Keep prompts whose share of correct responses lies between, both ends included: 0.1:0.9.",
        show_default=False,
    ),
]
SamplesOption = Annotated[
    str | None,
    typer.Option("--samples", metavar="DS", help="The verified samples, where DS holds the prompts."),
]
MinSamplesOption = Annotated[
    int,
    typer.Option(
        "--min-samples", min=1, help="Leave out prompts with fewer samples that are correct or incorrect."
    ),
]
IntervalOption = Annotated[
    bool, typer.Option("--interval", help="Add two columns: the 95% interval of each rate (Wilson).")
]
WIDTH = 40


def command(
    source: SourceArgument,
    out: OutOption,
    pass_rate: PassRateOption,
    samples: SamplesOption = None,
    min_samples: MinSamplesOption = 1,
    interval: IntervalOption = False,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Choose prompts by their pass rate.

    r1 select verified -o prompts --pass-rate 0.1:0.9 --min-samples 8

    r1 select prompts --samples verified -o chosen --pass-rate 0:0.5
    """
    from r1data.data.source import open_source
    from r1data.selection import select
    from r1data.selection.difficulty import Band

    band = Band.parse(pass_rate, min_samples)
    prompts = open_source(source, "prompt") if samples else None
    verified = open_source(samples or source, "verified")
    if dry_run:
        summary = select.plan(verified, out, band=band, interval=interval)
    else:
        summary = select.run(verified, out, band=band, prompts=prompts, interval=interval).as_json()
    if not json:
        _draw(summary["histogram"])
        summary = {name: value for name, value in summary.items() if name != "histogram"}
    console.show(summary, as_json=json)


def _draw(histogram: Mapping[str, int]) -> None:
    """Prompts by pass rate, a line each."""
    most = max(histogram.values(), default=0)
    console.say(f"  {'pass rate':<9}  {'prompts':>9}")
    for name, prompts in histogram.items():
        bar = "█" * -(-prompts * WIDTH // most) if most else ""
        console.say(f"  {name:<9}  {prompts:>9,}  {bar}".rstrip())
