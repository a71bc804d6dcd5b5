"""The report's scores for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from r1data.recipe.report import pool
from r1data.recipe.report.runs import Run
from r1data.recipe.report.tables import COLUMNS
from r1data.recipe.report.text import SHARES, number
from r1data.recipe.roles import ROLES

SHOWN = ("pass@1", "cons@k", "format", "mixed_language", "prompt_language")
"""What fits into 80 columns; the page has the rest."""


def summary(runs: Sequence[Run]) -> dict[str, dict[str, str]]:
    """Label of a role → title of a score → "47.6 ± 2.1" or "–", for every role that has an evaluation."""
    found = {}
    for role, label in ROLES.items():
        scores = {name: pool.score(runs, role, name) for name in SHOWN}
        if any(scores.values()):
            found[label] = {
                COLUMNS[name].format(k="k"): number(score, name in SHARES) if score else "–"
                for name, score in scores.items()
            }
    return found
