"""`/d/{key}/set`: what a set holds, in pictures that lead to their rows, beside the paper's table of the 800k."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from r1data.data.text import one_line
from r1data.errors import R1Error
from r1data.window.library import Library, OpenDataset
from r1data.window.paper_set import PAPER_SET, PAPER_TOTAL, PaperDomain
from r1data.window.pictures import (
    Bar,
    Histogram,
    Picture,
    Tick,
    Tone,
    columns_of,
    percent,
    width_of,
)
from r1data.window.rendering import page
from r1data.window.set_figures import (
    MAX_CLUSTERS,
    MAX_NAMED,
    Group,
    Length,
    SetFigures,
    Value,
    all_bins,
    figures,
)
from r1data.window.table import RowQuery

SHOWN = 12
"""Bars of a picture before the others are folded. Ours."""
LABEL = 80
TITLES = {
    "domain": "Domains",
    "language": "Languages",
    "kind": "Kinds",
    "split": "Splits",
    "verdict": "Verdicts",
    "verdict_cause": "Causes of verdicts",
    "finish_reason": "Ends of responses",
    "source": "Sources",
    "license": "Licences",
    "model": "Models",
    "review_decision": "Reviews",
}
TONES: dict[tuple[str, str | None], Tone] = {
    ("verdict", "correct"): "good",
    ("verdict", "incorrect"): "bad",
    ("verdict", "unverifiable"): "unsure",
    ("verdict", "timeout"): "unsure",
    ("verdict", "error"): "unsure",
    ("review_decision", "accept"): "good",
    ("review_decision", "reject"): "bad",
}
_LIMIT = f"a bar leads to the first {MAX_NAMED} of its own"


def set_page(request: Request) -> Response:
    """The pictures of one dataset as it is committed now."""
    library = request.app.state.library
    opened = library.dataset(request.path_params["key"])
    table = opened.table
    told = figures(table)
    twin = _left_out(library, opened)
    return page(
        request,
        "set.html",
        opened=opened,
        tab="set",
        percent=percent,
        figures=told,
        complete=table.complete,
        comparison=_comparison(opened, told) if told.values.get("domain") else [],
        lengths=_lengths(opened, told) if told.lengths else None,
        pictures=_pictures(opened, told),
        copies=_copies(opened, told) or (_copies(*twin) if twin else []),
        twin=twin[0] if twin else None,
    )


def rows_address(opened: OpenDataset, query: RowQuery) -> str:
    """The page of the rows of a query."""
    parameters = urlencode(query.to_params())
    return f"{opened.path}/rows?{parameters}" if parameters else f"{opened.path}/rows"


def _pictures(opened: OpenDataset, told: SetFigures) -> list[Picture]:
    pictures = []
    for name, values in told.values.items():
        more = told.distinct[name] - len(values)
        rest = f"and {more:,} more values" if more > 0 else ""
        pictures.append(_picture(name, TITLES[name], "", _bars(opened, told, name, values), rest))
    if told.reasons:
        note = "a row counts for each of its reasons"
        bars = _bars(opened, told, "drop_reasons", told.reasons)
        pictures.append(_picture("drop_reasons", "Drop reasons", note, bars))
    if told.pass_rates:
        pictures.append(_pass_rates(opened, told))
    return pictures


def _picture(name: str, title: str, note: str, bars: Sequence[Bar], rest: str = "") -> Picture:
    return Picture(name, title, note, bars[:SHOWN], bars[SHOWN:], rest)


def _bars(opened: OpenDataset, told: SetFigures, name: str, values: Sequence[Value]) -> list[Bar]:
    most = max((value.rows for value in values), default=0)
    bars = []
    for value in values:
        tone = TONES.get((name, value.value), "" if value.value is not None else "rest")
        if name == "drop_reasons":
            tone = "good" if value.value is None else "bad"
        bars.append(
            Bar(
                label=_label(name, value.value),
                count=value.rows,
                share=value.rows / told.rows,
                width=width_of(value.rows, most),
                href=rows_address(opened, RowQuery().with_values(name, value.value)),
                tone=tone,
                note=_passed(value) if name in ("domain", "language", "model", "source") else "",
            )
        )
    return bars


def _label(name: str, value: str | None) -> str:
    if value is None:
        return "none: kept" if name == "drop_reasons" else "none"
    return one_line(value, LABEL) or "(empty)"


def _passed(value: Value) -> str:
    """How many of the known verdicts are correct."""
    if not value.judged or value.passed == value.judged:
        return ""
    return f"{percent(value.passed / value.judged)} correct"


def _lengths(opened: OpenDataset, told: SetFigures) -> Histogram:
    bins = _without_gaps(told.lengths)
    counts: list[tuple[str, int, str | None]] = [
        (
            f"{each.least:,} to {each.most:,} {told.unit}",
            each.rows,
            rows_address(opened, RowQuery().with_range("length", float(each.least), float(each.most))),
        )
        for each in bins
    ]
    step = 100 / len(bins)
    every = -(-len(bins) // 7)
    ticks = [Tick(f"{each.least:,}", round(step * place, 3)) for place, each in enumerate(bins)]
    shown = [replace(tick, anchor="start" if tick.x == 0 else "middle") for tick in ticks[::every]]
    note = f"in {told.unit}; each column is 1.4 times as long as the one before"
    if told.untold:
        note += f"; {told.untold:,} rows without a length"
    most = max(each.rows for each in bins)
    return Histogram(f"Lengths in {told.unit}", note, columns_of(counts), shown, most)


def _without_gaps(lengths: Sequence[Length]) -> list[Length]:
    """The bins with those between them that no row has."""
    rows = {each.least: each.rows for each in lengths}
    return [replace(each, rows=rows.get(each.least, 0)) for each in all_bins(lengths[0], lengths[-1])]


def _pass_rates(opened: OpenDataset, told: SetFigures) -> Picture:
    total = sum(group.count for group in told.pass_rates)
    bars = _groups(opened, "prompt_id", told.pass_rates, "prompts", total)
    tones: list[Tone] = ["bad", *[""] * (len(bars) - 2), "good"]  # type: ignore[list-item]
    bars = [replace(bar, tone=tone) for bar, tone in zip(bars, tones, strict=True)]
    note = f"{total:,} prompts with a known verdict, by the share of theirs that is correct; {_LIMIT}"
    return Picture("pass_rates", "Pass rates of prompts", note, bars)


def _copies(opened: OpenDataset, told: SetFigures) -> list[Picture]:
    """Near-copy clusters and contamination hits, of the rows that a build left out."""
    pictures = []
    if told.cluster_sizes:
        total = sum(group.count for group in told.cluster_sizes)
        note = f"{total:,} rows stayed in place of {sum(group.rows for group in told.cluster_sizes):,} copies; {_LIMIT}"
        bars = _groups(opened, "lost_to", told.cluster_sizes, "clusters", total)
        pictures.append(Picture("cluster_sizes", "Near copies: rows of a cluster", note, bars))
        largest = _groups(opened, "lost_to", told.clusters, "rows", None)
        note = "by the row that stayed; a bar leads to those that lost to it"
        pictures.append(Picture("clusters", f"The {MAX_CLUSTERS} largest clusters", note, largest))
    if told.contamination:
        total = sum(group.rows for group in told.contamination)
        bars = _groups(opened, "contaminated_by", told.contamination, "records", total, by_rows=True)
        note = f"{total:,} rows share words with an evaluation, by its file; {_LIMIT}"
        pictures.append(_picture("contamination", "Contamination hits", note, bars))
    return pictures


def _groups(
    opened: OpenDataset,
    column: str,
    groups: Sequence[Group],
    unit: str,
    total: int | None,
    *,
    by_rows: bool = False,
) -> list[Bar]:
    """Bars of named things; each leads to the rows of the first `MAX_NAMED` of them."""
    counts = [group.rows if by_rows else group.count for group in groups]
    most = max(counts, default=0)
    bars = []
    for group, count in zip(groups, counts, strict=True):
        note = f"{group.count:,} {unit}" if by_rows else ""
        href = rows_address(opened, RowQuery().with_values(column, *group.names)) if group.names else None
        share = count / total if total else None
        label = one_line(group.label, LABEL)
        bars.append(Bar(label, count, share, width_of(count, most), href, "", note))
    return bars


def _comparison(opened: OpenDataset, told: SetFigures) -> list[dict[str, Any]]:
    """The paper's table with this set's figures beside it, other domains below."""
    here = {each.value: each for each in told.values["domain"]}
    entries = [
        _compared(opened, domain, paper, here.pop(domain, None), told) for domain, paper in PAPER_SET.items()
    ]
    others = [
        _compared(opened, _label("domain", each.value), None, each, told)
        for each in list(here.values())[:SHOWN]
    ]
    total = Value(None, told.rows, told.mean_tokens)
    return [*entries, *others, _compared(opened, "total", PAPER_TOTAL, total, told)]


def _compared(
    opened: OpenDataset, name: str, paper: PaperDomain | None, here: Value | None, told: SetFigures
) -> dict[str, Any]:
    rows = here.rows if here else 0
    share = rows / told.rows
    is_domain = here is not None and name != "total"
    href = rows_address(opened, RowQuery().with_values("domain", here.value)) if here and is_domain else None
    paper_share = paper.samples / PAPER_TOTAL.samples if paper else None
    return {
        "domain": name,
        "href": href,
        "paper": paper,
        "paper_share": None if paper_share is None else percent(paper_share),
        "rows": rows,
        "share": percent(share),
        "tokens": here.tokens if here else None,
        "widths": (width_of(round(1e6 * (paper_share or 0)), 10**6), width_of(round(1e6 * share), 10**6)),
    }


def _left_out(library: Library, opened: OpenDataset) -> tuple[OpenDataset, SetFigures] | None:
    """The open dataset that the same build wrote its dropped rows to, and its figures; None where none is open."""
    try:
        command = opened.dataset().commits[0].command
        for other in list(library.datasets.values()):
            if other.key != opened.key and other.dataset().commits[0].command == command:
                told = figures(other.table)
                if told.cluster_sizes or told.contamination:
                    return other, told
    except (R1Error, OSError):
        return None
    return None


routes = [Route("/d/{key}/set", set_page)]
