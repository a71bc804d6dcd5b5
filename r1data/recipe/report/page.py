"""The report as one HTML file: no script, no request, readable offline, on a phone, in light and dark."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from r1data.data.small_files import replaced
from r1data.recipe.load import PIPELINE, ROLES, STUDENTS
from r1data.recipe.report import pool, tables
from r1data.recipe.report.figures import Series, line_chart
from r1data.recipe.report.findings import ClaimCheck, check_claims
from r1data.recipe.report.markup import Content, Markup, document, tag
from r1data.recipe.report.runs import Example, RecipeRun
from r1data.recipe.report.text import duration, shortened

STYLE = Path(__file__).with_name("style.css")
MARKS = {"shown": "✓", "not shown": "✗", "missing": "–"}
EXAMPLE_ROLES = ("base", "r1-zero", "reasoning-rl", "r1")
"""Roles whose responses are shown side by side; all that are evaluated where fewer than two of these are."""


@dataclass(frozen=True)
class PaperFigure:
    """One of the paper's figures: a logged value, and the roles whose curves are drawn, with their labels."""

    title: str
    source: str
    key: str
    unit: str
    roles: dict[str, str]
    share: bool


ZERO = {"r1-zero": "R1-Zero"}
LANGUAGE = {"reasoning-rl-plain": "without the language reward", "reasoning-rl": "with the language reward"}
FIGURES = (
    PaperFigure("R1-Zero: accuracy", "as figure 2", "r1/accuracy", "% correct", ZERO, True),
    PaperFigure(
        "R1-Zero: majority of a prompt's responses", "cons@k of figure 2, k the responses in training",
        "groups/majority", "% correct", ZERO, True,
    ),
    PaperFigure("R1-Zero: response length", "as figure 3", "completions/mean_length", "tokens", ZERO, False),
    PaperFigure("R1-Zero: reflective words", "as figure 9", "r1/reflective_words", "words a response", ZERO, False),
    PaperFigure(
        "Reasoning RL: mixed languages", "as in appendix B.6", "r1/mixed_language", "% of responses", LANGUAGE, True
    ),
    PaperFigure("Reasoning RL: accuracy", "what the reward costs", "r1/accuracy", "% correct", LANGUAGE, True),
    PaperFigure(
        "Student: accuracy under RL alone", "beside table 6", "r1/accuracy", "% correct",
        {"student-rl": "Student, RL alone"}, True,
    ),
)  # fmt: skip


def write(runs: Sequence[RecipeRun], path: Path) -> None:
    """Writes the page for one run, or for several that differ in their seed."""
    save(html(runs), path)


