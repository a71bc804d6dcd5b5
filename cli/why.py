"""`r1 why`: the history of a row."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import blocks, console
from .options import JsonOption

if TYPE_CHECKING:
    from r1data.lineage.drop_explanations import Loss
    from r1data.lineage.why import DatasetHistory, History, RowState

RowArgument = Annotated[
    str,
    typer.Argument(
        metavar="ROW",
        help="PROMPT_ID, PROMPT_ID/SAMPLE_INDEX, an EXAMPLE_ID, or the first 6 characters or more of one.",
        show_default=False,
    ),
]
PlacesArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[DS]...", help="Datasets to search. [default: all below this folder]", show_default=False
    ),
]
FullOption = Annotated[bool, typer.Option("--full", help="Show whole texts and every parameter.")]

TEXT_COLUMNS = (
    "prompt",
    "system",
    "truth",
    "meta",
    "response",
    "reasoning",
    "answer",
    "sampling",
    "verdict_reason",
    "messages",
    "original_response",
)
"""Long text columns, printed on lines of their own."""
DECISION_COLUMNS = (
    "drop_reasons",
    "drop_note",
    "lost_to",
    "contaminated_by",
    "shared_words",
    "review_history",
)
"""Columns that are printed as the decision they record."""
RESPONSE_PARTS = ("reasoning", "answer")
"""Parts of the response, printed where the response itself is not."""


def command(
    row: RowArgument, dataset: PlacesArgument = None, full: FullOption = False, json: JsonOption = False
) -> None:
    """Show where a row came from and what happened to it: prompt, model, verdict, filters, selection, set.

    r1 why gsm8k-17/3

    r1 why 0f3a9c sft --full
    """
    from r1data.lineage.why import why

    history = why(row, dataset or [])
    if json:
        console.show(history.as_json(), as_json=True, data_command=False)
    else:
        _print_history(history, full)
    if history.unreadable:
        first = history.unreadable[0].why
        console.say(f"r1: {len(history.unreadable)} not read, the first: {' '.join(first.split())}")
        raise typer.Exit(1)


def _print_history(history: "History", full: bool) -> None:
    # A loss stands below the dataset that it follows, where that has one row; those of many rows stand at the end.
    row_counts = {chapter.uri: len(chapter.rows) for chapter in reversed(history.chapters)}
    for chapter in history.chapters:
        _print_dataset(chapter, full)
        for loss in history.losses:
            if loss.source == chapter.uri and len(chapter.rows) == 1:
                _print_loss(loss)
    for loss in history.losses:
        if row_counts[loss.source] > 1:
            _print_loss(loss)
    console.say("")


def _print_dataset(chapter: "DatasetHistory", full: bool) -> None:
    values = chapter.as_json()
    created = values["created"][:16].replace("T", " ")
    incomplete = "" if values["complete"] else " · not complete"
    blocks.title(f"■ {blocks.relative_path(chapter.uri)} · r1 {values['command']} · {created}{incomplete}")
    parameters = {
        name: value
        for name, value in values["parameters"].items()
        if value not in (None, {}, [], "") and (full or name != "limits")
    }
    if parameters:
        blocks.field("parameters", blocks.one_line(parameters, full=full), full=full)
    blocks.field("from", ", ".join(map(blocks.relative_path, values["parents"])))
    if len(chapter.rows) == 1:
        blocks.field("row", f"{chapter.rows[0].name} · shard {chapter.rows[0].shard}")
    common = _common(chapter.rows)
    _print_columns(common, full)
    for state in chapter.rows:
        own = {name: state.row[name] for name in state.new if name not in common}
        _print_row(state, own, full) if len(chapter.rows) == 1 else _print_short(state, own, full)


def _common(rows: "Sequence[RowState]") -> dict[str, Any]:
    """The new values that are the same in every row."""
    first = rows[0]
    names = [n for n in first.new if all(n in row.new and row.row[n] == first.row[n] for row in rows)]
    return {name: first.row[name] for name in names}


def _print_columns(values: Mapping[str, Any], full: bool) -> None:
    for name in TEXT_COLUMNS:
        if name in values and (full or name not in RESPONSE_PARTS or "response" not in values):
            texts = [(name.removesuffix("_response").replace("_", " "), values[name])]
            if name == "messages":
                texts = [(str(turn["role"]), turn["content"]) for turn in values[name] or [] if turn]
            for label, text in texts:
                blocks.field(label, text, full=full)
    rest = {name: value for name, value in values.items() if name not in (*TEXT_COLUMNS, *DECISION_COLUMNS)}
    if rest:
        blocks.wrapped(blocks.one_line(rest, full=full), "columns")


def _print_row(state: "RowState", own: Mapping[str, Any], full: bool) -> None:
    _print_columns(own, full)
    for review in state.reviews:
        for number, line in enumerate(_review(review)):
            blocks.wrapped(line, "" if number else "review")
    if "drop_reasons" in state.row:
        blocks.wrapped(_decision(state.row), "decision")
    _print_reasons(state)
    _print_measures(state.measures)


def _print_reasons(state: "RowState") -> None:
    """Why a row was left out and in favour of which one; for a row in a set, what it won against."""
    row, rival = state.row, state.lost_to
    if row.get("drop_note"):
        blocks.wrapped(str(row["drop_note"]), "because")
    if row.get("contaminated_by") and str(row["contaminated_by"]) not in str(row.get("drop_note")):
        words = f"“{row['shared_words']}” with " if row.get("shared_words") else "words with "
        blocks.wrapped(f"{words}{row['contaminated_by']}", "shares")
    if rival:
        from r1data.lineage.dedup_history import final_text

        text, tokens = final_text(row)
        also_dropped = f" · itself dropped: {', '.join(rival.reasons)}" if rival.reasons else ""
        sizes = f"{_size(rival.characters, rival.tokens)} · this one: {_size(len(text), tokens)}"
        blocks.wrapped(f"{rival.row}{also_dropped} · {sizes}", "lost to")
        blocks.wrapped(f"{' '.join(rival.beginning.split())} …", "it begins")
    if state.placement:
        at = state.placement
        of = f" of a quota of {at.quota:,}" if at.quota is not None else ""
        domain_text = f" · {at.domain}: {at.rows:,} rows{of}" if at.rows is not None else ""
        blocks.wrapped(f"split {at.split}{domain_text}", "place")
    if state.won:
        copies, same_prompt = state.won.copies, state.won.of_prompt
        blocks.wrapped(
            f"copies left out for it: {copies:,} · others of its prompt left out: {same_prompt:,}", "won"
        )


def _size(characters: int, tokens: int | None) -> str:
    return f"{characters:,} characters" + (f", {tokens:,} tokens" if tokens is not None else "")


def _print_measures(measures: Sequence[Mapping[str, Any]]) -> None:
    for name in dict.fromkeys(measure["filter"] for measure in measures):
        filter_measures = [measure for measure in measures if measure["filter"] == name]
        figures = " · ".join(map(_figure, filter_measures))
        blocks.wrapped(
            f"{'DROPS it' if filter_measures[0]['drops'] else 'passes'} · {figures}", console.label(name)
        )


def _figure(measure: Mapping[str, Any]) -> str:
    limit = f" (limit {blocks.format_value(measure['limit'])})" if measure["limit"] is not None else ""
    return f"{measure['what']}: {blocks.format_value(measure['value'])}{limit}"


def _decision(row: Mapping[str, Any]) -> str:
    return f"dropped: {', '.join(row['drop_reasons'])}" if row["drop_reasons"] else "kept"


def _review(review: Mapping[str, Any]) -> list[str]:
    """The decision of a review, and each reviewer's opinion."""
    why = f" ({review['why']})" if review.get("why") else ""
    lines = [
        f"{blocks.format_value(review.get('decision'))}{why}, in {blocks.format_value(review.get('tool'))}"
    ]
    lines += [_opinion(each) for each in review.get("opinions") or []]
    lines += [f"overruled: {_opinion(each)}" for each in review.get("overruled") or []]
    return lines


