"""The report as one HTML file: no script, no request, readable offline, on a phone, in light and dark."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from r1data.recipe.load import PIPELINE, ROLES, STUDENTS
from r1data.recipe.report import pool, tables
from r1data.recipe.report.figures import Series, line_chart
from r1data.recipe.report.findings import ClaimCheck, check_claims
from r1data.recipe.report.runs import Example, RecipeRun
from r1data.recipe.report.text import duration, escaped, shortened

HERE = Path(__file__).parent
MARKS = {"shown": "✓", "not shown": "✗", "missing": "–"}
EXAMPLE_ROLES = ("base", "r1-zero", "reasoning-rl", "r1")
"""Roles whose responses are shown side by side."""


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
    path.parent.mkdir(parents=True, exist_ok=True)
    # Renamed when it is whole, so that a kill leaves the old page or the new one.
    scratch = path.with_name(f".{path.name}.tmp")
    scratch.write_text(html(runs), encoding="utf-8")
    scratch.replace(path)


def html(runs: Sequence[RecipeRun]) -> str:
    """The whole page."""
    template = string.Template((HERE / "page.html").read_text(encoding="utf-8"))
    parts = [_findings(runs), _tables(runs), _figures(runs), _examples(runs[0]), _settings(runs)]
    return template.substitute(
        title=escaped(f"{runs[0].record.recipe['name']}: the R1 recipe, as it went"),
        style=(HERE / "style.css").read_text(encoding="utf-8"),
        lead=_lead(runs),
        body="\n".join(parts),
        footer="Written by r1 from the run's own files. "
        "The paper: DeepSeek-R1, arXiv 2501.12948; sections, figures and tables are those of its versions 1 and 2.",
    )


def _lead(runs: Sequence[RecipeRun]) -> str:
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
    return f'<p>{escaped(record.recipe["description"])}</p><p class="facts">{escaped(facts)}</p>'


def _findings(runs: Sequence[RecipeRun]) -> str:
    def item(finding: ClaimCheck) -> str:
        return (
            f'<li class="{finding.state.replace(" ", "-")}"><span class="mark" aria-hidden="true">'
            f"{MARKS[finding.state]}</span>{escaped(finding.text)}<small>{escaped(finding.paper)}</small></li>"
        )

    rule = (
        "Computed from this run's numbers. ✓: the difference is on the paper's side by more than two standard "
        "errors; ✗: it is not; –: not run. The paper's figures are its own, on other problems and models."
    )
    return (
        f'<section><h2>What it shows</h2><p class="note">{rule}</p>'
        f'<ul class="findings">{"".join(map(item, check_claims(runs)))}</ul></section>'
    )


def _tables(runs: Sequence[RecipeRun]) -> str:
    names = list(dict.fromkeys(e.problems for run in runs for es in run.evaluations.values() for e in es))
    parts = []
    for name in names or [""]:
        where = _where(runs, name)
        for title, roles in (
            ("The pipeline (as tables 2 and 4)", PIPELINE),
            ("Small models (as tables 5 and 6)", STUDENTS),
        ):
            if any(role in run.record.report for run in runs for role in roles):
                parts.append(tables.scores(runs, roles, title, where, name))
    return f"<section><h2>Scores</h2>{''.join(parts) or _nothing('no evaluation')}</section>"


def _where(runs: Sequence[RecipeRun], problems: str | None) -> str:
    evaluations = [e for run in runs for es in run.evaluations.values() for e in es if e.problems == problems]
    if not evaluations:
        return "No evaluation is finished."
    sizes = ", ".join(
        sorted({f"{e.scores.problems:,} problems × {e.scores.samples} samples" for e in evaluations})
    )
    error = "standard error over problems" if len(runs) == 1 else f"standard error over {len(runs)} seeds"
    return f"{problems}: {sizes}; ± is one {error}"


def _figures(runs: Sequence[RecipeRun]) -> str:
    roles = {role for run in runs for role in run.record.report}
    charts = "".join(_figure(runs, figure) for figure in FIGURES if roles & figure.roles.keys())
    note = '<p class="note">Measured on what the training itself sampled: training problems, its temperature.</p>'
    body = f'{note}<div class="figures">{charts}</div>' if charts else _nothing("RL")
    return f"<section><h2>Over the training</h2>{body}</section>"


def _figure(runs: Sequence[RecipeRun], figure: PaperFigure) -> str:
    curves = {label: pool.curve(runs, role, figure.key) for role, label in figure.roles.items()}
    series = [Series(label, curve) for label, curve in curves.items() if curve is not None]
    absent = [label for label, curve in curves.items() if curve is None]
    if not series:
        return f'<figure class="empty"><figcaption>{figure.title}<span>Not in this run.</span></figcaption></figure>'
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
    return f"<figure><figcaption>{figure.title}<span>{escaped(note)}</span></figcaption>{chart}</figure>"


def _examples(run: RecipeRun) -> str:
    by_role = {role: run.evaluations[role][0].examples for role in EXAMPLE_ROLES if role in run.evaluations}
    if not by_role:
        return ""
    rows = []
    for i, example in enumerate(next(iter(by_role.values()))):
        responses = [
            (role, es[i]) for role, es in by_role.items() if i < len(es) and es[i].prompt == example.prompt
        ]
        truth = f" <span>({escaped(example.truth)})</span>" if example.truth else ""
        cards = "".join(_card(role, response) for role, response in responses)
        rows.append(
            f'<h3>{escaped(shortened(example.prompt))}{truth}</h3><div class="examples">{cards}</div>'
        )
    note = "The first problems in the order of their ids, the first sample of each model: not chosen."
    return f'<section><h2>Responses</h2><p class="note">{note}</p>{"".join(rows)}</section>'


def _card(role: str, example: Example) -> str:
    verdict = example.verdict if example.verdict in ("correct", "incorrect") else "other"
    return (
        f'<div class="example"><h4>{escaped(ROLES[role])}<span class="{verdict}">{escaped(example.verdict)}</span></h4>'
        f'<pre dir="auto">{escaped(shortened(example.response))}</pre></div>'
    )


def _settings(runs: Sequence[RecipeRun]) -> str:
    run = runs[0]
    command_lines = "".join(
        f'<h3>{escaped(name)}</h3><pre class="line">r1 {escaped(" ".join(step.arguments))}</pre>'
        for name, step in run.record.steps.items()
    )
    versions = ", ".join(f"{name} {version}" for name, version in run.record.versions.items())
    machine = ", ".join(f"{name} {value}" for name, value in run.record.machine.items())
    return (
        f"<section><h2>How it was made</h2>{tables.times(run)}"
        f"<details><summary>Every command line (${{run}} is the run's folder)</summary>{command_lines}</details>"
        f'<p class="note">{escaped(versions)}<br>{escaped(machine)}</p></section>'
    )


def _nothing(what: str) -> str:
    return f'<p class="note">Not in this run: {what}.</p>'
