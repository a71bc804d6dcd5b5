"""A report on a model's template: the gate's checks, an example with what bears loss, and a set run through it all.

Nothing is trained, and no weights are read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from r1data.data.records import Record
from r1data.engines.model_checks import writes_date
from r1data.engines.models import load_tokenizer, tokens_without_weights
from r1data.engines.template_facts import set_end_token
from r1data.engines.templates import TEMPLATES, default_template
from r1data.errors import UserError
from r1data.training.examples.encoding import IGNORED, Encoder
from r1data.training.examples.template_checks import Check, check_template, escaped
from r1data.training.settings import SftSettings

EXAMPLE: tuple[Record, ...] = (
    {"role": "user", "content": "What is 1 + 1?"},
    {"role": "assistant", "content": "<think>\nOne and one.\n</think>\n\n2"},
    {"role": "user", "content": "And 2 + 2?"},
    {"role": "assistant", "content": "<think>\nTwo and two.\n</think>\n\n4"},
)
"""Two questions with thoughts; templates without turns get the last."""


@dataclass(frozen=True)
class TemplateReport:
    """What was found.

    Attributes:
        model: as the user named it.
        template: the one that was looked at.
        checks: the gate's.
        example: `prompt` and `response` of the example, control characters escaped.
        rows: counts of the set; empty without one.
    """

    model: str
    template: str
    checks: list[Check]
    example: dict[str, str]
    rows: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """All of it, and whether the template is fit."""
        return asdict(self) | {"fit": not self._unfit()}

    def refuse(self) -> None:
        """Raise UserError where a check says unfit."""
        if unfit := self._unfit():
            names = ", ".join(check.name for check in unfit)
            raise UserError(
                f"{self.model}: not fit to train with ({names}): {unfit[0].says}; {unfit[0].way_out}"
            )

    def _unfit(self) -> list[Check]:
        return [check for check in self.checks if check.verdict == "unfit"]


def report(model: str | Path, rows: Iterable[Record] | None, template: str | None = None) -> TemplateReport:
    """Look at a model's template, and at every row of a set if one is given.

    Args:
        model: a folder, a hub id or a shipped model.
        rows: of the `sft` schema.
        template: a name in `engines.templates.TEMPLATES`; by default as for training.

    Raises UserError for a model without a tokenizer, and for the first row that the template does not fit.
    """
    tokenizer = load_tokenizer(model)
    if template is not None and template not in TEMPLATES:
        raise UserError(f"no template {template!r}; choose one of {', '.join(TEMPLATES)}")
    name = template or default_template(tokenizer)
    if name == "chat" and not tokenizer.chat_template:
        raise UserError(
            f"{model}: its tokenizer has no chat template; use --template r1-zero or --template plain"
        )
    checks = check_template(tokenizer, name)
    vocabulary = tokens_without_weights(model, tokenizer)
    set_end_token(tokenizer, name)
    settings = SftSettings(swallowed="keep", date="2026-01-31" if writes_date(tokenizer) else None)
    example = _example(Encoder(name, tokenizer, settings, vocabulary))
    if rows is None or any(check.verdict == "unfit" for check in checks):
        return TemplateReport(str(model), name, checks, example, {})
    encoder = Encoder(name, tokenizer, SftSettings(date=settings.date), vocabulary)
    examples = sum(1 for _ in encoder.all(rows))
    counts = {
        "examples": examples,
        "tokens": encoder.tokens,
        "dropped": dict(encoder.dropped),
        "context_changed": encoder.context_changed,
    }
    return TemplateReport(str(model), name, checks, example, counts)


def _example(encoder: Encoder) -> dict[str, str]:
    """The example's prompt and response as tokens say them; why there are none where the gate stops it."""
    turns = EXAMPLE if encoder.template == "chat" else EXAMPLE[-2:]
    encoder.gate.checks = [Check("example", "note", "shown whatever the checks say")]
    try:
        encoded = next(encoder.several([turns]))
    except UserError as error:
        return {"stopped": str(error)}
    if isinstance(encoded, str):
        return {"dropped": encoded}
    start = next(number for number, label in enumerate(encoded["labels"]) if label != IGNORED)
    parts = {"prompt": encoded["input_ids"][:start], "response": encoded["input_ids"][start:]}
    return {
        name: escaped(encoder.tokenizer.decode(ids, clean_up_tokenization_spaces=False))
        for name, ids in parts.items()
    }
