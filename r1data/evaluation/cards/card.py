"""Reproduction cards: sections of plain data, written into the dataset that they describe.

A `Card` is of a model's evaluation: `model` (name, digest, positions, stop tokens), `questions` (benchmark, place,
revision, digest, number), `protocol` (template with one prompt rendered in full, sampling, k, seed, thinking), `engine`
(name, device, type of the weights, versions), `grader` (verifier → version), `scores` (measure → value with its
interval), `published`.

A `ResponsesCard` is of responses that were there: `responses` (place, number, digest), `questions`, `grader`,
`versions`, `models` (k, protocol as far as the rows state it, scores, label, published, by the model's name).

A card comes from strangers as often as not: it is read with a limit and checked, and nothing of it is run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, ClassVar

from r1data.data.secrets import redact_all
from r1data.data.stores import open_store
from r1data.data.text import one_line
from r1data.errors import UserError
from r1data.evaluation.cards.schema import OF_MODEL, OF_RESPONSES, Schema

NAME = ".r1/card.json"
"""Where a card lies in its dataset."""
VERSION = 1
MOST_BYTES = 4 << 20
SHOWN = 160
"""Characters of what is wrong with a card that are shown."""


@dataclass(frozen=True)
class _Sections:
    """A card of either kind: its fields are its sections."""

    kind: ClassVar[str]
    schema: ClassVar[Schema]

    def as_json(self) -> dict[str, Any]:
        """Plain data, without secrets."""
        return {"card": VERSION, "kind": self.kind, **redact_all(asdict(self))}


@dataclass(frozen=True)
class Card(_Sections):
    """All that decides a model's score, and the score. See the module for the sections."""

    kind = "model"
    schema = OF_MODEL

    model: Mapping[str, Any]
    questions: Mapping[str, Any]
    protocol: Mapping[str, Any]
    engine: Mapping[str, Any]
    grader: Mapping[str, str]
    scores: Mapping[str, Mapping[str, Any]]
    published: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class ResponsesCard(_Sections):
    """What decides the scores of responses that were there, and the scores. See the module for the sections."""

    kind = "responses"
    schema = OF_RESPONSES

    responses: Mapping[str, Any]
    questions: Mapping[str, Any]
    grader: Mapping[str, str]
    versions: Mapping[str, str]
    models: Mapping[str, Mapping[str, Any]]


AnyCard = Card | ResponsesCard
KINDS: Mapping[str, type[AnyCard]] = {Card.kind: Card, ResponsesCard.kind: ResponsesCard}


def write(card: AnyCard, dataset: str) -> str:
    """Put a card into its dataset, in place of an earlier one. Returns where it lies."""
    store = open_store(dataset)
    content = (json.dumps(card.as_json(), ensure_ascii=False, indent=1) + "\n").encode()
    store.place(store.stage(NAME, content), NAME)
    return f"{store.uri}/{NAME}"


def read(place: str) -> AnyCard:
    """The card at a place: a file, or a dataset that `r1 eval` wrote.

    Raises:
        UserError: there is none, or it is no card.
    """
    path = Path(place)
    if path.is_file():
        content, where = _content(path), place
    else:
        where = f"{place}/{NAME}"
        try:
            content = open_store(place).read(NAME, MOST_BYTES)
        except FileNotFoundError:
            raise UserError(
                f"{place}: no card there; give a card's file, or a dataset that `r1 eval` wrote"
            ) from None
    return parse(content, where)


def parse(content: bytes, where: str) -> AnyCard:
    """The card of a file's content; `where` names it in errors. Raises UserError where it is none."""
    import jsonschema

    try:
        raw = json.loads(content, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise UserError(f"{where}: no card, since it is not JSON; give one that `r1 eval` wrote") from None
    if not isinstance(raw, dict) or "card" not in raw:
        raise UserError(f"{where}: no card; give one that `r1 eval` wrote")
    if raw["card"] != VERSION:
        version = one_line(repr(raw["card"]), SHOWN)
        raise UserError(
            f"{where}: a card of version {version}, and this release reads {VERSION}; update r1data"
        )
    kind = _kind_of(raw, where)
    wrong = next(jsonschema.Draft202012Validator(kind.schema).iter_errors(raw), None)
    if wrong is not None:
        raise UserError(
            f"{where}: the card cannot be used ({one_line(f'{wrong.json_path}: {wrong.message}', SHOWN)}); write it "
            "again with `r1 eval`"
        )
    return kind(**{section.name: raw[section.name] for section in fields(kind)})


def _kind_of(raw: Mapping[str, Any], where: str) -> type[AnyCard]:
    """The kind that a card says it is; one that says nothing is older than the kinds, and of a model."""
    name = raw.get("kind", Card.kind)
    if not isinstance(name, str) or name not in KINDS:
        shown = one_line(repr(name), SHOWN)
        raise UserError(
            f"{where}: a card of kind {shown}, and this release reads {', '.join(KINDS)}; update r1data"
        )
    return KINDS[name]


def is_of(card: AnyCard, dataset: str) -> bool:
    """Whether a dataset has this very card: what it describes is there already."""
    try:
        return parse(open_store(dataset).read(NAME, MOST_BYTES), dataset) == card
    except (FileNotFoundError, UserError):
        return False


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def settings(card: Card) -> dict[str, Any]:
    """The sampling options that a card stands for, by the names of `r1 eval`'s."""
    protocol, engine = card.protocol, card.engine
    names = ("temperature", "top_p", "top_k", "max_tokens", "seed", "template", "system", "thinking", "date")
    dtype = engine.get("dtype") or "auto"
    return {
        **{name: protocol.get(name) for name in names},
        "dtype": dtype,
        "max_model_len": engine.get("max_model_len"),
    }


def _content(path: Path) -> bytes:
    if path.stat().st_size > MOST_BYTES:
        raise UserError(
            f"{path}: no card, since it has more than {MOST_BYTES >> 20} MiB; give one that `r1 eval` wrote"
        )
    return path.read_bytes()
