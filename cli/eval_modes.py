"""What `r1 eval` does, a function a mode: a model's evaluation, a card, a comparison, graders, a judge's win rate."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from r1data.errors import UserError

from . import console, given_responses

if TYPE_CHECKING:
    from .generation import Generation
    from .judging import JudgeOptions

SHARED_WITH_JUDGE = ("endpoint", "api_key", "concurrency", "request_timeout", "max_retry_time", "threads")
"""Options that mean the judge's server where a judge is asked, and the model's elsewhere."""


def only_mode(modes: Mapping[str, bool]) -> str | None:
    """The flag that is given; None where none is. Raises UserError where two are."""
    given = [flag for flag, on in modes.items() if on]
    if len(given) > 1:
        raise UserError(f"{' and '.join(given)} are different things to do; give one of them")
    return given[0] if given else None


def sample(
    names: Sequence[str],
    model: str,
    out: str | None,
    k: int | None,
    card: str | None,
    generation: "Generation",
    *,
    dry_run: bool,
    json: bool,
) -> None:
    """Sample the model's responses to each source, verify and score them."""
    from r1data.evaluation import benchmarks, evaluate
    from r1data.sampling import lengths
    from r1data.sampling import sample as sampling

    source = one_of(names)
    opened, benchmark = benchmarks.open_evaluation(source)
    length_given = generation.max_tokens is not None
    generation = replace(generation, **benchmarks.settings_of(benchmark, vars(generation)))
    plan = generation.plan(model, k or benchmarks.responses_of(benchmark), length_given=length_given)
    if benchmark and (difference := benchmarks.deviation(benchmark, opened)):
        console.say(f"{benchmark.name}: {difference}; do not compare these scores with published ones")
    if dry_run:
        console.show(sampling.preview(opened, plan), as_json=json)
        return
    if line := lengths.shortened(plan):
        console.say(line)
    summary, scores = evaluate.evaluate(opened, needed_out(out), plan, generation.options())
    show_scores(summary.as_json(), scores, json=json)
    sampling.refuse_failed(summary)


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
    given_responses.score(one_of(names), responses, out, dry_run=dry_run, json=json)


def verify_card(
    card: str,
    names: Sequence[str],
    model: str | None,
    out: str | None,
    k: int | None,
    generation: "Generation",
    *,
    dry_run: bool,
    json: bool,
) -> None:
    """Evaluate again what a card describes, and say what differs."""
    raise UserError("--verify-card is not there yet")


def compare(names: Sequence[str], *, json: bool) -> None:
    """Compare two evaluations question by question."""
    raise UserError("--compare is not there yet")


def graders(
    names: Sequence[str], out: str | None, lm_eval: str | None, lm_eval_task: str, *, json: bool
) -> None:
    """Grade responses by several graders, and list where they disagree."""
    given_responses.grade(names, out, lm_eval, lm_eval_task, json=json)


def win_rate(
    names: Sequence[str], out: str | None, judge_options: "JudgeOptions", *, dry_run: bool, json: bool
) -> None:
    """Let a judge compare two datasets' responses pair by pair."""
    raise UserError("--win-rate is not there yet")


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


def show_scores(summary: Mapping[str, Any], scores: Any, *, json: bool) -> None:
    """The summary of an evaluation and its scores."""
    if json:
        console.show({**summary, **scores.as_json()}, as_json=True)
        return
    console.show({**summary, "verdicts": scores.verdicts, "unknown": scores.unknown})
    console.show(scores.lines())
