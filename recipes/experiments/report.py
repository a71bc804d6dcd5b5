"""What an experiment leaves: JSON with every figure, a line chart, tables in Markdown."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from r1data.evaluation.statistics import Estimate
from r1data.recipe.report.figures import Series, line_chart
from r1data.recipe.report.pool import Curve

from .comparison import excludes_zero

STYLE = (
    "svg{font:12px system-ui,sans-serif;background:#fdfdfb}text{fill:#5b6472}.grid{stroke:#eceef1}.axis{stroke:#dfe2e6}"
    ".line{fill:none;stroke-width:2}.band{opacity:.15;stroke:none}.c0{stroke:#1f5fa8}.c1{stroke:#b4540a}"
    ".c2{stroke:#2f7d4f}.c3{stroke:#8a3f9e}.c4{stroke:#667085}.c5{stroke:#a8281f}.band.c0{fill:#1f5fa8}"
    ".band.c1{fill:#b4540a}.band.c2{fill:#2f7d4f}.band.c3{fill:#8a3f9e}.band.c4{fill:#667085}.band.c5{fill:#a8281f}"
    "text.c0{fill:#1f5fa8}text.c1{fill:#b4540a}text.c2{fill:#2f7d4f}text.c3{fill:#8a3f9e}text.c4{fill:#667085}"
    "text.c5{fill:#a8281f}text{stroke:none}"
)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def points(estimate: Estimate, sign: str = "") -> str:
    """In percent, with the 95% interval where there is one."""
    text = f"{100 * estimate.value:{sign}.1f}"
    if estimate.low is None or estimate.high is None:
        return text
    return f"{text} ({100 * estimate.low:{sign}.1f} to {100 * estimate.high:{sign}.1f})"


def verdict(difference: Estimate) -> str:
    """What follows from a difference: nothing where its interval holds 0."""
    return "" if excludes_zero(difference) else "not significant"


def of_seeds(seeds: Sequence[Estimate]) -> str:
    """The difference of each seed, in points."""
    return ", ".join(f"{100 * each.value:+.1f}" for each in seeds)


def draw(curves: Mapping[str, Sequence[tuple[float, Estimate]]], path: Path) -> None:
    """A chart of pass@1 over the mean number of tokens generated for a question, with bands of one standard error."""
    series = [
        Series(
            name,
            Curve(
                tuple(round(tokens) for tokens, _ in line),
                tuple(each.value for _, each in line),
                tuple(each.error for _, each in line),
                1,
                1,
            ),
        )
        for name, line in curves.items()
    ]
    svg = line_chart(series, name="pass@1 over tokens", unit="pass@1", share=True).html
    svg = svg.replace("optimizer steps", "tokens generated for a question").replace(
        " at step ", " at tokens "
    )
    svg = svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" width="720" ', 1)
    path.write_text(svg.replace(">", f"><style>{STYLE}</style>", 1) + "\n", encoding="utf-8")


def write_json(results: Any, path: Path) -> None:
    """All figures, readable by people too."""
    path.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def plain(figures: Any) -> Any:
    """Figures as JSON has them: intervals spelled out, a difference with those of the seeds beside it."""
    if isinstance(figures, Estimate):
        return figures.as_json()
    if isinstance(figures, dict):
        return {str(name): plain(value) for name, value in figures.items()}
    if isinstance(figures, tuple):
        pooled, seeds = figures
        return {**pooled.as_json(), "seeds": [each.as_json() for each in seeds]}
    return figures
