"""`r1 build`: the training set, from kept samples and other conversations."""

import enum
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import console
from .options import (
    DroppedOption,
    DryRunOption,
    ExecutorOption,
    JsonOption,
    OutOption,
    SeedOption,
    SourcesArgument,
    WorkersOption,
    parse_domain_counts,
)

if TYPE_CHECKING:
    from r1data.selection.evaluations import Compared


class SelectionPolicy(enum.StrEnum):
    """Which samples of a prompt go in."""

    shortest = "shortest"
    random = "random"
    diverse = "diverse"
    all = "all"


PerPromptOption = Annotated[
    int | None, typer.Option("--max-per-prompt", min=1, help="At most this many samples of a prompt.")
]
SelectionOption = Annotated[
    SelectionPolicy,
    typer.Option("--selection", help="Which of a prompt's samples go in; all ignores --max-per-prompt."),
]
QuotaOption = Annotated[
    list[str] | None,
    typer.Option(
        "--quota",
        metavar="DOMAIN[:LANGUAGE]=COUNT",
        help="At most this many rows of a domain, or of a language in it; repeat. Others keep all.",
    ),
]
PresetOption = Annotated[
    str | None, typer.Option("--preset", metavar="NAME", help="Quotas by name: r1-800k is the paper's table.")
]
ScaleOption = Annotated[
    float, typer.Option("--scale", min=0.0, help="Factor for the preset's quotas, such as 0.01.")
]
DedupThresholdOption = Annotated[
    float,
    typer.Option(
        "--dedup-threshold",
        help="Two responses that share this part of their word runs are duplicates; above 1: exact ones alone.",
    ),
]
EvaluationOption = Annotated[
    list[str] | None,
    typer.Option(
        "--decontaminate",
        metavar="FILE|NAME",
        help="Drop rows that share an n-gram with this evaluation file, dataset or benchmark ({benchmarks}); repeat.",
    ),
]
BoilerplateOption = Annotated[
    list[str] | None,
    typer.Option(
        "--boilerplate",
        metavar="FILE",
        help="Text file of instructions, one a line, whose words are no contamination; repeat.",
    ),
]
NgramOption = Annotated[int, typer.Option("--ngram", min=1, help="Words of an n-gram, for --decontaminate.")]
LicenseOption = Annotated[
    list[str] | None,
    typer.Option("--license", metavar="SPDX", help="Keep only rows with this licence; repeat."),
]
ValidationOption = Annotated[
    float,
    typer.Option("--validation", min=0.0, max=0.999, help="Share of the prompts in the validation split."),
]
TestOption = Annotated[
    float, typer.Option("--test", min=0.0, max=0.999, help="Share of the prompts in the test split.")
]
ScratchOption = Annotated[
    str | None,
    typer.Option("--scratch", metavar="DIR", help="Folder for intermediate files. [default: inside -o]"),
]


def command(
    source: SourcesArgument,
    out: OutOption,
    dropped: DroppedOption = None,
    max_per_prompt: PerPromptOption = None,
    selection: SelectionOption = SelectionPolicy.random,
    preset: PresetOption = None,
    scale: ScaleOption = 1.0,
    quota: QuotaOption = None,
    dedup_threshold: DedupThresholdOption = 0.7,
    decontaminate: EvaluationOption = None,
    ngram: NgramOption = 10,
    boilerplate: BoilerplateOption = None,
    license: LicenseOption = None,
    validation: ValidationOption = 0.02,
    test: TestOption = 0.0,
    seed: SeedOption = 0,
    workers: WorkersOption = None,
    executor: ExecutorOption = "local",
    scratch: ScratchOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Build the SFT set: deduplicated, decontaminated, within quotas, split by prompt.

    r1 build kept -o sft --max-per-prompt 4 --selection diverse

    r1 build kept general -o sft --preset r1-800k --decontaminate aime.jsonl --dropped left-out
    """
    from r1data.data.dataset import Dataset
    from r1data.data.source import open_source
    from r1data.exchange.card import keep_card
    from r1data.selection import build, mixture

    evaluations: list[Compared] = []
    if decontaminate:
        from r1data.evaluation.benchmarks import compared_questions

        evaluations = [compared_questions(name) for name in decontaminate]
    quotas = {
        **(mixture.preset(preset, scale) if preset else {}),
        **parse_domain_counts(quota or [], "--quota"),
    }
    mix = mixture.Mixture(
        max_per_prompt,
        selection.value,
        quotas,
        validation,
        test,
        dedup_threshold,
        tuple(license or ()),
        ngram,
        seed,
    )
    sources = [open_source(uri, "sample", "sft") for uri in source]
    if dry_run:
        console.show(build.plan(sources, out, mix, evaluations, boilerplate or ()), as_json=json)
        return
    summary = build.run(
        sources,
        out,
        mixture=mix,
        decontaminate=evaluations,
        boilerplate=boilerplate or (),
        dropped=dropped,
        workers=workers,
        executor=executor,
        scratch=scratch,
    )
    keep_card(Dataset(out))
    if json:
        console.show(summary.as_json(), as_json=True)
    else:
        _print_summary(summary.as_json())


def _print_summary(report: dict[str, Any]) -> None:
    """The counts, the paper's table by domain, and what each quota still lacks."""
    domains = {name: report.pop(name) for name in ("samples", "tokens_on_average")}
    missing = report.pop("missing", {})
    ignored = report.pop("ignored", [])
    console.show(report)
    console.print_table("domain", _table(domains["samples"], domains["tokens_on_average"]))
    for domain, gap in missing.items():
        more = gap["samples_to_draw"]
        remedy = f"at {gap['rate']:.3g} kept a sample, draw {more:,} more" if more is not None else gap["why"]
        console.say(f"{domain}: {gap['missing']:,} missing; {remedy}")
    for each in ignored:
        console.say(_ignored(each))


def _ignored(entry: Mapping[str, Any]) -> str:
    """What is shared with an evaluation file and did not count."""
    words = f': "{entry["words"]}"' if "words" in entry else ""
    counts = [
        *([f"prompts that have it: {entry['prompts']:,}"] if "prompts" in entry else []),
        *([f"examples that share nothing else: {entry['examples']:,}"] if "examples" in entry else []),
    ]
    return f"shared with an evaluation and ignored, {entry['why']}{words}; {', '.join(counts)}"


def _table(samples: Mapping[str, int], tokens: Mapping[str, float | None]) -> dict[str, dict[str, str]]:
    """The paper's table: samples and average tokens by domain."""
    rows = {**samples, "total": sum(samples.values())}
    return {
        name: {"samples": f"{count:,}", "tokens on average": _average(tokens.get(name))}
        for name, count in rows.items()
    }


def _average(tokens: float | None) -> str:
    return "–" if tokens is None else f"{tokens:,.1f}"
