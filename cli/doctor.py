"""`r1 doctor`: what this machine can run, and how to get what is missing; with `--rollouts`, whether vLLM and the
trainer agree on a model."""

from dataclasses import asdict
from itertools import groupby, islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import blocks, console
from .options import JsonOption

if TYPE_CHECKING:
    from r1data.training.rollouts.agreement import Agreement

MARKS = {"ok": "✓", "missing": "–", "broken": "✗"}
MOST_PROMPTS = 64
SHORT = {"float32": "fp32", "bfloat16": "bf16"}


def command(
    rollouts: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="Instead: compare vLLM's log-probabilities of this model with the trainer's, by length and data type.",
            show_default=False,
        ),
    ] = None,
    prompts: Annotated[
        str | None,
        typer.Option(
            metavar="DS",
            help="Prompts for --rollouts, of which the first 64 are taken. [default: eight questions of ours]",
            show_default=False,
        ),
    ] = None,
    template: Annotated[
        str | None,
        typer.Option(
            help="Text around a prompt, for --rollouts: r1-zero, chat or plain. [default: chat, else r1-zero]",
            show_default=False,
        ),
    ] = None,
    max_tokens: Annotated[
        int, typer.Option(min=1, help="Longest response, in tokens, for --rollouts.")
    ] = 128,
    json: JsonOption = False,
) -> None:
    """Show what this machine can run: versions, GPUs, engines, the sandbox.

    r1 doctor

    r1 doctor --rollouts base --prompts prompts
    """
    if rollouts is not None:
        show_agreement(compare(rollouts, prompts, template, max_tokens), as_json=json)
        return
    from r1data.recipe.doctor import examine

    findings = examine()
    if json:
        console.show(
            {"findings": [asdict(finding) for finding in findings]}, as_json=True, data_command=False
        )
        return
    for part, findings_of_part in groupby(findings, key=lambda finding: finding.part):
        blocks.title(part)
        for one in findings_of_part:
            remedy = f"  → {one.remedy}" if one.remedy else ""
            blocks.wrapped(f"{one.detail}{remedy}", f"{MARKS[one.state]} {one.name}")


def compare(model: str, uri: str | None, template: str | None, max_tokens: int) -> "Agreement":
    """Responses of vLLM to prompts, scored by the trainer."""
    from r1data.engines.models import load_tokenizer, resolve_model
    from r1data.engines.templates import default_template
    from r1data.training.launch import read_rows
    from r1data.training.rollouts.agreement import QUESTIONS, examine

    resolved = resolve_model(model)
    rows: list[dict[str, Any]] = [{"prompt": question} for question in QUESTIONS]
    if uri is not None:
        rows = list(islice(read_rows(uri, "prompt"), MOST_PROMPTS))
    return examine(
        resolved,
        rows,
        template or default_template(load_tokenizer(resolved)),
        max_tokens=max_tokens,
        say=console.say,
    )


def show_agreement(agreement: "Agreement", *, as_json: bool) -> None:
    """A table of gaps, and a sentence about each data type."""
    if as_json:
        console.show(asdict(agreement), as_json=True, data_command=False)
        return
    rows = {}
    for gap in agreement.gaps:
        name = f"{SHORT.get(gap.dtype, gap.dtype)}{'+LoRA' if gap.adapters else ''} {gap.places}"
        figures = {"tokens": f"{gap.tokens:,}", "mean": gap.mean, "p99": gap.p99, "largest": gap.largest}
        sums = {"sum": gap.sequence_mean, "largest sum": gap.sequence_largest}
        rows[name] = {
            key: value if isinstance(value, str) else "" if value is None else f"{value:.1e}"
            for key, value in {**figures, **sums}.items()
        }
    console.print_table("nats", rows)
    for sentence in agreement.advice:
        console.say(sentence)
