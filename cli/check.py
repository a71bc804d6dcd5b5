"""`r1 check`: whether a dataset is what was committed, and what can be repaired."""

from typing import TYPE_CHECKING, Annotated

import typer

from r1data.errors import UserError

from . import console
from .options import AllParentsOption, DatasetArgument, DryRunOption, JsonOption

if TYPE_CHECKING:
    from r1data.lineage.checking import CheckReport

RepairOption = Annotated[
    bool, typer.Option("--repair", help="Repair what can be repaired, and list each repair.")
]
CopiesOption = Annotated[
    list[str] | None,
    typer.Option("--from", metavar="COPY", help="A copy of the dataset to repair from; repeat."),
]
ThreadsOption = Annotated[int | None, typer.Option("--workers", min=1, help="Shards read at the same time.")]


def command(
    dataset: DatasetArgument,
    repair: RepairOption = False,
    copies: CopiesOption = None,
    workers: ThreadsOption = None,
    all_parents: AllParentsOption = False,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Verify every checksum, row count, schema and parent of a dataset; exit 1 where one fails.

    r1 check samples

    r1 check samples --repair --from s3://backup/samples
    """
    from r1data.lineage.checking import check as check_dataset
    from r1data.lineage.repair import repair as repair_dataset

    if not repair and (copies or dry_run):
        raise UserError(
            f"{'--from' if copies else '--dry-run'} goes with --repair; `r1 check` alone changes nothing"
        )
    if repair:
        report = repair_dataset(
            dataset, copies or [], dry_run=dry_run, workers=workers, all_parents=all_parents
        )
    else:
        report = check_dataset(dataset, workers=workers, all_parents=all_parents)
    if json:
        console.show(report.as_json(), as_json=True, data_command=False)
    else:
        for finding in report.findings:
            console.say(f"  {finding.level:<7}  {finding.file}: {finding.problem}")
        for line in report.repairs:
            console.say(f"  repair   {line}")
        counts = {name: value for name, value in report.as_json().items() if not isinstance(value, list)}
        console.show(counts)
    if report.failures:
        console.say(f"r1: {dataset}: {len(report.failures)} failures; {_hint(report, repair)}")
        raise typer.Exit(1)


def _hint(report: "CheckReport", after_repair: bool) -> str:
    """What to do about the failures."""
    if not after_repair:
        return f"`r1 check {report.dataset} --repair --dry-run` tells what can be done"
    if report.lost_commits:
        return "a commit comes back from a copy only: --from COPY"
    return f"shards come back from a copy (--from COPY), or by running their command again: {report.made_by}"
