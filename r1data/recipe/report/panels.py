"""What a report of reinforcement learning shows: a panel for each question, with the metrics that answer it.

The page and the terminal show the same panels; one whose metrics a run has not logged is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

REWARD_MEAN = ("rewards/", "/mean")
MAX_REWARDS = 16
WORD = "r1/reflective/"
TIMES = {
    "seconds/generation": "generation",
    "seconds/verification": "verification",
    "seconds/training": "training",
}


@dataclass(frozen=True)
class Line:
    """A metric and what it is called in its panel; `error` is the metric that is its standard error."""

    key: str
    label: str
    error: str | None = None


@dataclass(frozen=True)
class Panel:
    """A title, lines of one unit, and whether it is a share, shown in per cent."""

    title: str
    lines: tuple[Line, ...]
    unit: str
    share: bool = False
    note: str = ""


NOW_AND_THEN = "eval/"
"""Begins the metrics that are measured now and then, each over many responses: a mean of several would blur them."""
EVALUATION = Line("eval/accuracy", "in evaluation", "eval/accuracy_se")
FIXED = (
    Panel("Reward", (Line("reward", "weighted sum"),), "a response"),
    Panel(
        "Accuracy",
        (Line("r1/accuracy", "pass@1 in training"), Line("groups/majority", "majority in training"), EVALUATION),
        "% correct", share=True, note="as figure 2",
    ),
    Panel(
        "Response length",
        (Line("completions/mean_length", "in training"), Line("eval/mean_length", "in evaluation")),
        "tokens", note="as figure 3",
    ),
    Panel(
        "Cut at the limit",
        (Line("completions/clipped_ratio", "in training"), Line("eval/clipped_ratio", "in evaluation")),
        "% of responses", share=True,
    ),
    Panel("Entropy", (Line("entropy", "policy"),), "nats a token"),
    Panel("KL to the reference", (Line("kl", "KL"),), "nats a token"),
    Panel(
        "Groups without signal",
        (
            Line("groups/no_signal", "one reward"), Line("groups/all_right", "all right"),
            Line("groups/all_wrong", "all wrong"),
        ),
        "% of groups", share=True,
    ),
    Panel(
        "Weight after correction", (Line("rollouts/weight_mass", "weight mass"),), "% of the batch", share=True,
    ),
    Panel(
        "Engine against trainer",
        (Line("rollouts/logprob_gap", "mean gap"), Line("rollouts/logprob_gap_max", "largest gap")),
        "nats a token",
    ),
    Panel(
        "Language",
        (Line("r1/mixed_language", "mixed languages"), Line("r1/prompt_language", "prompt's language")),
        "% of responses", share=True, note="as in appendix B.6",
    ),
    Panel("Layout", (Line("r1/format", "well-formed"),), "% of responses", share=True),
    Panel(
        "Reflective words", (Line("r1/reflective_words", "all ten"),), "words a response", note="as figure 9",
    ),
    Panel(
        "Unknown verdicts",
        (Line("r1/unscored", "no known verdict"), Line("r1/unrewarded", "no reward")),
        "% of responses", share=True,
    ),
    Panel(
        "Prompt pool",
        (
            Line("pool/active", "active"), Line("pool/waiting", "waiting"), Line("pool/retired", "retired"),
        ),
        "prompts",
    ),
    Panel(
        "Dynamic sampling",
        (
            Line("resampling/prompts", "tried"), Line("resampling/without_signal", "without signal"),
            Line("resampling/unfilled", "not filled"),
        ),
        "prompts a rollout",
    ),
    Panel("Time of a step", tuple(Line(key, label) for key, label in TIMES.items()), "seconds"),
    Panel("Loss", (Line("loss", "loss"),), ""),
    Panel("Norm of the gradient", (Line("grad_norm", "before clipping"),), ""),
    Panel("Learning rate", (Line("learning_rate", "learning rate"),), ""),
)  # fmt: skip
"""All panels but that of each reward, whose names differ."""
COUNTS = ("step", "time", "num_tokens", "step_time", "r1/n")
SHOWN = frozenset(
    (*COUNTS, *(key for panel in FIXED for line in panel.lines for key in (line.key, line.error) if key))
)


def is_shown(key: str) -> bool:
    """Whether a report shows a metric; the others of a long run would take a gigabyte."""
    return key in SHOWN or _is_reward(key) or key.startswith(WORD)


def panels(keys: Iterable[str]) -> Iterator[Panel]:
    """The panels of runs that have logged these metrics, each with the lines that there are."""
    known = dict.fromkeys(keys)
    rewards = [key for key in known if _is_reward(key)][:MAX_REWARDS]
    for panel in FIXED:
        lines = tuple(line for line in panel.lines if line.key in known)
        if lines:
            yield Panel(panel.title, lines, panel.unit, panel.share, panel.note)
        if panel.title == "Reward" and len(rewards) > 1:
            # No more lines than colours.
            for start in range(0, len(rewards), 4):
                some = tuple(Line(key, _reward_name(key)) for key in rewards[start : start + 4])
                yield Panel("Each reward", some, "a response", note="without its weight")


def words(keys: Iterable[str]) -> list[str]:
    """The metrics that count one reflective word each."""
    return [key for key in dict.fromkeys(keys) if key.startswith(WORD)]


def _is_reward(key: str) -> bool:
    return key.startswith(REWARD_MEAN[0]) and key.endswith(REWARD_MEAN[1])


def _reward_name(key: str) -> str:
    return key.removeprefix(REWARD_MEAN[0]).removesuffix(REWARD_MEAN[1])
