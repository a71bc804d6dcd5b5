"""Argilla's results: records with responses, as its SDK gives them by `to_json`, or flat by `to_list(flatten=True)`.

`to_json` leaves out whether a response was submitted: then those of a record with the status `completed`, or with none,
count, and those of one that is pending do not. The flat form says it of each. Drafts and discarded responses are no
opinion.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from r1data.errors import UserError
from r1data.exchange.review.opinions import (
    Opinion,
    ReviewResult,
    decision_of,
    key_of,
    text_of,
    texts_only,
    time_of,
)
from r1data.exchange.review.questions import DECISION, NOTE, TEXTS

QUESTIONS = (DECISION, NOTE, *TEXTS)
ReviewAnswer = tuple[str, Any, Any, Any]
"""Question, value, user, status."""


def is_record(record: Mapping[str, Any]) -> bool:
    """True for a record that has the shape of Argilla's, nested or flat."""
    nested = isinstance(record.get("fields"), dict) and "responses" in record
    return nested or any(
        f"{name}.{kind}" in record for name in QUESTIONS for kind in ("responses", "suggestion")
    )


def read(record: Mapping[str, Any], where: str) -> ReviewResult:
    """What reviewers said of one record. Raises UserError for what Argilla does not write."""
    metadata = record.get("metadata")
    ids = metadata if isinstance(metadata, dict) else record
    at = time_of(record.get("updated_at"), where)
    by_user: dict[str | None, dict[str, Any]] = {}
    for question, value, user, status in _answers(record, where):
        submitted = status == "submitted" or (status is None and record.get("status") in (None, "completed"))
        if submitted and value is not None and question in QUESTIONS:
            name = None if user is None else str(user)[:200]
            by_user.setdefault(name, {})[question] = text_of(value, question, where)
    opinions = [
        Opinion(
            decision_of(answers[DECISION], where),
            user,
            at,
            answers.get(NOTE, "").strip() or None,
            texts_only(answers),
        )
        for user, answers in by_user.items()
        if DECISION in answers
    ]
    return ReviewResult(key_of(ids, record.get("id")), ids.get("response_id"), tuple(opinions))


def _answers(record: Mapping[str, Any], where: str) -> Iterator[ReviewAnswer]:
    responses = record.get("responses")
    try:
        if isinstance(responses, dict):
            for question, answers in responses.items():
                yield from (
                    (question, each["value"], each["user_id"], each.get("status")) for each in answers
                )
        elif isinstance(responses, list):
            for each in responses:
                yield each["question_name"], each["value"], each["user_id"], each.get("status")
        else:
            yield from _flat(record)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise UserError(
            f"{where}: its responses are not as Argilla writes them ({error}); export the dataset again"
        ) from error


def _flat(record: Mapping[str, Any]) -> Iterator[ReviewAnswer]:
    for question in QUESTIONS:
        values = record.get(f"{question}.responses") or []
        users = record.get(f"{question}.responses.users") or [None] * len(values)
        states = record.get(f"{question}.responses.status") or [None] * len(values)
        yield from ((question, *each) for each in zip(values, users, states, strict=True))
