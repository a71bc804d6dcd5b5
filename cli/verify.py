"""`r1 verify`: a verdict for every response, never a guessed one."""

from typing import Annotated

import typer

from . import console
from .judging import JudgeOptions, with_judge
from .options import DryRunOption, ExecutorOption, JsonOption, OutOption, SourceArgument, WorkersOption

TimeLimitOption = Annotated[
    float,
    typer.Option(
        "--time-limit", min=0.01, help="Seconds for one answer; what takes longer gets the verdict timeout."
    ),
]
VerifierOption = Annotated[
    str | None,
    typer.Option("--verifier", metavar="NAME", help="Verifier of rows that name none. [default: math]"),
]

ReverifyOption = Annotated[
    bool,
    typer.Option("--reverify", help="Verify again what has a verdict, and show which verdicts changed."),
]
ScoresOption = Annotated[
    bool,
    typer.Option(
        "--scores", help="Add the column scores: tests passed, time, lint and readability of programs."
    ),
]
LenientOption = Annotated[
    bool,
    typer.Option(
        "--lenient", help="Take the one number of a sentence for an answer, as in: Tom has 12 apples."
    ),
]
CHANGES = 20
"""Changed rows that are shown; all of them are in the dataset."""


@with_judge()
def command(
    source: SourceArgument,
    out: OutOption,
    time_limit: TimeLimitOption = 5.0,
    verifier: VerifierOption = None,
    reverify: ReverifyOption = False,
    scores: ScoresOption = False,
    lenient: LenientOption = False,
    *,
    judge_options: JudgeOptions,
    workers: WorkersOption = None,
    executor: ExecutorOption = "local",
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Verify each response against its reference answer.

    r1 verify samples -o verified

    r1 verify responses.jsonl -o out --verifier choice

    r1 verify verified -o again --reverify

    r1 verify samples -o verified --judge qwen --endpoint http://gpu:8000 --votes 3 --judge-unverifiable
    """
    from r1data.data.source import open_source
    from r1data.verifiers import table
    from r1data.verifiers.judge import agreement

    plan = table.VerifyPlan(
        time_limit,
        verifier,
        replay=reverify,
        scores=scores,
        judging=judge_options.judging(),
        lenient=lenient,
    )
    opened = open_source(source, "sample", verifier=verifier)
    if dry_run:
        console.show(table.preview(opened, out, plan), as_json=json)
        return
    summary = table.run(opened, out, plan, workers=workers, executor=executor)
    if reverify:
        _show_changes(out)
    agreement_report = agreement.of(summary.details)
    if agreement_report and not json:
        console.print_table("", agreement_report.rows())
        for line in (agreement_report.line(), agreement_report.probe_line(), *agreement_report.warnings()):
            if line:
                console.say(line)
    more = {"agreement": agreement_report.as_json()} if agreement_report and json else {}
    for line in table.causes_in_words(summary.details) if not json else ():
        console.say(line)
    console.show({**summary.as_json(), **more}, as_json=json)


def _show_changes(out: str) -> None:
    """The first rows that have another verdict now."""
    from r1data.data.dataset import Dataset
    from r1data.verifiers import table

    rows = table.changed_rows(Dataset(out).tables(), CHANGES)
    cells = {
        f"{row['prompt_id']} {row['sample_index']}": {
            "before": row["verdict_before"] or "–",
            "now": row["verdict"],
            "answer": (row["extracted"] or "–")[:40],
            "reason": (row["verdict_reason"] or "–")[:60],
        }
        for row in rows
    }
    console.print_table("row", cells)
