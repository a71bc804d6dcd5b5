"""HTML tables in the manner of the paper's tables 2, 5 and 6, each number with its standard error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from r1data.recipe.load import NAME, ROLES
from r1data.recipe.report import pool
from r1data.recipe.report.links import window_key
from r1data.recipe.report.markup import Content, Markup, join, tag, window_link
from r1data.recipe.report.runs import RecipeRun
from r1data.recipe.report.text import SHARES, duration, number

COLUMNS = {
    "pass@1": "pass@1, %",
    "cons@k": "cons@{k}, %",
    "format": "format, %",
    "mixed_language": "mixed language, %",
    "prompt_language": "in prompt's language, %",
    "reflective": "reflective words",
    "tokens": "tokens",
}
SUMMARY_SCORES = ("pass@1", "cons@k", "format", "mixed_language", "prompt_language")
"""Scores of the terminal's table, as many as fit into 80 columns; the page has all."""
MISSING = tag("td", "–", class_="none")


def scores(
    runs: Sequence[RecipeRun], roles: Mapping[str, str], caption: str, note: str, problems: str | None
) -> Markup:
    """A row for each of `roles` (role → label) that the recipe names, evaluated on `problems`."""
    present_roles = [role for role in roles if any(role in run.record.report for run in runs)]
    evaluations = [e for run in runs for es in run.evaluations.values() for e in es]
    sizes = {e.scores.samples for e in evaluations if problems in (None, e.problems)}
    # A title names k only where it is the same for every model of the table.
    k = str(sizes.pop()) if len(sizes) == 1 else "k"
    head = ["model", *(title.format(k=k) for title in COLUMNS.values())]
    return table(caption, note, head, [_row(runs, role, roles[role], problems) for role in present_roles])


def _row(runs: Sequence[RecipeRun], role: str, label: str, problems: str | None) -> Markup:
    cells = []
    for name in COLUMNS:
        estimate = pool.score(runs, role, name, problems)
        if estimate is None:
            cells.append(MISSING)
            continue
        value, plus, error = number(estimate, name in SHARES).partition(" ± ")
        content: list[Content] = [value, " ", tag("small", f"± {error}")] if plus else [value]
        cells.append(tag("td", *content))
    return row(label, *cells)


def times(run: RecipeRun) -> Markup:
    """Seconds, attempts and rows of each step, in the recipe's order; a step not run is shown as missing."""
    body, key = [], window_key(str(run.folder))
    for name in run.record.recipe["order"]:
        step = run.record.steps.get(name)
        state = "not run" if step is None else "unfinished" if step.exit is None else f"exit {step.exit}"
        time = duration(step.seconds) if step is not None and step.exit == 0 else state
        rows = f"{run.rows[name]:,}" if name in run.rows else ""
        # What a name may be is checked here: the record may be anybody's.
        linked = step is not None and step.exit == 0 and NAME.fullmatch(name)
        head_cell = window_link(name, f"/r/{key}/step/{name}") if linked else name
        body.append(row(head_cell, time, rows, step.attempts if step else "", step.command if step else ""))
    total = duration(sum(step.seconds for step in run.record.steps.values()))
    head = ("step", "time", "rows", "attempts", "command")
    note = "links lead to rows and curves while r1 view shows this run on this machine"
    return table("Steps and their time", note, head, [*body, row("all", total, "", "", "")])


def row(head: Content, *cells: Content) -> Markup:
    """A table's row; a cell that is no `<td>` yet becomes one."""
    data = [cell if isinstance(cell, Markup) else tag("td", cell) for cell in cells]
    return tag("tr", tag("th", head, scope="row"), *data)


def table(caption: str, note: str, head: Sequence[str], body: Sequence[Markup]) -> Markup:
    """A table that scrolls sideways inside the page."""
    titles = join(tag("th", title, scope="col") for title in head)
    whole = tag(
        "table",
        tag("caption", tag("b", caption), tag("span", note)),
        tag("thead", tag("tr", titles)),
        tag("tbody", *body),
    )
    return tag("div", whole, class_="scroll", tabindex=0, role="region", aria_label=caption)


def summary(runs: Sequence[RecipeRun]) -> dict[str, dict[str, str]]:
    """Label of a role → title of a score → "47.6 ± 2.1" or "–", for every role that has an evaluation."""
    rows = {}
    for role, label in ROLES.items():
        scores = {name: pool.score(runs, role, name) for name in SUMMARY_SCORES}
        if any(scores.values()):
            rows[label] = {
                COLUMNS[name].format(k="k"): number(score, name in SHARES) if score else "–"
                for name, score in scores.items()
            }
    return rows
