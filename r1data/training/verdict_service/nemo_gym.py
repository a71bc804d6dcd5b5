"""The shape of a resources server of NeMo Gym (`nemo_gym/base_resources_server.py`, 0.7.0).

A request to `/verify` holds `responses_create_params` (what was asked), `response` (an object of OpenAI's Responses
API) and the keys of the row; the reply is the request with a `reward`, and `mask_sample` where that is no measurement.
The truth and the rest may stand in the row itself or in its `verifier_metadata`, under our names or Gym's
(`expected_answer`, `question`). A model's reasoning, which Responses keep apart, is put back between think tags.

An unknown verdict is `mask_sample: true` with `failure_kind: "verifier_error"`: its `reward` of 0 holds a place, and
Gym leaves it out. Versions of Gym before `mask_sample` would train on it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from r1data.data.responses import CLOSE, OPEN
from r1data.training.verdict_service.protocol import BadRequest, Item, item_of

FAILURE = "verifier_error"
"""Of `nemo_gym/failure_kinds.py`."""
ALIASES = {"truth": ("truth", "expected_answer", "ground_truth"), "prompt": ("prompt", "question", "problem")}
"""Our fields → the keys that rows of Gym have for them, the first that is there."""


def item_and_rewards(body: Any) -> tuple[Item, Any]:
    """The item of a request to `/verify`, and the `rewards` that its row names, if any. Raises BadRequest."""
    if not isinstance(body, dict) or not isinstance(body.get("response"), dict):
        raise BadRequest("send responses_create_params and response, as NeMo Gym does")
    metadata = body.get("verifier_metadata")
    row = {**metadata, **body} if isinstance(metadata, dict) else body
    fields = {name: row.get(name) for name in ("verifier", "language")}
    for name, keys in ALIASES.items():
        fields[name] = next((row[key] for key in keys if row.get(key) is not None), None)
    if not isinstance(fields["prompt"], str):
        fields["prompt"] = question_of(body.get("responses_create_params"))
    fields["response"] = response_text(body["response"])
    fields["finish_reason"] = finish_reason_of(body["response"])
    return item_of(fields, "the row"), row.get("rewards")


def response_text(response: Mapping[str, Any]) -> str:
    """All that the model wrote: its reasoning between think tags, then its messages."""
    thoughts, answers = [], []
    for part in _dictionaries(response.get("output")):
        if part.get("type") == "reasoning":
            thoughts += _texts(part.get("content")) or _texts(part.get("summary"))
        elif part.get("type") == "message" and part.get("role", "assistant") == "assistant":
            answers += _texts(part.get("content"))
    answer = "".join(answers)
    return f"{OPEN}{''.join(thoughts)}{CLOSE}{answer}" if thoughts and CLOSE not in answer else answer


def finish_reason_of(response: Mapping[str, Any]) -> str | None:
    """`length` for a response that was cut at its limit of tokens, as `incomplete_details` says."""
    details = response.get("incomplete_details")
    reason = details.get("reason") if isinstance(details, dict) else None
    return "length" if reason == "max_output_tokens" else None


def question_of(parameters: Any) -> str | None:
    """The last text of the user in `responses_create_params`."""
    asked = parameters.get("input") if isinstance(parameters, dict) else None
    if isinstance(asked, str):
        return asked
    questions = [
        "".join(_texts(message.get("content")))
        for message in _dictionaries(asked)
        if message.get("role") == "user"
    ]
    return questions[-1] if questions else None


def verified(body: Mapping[str, Any], rewarded: Mapping[str, Any]) -> dict[str, Any]:
    """The reply to `/verify`: the request, the reward, and what it rests on."""
    verdict = rewarded["verdict"] or {}
    reply = {**body, "reward": rewarded["reward"] or 0.0, "mask_sample": rewarded["reward"] is None}
    if rewarded["reward"] is None:
        reason = rewarded["error"] or verdict.get("reason") or "no reward says anything of this response"
        reply |= {"failure_kind": FAILURE, "failure_reason": reason}
    return reply | {
        "reward_components": {
            name: value for name, value in rewarded["rewards"].items() if value is not None
        },
        "extracted_answer": verdict.get("extracted"),
        "verdict": verdict.get("verdict"),
        "verdict_cause": verdict.get("cause"),
        "verifier_version": verdict.get("verifier_version"),
    }


def aggregated(body: Any) -> dict[str, Any]:
    """The reply to `/aggregate_metrics`: the mean reward of what was measured, and the share that was masked."""
    replies = body.get("verify_responses") if isinstance(body, dict) else None
    rewards = [
        float(reply["reward"])
        for reply in _dictionaries(replies)
        if isinstance(reply.get("reward"), int | float) and not reply.get("mask_sample")
    ]
    total = len(_dictionaries(replies))
    metrics = {"mean/reward": sum(rewards) / len(rewards)} if rewards else {}
    masked = {"mean/mask_sample": 1 - len(rewards) / total} if total else {}
    return {"group_level_metrics": [], "agent_metrics": {**metrics, **masked}}


def _dictionaries(value: Any) -> Sequence[dict[str, Any]]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def _texts(content: Any) -> list[str]:
    if isinstance(content, str):
        return [content]
    return [part["text"] for part in _dictionaries(content) if isinstance(part.get("text"), str)]
