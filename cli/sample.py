"""`r1 sample`: prompts in, n responses to each out."""

from dataclasses import replace
from typing import Annotated

import typer

from . import console
from .generation import Generation, with_generation
from .options import (
    DryRunOption,
    EngineWorkersOption,
    ExecutorOption,
    InputPriceOption,
    JsonOption,
    ModelOption,
    OutOption,
    OutputPriceOption,
    SourceArgument,
)

ResponsesOption = Annotated[
    int | None,
    typer.Option("-n", "--n", min=1, help="Responses per prompt. [default: 16]", show_default=False),
]
UntilOption = Annotated[
    int | None,
    typer.Option(
        "--until",
        metavar="K",
        min=1,
        help="Verify while sampling; a prompt is done once it has K correct responses, or is abandoned as too hard.",
        show_default=False,
    ),
]
RoundSizeOption = Annotated[
    int | None,
    typer.Option(
        "--round-size",
        min=1,
        help="--until: responses sampled between two checks. [default: a quarter of -n]",
        show_default=False,
    ),
]
MinPassRateOption = Annotated[
    float,
    typer.Option("--min-pass-rate", help="--until: the lowest pass rate that is worth more responses."),
]
AbandonRiskOption = Annotated[
    float,
    typer.Option(
        "--abandon-risk",
        help="--until: accepted probability of abandoning a prompt of that pass rate; 0 abandons none.",
    ),
]
ContinueTruncatedOption = Annotated[
    bool,
    typer.Option(
        "--continue",
        help="DS holds samples: continue truncated responses, up to --max-tokens in all; other rows stay as they are.",
    ),
]
AllowMismatchOption = Annotated[
    bool,
    typer.Option(
        "--allow-settings-mismatch", help="--continue: even if the rows were sampled with other settings."
    ),
]
KeepFailedOption = Annotated[
    bool,
    typer.Option(
        "--keep-failed",
        help="Write requests that failed for now as rows with finish_reason error, instead of asking again in a rerun.",
    ),
]
RESPONSES = 16


@with_generation()
def command(
    source: SourceArgument,
    out: OutOption,
    model: ModelOption,
    n: ResponsesOption = None,
    until: UntilOption = None,
    round_size: RoundSizeOption = None,
    min_pass_rate: MinPassRateOption = 0.1,
    abandon_risk: AbandonRiskOption = 0.05,
    continue_truncated: ContinueTruncatedOption = False,
    allow_settings_mismatch: AllowMismatchOption = False,
    keep_failed: KeepFailedOption = False,
    output_token_price: OutputPriceOption = None,
    input_token_price: InputPriceOption = None,
    executor: ExecutorOption = "local",
    workers: EngineWorkersOption = None,
    *,
    generation: Generation,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Sample responses to prompts.

    r1 sample prompts -o samples --model runs/r1-zero -n 16

    r1 sample prompts -o samples --model miniature:base | r1 filter - -o kept

    r1 sample prompts -o verified --model runs/r1-zero -n 64 --until 4

    r1 sample prompts -o samples --model m --engine vllm --executor ray --workers 8

    r1 sample samples -o longer --model runs/r1-zero --continue --max-tokens 65536
    """
    from r1data.data.source import open_source
    from r1data.sampling import lengths, sample
    from r1data.sampling.continue_truncated import Continue
    from r1data.sampling.dates import dated
    from r1data.sampling.until import StoppingRule

    responses = n or (1 if continue_truncated else RESPONSES)
    rule = None
    if until is not None:
        rule = StoppingRule.of(until, responses, round_size, min_pass_rate, abandon_risk)
    plan = generation.plan(model, responses, rule, length_given=generation.max_tokens is not None)
    plan = dated(plan, out) if continue_truncated else plan
    strategy = Continue(plan, anyway=allow_settings_mismatch) if continue_truncated else None
    opened = open_source(source)
    if dry_run:
        console.show(sample.preview(opened, plan, strategy), as_json=json)
        return
    if line := lengths.shortened(plan):
        console.say(line)
    prices = sample.Prices(output_token_price, input_token_price)
    options = replace(generation.options(), executor=executor, workers=workers)
    summary = sample.sample(
        opened, out, plan, options, strategy=strategy, prices=prices, keep_failed=keep_failed
    )
    console.show(summary.as_json(), as_json=json)
    sample.refuse_failed(summary, ", or with --keep-failed to have them as they are")
