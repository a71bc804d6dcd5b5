"""What of a card is read again, as a JSON schema for each kind: cards come from strangers as often as not."""

from __future__ import annotations

from typing import Any, get_args

from r1data.engines.base import Thinking
from r1data.engines.models import Dtype
from r1data.engines.templates import SERVER, TEMPLATES

Schema = dict[str, Any]

# The bounds keep out what JSON can write and a float cannot hold: 1e999 would be read as infinity.
_NUMBER: Schema = {"type": "number", "minimum": -1e300, "maximum": 1e300}
_TEXT: Schema = {"type": "string"}
_MAYBE_NUMBER, _MAYBE_TEXT = {**_NUMBER, "type": ["number", "null"]}, {"type": ["string", "null"]}
_COUNT: Schema = {"type": "integer", "minimum": 0, "maximum": 2**63}
_K: Schema = {**_COUNT, "minimum": 1}


def _section(**properties: Any) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _each(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


_GRADER = _each(_TEXT)
_ESTIMATE = _section(value=_NUMBER, error=_MAYBE_NUMBER)
_SCORES = _each(_ESTIMATE)
_PUBLISHED: Schema = {"type": "array", "items": {"type": "object"}}

OF_MODEL = _section(
    model=_section(name=_TEXT, digest=_TEXT),
    questions=_section(place=_TEXT, benchmark=_MAYBE_TEXT, digest=_TEXT),
    protocol=_section(
        template={"enum": ["auto", SERVER, *TEMPLATES]},
        thinking={"enum": [None, *get_args(Thinking)]},
        system=_MAYBE_TEXT,
        date=_MAYBE_TEXT,
        temperature=_NUMBER,
        top_p=_NUMBER,
        top_k=_COUNT,
        max_tokens=_COUNT,
        k=_K,
        seed={"type": "integer"},
    ),
    engine=_section(
        dtype={"enum": [None, *get_args(Dtype)]},
        max_model_len={"type": ["integer", "null"]},
        versions={"type": "object"},
    ),
    grader=_GRADER,
    scores=_SCORES,
    published=_PUBLISHED,
)
"""Of a `card.Card`."""
OF_RESPONSES = _section(
    responses=_section(place=_TEXT, number=_COUNT, digest=_TEXT),
    questions=_section(place=_MAYBE_TEXT, benchmark=_MAYBE_TEXT, unanswered=_COUNT, digest=_TEXT),
    grader=_GRADER,
    versions=_each(_TEXT),
    models=_each(
        _section(
            k=_K,
            protocol={"type": "object"},
            scores=_SCORES,
            label={"anyOf": [{"type": "null"}, _ESTIMATE]},
            published=_PUBLISHED,
        )
    ),
)
"""Of a `card.ResponsesCard`."""
