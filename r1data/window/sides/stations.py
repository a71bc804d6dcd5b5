"""A row's history as stations, from its prompt to the set or to where it was dropped: what `r1 why` tells, for a page.

Nothing is read here: `lineage.why` has told it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from r1data.data.schema import Row
from r1data.lineage.dedup_history import final_text
from r1data.lineage.drop_explanations import Loss
from r1data.lineage.why import DatasetHistory, History, RowState

ROWS_LIMIT = 24
"""Rows of a prompt that a station lists; the page of the prompt has all. Ours."""
VALUE_CHARACTERS = 300
"""Characters of a value on a station. Ours."""
TEXTS = frozenset(
    ("prompt", "system", "response", "reasoning", "answer", "messages", "original_response", "response_ids")
)
"""Columns that the row's own page shows in full; a station says their size."""
TOLD = frozenset(
    (
        *("prompt_id", "sample_index", "truth", "verdict", "verdict_cause", "verdict_reason", "extracted"),
        *("drop_reasons", "drop_note", "lost_to", "contaminated_by", "shared_words", "review_history"),
    )
)
"""Columns that have lines of their own."""


@dataclass(frozen=True, slots=True)
class RowLine:
    """One row at a station: its name, the tone of what became of it, and what is new, a label and a text a line.

    `details`: further new columns, and filters that passed it. `lost_to`: the name of the row that it was dropped in
    favour of. `beside`: whether there is something to show it beside, that row or the evaluation's words.
    """

    name: str
    outcome: str
    tone: str
    facts: tuple[tuple[str, str], ...]
    details: tuple[tuple[str, str], ...]
    lost_to: str | None = None
    beside: bool = False


@dataclass(frozen=True, slots=True)
class Station:
    """A dataset, or a command that did not pass the row on (`lost`)."""

    uri: str
    name: str
    command: str
    created: str
    complete: bool
    lost: bool
    rows: tuple[RowLine, ...]
    more_rows: int = 0

    @property
    def outcome(self) -> tuple[str, str]:
        """What became of the row here, and its tone; of several rows nothing."""
        return (self.rows[0].outcome, self.rows[0].tone) if len(self.rows) == 1 else ("", "")


def stations(history: History) -> list[Station]:
    """The stations in the order of the history, parents first; a loss follows the dataset that still had the row."""
    result: list[Station] = []
    for chapter in history.chapters:
        result.append(_station(chapter))
        result += _losses([loss for loss in history.losses if loss.source == chapter.uri])
    return result


def _station(chapter: DatasetHistory) -> Station:
    rows = tuple(_row_line(state) for state in chapter.rows[:ROWS_LIMIT])
    first = chapter.dataset.commits[0]
    return Station(
        uri=chapter.uri,
        name=_short(chapter.uri),
        command=str(first.command["name"]),
        created=first.created[:16].replace("T", " "),
        complete=chapter.dataset.complete,
        lost=False,
        rows=rows,
        more_rows=len(chapter.rows) - len(rows),
    )


def _losses(losses: Sequence[Loss]) -> Iterator[Station]:
    """One station a command, whatever the number of rows that it left out."""
    by_command: dict[tuple[str, ...], list[Loss]] = {}
    for loss in losses:
        by_command.setdefault((loss.command, *loss.outputs), []).append(loss)
    for (command, *outputs), group in by_command.items():
        rows = tuple(
            RowLine(
                loss.row,
                f"not in it: {', '.join(loss.reasons)}" if loss.reasons and loss.certain else "not in it",
                "bad",
                (
                    ("because" if loss.certain else "not known", loss.why),
                    *_measures(loss.measures, drops=True),
                ),
                tuple(_measures(loss.measures, drops=False)),
            )
            for loss in group[:ROWS_LIMIT]
        )
        more = len(group) - len(rows)
        yield Station(outputs[0], ", ".join(map(_short, outputs)), command, "", True, True, rows, more)


def _row_line(state: RowState) -> RowLine:
    row, new = state.row, set(state.new)
    outcome, tone = _outcome(row, new)
    details = tuple(
        (name, value_text(row[name]))
        for name in state.new
        if name not in TOLD and name not in TEXTS and row[name] not in (None, [], "")
    )
    details += tuple(_measures(state.measures, drops=False))
    lost_to = state.lost_to.row if state.lost_to else None
    beside = bool(row.get("drop_reasons")) and (lost_to is not None or bool(row.get("contaminated_by")))
    return RowLine(state.name, outcome, tone, tuple(_facts(state, new)), details, lost_to, beside)


