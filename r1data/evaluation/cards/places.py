"""Where what a card describes lies now: where it lay when the card was written, unless the user names another place."""

from __future__ import annotations

from pathlib import Path

from r1data.data import locations
from r1data.data.hub import is_hub
from r1data.errors import UserError
from r1data.evaluation import benchmarks
from r1data.evaluation.cards.card import AnyCard, ResponsesCard


def questions_place(card: AnyCard, named: str | None = None) -> str:
    """What names a card's questions, as `open_evaluation` takes it.

    Args:
        card: one whose questions have a place.
        named: what the user names; a place alone holds the questions of the card's benchmark.

    Raises:
        UserError: none is named, and they are not where they were.
    """
    if named is not None:
        return benchmarks.of_benchmark(named, card.questions["benchmark"])
    place = str(card.questions["place"])
    if _is_gone(benchmarks.place_of(place)):
        raise UserError(
            f"{place}: the card's questions are no longer there; give their place after the card: "
            "`r1 eval --verify-card CARD FILE`"
        )
    return place


def responses_places(
    card: ResponsesCard, named: str | None = None, responses: str | None = None
) -> tuple[str, str | None]:
    """What `open_given` takes to open a card's responses again: its `source` and `responses`.

    Args:
        card: which says where they and their questions were.
        named: where the questions are now, or the responses where they have their own questions.
        responses: where the responses are now.

    Raises:
        UserError: two places are named for responses that have their own questions, or nothing is where it was.
    """
    if card.questions["place"] is not None:
        return questions_place(card, named), responses or _responses_place(card)
    if named is not None and responses is not None:
        raise UserError(
            "--responses: the card's responses have their own questions and lie in one place; leave out one of both"
        )
    return named or responses or _responses_place(card), None


def _responses_place(card: ResponsesCard) -> str:
    place = str(card.responses["place"])
    if _is_gone(place):
        raise UserError(
            f"{place}: the card's responses are no longer there; say where they are with --responses FILE"
        )
    return place


def _is_gone(place: str) -> bool:
    """Whether a place is a path of this machine where nothing is."""
    return not (locations.scheme(place) or is_hub(place) or Path(locations.local(place)).exists())
