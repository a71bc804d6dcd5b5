"""`r1 eval --verify-card`: measures again what a card describes, a model or responses, and says what differs."""

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import TYPE_CHECKING

from r1data.errors import UserError

from . import console, eval_modes, given_responses

if TYPE_CHECKING:
    from r1data.engines.base import EngineOptions
    from r1data.evaluation.cards.card import Card, ResponsesCard
    from r1data.evaluation.cards.differences import Verification

    from .generation import Generation


def verify_card(
    place: str,
    names: Sequence[str],
    model: str | None,
    responses: str | None,
    out: str | None,
    k: int | None,
    generation: "Generation",
    options: "EngineOptions",
    given: AbstractSet[str],
    *,
    dry_run: bool,
    json: bool,
) -> None:
    """Evaluate again what a card describes, and say what differs.

    Options that are `given` on the command line stand; all others are the card's.
    """
    from r1data.evaluation.cards import card as cards

    card = cards.read(place)
    if out is not None and cards.is_of(card, out):
        raise UserError(
            f"{out}: holds what the card describes, and nothing would be measured; choose another dataset for -o"
        )
    if isinstance(card, cards.Card):
        eval_modes.refuse_others(eval_modes.CARD_OF_MODEL, given)
        _verify_model(card, names, model, out, k, generation, options, given, dry_run=dry_run, json=json)
    else:
        eval_modes.refuse_others(eval_modes.CARD_OF_RESPONSES, given)
        _verify_responses(card, names, responses, out, dry_run=dry_run, json=json)


def _verify_model(
    card: "Card",
    names: Sequence[str],
    model: str | None,
    out: str | None,
    k: int | None,
    generation: "Generation",
    options: "EngineOptions",
    given: AbstractSet[str],
    *,
    dry_run: bool,
    json: bool,
) -> None:
    from r1data.evaluation import evaluate
    from r1data.evaluation.cards import card as cards
    from r1data.evaluation.cards.differences import verify
    from r1data.evaluation.cards.places import questions_place
    from r1data.sampling import sample as sampling

    settings = cards.settings(card)
    generation = replace(generation, **{name: value for name, value in settings.items() if name not in given})
    one = eval_modes.evaluation(
        questions_place(card, _one_or_none(names)),
        out or "",
        model or str(card.model["name"]),
        k or int(card.protocol["k"]),
        generation,
        length_given="max_tokens" in given,
    )
    if dry_run:
        console.show(sampling.preview(one.source, one.plan), as_json=json)
        return
    (measured,) = evaluate.evaluate([replace(one, out=eval_modes.needed_out(out))], options)
    sampling.refuse_failed(measured.summary)
    if measured.card is None:
        raise UserError(f"{out}: no rows to score; give questions")
    verification = verify(card, measured.card)
    if json:
        console.show({**measured.summary.as_json(), **verification.as_json()}, as_json=True)
    else:
        eval_modes.show_measured(measured, several=False)
    _conclude(verification, json=json)


def _verify_responses(
    card: "ResponsesCard",
    names: Sequence[str],
    responses: str | None,
    out: str | None,
    *,
    dry_run: bool,
    json: bool,
) -> None:
    from r1data.evaluation.cards.places import responses_places
    from r1data.evaluation.cards.response_differences import verify_responses
    from r1data.evaluation.given import evaluate_given

    given = given_responses.opened(*responses_places(card, _one_or_none(names), responses))
    if dry_run:
        console.show(given.preview(out), as_json=json)
        return
    with _written(out) as place:
        measured = evaluate_given(given, place, announce=out is not None)
    if measured.card is None:
        raise UserError(
            f"{given.source.uri}: not all of its rows are there to score; give finished responses"
        )
    verification = verify_responses(card, measured.card)
    # a dataset that nobody asked for is gone by now
    unwritten = ("dataset",) if out is None else ()
    summary = {name: value for name, value in measured.summary.as_json().items() if name not in unwritten}
    if json:
        report = {**summary, **verification.as_json()}
        console.show(report, as_json=True, data_command=out is not None)
    else:
        given_responses.show_measured(measured, summary=summary)
        eval_modes.say_card(None if out is None else measured.card_place)
    _conclude(verification, json=json)


def _one_or_none(names: Sequence[str]) -> str | None:
    return eval_modes.one_of(names) if names else None


@contextlib.contextmanager
def _written(out: str | None) -> Iterator[str]:
    """Where the rows are written: the dataset that the user names, else one that is removed in the end."""
    if out is not None:
        yield out
        return
    with tempfile.TemporaryDirectory() as folder:
        yield f"{folder}/verified"


def _conclude(verification: "Verification", *, json: bool) -> None:
    """What differs, for people, and the exit code."""
    if not json:
        for line in verification.lines():
            console.say(line)
    if not verification.reproduced:
        raise SystemExit(1)
