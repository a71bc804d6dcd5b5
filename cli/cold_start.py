"""`r1 cold-start`: the first long, readable chains of thought."""

import enum
from typing import Annotated

import typer

from . import console
from .filter import LimitOption, ResponseFormat, checked_skip
from .generation import Generation, with_generation
from .options import DroppedOption, DryRunOption, JsonOption, ModelOption, OutOption, SourceArgument


class MethodName(enum.StrEnum):
    """How the chains of thought come about."""

    few_shot = "few-shot"
    reflect = "reflect"
    refine = "refine"


class OutputFormat(enum.StrEnum):
    """The layout that responses are written in."""

    think = "think"
    special_token = "special-token"


MethodOption = Annotated[
    MethodName,
    typer.Option(
        "--method",
        help="few-shot (after examples) and reflect (on request) answer prompts; refine rewrites correct samples.",
        show_default=False,
    ),
]
ResponsesOption = Annotated[
    int | None,
    typer.Option(
        "-n", "--n", min=1, help="Responses per prompt. [default: 4; refine: one per row]", show_default=False
    ),
]
PromptFileOption = Annotated[
    list[str] | None,
    typer.Option(
        "--prompt-file",
        metavar="[LANG=]PATH",
        help="Use this prompt text, for all rows or for those of a language; repeat.",
    ),
]
ExamplesOption = Annotated[
    str | None, typer.Option("--examples", metavar="FOLDER", help="few-shot: a folder of your own examples.")
]
ShotsOption = Annotated[
    int | None,
    typer.Option("--shots", min=1, help="few-shot: examples in a prompt. [default: 2]", show_default=False),
]
OutputLayoutOption = Annotated[
    OutputFormat,
    typer.Option(
        "--output-format",
        help="think: as the rest of the pipeline reads it; special-token: the paper's layout, token, thoughts, "
        "token, summary.",
    ),
]
DelimiterOption = Annotated[str, typer.Option("--delimiter", help="The special token of that layout.")]
InputLayoutOption = Annotated[
    ResponseFormat, typer.Option("--format", help="refine: tags that the samples have, as for r1 filter.")
]
SkipOption = Annotated[
    list[str] | None,
    typer.Option(
        "--skip",
        metavar="FILTER",
        callback=checked_skip,
        help="refine: leave this filter out; repeat. `r1 filter --help` lists them.",
        show_default=False,
    ),
]
RepairableOption = Annotated[
    list[str] | None,
    typer.Option(
        "--repairable",
        metavar="FILTER",
        help="refine: rewrite rows that this filter would drop, as the rewriting repairs it; repeat; none for none. "
        "[default: mixed_language, long_paragraph, code_block]",
        show_default=False,
    ),
]


@with_generation()
def command(
    source: SourceArgument,
    out: OutOption,
    model: ModelOption,
    method: MethodOption,
    n: ResponsesOption = None,
    prompt_file: PromptFileOption = None,
    examples: ExamplesOption = None,
    shots: ShotsOption = None,
    output_format: OutputLayoutOption = OutputFormat.think,
    delimiter: DelimiterOption = "|special_token|",
    format: InputLayoutOption = ResponseFormat.r1,
    skip: SkipOption = None,
    limit: LimitOption = None,
    repairable: RepairableOption = None,
    dropped: DroppedOption = None,
    *,
    generation: Generation,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Make the first long chains of thought, from prompts or from correct samples.

    r1 cold-start prompts -o samples --method few-shot --model m --examples our-examples

    r1 cold-start prompts -o samples --method reflect --model m -n 8

    r1 cold-start r1-zero-samples -o refined --method refine --model m --dropped rejected
    """
    from r1data.data.source import open_source
    from r1data.filters.limits import LIMITS
    from r1data.filters.registry import parse_limits
    from r1data.sampling import sample
    from r1data.sampling.cold_start import run
    from r1data.sampling.cold_start.texts import OutputLayout

    limits = parse_limits(limit or [], format.value)
    settings = run.ColdStartSettings(
        prompt_files=tuple(prompt_file or ()),
        output=OutputLayout(output_format.value, delimiter),
        examples=examples,
        shots=shots,
        limits=None if limits == LIMITS else limits,
        skip=tuple(skip or ()),
        mend=None if repairable is None else tuple(name for name in repairable if name != "none"),
        dropped=dropped,
    )
    strategy = run.load_strategy(method.value, settings, generation.seed)
    plan = generation.plan(model, n or run.responses(method.value))
    opened = open_source(source)
    if dry_run:
        console.show(sample.preview(opened, plan, strategy, "cold-start"), as_json=json)
        return
    summary = run.run(opened, out, plan, strategy, generation.options(), dropped)
    console.show(summary.as_json(), as_json=json)
    sample.refuse_failed(summary)
