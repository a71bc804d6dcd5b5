"""What `r1 eval` does, a function a mode: a model's evaluation, a card, a comparison, graders, a judge's win rate."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r1data.errors import UserError

from . import console, given_responses

if TYPE_CHECKING:
    from r1data.engines.base import EngineOptions
    from r1data.evaluation.cards.card import AnyCard
    from r1data.evaluation.evaluate import Evaluation, Measured

    from .generation import Generation
    from .judging import JudgeOptions

SHARED_WITH_JUDGE = ("endpoint", "api_key", "concurrency", "request_timeout", "max_retry_time", "threads")
"""Options that mean the judge's server where a judge is asked, and the model's elsewhere."""


RESPONSES = "responses that are there"
"""The mode without a flag and without a model."""
CARD_OF_MODEL, CARD_OF_RESPONSES = "--verify-card of a model's card", "--verify-card of a card of responses"
"""What `--verify-card` is once the card is read."""


def mode_of(flags: Mapping[str, bool], model: str | None) -> str:
    """What is asked: the one flag that is given, else `--model`, else `RESPONSES`. Raises UserError for two flags."""
    given = [flag for flag, on in flags.items() if on]
    if len(given) > 1:
        raise UserError(f"{' and '.join(given)} are different things to do; give one of them")
    return given[0] if given else RESPONSES if model is None else "--model"


def refuse_others(mode: str, given: AbstractSet[str]) -> None:
    """Raise UserError where an option is given that means nothing in this mode."""
    if strangers := sorted(given - _known(mode)):
        name = strangers[0].replace("_", "-")
        flag = f"-{name}" if len(name) == 1 else f"--{name}"
        of = "scoring responses that are there (without --model)" if mode == RESPONSES else mode
        raise UserError(f"{flag} says nothing to {of}; leave it out")


def _known(mode: str) -> set[str]:
    """The parameters that a mode reads."""
    from .generation import Generation
    from .judging import JudgeOptions

    sampling = {one.name for one in fields(Generation)} | {
        "executor",
        "workers",
        "model",
        "out",
        "k",
        "dry_run",
    }
    own = {
        "--model": sampling | {"card", "published_as"},
        "--verify-card": sampling | {"verify_card", "responses"},
        CARD_OF_MODEL: sampling | {"verify_card"},
        CARD_OF_RESPONSES: {"verify_card", "responses", "out", "dry_run"},
        "--compare": {"compare"},
        "--graders": {"graders", "out", "lm_eval", "lm_eval_task"},
        "--win-rate": {one.name for one in fields(JudgeOptions)} | {"win_rate", "out", "dry_run"},
        RESPONSES: {"responses", "out", "dry_run", "card"},
    }
    return own[mode] | {"sources", "json"}


def sample(
    names: Sequence[str],
    model: str,
    out: str | None,
    k: int | None,
    card: str | None,
    published_as: str | None,
    generation: "Generation",
    options: "EngineOptions",
    *,
    dry_run: bool,
    json: bool,
) -> None:
    """Sample the model's responses to each source, verify and score them."""
    from r1data.evaluation import evaluate
    from r1data.sampling import lengths
    from r1data.sampling import sample as sampling

    if not names:
        raise UserError("nothing to evaluate on is named; give datasets, files or benchmarks")
    if card is not None and len(names) > 1:
        raise UserError("--card: each of several evaluations has its own card in its dataset; leave it out")
    refuse_card_place(card)
    places = [out or ""] * len(names) if dry_run and out is None else evaluate.outputs(names, needed_out(out))
    evaluations = [
        evaluation(name, place, model, k, generation) for name, place in zip(names, places, strict=True)
    ]
    if dry_run:
        previews = {one.place: sampling.preview(one.source, one.plan) for one in evaluations}
        console.show(previews if len(previews) > 1 else next(iter(previews.values())), as_json=json)
        return
    for line in dict.fromkeys(lengths.shortened(one.plan) for one in evaluations):
        if line:
            console.say(line)
    measured = []
    for one in evaluate.evaluate(evaluations, options, published_as=published_as):
        measured.append(one)
        if card is not None and one.card:  # before it is shown, to a reader who may leave
            write_card(card, one.card)
        if not json:
            show_measured(one, several=len(evaluations) > 1)
    if json:
        whole = {one.evaluation.place: measured_json(one) for one in measured}
        console.show(whole if len(whole) > 1 else next(iter(whole.values())), as_json=True)
    for one in measured:
        sampling.refuse_failed(one.summary)


def evaluation(
    name: str,
    out: str,
    model: str,
    k: int | None,
    generation: "Generation",
    *,
    length_given: bool | None = None,
) -> "Evaluation":
    """The evaluation on one source by options, the benchmark's settings or the paper's."""
    from r1data.evaluation import benchmarks
    from r1data.evaluation.evaluate import Evaluation
    from r1data.evaluation.truths import survey_truths

    opened, benchmark = benchmarks.open_evaluation(name)
    if length_given is None:
        length_given = generation.max_tokens is not None
    generation = replace(generation, **benchmarks.settings_of(benchmark, vars(generation)))
    plan = generation.plan(model, k or benchmarks.responses_of(benchmark), length_given=length_given)
    if benchmark and (difference := benchmarks.deviation(benchmark, opened)):
        console.say(f"{benchmark.name}: {difference}; do not compare these scores with published ones")
    for line in survey_truths(opened, probe=True).lines(name):
        console.say(line)
    return Evaluation(name, opened, out, plan, benchmark)


