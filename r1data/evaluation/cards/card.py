"""A reproduction card: sections of plain data, written into the dataset that it describes.

Sections: `model` (name, digest, positions, stop tokens), `questions` (benchmark, place, revision, digest, number),
`protocol` (template with one prompt rendered in full, sampling, k, seed, thinking), `engine` (name, device, type of the
weights, versions), `grader` (verifier → version), `scores` (measure → value with its interval), `published`.

A card comes from strangers as often as not: it is read with a limit and checked, and nothing of it is run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

from r1data.data.secrets import redact_all
from r1data.data.stores import open_store
from r1data.data.text import one_line
from r1data.engines.base import Thinking
from r1data.engines.models import Dtype
from r1data.engines.templates import SERVER, TEMPLATES
from r1data.errors import UserError

NAME = ".r1/card.json"
"""Where a card lies in its dataset."""
VERSION = 1
MOST_BYTES = 4 << 20
SHOWN = 160
"""Characters of what is wrong with a card that are shown."""
SECTIONS = ("model", "questions", "protocol", "engine", "grader", "scores")
_NUMBER, _TEXT = {"type": "number"}, {"type": "string"}
_MAYBE_NUMBER, _MAYBE_TEXT = {"type": ["number", "null"]}, {"type": ["string", "null"]}
_COUNT = {"type": "integer", "minimum": 0, "maximum": 2**63}


def _section(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


SCHEMA = _section(
    model=_section(name=_TEXT, digest=_TEXT),
    questions=_section(place=_TEXT, digest=_TEXT),
    protocol=_section(
        template={"enum": ["auto", SERVER, *TEMPLATES]},
        thinking={"enum": [None, *get_args(Thinking)]},
        system=_MAYBE_TEXT,
        date=_MAYBE_TEXT,
        temperature=_NUMBER,
        top_p=_NUMBER,
        top_k=_COUNT,
        max_tokens=_COUNT,
        k={**_COUNT, "minimum": 1},
        seed={"type": "integer"},
    ),
    engine=_section(
        dtype={"enum": [None, *get_args(Dtype)]},
        max_model_len={"type": ["integer", "null"]},
        versions={"type": "object"},
    ),
    grader={"type": "object"},
    scores={
        "type": "object",
        "additionalProperties": {
            "type": "object",
            "properties": {"value": _NUMBER, "error": _MAYBE_NUMBER},
            "required": ["value", "error"],
        },
    },
    published={"type": "array", "items": {"type": "object"}},
)
"""What of a card is read again, as a JSON schema."""


@dataclass(frozen=True)
class Card:
    """All that decides a score, and the score. See the module for the sections."""

    model: Mapping[str, Any]
    questions: Mapping[str, Any]
    protocol: Mapping[str, Any]
    engine: Mapping[str, Any]
    grader: Mapping[str, str]
    scores: Mapping[str, Mapping[str, Any]]
    published: Sequence[Mapping[str, Any]] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain data, without secrets."""
        return {"card": VERSION, **redact_all(asdict(self))}


def write(card: Card, dataset: str) -> str:
    """Put a card into its dataset, in place of an earlier one. Returns where it lies."""
    store = open_store(dataset)
    content = (json.dumps(card.as_json(), ensure_ascii=False, indent=1) + "\n").encode()
    store.place(store.stage(NAME, content), NAME)
    return f"{store.uri}/{NAME}"


def read(place: str) -> Card:
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


def parse(content: bytes, where: str) -> Card:
    """The card of a file's content; `where` names it in errors. Raises UserError where it is none."""
    import jsonschema

    try:
        raw = json.loads(content, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise UserError(f"{where}: no card, since it is not JSON; give one that `r1 eval` wrote") from None
    if not isinstance(raw, dict) or "card" not in raw:
        raise UserError(f"{where}: no card; give one that `r1 eval` wrote")
    if raw["card"] != VERSION:
        raise UserError(
            f"{where}: a card of version {raw['card']!r}, and this release reads {VERSION}; update r1data"
        )
    wrong = next(jsonschema.Draft202012Validator(SCHEMA).iter_errors(raw), None)
    if wrong is not None:
        raise UserError(
            f"{where}: the card cannot be used ({one_line(f'{wrong.json_path}: {wrong.message}', SHOWN)}); write it "
            "again with `r1 eval`"
        )
    return Card(**{section: raw[section] for section in (*SECTIONS, "published")})


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