def _outcome(row: Row, new: set[str]) -> tuple[str, str]:
    reasons = row.get("drop_reasons")
    if reasons:
        return f"dropped: {', '.join(map(str, reasons))}", "bad"
    if reasons is not None and "drop_reasons" in new:
        return "kept", "good"
    if "split" in new:
        return f"in the set: {row['split']}", "good"
    if "verdict" in new:
        return str(row["verdict"]), tone_of(row["verdict"])
    return "", ""


def tone_of(verdict: Any) -> str:
    """The class of a verdict's colour; an unknown verdict is never shown as incorrect."""
    return {"correct": "good", "incorrect": "bad"}.get(verdict, "unsure")


def _facts(state: RowState, new: set[str]) -> Iterator[tuple[str, str]]:
    row = state.row
    text, tokens = final_text(row)
    if new & {"response", "messages"}:
        yield "response" if "response" in new else "last turn", size(len(text), tokens)
    if "prompt" in new and row.get("prompt"):
        yield "prompt", value_text(row["prompt"])
    if "truth" in new:
        yield "truth", value_text(row["truth"])
    if "verdict" in new:
        if row.get("extracted") is not None:
            yield "extracted", value_text(row["extracted"])
        why = [value_text(row[name]) for name in ("verdict_cause", "verdict_reason") if row.get(name)]
        if why:
            yield "because", ": ".join(why)
    for review in state.reviews:
        yield from _review(review)
    if row.get("drop_note"):
        yield "because", value_text(row["drop_note"])
    if row.get("contaminated_by") and str(row["contaminated_by"]) not in str(row.get("drop_note")):
        words = f"“{value_text(row['shared_words'])}” with " if row.get("shared_words") else "words with "
        yield "shares", words + value_text(row["contaminated_by"])
    if state.lost_to:
        other = state.lost_to
        also = f", itself dropped: {', '.join(other.reasons)}" if other.reasons else ""
        yield (
            "lost to",
            f"{other.row}{also}: {size(other.characters, other.tokens)}, this one {size(len(text), tokens)}",
        )
    if state.placement:
        at = state.placement
        of = f" of a quota of {at.quota:,}" if at.quota is not None else ""
        yield (
            "place",
            f"split {at.split}" + (f", {at.domain}: {at.rows:,} rows{of}" if at.rows is not None else ""),
        )
    if state.won:
        yield (
            "won",
            f"{state.won.copies:,} copies and {state.won.of_prompt:,} others of its prompt left out for it",
        )
    yield from _measures(state.measures, drops=True)


def _review(review: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    why = f" ({review['why']})" if review.get("why") else ""
    yield "review", f"{value_text(review.get('decision'))}{why}, in {value_text(review.get('tool'))}"
    for opinion in review.get("opinions") or []:
        yield "reviewer", _opinion(opinion)
    for opinion in review.get("overruled") or []:
        yield "overruled", _opinion(opinion)


def _opinion(opinion: Mapping[str, Any]) -> str:
    """Who decided what, when, for which reason and with which note."""
    at = str(opinion.get("at") or "")[:16].replace("T", " ")
    said = [value_text(opinion[name]) for name in ("reason", "note") if opinion.get(name)]
    parts = [f"{value_text(opinion.get('by'))}: {value_text(opinion.get('decision'))}", at, *said]
    return ", ".join(part for part in parts if part)


def _measures(measures: Sequence[Row], *, drops: bool) -> Iterator[tuple[str, str]]:
    """What the filters measured that drop the row, or of those that pass it."""
    for name in dict.fromkeys(measure["filter"] for measure in measures):
        own = [measure for measure in measures if measure["filter"] == name]
        if bool(own[0]["drops"]) != drops:
            continue
        figures = "; ".join(
            f"{measure['what']}: {value_text(measure['value'])}"
            + (f" (limit {value_text(measure['limit'])})" if measure["limit"] is not None else "")
            for measure in own
        )
        yield str(name).replace("_", " "), f"{'drops it' if own[0]['drops'] else 'passes'}: {figures}"


def value_text(value: Any) -> str:
    """A value on one line, cut."""
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    text = " ".join(text[: 4 * VALUE_CHARACTERS].split())
    return text if len(text) <= VALUE_CHARACTERS else text[: VALUE_CHARACTERS - 1] + "…"


def size(characters: int, tokens: int | None) -> str:
    """`1,204 characters, 310 tokens`."""
    return f"{characters:,} characters" + (f", {tokens:,} tokens" if tokens is not None else "")


def _short(uri: str) -> str:
    return uri.rstrip("/").rpartition("/")[2]
