"""A prompt's own checklist: a judge is asked about each item by itself, whether the answer meets it.

Not in the R1 paper. The judge sees the question, the text after the thoughts and one item, and no other item, so that
none sways another. An item is decided as a verdict is: by more than half of the votes, and the threshold's share. One
that the judge did not answer, or not readably, is unknown.

A response's score is the sum of the weights of the items that it meets, over the sum of the positive weights, clipped
to 0 and 1: an item of negative weight is a fault that the answer should not have. The score is None where any item is
unknown: what is not known is neither met nor missed.

Answers come from the judge's cache where they are in it (`asking`), so that a second run asks for none again; each
item's result names the judge and the digest of its prompt.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from r1data.data.responses import split
from r1data.data.text import printable
from r1data.engines.base import Completion
from r1data.errors import RowError, UserError
from r1data.verifiers.judge import answers, prompt
from r1data.verifiers.judge.asking import JudgeModel, JudgeSettings, open_judge_model
from r1data.verifiers.judge.prompt import JudgePrompt

SHOWN_CHARS = 300
"""Characters of an analysis that a result repeats."""
MOST_ITEMS = 64
"""Items of a rubric: ours; each is a request to the judge for each response."""
EXAMPLE = '["names the author", {"item": "invents a source", "weight": -1}]'


@dataclass(frozen=True, slots=True)
class Item:
    """One requirement. `weight` is negative for a fault."""

    item: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What the judge said of one item. `met` is None where that is unknown; `reason` is for people."""

    item: str
    weight: float
    met: bool | None
    reason: str
    judge: str
    prompt_digest: str


@dataclass(frozen=True, slots=True)
class RubricResult:
    """What the judge said of a response. `score` is from 0 to 1, None where an item is unknown."""

    score: float | None
    items: tuple[ItemResult, ...]

    def as_json(self) -> list[dict[str, Any]]:
        """Its items, as plain JSON."""
        return [asdict(one) for one in self.items]


def parse(value: Any, where: str) -> tuple[Item, ...] | None:
    """A rubric as rows hold it: a list of texts, or of objects with `item` and `weight`, or that as JSON.

    Args:
        value: of the column; None and an empty list are no rubric.
        where: which row, for the error.

    Raises:
        UserError: it is anything else, has no item of positive weight, or too many items.
    """
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip() else None
        except (ValueError, RecursionError):
            value = value.splitlines()
    if value is None or value == []:
        return None
    if not isinstance(value, list) or not all(_is_item(one) for one in value):
        raise UserError(f"{where}: its rubric is no list of items; write {EXAMPLE}")
    items = tuple(
        Item(one.strip())
        if isinstance(one, str)
        else Item(one["item"].strip(), float(1 if one.get("weight") is None else one["weight"]))
        for one in value
        if not isinstance(one, str) or one.strip()
    )
    if len(items) > MOST_ITEMS:
        raise UserError(
            f"{where}: its rubric has {len(items)} items, and a judge is asked about {MOST_ITEMS}; leave some out"
        )
    if not any(one.weight > 0 for one in items):
        raise UserError(f"{where}: no item of its rubric has a weight above 0; write {EXAMPLE}")
    return items


def _is_item(value: Any) -> bool:
    if isinstance(value, str):
        return True
    if not isinstance(value, Mapping) or not isinstance(value.get("item"), str) or not value["item"].strip():
        return False
    weight = value.get("weight")
    is_number = isinstance(weight, int | float) and not isinstance(weight, bool)
    return weight is None or (is_number and abs(weight) < 1e6)


def judge_items(
    cases: Sequence[tuple[str, str, Sequence[Item]]],
    settings: JudgeSettings,
    asker: JudgeModel | None = None,
) -> list[RubricResult]:
    """What the judge says of each response, item by item.

    Args:
        cases: question, response (the whole text) and the items of its rubric.
        settings: which judge, and how it is asked.
        asker: is asked in place of the model that the settings name.

    Returns:
        A result for each, in order. A response without an answer after its thoughts meets no item, and the judge is not
        asked about it.

    Raises:
        UserError: the judge cannot be loaded, or its servers are gone for good.
    """
    asker = asker or open_judge_model(settings)
    asked: list[tuple[int, int]] = []
    prompts: list[JudgePrompt] = []
    results: list[list[ItemResult | None]] = []
    for number, (question, response, items) in enumerate(cases):
        answer = split(response).answer
        results.append([None] * len(items))
        for place, item in enumerate(items):
            if not answer or not answer.strip():
                results[number][place] = _result(item, False, "no answer after the thoughts", settings, "")
                continue
            texts = {"question": question, "answer": answer, "item": item.item}
            try:
                prompts.append(prompt.render("judge-item", texts, settings.seed, asker.tokenizer))
                asked.append((number, place))
            except RowError as error:
                results[number][place] = _result(item, None, str(error), settings, "")
    ballots = (
        asker.ask(prompts, answers.ITEM_SCHEMA, settings.votes, settings.seed, settings.sampling())
        if prompts
        else []
    )
    for (number, place), judge_prompt, completions in zip(asked, prompts, ballots, strict=True):
        met, reason = _tally(judge_prompt, completions, settings)
        item = cases[number][2][place]
        results[number][place] = _result(item, met, reason, settings, _digest(judge_prompt))
    return [_scored([one for one in row if one is not None]) for row in results]


def _scored(items: Sequence[ItemResult]) -> RubricResult:
    if any(one.met is None for one in items):
        return RubricResult(None, tuple(items))
    possible = sum(one.weight for one in items if one.weight > 0)
    share = sum(one.weight for one in items if one.met) / possible
    return RubricResult(min(1.0, max(0.0, share)), tuple(items))


def _tally(
    judge_prompt: JudgePrompt, completions: Sequence[Completion], settings: JudgeSettings
) -> tuple[bool | None, str]:
    """Whether an item is met by the votes, and why."""
    votes = [None if one.error else answers.met(judge_prompt.opened + one.text) for one in completions]
    for word in (True, False):
        agreeing = [vote for vote in votes if vote and vote[0] is word]
        if 2 * len(agreeing) > len(votes) and len(agreeing) >= settings.threshold * len(votes):
            return word, f"{len(agreeing)} of {len(votes)} votes: {agreeing[0][1][:SHOWN_CHARS]}"
    if failure := next((one.error for one in completions if one.error), None):
        return None, f"the judge failed: {failure}"
    unreadable = votes.count(None)
    return None, f"the judge is undecided; {unreadable} of {len(votes)} votes cannot be read"


def _result(item: Item, met: bool | None, reason: str, settings: JudgeSettings, digest: str) -> ItemResult:
    return ItemResult(item.item, item.weight, met, printable(reason), settings.model, digest)


def _digest(judge_prompt: JudgePrompt) -> str:
    """Of what the judge was shown."""
    shown: Any = judge_prompt.token_ids or [asdict(message) for message in judge_prompt.messages]
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()
