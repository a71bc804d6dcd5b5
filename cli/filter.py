"""`r1 filter`: rejection sampling. Correct, readable samples pass; dropped ones keep their reasons."""

import enum
from typing import Annotated

import typer

from . import console
from .options import (
    DroppedOption,
    DryRunOption,
    ExecutorOption,
    JsonOption,
    OutOption,
    SourceArgument,
    WorkersOption,
)


class VerdictPolicy(enum.StrEnum):
    """Which verdicts are kept."""

    correct = "correct"
    checkable = "checkable"
    any = "any"


class ResponseFormat(enum.StrEnum):
    """The layout that a response must have."""

    r1 = "r1"
    r1_zero = "r1-zero"
    any = "any"


VerdictOption = Annotated[
    VerdictPolicy,
    typer.Option(
        "--verdict",
        help="Keep correct responses; with checkable also rows that have neither a verifier nor a truth; with any "
        "whatever the verdict.",
    ),
]
LayoutOption = Annotated[
    ResponseFormat,
    typer.Option(
        "--format",
        help="Tags a response must have: r1 (think), r1-zero (think and answer), any (none; without tags the "
        "whole response counts as thoughts).",
    ),
]
SkipOption = Annotated[
    list[str] | None, typer.Option("--skip", metavar="FILTER", help="Leave this filter out; repeat.")
]
LimitOption = Annotated[
    list[str] | None,
    typer.Option("--limit", metavar="NAME=VALUE", help="Set a threshold, such as paragraph=3000; repeat."),
]


def command(
    source: SourceArgument,
    out: OutOption,
    verdict: VerdictOption = VerdictPolicy.correct,
    dropped: DroppedOption = None,
    format: LayoutOption = ResponseFormat.r1,
    skip: SkipOption = None,
    limit: LimitOption = None,
    workers: WorkersOption = None,
    executor: ExecutorOption = "local",
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Keep the samples worth training on; rows without a verdict are verified first.

    r1 filter samples -o kept --dropped rejected

    r1 sample prompts -o samples --model m | r1 filter - -o kept
    """
    from r1data.data.source import open_source
    from r1data.filters.limits import with_settings
    from r1data.selection import filtering

    skipped = tuple(skip or ())
    limits = with_settings(limit or [], layout=format.value)
    filtering.check_skipped(skipped)
    opened = open_source(source, "sample")
    if dry_run:
        console.show(filtering.plan(opened, out, verdict.value, limits, skipped), as_json=json)
        return
    summary = filtering.run(
        opened,
        out,
        keep=verdict.value,
        dropped=dropped,
        limits=limits,
        skip=skipped,
        workers=workers,
        executor=executor,
    )
    console.show(summary.as_json(), as_json=json)
