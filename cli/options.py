"""Arguments and options that commands share, alone or as a group, so that they mean the same everywhere."""

import inspect
from collections.abc import Callable, Iterable
from typing import Annotated, Any

import typer

from r1data.errors import UserError

Decorated = Callable[..., None]

SourceArgument = Annotated[
    str,
    typer.Argument(
        metavar="DS",
        help="A dataset's path or URL, a JSONL, JSON, CSV or Parquet file, or - for a pipe.",
        show_default=False,
    ),
]
SourcesOrBenchmarksArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="DS|NAME...",
        help="Datasets, files, - for a pipe, or benchmarks: {benchmarks}; NAME=FILE reads its questions from FILE.",
        show_default=False,
    ),
]
SourcesArgument = Annotated[
    list[str], typer.Argument(metavar="DS...", help="Datasets or files; - for a pipe.", show_default=False)
]
DatasetArgument = Annotated[
    str, typer.Argument(metavar="DS", help="A dataset's path or URL.", show_default=False)
]
AllParentsOption = Annotated[
    bool,
    typer.Option(
        "--all-parents",
        help="Open parents wherever a commit names them, not only beside DS or below this folder; if you trust DS.",
    ),
]
OutOption = Annotated[
    str, typer.Option("--out", "-o", metavar="DS", help="The dataset to write.", show_default=False)
]
OutDirOption = Annotated[
    str,
    typer.Option("--out", "-o", metavar="DIR", help="The checkpoint folder to write.", show_default=False),
]
ModelOption = Annotated[
    str,
    typer.Option(
        "--model",
        "-m",
        metavar="MODEL",
        help="A model's folder, a hub id, or miniature:base, miniature:student.",
        show_default=False,
    ),
]
DroppedOption = Annotated[
    str | None,
    typer.Option("--dropped", metavar="DS", help="Write the dropped rows here, each with its reasons."),
]
WorkersOption = Annotated[
    int | None,
    typer.Option(
        "--workers", min=1, help="Number of processes; the result does not depend on it. [default: the cores]"
    ),
]


def _executor(name: str) -> str:
    from r1data.runtime.executors import checked_name

    try:
        return checked_name(name)
    except UserError as error:
        raise typer.BadParameter(str(error)) from None


ExecutorOption = Annotated[
    str,
    typer.Option(
        "--executor",
        metavar="NAME",
        callback=_executor,
        help="Where workers run: local (processes here), ray, or ray://HOST:PORT; the result does not depend on it.",
    ),
]
EngineWorkersOption = Annotated[
    int | None,
    typer.Option(
        "--workers",
        min=1,
        help="--executor ray: engines on the cluster. [default: one for each GPU, or each --tensor-parallel GPUs]",
    ),
]
SeedOption = Annotated[
    int, typer.Option("--seed", help="Random seed; each row's own is derived from it and the row's id.")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show what would happen, and write nothing.")]
JsonOption = Annotated[
    bool,
    typer.Option(
        "--json",
        help="Print the summary as one JSON object on stdout; where that is a pipe for shards, as stderr's last line.",
    ),
]
RevisionOption = Annotated[
    str | None,
    typer.Option("--revision", help="Branch on the hub; to read, also a tag or a commit. [default: main]"),
]
IncompleteOption = Annotated[
    bool,
    typer.Option(
        "--incomplete", help="Accept a dataset whose command has not finished, with the rows that are there."
    ),
]
OutputPriceOption = Annotated[
    float | None,
    typer.Option(
        "--output-token-price",
        min=0,
        help="Price of a million response tokens, for the cost estimate.",
        show_default=False,
    ),
]
InputPriceOption = Annotated[
    float | None,
    typer.Option(
        "--input-token-price",
        min=0,
        help="Price of a million prompt tokens, for the cost estimate.",
        show_default=False,
    ),
]


def parse_domain_counts(texts: list[str], option: str) -> dict[str, int]:
    """Counts by domain from `DOMAIN=COUNT` texts. Raises UserError, which names the option, for anything else."""
    counts = {}
    for text in texts:
        domain, _, count = text.partition("=")
        if not domain or not count.isdecimal():
            raise UserError(f"{option} {text}: write DOMAIN=COUNT, such as math=395285 or math:zh=100000")
        counts[domain] = int(count)
    return counts


def option_group(
    name: str, options: Iterable[inspect.Parameter], make: Callable[[dict[str, Any]], Any]
) -> Callable[[Decorated], Decorated]:
    """A decorator that gives a command `options` on the command line, so that commands share the whole group.

    Args:
        name: the command's parameter that stands for the group; its place is theirs in `--help`.
        options: the options, as `option` makes them.
        make: what the command gets as `name`, from the options' values by name.
    """
    options_of_group = list(options)

    def decorate(command: Decorated) -> Decorated:
        def wrapped(**values: Any) -> None:
            group_values = {option.name: values.pop(option.name) for option in options_of_group}
            command(**{name: make(group_values)}, **values)

        # The command line's library reads the options from the signature, in its order, which is that of --help.
        parameters: list[inspect.Parameter] = []
        for parameter in inspect.signature(command).parameters.values():
            if parameter.name == name:
                parameters += options_of_group
            else:
                parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))
        wrapped.__doc__ = command.__doc__
        wrapped.__module__ = command.__module__
        wrapped.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return wrapped

    return decorate


def given_options(context: typer.Context) -> set[str]:
    """The parameters that stand on the command line."""
    sources = {name: context.get_parameter_source(name) for name in context.params}
    return {name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"}


def option(name: str, default: Any, kind: Any) -> inspect.Parameter:
    """One option as a parameter; `kind` is its annotation."""
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
