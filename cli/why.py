"""`r1 why`: the history of a row."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import blocks, console
from .options import Json

if TYPE_CHECKING:
    from r1data.lineage.drop_explanations import Loss
    from r1data.lineage.why import DatasetHistory, History, RowState

Row = Annotated[
    str,
    typer.Argument(
        metavar="ROW",
        help="PROMPT_ID, PROMPT_ID/SAMPLE_INDEX, an EXAMPLE_ID, or the first 6 characters or more of one.",
        show_default=False,
    ),
]
Places = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[DS]...", help="Datasets to search. [default: all below this folder]", show_default=False
    ),
]
Full = Annotated[bool, typer.Option("--full", help="Show whole texts and every parameter.")]

LONG = (
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
"""Columns that get a line of their own."""
TOLD = ("drop_reasons", "drop_note", "lost_to", "contaminated_by", "shared_words", "review_history")
"""Columns that are told as what they decide."""
WITHIN = ("reasoning", "answer")
"""Parts of the response: shown where it is not."""


def command(row: Row, dataset: Places = None, full: Full = False, json: Json = False) -> None:
    """Tell where a row came from and what became of it: prompt, model, verdict, filters, selection, set.

    r1 why gsm8k-17/3

    r1 why 0f3a9c sft --full
    """
    from r1data.lineage.why import why

    history = why(row, dataset or [])
    console.show(history.as_json(), as_json=True, data_command=False) if json else _tell(history, full)
    if history.unreadable:
        first = history.unreadable[0].why
        console.say(
            console.printable(f"r1: {len(history.unreadable)} not read, the first: {' '.join(first.split())}")
        )
        raise typer.Exit(1)


def _tell(history: "History", full: bool) -> None:
    for chapter in history.chapters:
        _chapter(chapter, full)
        for loss in history.losses:
            if loss.source == chapter.uri and len(chapter.rows) == 1:
                _loss(loss)
    several = [loss for loss in history.losses if _rows(history, loss.source) > 1]
    for loss in several:
        _loss(loss)
    console.say("")


def _rows(history: "History", uri: str) -> int:
    return next(len(chapter.rows) for chapter in history.chapters if chapter.uri == uri)


def _chapter(chapter: "DatasetHistory", full: bool) -> None:
    told = chapter.as_json()
    state = "" if told["complete"] else " · not complete"
    blocks.title(
        f"■ {blocks.nearby(chapter.uri)} · r1 {told['command']} · {told['created'][:16].replace('T', ' ')}{state}"
    )
    parameters = {
        name: value
        for name, value in told["parameters"].items()
        if value not in (None, {}, [], "") and (full or name != "limits")
    }
    if parameters:
        blocks.field("parameters", blocks.short(parameters, full=full), full=full)
    blocks.field("from", ", ".join(map(blocks.nearby, told["parents"])))
    if len(chapter.rows) == 1:
        blocks.field("row", f"{chapter.rows[0].name} · shard {chapter.rows[0].shard}")
    common = _common(chapter.rows)
    _columns(common, full)
    for seen in chapter.rows:
        own = {name: seen.row[name] for name in seen.new if name not in common}
        _one(seen, own, full) if len(chapter.rows) == 1 else _of_many(seen, own, full)


def _common(rows: "Sequence[RowState]") -> dict[str, Any]:
    """What is new here and the same in every row."""
    first = rows[0]
    names = [n for n in first.new if all(n in row.new and row.row[n] == first.row[n] for row in rows)]
    return {name: first.row[name] for name in names}


def _columns(values: Mapping[str, Any], full: bool) -> None:
    for name in LONG:
        if name in values and (full or name not in WITHIN or "response" not in values):
            for label, text in _texts(name, values[name]):
                blocks.field(label, text, full=full)
    rest = {name: value for name, value in values.items() if name not in (*LONG, *TOLD)}
    if rest:
        blocks.wrapped(blocks.short(rest, full=full), "columns")


def _texts(name: str, value: Any) -> list[tuple[str, Any]]:
    if name == "messages":
        return [(str(turn["role"]), turn["content"]) for turn in value or []]
    return [(name.removesuffix("_response").replace("_", " "), value)]


def _one(seen: "RowState", own: Mapping[str, Any], full: bool) -> None:
    _columns(own, full)
    for review in seen.reviews:
        for number, line in enumerate(_review(review)):
            blocks.wrapped(line, "" if number else "review")
    if "drop_reasons" in seen.row:
        blocks.wrapped(_decision(seen.row), "decision")
    _reasons(seen)
    _measured(seen.measures)


def _reasons(seen: "RowState") -> None:
    """Why a row was left out, and what for; or, of one that is in a set, what was left out for it."""
    row, rival = seen.row, seen.lost_to
    if row.get("drop_note"):
        blocks.wrapped(str(row["drop_note"]), "because")
    if row.get("contaminated_by") and str(row["contaminated_by"]) not in str(row.get("drop_note")):
        words = f"“{row['shared_words']}” with " if row.get("shared_words") else "words with "
        blocks.wrapped(f"{words}{row['contaminated_by']}", "shares")
    if rival:
        from r1data.lineage.dedup_history import final_text

        text, tokens = final_text(row)
        state = f" · itself dropped: {', '.join(rival.reasons)}" if rival.reasons else ""
        sizes = f"{_size(rival.characters, rival.tokens)} · this one: {_size(len(text), tokens)}"
        blocks.wrapped(f"{rival.row}{state} · {sizes}", "lost to")
        blocks.wrapped(f"{' '.join(rival.beginning.split())} …", "it begins")
    if seen.placement:
        at = seen.placement
        of = f" of a quota of {at.quota:,}" if at.quota is not None else ""
        held = f" · {at.domain}: {at.rows:,} rows{of}" if at.rows is not None else ""
        blocks.wrapped(f"split {at.split}{held}", "place")
    if seen.won:
        copies, others = seen.won.copies, seen.won.of_prompt
        blocks.wrapped(
            f"copies left out for it: {copies:,} · others of its prompt left out: {others:,}", "won"
        )


def _size(characters: int, tokens: int | None) -> str:
    return f"{characters:,} characters" + (f", {tokens:,} tokens" if tokens is not None else "")


def _measured(measures: Sequence[Mapping[str, Any]]) -> None:
    for name in dict.fromkeys(measure["filter"] for measure in measures):
        mine = [measure for measure in measures if measure["filter"] == name]
        figures = " · ".join(map(_figure, mine))
        blocks.wrapped(f"{'DROPS it' if mine[0]['drops'] else 'passes'} · {figures}", name.replace("_", " "))


def _sample(row: Mapping[str, Any]) -> str:
    number = row.get("sample_index")
    return "–" if number is None else f"sample {number}"


def _figure(measure: Mapping[str, Any]) -> str:
    limit = f" (limit {blocks.shown(measure['limit'])})" if measure["limit"] is not None else ""
    return f"{measure['what']}: {blocks.shown(measure['value'])}{limit}"


def _decision(row: Mapping[str, Any]) -> str:
    return f"dropped: {', '.join(row['drop_reasons'])}" if row["drop_reasons"] else "kept"


def _review(review: Mapping[str, Any]) -> list[str]:
    """What a review came to, and who said what in it."""
    why = f" ({review['why']})" if review.get("why") else ""
    lines = [f"{blocks.shown(review.get('decision'))}{why}, in {blocks.shown(review.get('tool'))}"]
    for said in review.get("opinions") or []:
        who, at = blocks.shown(said.get("by")), str(said.get("at") or "")[:16].replace("T", " ")
        note = f": {blocks.cut(str(said['note']), blocks.VALUE)}" if said.get("note") else ""
        lines.append(f"{blocks.shown(said.get('decision'))} by {who}{f' at {at}' if at else ''}{note}")
    return lines


def _of_many(seen: "RowState", own: Mapping[str, Any], full: bool) -> None:
    if full:
        _one(seen, own, full)
        return
    values = {name: own[name] for name in own if name not in (*LONG, *TOLD, "prompt_id", "sample_index")}
    decision = [_decision(seen.row)] if "drop_reasons" in seen.row else []
    decision += [f"lost to {seen.lost_to.row}"] if seen.lost_to else []
    blocks.wrapped(" · ".join([*decision, *filter(None, [blocks.short(values)])]), _sample(seen.row))


def _loss(loss: "Loss") -> None:
    outputs = ", ".join(map(blocks.nearby, loss.outputs))
    blocks.title(f"□ {outputs} · r1 {loss.command} · not in it: {blocks.cut(loss.row, blocks.VALUE)}")
    if loss.reasons and loss.certain:
        blocks.wrapped(", ".join(loss.reasons), "lost because")
    blocks.wrapped(loss.why, "known" if loss.certain else "not known")
    _measured(loss.measures)
