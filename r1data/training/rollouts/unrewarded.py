"""Responses of a GRPO run that got no reward at all, because nobody can tell what they are worth.

They train nothing. A run in which all are so is stopped (`refuse`), one in which most were says so at its end.
The numbers and the limits are ours; the paper does not speak of verdicts that are not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from r1data.errors import UserError
from r1data.verifiers.verdict import CAUSES, MEANINGS, REMEDIES

SHARE = "r1/unrewarded"
"""Metric: the share of a rollout's responses without any reward."""
CAUSE = "r1/unscored/"
"""Begins the metrics that say how large a share of the responses has no known verdict for which cause."""
ENOUGH = 64
"""Responses after which a run stops where none of them got a reward. Ours."""
MOST = 0.5
"""A run in which a larger share than this got no reward says so at its end. Ours."""


def counts(rows: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Of all rollouts whose metrics stand in these rows: `responses`, `unrewarded`, and how many have which cause."""
    total: dict[str, float] = {"responses": 0, "unrewarded": 0}
    for row in rows:
        n = row.get("r1/n", 0)
        total["responses"] += n
        total["unrewarded"] += n * row.get(SHARE, 0)
        for cause in CAUSES:
            if share := row.get(CAUSE + cause):
                total[cause] = total.get(cause, 0) + n * share
    return {name: round(number) for name, number in total.items()}


def in_words(counts: Mapping[str, Any]) -> str | None:
    """A sentence where most of a run's responses got no reward, else None.

    Args:
        counts: as `counts` gives them.
    """
    responses, unrewarded = counts.get("responses", 0), counts.get("unrewarded", 0)
    if not responses or unrewarded <= MOST * responses:
        return None
    return f"{unrewarded:,.0f} of {responses:,.0f} responses got no reward and trained nothing{_why(counts)}"


def refuse(counts: Mapping[str, Any]) -> None:
    """Raises UserError once there are enough responses, and none of them got a reward."""
    responses, unrewarded = counts.get("responses", 0), counts.get("unrewarded", 0)
    if responses >= ENOUGH and unrewarded == responses:
        raise UserError(
            f"training stopped: none of the first {responses:,.0f} responses got a reward, so that nothing would be "
            f"learned{_why(counts)}"
        )


def _why(counts: Mapping[str, Any]) -> str:
    """The most frequent cause with its remedy, as the end of a sentence."""
    known = {cause: counts[cause] for cause in CAUSES if counts.get(cause)}
    if not known:
        return ": no reward says anything of them; choose another --reward"
    cause = max(known, key=lambda name: known[name])
    return f"; most of them {MEANINGS[cause]} ({cause}): {_remedy(cause)}"


def _remedy(cause: str) -> str:
    """What to do about a cause in training, where no column says the reason and nobody has read the verdicts."""
    if cause == "bad_truth":
        return "give prompts another truth, or with `--set verifier=NAME` at ingest another verifier"
    if cause == "undecided":
        return "try some of them with `r1 verify`, and choose another verifier, or truths that the rules can read"
    if cause in ("no_checker", "crash"):
        return "`r1 doctor` lists what is missing here, `r1 verify` says how a checker failed"
    if cause == "limit":
        return "raise --verify-seconds"
    return REMEDIES[cause]  # type: ignore[index]