def save(text: str, path: Path) -> None:
    """Writes a page so that a reader sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replaced(path) as descriptor, os.fdopen(descriptor, "w", encoding="utf-8", closefd=False) as file:
        file.write(text)


def html(runs: Sequence[RecipeRun]) -> str:
    """The whole page."""
    title = f"{runs[0].record.recipe['name']}: the R1 recipe, as it went"
    footer = (
        "Written by r1 from the run's own files. The paper: DeepSeek-R1, arXiv 2501.12948; sections, figures and "
        "tables are those of its versions 1 and 2."
    )
    sections = [_findings(runs), _tables(runs), _figures(runs), _examples(runs[0]), _settings(runs)]
    return document(
        title,
        STYLE,
        tag("main", tag("header", tag("h1", title), *_lead(runs)), *sections, tag("footer", footer)),
    )


def _lead(runs: Sequence[RecipeRun]) -> list[Markup]:
    record = runs[0].record
    seeds = ", ".join(str(run.record.seed) for run in runs)
    time = duration(sum(s.seconds for run in runs for s in run.record.steps.values()) / len(runs))
    finished = [sum(s.exit == 0 for s in run.record.steps.values()) for run in runs]
    planned = [len(run.record.recipe["order"]) for run in runs]
    steps = (
        f"{finished[0]} of {planned[0]} steps"
        if len(runs) == 1
        else f"{sum(finished)} of {sum(planned)} steps"
    )
    per_run = "" if len(runs) == 1 else " each"
    facts = f"Seed{'s' if len(runs) > 1 else ''} {seeds} · {steps} finished · {time}{per_run}"
    return [tag("p", record.recipe["description"]), tag("p", facts, class_="facts")]


def _section(title: str, *content: Content) -> Markup:
    return tag("section", tag("h2", title), *content)


def _note(*content: Content) -> Markup:
    return tag("p", *content, class_="note")


def _findings(runs: Sequence[RecipeRun]) -> Markup:
    def item(finding: ClaimCheck) -> Markup:
        mark = tag("span", MARKS[finding.state], class_="mark", aria_hidden="true")
        paper = tag("small", finding.paper)
        return tag("li", mark, finding.text, paper, class_=finding.state.replace(" ", "-"))

    rule = (
        "Computed from this run's numbers. ✓: the difference is on the paper's side by more than two standard "
        "errors; ✗: it is not; –: not run. The paper's figures are its own, on other problems and models."
    )
    named = {role for run in runs for role in run.record.report}
    asked = [
        claim for claim in check_claims(runs) if claim.state != "missing" or named.issuperset(claim.roles)
    ]
    if not asked:
        return Markup("")
    return _section("What it shows", _note(rule), tag("ul", *map(item, asked), class_="findings"))


def _tables(runs: Sequence[RecipeRun]) -> Markup:
    names = list(dict.fromkeys(e.problems for run in runs for es in run.evaluations.values() for e in es))
    parts = []
    for name in names or [""]:
        for title, roles in (
            ("The pipeline (as tables 2 and 4)", PIPELINE),
            ("Small models (as tables 5 and 6)", STUDENTS),
        ):
            if any(role in run.record.report for run in runs for role in roles):
                parts.append(tables.scores(runs, roles, title, _where(runs, name, roles), name))
    return _section("Scores", *(parts or [_nothing("no evaluation")]))


def _where(runs: Sequence[RecipeRun], problems: str | None, roles: Collection[str]) -> str:
    of_roles = [es for run in runs for role, es in run.evaluations.items() if role in roles]
    evaluations = [e for es in of_roles for e in es if e.problems == problems]
    if not evaluations:
        return "No evaluation is finished."
    sizes = ", ".join(
        sorted({f"{e.scores.problems:,} problems × {e.scores.samples} samples" for e in evaluations})
    )
    error = "standard error over problems" if len(runs) == 1 else f"standard error over {len(runs)} seeds"
    return f"{problems}: {sizes}; ± is one {error}"


def _figures(runs: Sequence[RecipeRun]) -> Markup:
    roles = {role for run in runs for role in run.record.report}
    charts = [_figure(runs, figure) for figure in FIGURES if roles & figure.roles.keys()]
    note = _note("Measured on what the training itself sampled: training problems, its temperature.")
    body = [note, tag("div", *charts, class_="figures")] if charts else [_nothing("RL")]
    return _section("Over the training", *body)


def _figure(runs: Sequence[RecipeRun], figure: PaperFigure) -> Markup:
    curves = {label: pool.curve(runs, role, figure.key) for role, label in figure.roles.items()}
    series = [Series(label, curve) for label, curve in curves.items() if curve is not None]
    absent = [label for label, curve in curves.items() if curve is None]
    if not series:
        caption = tag("figcaption", figure.title, tag("span", "Not in this run."))
        return tag("figure", caption, class_="empty")
    first = series[0].curve
    band = (
        "its standard error in the window"
        if first.runs == 1
        else f"the standard error over {first.runs} seeds"
    )
    note = f"{figure.source}; mean of {first.window} logged steps, band ± {band}"
    if absent:
        note += f"; not in this run: {', '.join(absent)}"
    chart = line_chart(series, name=figure.title, unit=figure.unit, share=figure.share)
    return tag("figure", tag("figcaption", figure.title, tag("span", note)), chart)


def _examples(run: RecipeRun) -> Markup:
    roles = [role for role in EXAMPLE_ROLES if role in run.evaluations]
    if len(roles) < 2:
        roles = [role for role in ROLES if role in run.evaluations]
    by_role = {role: run.evaluations[role][0].examples for role in roles}
    if not by_role:
        return Markup("")
    rows: list[Markup] = []
    for i, example in enumerate(next(iter(by_role.values()))):
        responses = [
            (role, es[i]) for role, es in by_role.items() if i < len(es) and es[i].prompt == example.prompt
        ]
        truth: list[Content] = [" ", tag("span", f"({shortened(example.truth)})")] if example.truth else []
        rows.append(tag("h3", shortened(example.prompt), *truth))
        rows.append(tag("div", *(_card(role, response) for role, response in responses), class_="examples"))
    note = "The first problems in the order of their ids, the first sample of each model: not chosen."
    return _section("Responses", _note(note), *rows)


def _card(role: str, example: Example) -> Markup:
    verdict = example.verdict if example.verdict in ("correct", "incorrect") else "other"
    return tag(
        "div",
        tag("h4", ROLES[role], tag("span", example.verdict, class_=verdict)),
        tag("pre", shortened(example.response), dir="auto"),
        class_="example",
    )


def _settings(runs: Sequence[RecipeRun]) -> Markup:
    run = runs[0]
    command_lines = [
        each
        for name, step in run.record.steps.items()
        for each in (tag("h3", name), tag("pre", f"r1 {' '.join(step.arguments)}", class_="line"))
    ]
    versions = ", ".join(f"{name} {version}" for name, version in run.record.versions.items())
    machine = ", ".join(f"{name} {value}" for name, value in run.record.machine.items())
    summary = tag("summary", "Every command line (${run} is the run's folder)")
    return _section(
        "How it was made",
        tables.times(run),
        tag("details", summary, *command_lines),
        _note(versions, tag("br"), machine),
    )


def _nothing(what: str) -> Markup:
    return _note(f"Not in this run: {what}.")