def _opinion(opinion: Mapping[str, Any]) -> str:
    who, at = blocks.format_value(opinion.get("by")), str(opinion.get("at") or "")[:16].replace("T", " ")
    said = [
        blocks.truncate(str(opinion[name]), blocks.VALUE) for name in ("reason", "note") if opinion.get(name)
    ]
    moment = f" at {at}" if at else ""
    return f"{blocks.format_value(opinion.get('decision'))} by {who}{moment}{': ' if said else ''}{' · '.join(said)}"


def _print_short(state: "RowState", own: Mapping[str, Any], full: bool) -> None:
    if full:
        _print_row(state, own, full)
        return
    values = {
        name: own[name]
        for name in own
        if name not in (*TEXT_COLUMNS, *DECISION_COLUMNS, "prompt_id", "sample_index")
    }
    decision = [_decision(state.row)] if "drop_reasons" in state.row else []
    decision += [f"lost to {state.lost_to.row}"] if state.lost_to else []
    number = state.row.get("sample_index")
    name = "–" if number is None else f"sample {number}"
    blocks.wrapped(" · ".join([*decision, *filter(None, [blocks.one_line(values)])]), name)


def _print_loss(loss: "Loss") -> None:
    outputs = ", ".join(map(blocks.relative_path, loss.outputs))
    blocks.title(f"□ {outputs} · r1 {loss.command} · not in it: {blocks.truncate(loss.row, blocks.VALUE)}")
    if loss.reasons and loss.certain:
        blocks.wrapped(", ".join(loss.reasons), "lost because")
    blocks.wrapped(loss.why, "known" if loss.certain else "not known")
    _print_measures(loss.measures)
