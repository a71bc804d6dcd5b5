"""The report in a few lines for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from r1data.recipe.roles import ROLES
from r1data.report import pool
from r1data.report.runs import Run
from r1data.report.tables import COLUMNS
from r1data.report.text import SHARES, number


def summary(runs: Sequence[Run]) -> dict[str, dict[str, str]]:
    """Label of a role → title of a score → "47.6 ± 2.1" or "–", for every role that has an evaluation."""
    found = {}
    for role, label in ROLES.items():
        scores = {name: pool.score(runs, role, name) for name in COLUMNS}
        if any(scores.values()):
            found[label] = {
                COLUMNS[name].format(k="k"): number(score, name in SHARES) if score else "–"
                for name, score in scores.items()
            }
    return found


def lines(runs: Sequence[Run]) -> list[str]:
    """`summary` as a table of plain text; no line where nothing was evaluated."""
    table = summary(runs)
    if not table:
        return []
    titles = list(next(iter(table.values())))
    rows = [["model", *titles], *([label, *scores.values()] for label, scores in table.items())]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(_padded(row, widths)).rstrip() for row in rows]


def _padded(row: list[str], widths: list[int]) -> list[str]:
    first, *others = zip(row, widths, strict=True)
    return [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
