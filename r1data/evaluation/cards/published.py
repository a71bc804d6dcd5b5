"""Says whether a score reproduces what others report of the same model: whether its interval contains their figure, and
what their protocol has otherwise."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from r1data.evaluation.benchmarks import Benchmark
from r1data.evaluation.benchmarks.published import Published


def compare(
    benchmark: Benchmark | None,
    model: str,
    scores: Mapping[str, Mapping[str, Any]],
    protocol: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """Each published figure of a model, beside its score here.

    Args:
        benchmark: whose registry entry holds the figures.
        model: a folder, a hub id or a published name; it matches where its last part ends with the published name.
        scores: measure → value, low and high, from 0 to 1.
        protocol: by which they were measured, with the model's `positions`.

    Returns:
        For each figure `model`, `measure`, `source`, `published` (percent), `inside` (whether the 95% interval contains
        it; None where it was not measured) and `differences`, a text for each setting that differs.
    """
    if benchmark is None:
        return []
    entries = [
        _entry(figure, scores, protocol) for figure in benchmark.published if is_model(model, figure.model)
    ]
    if benchmark.differs:
        for entry in entries:
            entry["differences"].append(benchmark.differs)
    return entries


def is_model(name: str, published: str) -> bool:
    """Whether a folder, hub id or name means a published model: `deepseek-ai/DeepSeek-R1-Distill-Qwen-7B` does
    `R1-Distill-Qwen-7B`."""
    last = _plain(name.rstrip("/").rpartition("/")[2])
    return last == _plain(published) or last.endswith(f"-{_plain(published)}")


def line(entry: Mapping[str, Any]) -> str:
    """For people: one published figure beside the score."""
    figure = f"{entry['source']}: {entry['model']} {entry['measure']} {entry['published']:.1f}%"
    if entry["inside"] is None:
        verdict = "not measured here"
    else:
        verdict = "inside the 95% interval" if entry["inside"] else "outside the 95% interval"
    differences = "; ".join(entry["differences"])
    return f"{figure}, {verdict}" + (f"; the protocol differs: {differences}" if differences else "")


def _entry(
    figure: Published, scores: Mapping[str, Mapping[str, Any]], protocol: Mapping[str, Any]
) -> dict[str, Any]:
    score = scores.get(figure.measure)
    low, high = (score.get("low"), score.get("high")) if score else (None, None)
    inside = None if low is None or high is None else low <= figure.value / 100 <= high
    differences = [
        f"{name} {protocol.get(name)}, theirs {value}"
        for name, value in figure.protocol.items()
        if protocol.get(name) != value
    ]
    positions, length = protocol.get("positions"), figure.protocol.get("max_tokens")
    if positions is not None and length is not None and positions <= length:
        differences.append(f"the model has {positions:,} positions, fewer than their {length:,} tokens need")
    return {
        "model": figure.model,
        "measure": figure.measure,
        "source": figure.source,
        "published": figure.value,
        "inside": inside,
        "differences": differences,
    }


def _plain(name: str) -> str:
    return re.sub(r"[\s_.-]+", "-", name.casefold())
