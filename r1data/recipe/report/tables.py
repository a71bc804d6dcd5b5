"""HTML tables in the manner of the paper's tables 2, 5 and 6, each number with its standard error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from r1data.recipe.load import ROLES
from r1data.recipe.report import pool
from r1data.recipe.report.runs import RecipeRun
from r1data.recipe.report.text import SHARES, duration, escaped, number

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
MISSING = '<td class="none">–</td>'


def scores(
    runs: Sequence[RecipeRun], roles: Mapping[str, str], caption: str, note: str, problems: str | None
) -> str:
    """A row for each of `roles` (role → label) that the recipe names, evaluated on `problems`."""
    present_roles = [role for role in roles if any(role in run.record.report for run in runs)]
    evaluations = [e for run in runs for es in run.evaluations.values() for e in es]
    sizes = {e.scores.samples for e in evaluations if problems in (None, e.problems)}
    # A title names k only where it is the same for every model of the table.
    k = str(sizes.pop()) if len(sizes) == 1 else "k"
    head = "".join(f'<th scope="col">{escaped(title.format(k=k))}</th>' for title in COLUMNS.values())
    body = "".join(_row(runs, role, roles[role], problems) for role in present_roles)
    return table(caption, note, f'<th scope="col">model</th>{head}', body)


def _row(runs: Sequence[RecipeRun], role: str, label: str, problems: str | None) -> str:
    cells = []
    for name in COLUMNS:
        estimate = pool.score(runs, role, name, problems)
        if estimate is None:
            cells.append(MISSING)
            continue
        value, plus, error = number(estimate, name in SHARES).partition(" ± ")
        cells.append(f"<td>{value}{f' <small>± {error}</small>' if plus else ''}</td>")
    return f'<tr><th scope="row">{escaped(label)}</th>{"".join(cells)}</tr>'


def times(run: RecipeRun) -> str:
    """Seconds, attempts and rows of each step, in the recipe's order; a step not run is shown as missing."""
    body = []
    for name in run.record.recipe["order"]:
        step = run.record.steps.get(name)
        state = "not run" if step is None else "unfinished" if step.exit is None else f"exit {step.exit}"
        time = duration(step.seconds) if step is not None and step.exit == 0 else state
        rows = f"{run.rows[name]:,}" if name in run.rows else ""
        attempts = str(step.attempts) if step else ""
        command = escaped(step.command) if step else ""
        body.append(
            f'<tr><th scope="row">{escaped(name)}</th><td>{time}</td><td>{rows}</td>'
            f"<td>{attempts}</td><td>{command}</td></tr>"
        )
    total = duration(sum(step.seconds for step in run.record.steps.values()))
    body.append(f'<tr><th scope="row">all</th><td>{total}</td><td></td><td></td><td></td></tr>')
    head = "".join(f'<th scope="col">{h}</th>' for h in ("step", "time", "rows", "attempts", "command"))
    return table("Steps and their time", "", head, "".join(body))


def table(caption: str, note: str, head: str, body: str) -> str:
    """A table that scrolls sideways inside the page; `head` and `body` are markup."""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escaped(caption)}"><table>'
        f"<caption><b>{escaped(caption)}</b><span>{escaped(note)}</span></caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


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
