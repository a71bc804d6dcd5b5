"""`r1 make-pairs`: preference pairs, or responses marked safe or unsafe, by a judge."""

import enum
from typing import Annotated

import typer

from . import console
from .judging import JudgeOptions, with_judge
from .options import (
    DroppedOption,
    DryRunOption,
    ExecutorOption,
    JsonOption,
    OutOption,
    SourceArgument,
    WorkersOption,
)


class Aspect(enum.StrEnum):
    """What is judged."""

    helpfulness = "helpfulness"
    harmlessness = "harmlessness"


AspectOption = Annotated[
    Aspect,
    typer.Option(
        "--aspect",
        help="What is judged: helpfulness of the final summary alone, or harmlessness of the whole response.",
    ),
]
PointwiseOption = Annotated[
    bool,
    typer.Option(
        "--pointwise",
        help="Mark each response safe or unsafe in a column label, instead of comparing two; for harmlessness.",
    ),
]
GapOption = Annotated[
    float,
    typer.Option(
        "--min-gap", min=0.0, max=9.0, help="Keep a pair whose mean scores, from 1 to 10, differ by more."
    ),
]
RatioOption = Annotated[
    float,
    typer.Option(
        "--max-length-ratio",
        min=1.0,
        help="Drop a pair of which one response is longer by this factor (ours).",
    ),
]
AnyLengthOption = Annotated[
    bool,
    typer.Option(
        "--any-length",
        help="Keep pairs whatever their lengths. By default the longer response is the chosen one in half of them.",
    ),
]
MostOption = Annotated[
    int | None,
    typer.Option("--pairs-per-prompt", min=1, help="Pairs of a prompt at most. [default: all]"),
]
GuidelinesOption = Annotated[
    str | None,
    typer.Option(
        "--guidelines",
        metavar="PATH",
        help="Text that says what is harmful, for harmlessness. [default: one that ships]",
        show_default=False,
    ),
]


@with_judge("judge_threshold", "judge_unverifiable", "measure_agreement", votes=4)
def command(
    source: SourceArgument,
    out: OutOption,
    aspect: AspectOption = Aspect.helpfulness,
    pointwise: PointwiseOption = False,
    min_gap: GapOption = 1.0,
    max_length_ratio: RatioOption = 2.0,
    any_length: AnyLengthOption = False,
    pairs_per_prompt: MostOption = None,
    guidelines: GuidelinesOption = None,
    dropped: DroppedOption = None,
    *,
    judge_options: JudgeOptions,
    workers: WorkersOption = None,
    executor: ExecutorOption = "local",
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Make preference pairs of samples: a judge scores two responses to a prompt, and the better one is chosen.

    r1 make-pairs samples -o pairs --judge qwen --endpoint http://gpu:8000 --dropped rest

    r1 make-pairs samples -o labelled --aspect harmlessness --pointwise --judge qwen --endpoint http://gpu:8000
    """
    from r1data.data.source import open_source
    from r1data.errors import UserError
    from r1data.sampling.preferences import run
    from r1data.sampling.preferences.pairs import PairSettings

    judge = judge_options.settings()
    if judge is None:
        raise UserError("pairs are made by a judge, and none is named; add --judge MODEL")
    settings = PairSettings(
        aspect.value,
        min_gap,
        max_length_ratio,
        not any_length,
        pairs_per_prompt,
        run.read_guidelines(guidelines) if aspect == Aspect.harmlessness else "",
    )
    if guidelines is not None and aspect != Aspect.harmlessness:
        raise UserError("--guidelines says what is harmful; add --aspect harmlessness")
    run.check(settings, judge, pointwise=pointwise, workers=workers)
    opened = open_source(source, "sample")
    if dry_run:
        console.show(run.preview(opened, out, settings, judge, pointwise=pointwise), as_json=json)
        return
    summary = run.run(
        opened, out, settings, judge, pointwise=pointwise, dropped=dropped, workers=workers, executor=executor
    )
    if not summary.rows and not json:
        most = max(
            (name for name in summary.details if name.startswith("dropped_")),
            key=lambda name: summary.details[name],
            default=None,
        )
        why = f", most of them as {most.removeprefix('dropped_')}" if most else ""
        console.say(f"nothing was kept{why}; docs/reward-models.md says what the reasons mean")
    console.show(summary.as_json(), as_json=json)
