"""In what two answers differ besides what they say: length and Markdown.

The length is in characters of the summary. Its difference is divided by its standard deviation over the
pairs and squeezed by tanh, as AlpacaEval 2 does (Dubois et al. 2024, arXiv 2404.04475, eq. 2); `longer` is
the sign of the difference, for a judge to whom any difference is as good as a large one. Headings, list items and
bold passages are counted outside of code; their difference is divided by their sum too, as in Arena-Hard's style
control. All are 0 where the two answers do not differ.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
MARKDOWN = ("headings", "lists", "bold")
FEATURES = ("length", *MARKDOWN)
LONGER = "longer"

_LINES = {
    "headings": re.compile(r" {0,3}#{1,6}[ \t]"),
    "lists": re.compile(r"[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]"),
}
_BOLD = re.compile(r"\*\*[^*\n]+\*\*|__[^_\n]+__")
_FENCES = ("```", "~~~")


def counts(text: str) -> dict[str, int]:
    """Length in characters, and how many headings, list items and bold passages a text has outside of code."""
    lines, inside = [], False
    for line in text.splitlines():
        if line.lstrip().startswith(_FENCES):
            inside = not inside
        elif not inside:
            lines.append(line)
    markdown = {name: sum(bool(pattern.match(line)) for line in lines) for name, pattern in _LINES.items()}
    return {"length": len(text), **markdown, "bold": sum(len(_BOLD.findall(line)) for line in lines)}


def differences(texts: Sequence[tuple[str, str]]) -> dict[str, Numbers]:
    """How the first of each pair differs from the second, by feature, each between -1 and 1."""
    counted = [(counts(a), counts(b)) for a, b in texts]
    pairs = {name: [(a[name], b[name]) for a, b in counted] for name in FEATURES}
    shares = {name: _share(pairs[name]) for name in MARKDOWN}
    return {"length": _squeezed(pairs["length"]), LONGER: np.sign(_squeezed(pairs["length"])), **shares}


def length_unit(texts: Sequence[tuple[str, str]]) -> float:
    """The standard deviation of the pairs' differences in length, in characters."""
    return float(np.std([len(a) - len(b) for a, b in texts])) if texts else 0.0


def _squeezed(pairs: Sequence[tuple[int, int]]) -> Numbers:
    gap = np.array([first - second for first, second in pairs], float)
    # all pairs may differ by the same: then that is the unit
    unit = (float(np.std(gap)) if len(gap) else 0.0) or float(np.max(np.abs(gap), initial=0.0))
    squeezed: Numbers = np.tanh(gap / unit) if unit else gap
    return squeezed


def _share(pairs: Sequence[tuple[int, int]]) -> Numbers:
    first, second = np.array(pairs, float).reshape(-1, 2).T
    total = first + second
    share: Numbers = np.divide(first - second, total, out=np.zeros_like(total), where=total > 0)
    return share


def varying(features: Mapping[str, Numbers]) -> dict[str, Numbers]:
    """The features in which any pair differs."""
    return {name: values for name, values in features.items() if np.any(values != 0)}
