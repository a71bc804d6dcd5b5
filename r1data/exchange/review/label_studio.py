"""Label Studio's results: its export as JSON, tasks with their annotations. JSON-MIN, which lacks some, is refused.

A skipped task (`was_cancelled`) and a draft are no opinion. An annotation that was starred (`ground_truth`) is final.
"""

from collections.abc import Mapping
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


def is_record(record: Mapping[str, Any]) -> bool:
    """True for a record that has the shape of a task, or of one in JSON-MIN."""
    return (isinstance(record.get("data"), dict) and "annotations" in record) or "annotation_id" in record


def read(record: Mapping[str, Any], where: str) -> ReviewResult:
    """What reviewers said of one task. Raises UserError for what Label Studio does not write."""
    if "annotation_id" in record:
        raise UserError(f"{where}: this is Label Studio's JSON-MIN; export the project as JSON")
    data, annotations = record.get("data"), record.get("annotations")
    if not isinstance(data, dict) or not isinstance(annotations, list):
        raise UserError(
            f"{where}: no task of Label Studio: it needs data and annotations; export the project as JSON"
        )
    opinions = [_opinion(each, where) for each in annotations]
    reviewed_id = data.get("response_id")
    return ReviewResult(key_of(data, data.get("row")), reviewed_id, tuple(each for each in opinions if each))


def _opinion(annotation: Any, where: str) -> Opinion | None:
    if not isinstance(annotation, dict) or not isinstance(annotation.get("result"), list):
        raise UserError(f"{where}: an annotation without a list of results; export the project as JSON")
    if annotation.get("was_cancelled"):
        return None
    answers = _answers(annotation["result"], where)
    if DECISION not in answers:
        return None
    # An id, or an object that describes the person and need not have every field.
    reviewer = annotation.get("completed_by")
    if isinstance(reviewer, dict):
        reviewer = reviewer.get("email") or reviewer.get("username") or reviewer.get("id")
    return Opinion(
        decision_of(answers[DECISION], where),
        None if reviewer is None else str(reviewer)[:200],
        time_of(annotation.get("updated_at") or annotation.get("created_at"), where),
        answers.get(NOTE, "").strip() or None,
        texts_only(answers),
        bool(annotation.get("ground_truth")),
    )


def _answers(results: list[Any], where: str) -> dict[str, str]:
    """Question → what was entered, where it is one thing."""
    answers: dict[str, str] = {}
    for result in results:
        name = result.get("from_name") if isinstance(result, dict) else None
        if name not in (DECISION, NOTE, *TEXTS):
            continue
        value = result.get("value")
        entered = value.get("choices" if name == DECISION else "text") if isinstance(value, dict) else None
        entered = [entered] if isinstance(entered, str) else entered
        if not isinstance(entered, list):
            raise UserError(f"{where}: the answer to {name!r} has no value; answer it again and export")
        texts = [text_of(each, name, where) for each in entered]
        # A note may have several paragraphs, each an entry; of any other question two entries contradict each other.
        if name != NOTE and (len(texts) > 1 or name in answers):
            raise UserError(
                f"{where}: {name!r} was answered more than once; leave one answer and export again"
            )
        answers[name] = "\n".join(texts)
    return answers
