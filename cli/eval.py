"""`r1 eval`: how good is a model? Samples, verifies, scores; compares, grades and judges what has been sampled."""

from dataclasses import replace
from typing import Annotated

import typer

from . import card_verification, eval_modes
from .generation import Generation, with_generation
from .judging import JudgeOptions, with_judge
from .options import (
    DryRunOption,
    EngineWorkersOption,
    ExecutorOption,
    JsonOption,
    SourcesOrBenchmarksArgument,
    given_options,
)

OptionalModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        metavar="MODEL",
        help="The model that answers: a folder, a hub id, or miniature:base, miniature:student. Without one, the "
        "responses that the rows have are scored.",
        show_default=False,
    ),
]
OptionalOutOption = Annotated[
    str | None,
    typer.Option(
        "--out",
        "-o",
        metavar="DS",
        help="The dataset to write; for several benchmarks a folder that holds one for each.",
        show_default=False,
    ),
]
ResponsesPerPromptOption = Annotated[
    int | None,
    typer.Option(
        "-k",
        "--k",
        min=1,
        help="Responses per prompt; the paper uses 4 to 64. [default: the benchmark's, else 16]",
        show_default=False,
    ),
]
ResponsesOption = Annotated[
    str | None,
    typer.Option(
        "--responses",
        metavar="FILE",
        help="Score these responses to the questions of DS or NAME, instead of a model's; with --verify-card, where "
        "the card's responses are now.",
        show_default=False,
    ),
]
CardCopyOption = Annotated[
    str | None,
    typer.Option(
        "--card", metavar="FILE", help="Write the card here too, to hand it on.", show_default=False
    ),
]
PublishedAsOption = Annotated[
    str | None,
    typer.Option(
        "--published-as",
        metavar="NAME",
        help="Name under which figures of this model are published, such as R1-Distill-Qwen-7B. [default: told from "
        "--model]",
        show_default=False,
    ),
]
VerifyCardOption = Annotated[
    str | None,
    typer.Option(
        "--verify-card",
        metavar="CARD",
        help="Evaluate again what a card describes (a file, or a dataset of r1 eval), and say what differs.",
        show_default=False,
    ),
]
CompareOption = Annotated[
    bool,
    typer.Option(
        "--compare",
        help="Compare two evaluations of the same questions, or the two models in one, question by question.",
    ),
]
GradersOption = Annotated[
    bool,
    typer.Option(
        "--graders", help="Grade the same responses by several graders, and list where they disagree."
    ),
]
HarnessOption = Annotated[
    str | None,
    typer.Option(
        "--lm-eval",
        metavar="PYTHON",
        help="Interpreter that has lm-evaluation-harness, for --graders.",
        show_default=False,
    ),
]
HarnessTaskOption = Annotated[
    str, typer.Option("--lm-eval-task", metavar="TASK", help="Its task that scores the responses.")
]
WinRateOption = Annotated[
    bool,
    typer.Option(
        "--win-rate", help="Let a --judge compare the responses of two datasets pair by pair, in both orders."
    ),
]


@with_generation(temperature=None, top_p=None, max_tokens=None, template=None)
@with_judge(
    "endpoint", "api_key", "concurrency", "request_timeout", "max_retry_time", "threads", "measure_agreement",
    "judge_unverifiable", votes=2,
)  # fmt: skip
def command(
    context: typer.Context,
    sources: SourcesOrBenchmarksArgument = None,
    model: OptionalModelOption = None,
    out: OptionalOutOption = None,
    k: ResponsesPerPromptOption = None,
    responses: ResponsesOption = None,
    card: CardCopyOption = None,
    published_as: PublishedAsOption = None,
    verify_card: VerifyCardOption = None,
    compare: CompareOption = False,
    graders: GradersOption = False,
    lm_eval: HarnessOption = None,
    lm_eval_task: HarnessTaskOption = "gsm8k",
    win_rate: WinRateOption = False,
    executor: ExecutorOption = "local",
    workers: EngineWorkersOption = None,
    *,
    generation: Generation,
    judge_options: JudgeOptions,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Evaluate a model: pass@1, pass@k and cons@k with standard errors.

    Defaults are the benchmark's, else temperature 0.6, top-p 0.95, 32,768 tokens and template auto.

    r1 eval problems --model runs/r1 -o scores -k 16

    r1 eval aime24 math500 --model runs/r1 -o scores

    r1 eval gsm8k=test.jsonl --model runs/r1 -o scores

    r1 eval responses.jsonl -o scores

    r1 eval --verify-card scores/aime24 --model elsewhere/r1

    r1 eval --verify-card card.json gsm8k=elsewhere/test.jsonl --responses elsewhere/responses.jsonl

    r1 eval --compare scores-a scores-b

    r1 eval --graders scores

    r1 eval --win-rate answers-a answers-b --judge qwen --endpoint http://gpu:8000
    """
    names, given = sources or [], given_options(context)
    flags = {
        "--verify-card": bool(verify_card),
        "--compare": compare,
        "--graders": graders,
        "--win-rate": win_rate,
    }
    mode = eval_modes.mode_of(flags, model)
    eval_modes.refuse_others(mode, given)
    generation_options = replace(generation.options(), executor=executor, workers=workers)
    if mode == "--verify-card":
        card_verification.verify_card(
            str(verify_card), names, model, responses, out, k, generation, generation_options, given,
            dry_run=dry_run, json=json,
        )  # fmt: skip
    elif mode == "--compare":
        eval_modes.compare(names, json=json)
    elif mode == "--graders":
        eval_modes.graders(names, out, lm_eval, lm_eval_task, json=json)
    elif mode == "--win-rate":
        shared = {name: getattr(generation, name) for name in eval_modes.SHARED_WITH_JUDGE}
        eval_modes.win_rate(names, out, replace(judge_options, **shared), dry_run=dry_run, json=json)
    elif mode == "--model":
        eval_modes.sample(
            names, str(model), out, k, card, published_as, generation, generation_options,
            dry_run=dry_run, json=json,
        )  # fmt: skip
    else:
        eval_modes.responses(names, responses, out, card, dry_run=dry_run, json=json)
