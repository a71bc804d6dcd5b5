"""`r1 filter`: rejection sampling. Correct, readable samples pass; dropped ones keep their reasons."""

import enum
from collections.abc import Mapping
from typing import Annotated, Any

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
from .registries import RegistryCommand


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

ThinkOpenedOption = Annotated[
    bool,
    typer.Option(
        "--think-opened",
        help="The prompts wrote the <think> of their responses, as the chat templates of R1 and its like do: a "
        "response without the tag begins within its thoughts.",
    ),
]


def checked_skip(names: list[str] | None) -> list[str] | None:
    if names:
        from r1data.selection.filtering import check_skipped

        check_skipped(tuple(names))
    return names


def _checked_limit(settings: list[str] | None) -> list[str] | None:
    if settings:
        from r1data.filters.registry import parse_limits

        parse_limits(settings)
    return settings


SkipOption = Annotated[
    list[str] | None,
    typer.Option(
        "--skip",
        metavar="FILTER",
        callback=checked_skip,
        help="Leave this filter out; repeat. `r1 filter --help` lists them.",
        show_default=False,
    ),
]
LimitOption = Annotated[
    list[str] | None,
    typer.Option(
        "--limit",
        metavar="NAME=VALUE",
        callback=_checked_limit,
        help="Set a threshold, such as paragraph=3000; repeat. `r1 filter --help` lists them.",
        show_default=False,
    ),
]


class Help(RegistryCommand):
    """`r1 filter --help` ends with the filters and their limits, as their entries tell them."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        super().format_help(ctx, formatter)
        from r1data.filters import registry
        from r1data.selection.drop_reasons import DUPLICATE

        filters = {name: registry.find(name).summary for name in registry.reasons()}
        _panel("Filters (--skip)", {**filters, DUPLICATE.name: DUPLICATE.summary})
        limits = registry.limits_of(registry.reasons())
        settable = {f"{name}={limit.default}": limit.summary for name, limit, _ in limits if limit.is_number}
        _panel("Limits (--limit), with their defaults", settable)


def _panel(title: str, rows: Mapping[str, str]) -> None:
    """A box like those of the options above it."""
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text

    from r1data.runtime.terminal import console as rich_console

    table = Table.grid(padding=(0, 2, 0, 0))
    for name, text in rows.items():
        table.add_row(Text(name, "bold cyan", no_wrap=True), Text(text))
    rich_console(stderr=False).print(Panel(table, title=title, title_align="left", border_style="dim"))


def command(
    source: SourceArgument,
    out: OutOption,
    verdict: VerdictOption = VerdictPolicy.correct,
    dropped: DroppedOption = None,
    format: LayoutOption = ResponseFormat.r1,
    think_opened: ThinkOpenedOption = False,
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
    from r1data.filters.registry import parse_limits
    from r1data.selection import filtering

    skipped = tuple(skip or ())
    limits = parse_limits(limit or [], format.value, think_opened=think_opened)
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
    for line in filtering.advice_where_one_reason_drops_most(summary, opened.rows):
        console.say(f"r1: {line}")
    console.show(summary.as_json(), as_json=json)
