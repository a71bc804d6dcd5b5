"""`r1 eval` on responses that are there: scored model by model, or graded by several graders side by side."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from r1data.errors import UserError

from . import console

if TYPE_CHECKING:
    from r1data.evaluation.given import GivenResponses, MeasuredResponses
    from r1data.evaluation.graders.comparison import Accuracy, Comparison
    from r1data.evaluation.responses import ModelScores
    from r1data.evaluation.scores import Scores
    from r1data.evaluation.statistics import Estimate

LISTED = 20
"""Disagreements that are shown; all of them are in the dataset of -o. Ours."""
ANSWER_CHARACTERS = 40
"""Of an answer in a table. Ours."""


def opened(source: str, responses: str | None) -> "GivenResponses":
    """The responses of `source`, or those of `responses` to the questions of `source`."""
    from r1data.evaluation.given import open_given

    given, notes = open_given(source, responses)
    for note in notes:
        console.say(note)
    return given


def show_measured(measured: "MeasuredResponses", *, summary: "Mapping[str, Any]") -> None:
    """Scores of responses for people: a summary, a table of models if there are several, each one's scores, and what
    others report."""
    from r1data.evaluation.cards import published

    several = len(measured.models) > 1
    show_summary(summary if several else {**summary, "model": "".join(measured.models)}, causes=summary)
    if several:
        console.print_table("model", _score_rows(measured.models), whole_cells=True)
    for name, each in measured.models.items():
        if several:
            console.say(f"{name}:")
        show_scores(each.scores, labelled=each.labelled)
    models = measured.card.models if measured.card else {}
    for model, described in models.items():
        for entry in described["published"]:
            console.say(f"{model}: {published.line(entry)}")


def show_summary(summary: "Mapping[str, Any]", *, causes: "Mapping[str, Any]") -> None:
    """The summary of an evaluation for people, and what to do about responses without a verdict.

    Args:
        summary: by name.
        causes: cause → responses that have no verdict for it.
    """
    from r1data.verifiers.table import causes_in_words

    console.show(summary)
    for line in causes_in_words(causes):
        console.say(line)


def show_scores(scores: "Scores", *, labelled: "Estimate | None" = None) -> None:
    """One model's scores for people: measures, groups, and examples of what failed.

    Args:
        scores: of its responses.
        labelled: the share that the data's own labels call right.
    """
    from r1data.evaluation.scores import text_of

    label = {"label": text_of("label", labelled)} if labelled else {}
    console.show({**scores.lines(), **label})
    console.print_table("", scores.group_rows(), whole_cells=True)
    for line in scores.example_lines():
        console.say(line)


def _score_rows(models: "Mapping[str, ModelScores]") -> dict[str, dict[str, str]]:
    """A line a model: pass@1 and, where k is over one, cons@k; the share right by label, where there is one."""
    from r1data.evaluation.scores import cell_of, title_of

    lines = {}
    for name, each in models.items():
        scores = each.scores
        shown = [key for key in scores.measures if key in ("pass@1", f"cons@{max(scores.k, 2)}")]
        lines[name] = {
            "responses": f"{scores.samples:,}",
            **{title_of(measure): cell_of(measure, scores.measures[measure]) for measure in shown},
            "unknown": f"{scores.unknown:,}",
            **({title_of("label"): cell_of("label", each.labelled)} if each.labelled else {}),
        }
    titles = dict.fromkeys(title for each in lines.values() for title in each)
    return {name: {title: line.get(title, "–") for title in titles} for name, line in lines.items()}


def grade(
    names: Sequence[str], out: str | None, lm_eval: str | None, lm_eval_task: str, *, json: bool
) -> None:
    """Grades responses by several graders, and lists where they disagree."""
    from r1data.evaluation import responses as given
    from r1data.evaluation.graders import comparison as comparing
    from r1data.evaluation.graders import rows
    from r1data.evaluation.graders.grades import GraderOptions

    if not names:
        raise UserError("--graders: name datasets or files of responses")
    sources = [given.open_responses(name) for name in names]
    options = GraderOptions(lm_eval=lm_eval, lm_eval_task=lm_eval_task)
    tables = rows.read_tables(sources)
    comparison = comparing.compare(rows.responses_of(tables), options)
    written = rows.write_disagreements(comparison, tables, sources, out, options).as_json() if out else {}
    if json:
        console.show({**written, **comparison.as_json()}, as_json=True, data_command=out is not None)
        return
    for line in comparison.unavailable:
        console.say(line)
    _show(comparison)
    console.show({**written, **_counts(comparison)})


def _show(comparison: "Comparison") -> None:
    undecided = comparison.undecided()
    by_model, by_verifier = comparison.accuracies(), comparison.accuracies("verifier")
    console.print_table(
        "accuracy",
        {
            name: {
                **{model: _accuracy(columns.get(name)) for model, columns in by_model.items()},
                "open": f"{undecided[name]:,}",
                "version": comparison.versions.get(name, "–"),
            }
            for name in comparison.decisions
        },
    )
    if len(by_verifier) > 1:
        console.print_table(
            "verifier",
            {
                verifier: {name: _accuracy(columns.get(name)) for name in comparison.decisions}
                for verifier, columns in by_verifier.items()
            },
        )
    console.print_table(
        "agreement",
        {
            name: {other: "–" if share is None else f"{share:.1%}" for other, share in row.items()}
            for name, row in comparison.agreement().items()
        },
    )
    console.print_table(
        "grader",
        {
            f"{name}: {kind}, of a {'right' if right else 'wrong'} response": {
                "responses": f"{count:,}",
                "first": comparison.responses[first.place].prompt_id,
                "truth": _short(comparison.responses[first.place].case.truth),
                "it read": _short(comparison.grades[name][first.place].extracted),
            }
            for name, kind, right, count, first in comparison.kinds()
        },
    )
    _list(comparison)


def _list(comparison: "Comparison") -> None:
    """Some disagreements, rare kinds first: who read what, and who is right; what the words mean stands below once."""
    from r1data.evaluation.graders.grades import OTHER_ROWS
    from r1data.evaluation.graders.ruling import SHORT

    listed = comparison.rarest_first()[:LISTED]
    shown = {}
    for each in listed:
        response = comparison.responses[each.place]
        sides = {
            name: "–"
            if column[each.place] == OTHER_ROWS
            else f"{_mark(column[each.place].is_right)} {_short(column[each.place].extracted)}"
            for name, column in comparison.grades.items()
        }
        ruling = each.ruling
        shown[f"{response.prompt_id} {response.model}"] = {
            "truth": _short(response.case.truth),
            **sides,
            "ruling": f"{_mark(ruling.right)} {ruling.by or SHORT[ruling.reason]}",
        }
    console.print_table("response", shown)
    if listed:
        console.say(
            "+ right, - wrong, ? cannot be told; behind it the answer that was read, or what the ruling is by"
        )
    for reason in dict.fromkeys(each.ruling.reason for each in listed if not each.ruling.by):
        console.say(f"{SHORT[reason]}: {reason}")


def _counts(comparison: "Comparison") -> dict[str, Any]:
    facts = comparison.as_json()
    return {name: facts[name] for name in ("responses", "disagreements", "decided_by")}


def _mark(right: bool | None) -> str:
    return {True: "+", False: "-", None: "?"}[right]


def _short(text: str | None) -> str:
    from r1data.data.text import one_line

    return "–" if text is None else one_line(text, ANSWER_CHARACTERS)


def _accuracy(accuracy: "Accuracy | None") -> str:
    """A share in percent, and of how many responses it is where the grader leaves some of them open."""
    if accuracy is None:
        return "–"
    rows = f" of {accuracy.decided:,}" if accuracy.decided < accuracy.responses else ""
    return _percent(accuracy.share) + rows


def _percent(value: "Estimate | None") -> str:
    """A share with its 95% interval, in percent."""
    if value is None:
        return "–"
    if value.low is None or value.high is None:
        return f"{value.value:.1%}"
    return f"{value.value:.1%} ({value.low * 100:.1f}-{value.high * 100:.1f})"
