"""`r1 build`: kept samples and other conversations become the set to train on."""

import enum
from typing import Annotated

import typer

from r1data.errors import UserError

from . import console
from .options import Dropped, DryRun, Json, Out, Seed, Sources


class Policy(enum.StrEnum):
    """Which samples of a prompt go in."""

    shortest = "shortest"
    random = "random"
    all = "all"


PerPrompt = Annotated[
    int | None, typer.Option("--max-per-prompt", min=1, help="Samples of one prompt at most.")
]
Choice = Annotated[Policy, typer.Option("--policy", help="Which of a prompt's samples go in.")]
Quota = Annotated[
    list[str] | None,
    typer.Option(
        "--quota", metavar="DOMAIN=COUNT", help="Rows of a domain at most; repeat. Others keep all."
    ),
]
Evaluation = Annotated[
    list[str] | None,
    typer.Option(
        "--decontaminate",
        metavar="FILE",
        help="Drop what shares a 10-gram with this file or dataset; repeat.",
    ),
]
Validation = Annotated[
    float,
    typer.Option("--validation", min=0.0, max=0.999, help="Share of the prompts in the validation split."),
]


def command(
    source: Sources,
    out: Out,
    dropped: Dropped = None,
    max_per_prompt: PerPrompt = None,
    policy: Choice = Policy.random,
    quota: Quota = None,
    decontaminate: Evaluation = None,
    validation: Validation = 0.02,
    seed: Seed = 0,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Make the SFT set: no copies, nothing from the evaluation, quotas met, split by prompt.

    r1 build kept -o sft --max-per-prompt 4 --policy shortest

    r1 build math code writing.jsonl -o sft --quota math=395285 --decontaminate aime.jsonl
    """
    from r1data.selection import build
    from r1data.selection.mixture import Mixture
    from r1data.shards import open_source

    mixture = Mixture(max_per_prompt, policy.value, _counts(quota or []), validation, seed)
    sources = [open_source(uri, "sample", "sft") for uri in source]
    if dry_run:
        console.show(build.plan(sources, out, mixture, decontaminate or []), as_json=json)
        return
    summary = build.run(sources, out, mixture=mixture, decontaminate=decontaminate or [], dropped=dropped)
    console.show(summary.as_json(), as_json=json)


def _counts(quotas: list[str]) -> dict[str, int]:
    counts = {}
    for quota in quotas:
        domain, _, count = quota.partition("=")
        if not domain or not count.isdecimal():
            raise UserError(f"--quota {quota}: write DOMAIN=COUNT, such as math=395285")
        counts[domain] = int(count)
    return counts