def responses(
    names: Sequence[str],
    responses: str | None,
    out: str | None,
    card: str | None,
    *,
    dry_run: bool,
    json: bool,
) -> None:
    """Verify and score responses that are there."""
    from r1data.evaluation.given import evaluate_given

    if len(names) > 1:
        raise UserError(
            "without --model, the responses of one source are scored at a time; give one, or add --model MODEL"
        )
    refuse_card_place(card)
    given = given_responses.opened(one_of(names), responses)
    if dry_run:
        console.show(given.preview(out), as_json=json)
        return
    measured = evaluate_given(given, needed_out(out))
    if card is not None and measured.card:
        write_card(card, measured.card)
    if json:
        console.show(measured.as_json(), as_json=True)
    else:
        given_responses.show_measured(measured, summary=measured.summary.as_json())
        say_card(measured.card_place)


def compare(names: Sequence[str], *, json: bool) -> None:
    """Compare two evaluations question by question, model by model where they hold several."""
    from r1data.evaluation.model_comparison import compare_all

    result = compare_all(names)
    if json:
        console.show(result.as_json(), as_json=True, data_command=False)
        return
    for model, comparison in result.by_model.items():
        if model is not None:
            console.say(f"{model}:")
        console.print_table("", comparison.rows(), whole_cells=True)
        for line in comparison.lines():
            console.say(line)


def graders(
    names: Sequence[str], out: str | None, lm_eval: str | None, lm_eval_task: str, *, json: bool
) -> None:
    """Grade responses by several graders, and list where they disagree."""
    given_responses.grade(names, out, lm_eval, lm_eval_task, json=json)


def win_rate(
    names: Sequence[str], out: str | None, judge_options: "JudgeOptions", *, dry_run: bool, json: bool
) -> None:
    """Let a judge compare two sources' responses, or a set's pairs, and measure the judge."""
    from r1data.evaluation.win_rate import run
    from r1data.evaluation.win_rate.asking import checked

    settings = judge_options.settings()
    if settings is None:
        raise UserError("--win-rate asks a judge, and none is named; add --judge MODEL")
    matchup = run.open_matchup(names)
    if dry_run:
        console.show(matchup.preview(out, checked(settings)), as_json=json, data_command=out is not None)
        return
    summary, report = run.run(matchup, out, settings)
    written = {} if summary is None else summary.as_json()
    if json:
        console.show({**written, **report.as_json()}, as_json=True, data_command=out is not None)
        return
    counts = {"matches": sum(report.results.values()), "judged": report.judged, "prompts": report.prompts}
    console.show(
        {**{name: written[name] for name in ("dataset", "digest") if written}, **counts, **report.results}
    )
    console.show(report.lines())
    console.print_table("choices of people", {name: each.texts() for name, each in report.agreements.items()})
    for warning in report.warnings():
        console.say(f"warning: {warning}")


def one_of(names: Sequence[str]) -> str:
    """The one source."""
    if len(names) != 1:
        raise UserError("name one dataset, file or benchmark to evaluate on")
    return names[0]


def needed_out(out: str | None) -> str:
    """Where the rows are written. Raises UserError where no place is named."""
    if out is None:
        raise UserError("no dataset to write is named; add -o DS")
    return out


def refuse_card_place(place: str | None) -> None:
    """Raise UserError where no copy of a card can be written: before hours of work, not after them."""
    if place is None:
        return
    if Path(place).is_dir():
        raise UserError(f"--card {place}: is a folder; choose a file")
    if not Path(place).parent.is_dir():
        raise UserError(
            f"--card {place}: there is no folder {Path(place).parent}; make it, or choose another file"
        )


def write_card(place: str, card: "AnyCard") -> None:
    """A copy of a card in a file."""
    from r1data.data.text import json_line

    try:
        Path(place).write_text(json_line(card.as_json()) + "\n")
    except OSError as error:
        raise UserError(f"--card {place}: {error.strerror}; choose another file") from error


def measured_json(measured: "Measured") -> dict[str, Any]:
    """The summary of an evaluation, its scores and its card, as plain data."""
    card = {"card": measured.card.as_json()} if measured.card else {}
    return {**measured.summary.as_json(), **measured.scores.as_json(), **card}


def show_measured(measured: "Measured", *, several: bool) -> None:
    """An evaluation for people: its summary, its scores, and what others report."""
    from r1data.evaluation.cards import published

    if several:
        console.say(f"{measured.evaluation.place}:")
    scores = measured.scores
    summary = {**measured.summary.as_json(), "verdicts": scores.verdicts, "unknown": scores.unknown}
    given_responses.show_summary(summary, causes=scores.causes)
    given_responses.show_scores(scores)
    say_card(measured.card_place)
    if measured.card is None:
        return
    for entry in measured.card.published:
        console.say(published.line(entry))


def say_card(place: str | None) -> None:
    """Where the card is, if there is one."""
    if place is not None:
        console.say(f"the card is {place}; `r1 eval --verify-card` measures it again")
