"""The rules of the alarms: each looks at the metrics so far and says what is wrong, with numbers, or nothing.

See `alarms` for their names, and `series` for what counts as a change. Thresholds are ours.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from r1data.training.loop.series import WINDOW, History, Series, Stretch

EVALUATION, EVALUATION_ERROR = "eval/accuracy", "eval/accuracy_se"
ACCURACY = "r1/accuracy"
LENGTH, TRUNCATED = "completions/mean_length", "completions/clipped_ratio"
ALL_RIGHT, ALL_WRONG, NO_SIGNAL = "groups/all_right", "groups/all_wrong", "groups/no_signal"
MIXED, UNKNOWN = "r1/mixed_language", "r1/unscored"
MASS, GAP = "rollouts/weight_mass", "rollouts/logprob_gap"
POOL = "pool/"
"""Begins the metrics of runs that choose prompts by how they went: the accuracy on those says little of the policy."""


def hacking(history: History) -> str | None:
    """The reward rises and the score falls."""
    fall = _evaluation_fall(history, 0.02) or _accuracy_fall(history, 0.05)
    if fall is None:
        return None
    name, best, now = fall
    change = _reward_since(history, best.last)
    if change is None or not change[1] - change[0] > history["reward"].margin():
        return None
    return (
        f"the reward has risen from {change[0]:.3g} to {change[1]:.3g} since step {best.last}, and the {name} has "
        f"fallen from {_percent(best.mean)} to {_percent(now)}"
    )


def collapse(history: History) -> str | None:
    """The score falls and the reward does not rise."""
    fall = _evaluation_fall(history, 0.1) or _accuracy_fall(history, 0.1)
    if fall is None:
        return None
    name, best, now = fall
    change = _reward_since(history, best.last)
    if change is None or change[1] > change[0]:
        return None
    return f"the {name} has fallen from {_percent(best.mean)} at step {best.last} to {_percent(now)}"


def length(history: History) -> str | None:
    """Responses double while the score does not rise."""
    lengths = history[LENGTH]
    recent = lengths.recent
    if recent is None or lengths.lowest is None or recent.mean < 2 * lengths.lowest.mean:
        return None
    low = lengths.lowest_since(100)
    if low is None or recent.mean < max(2 * low.mean, low.mean + lengths.margin()):
        return None
    if _score_rises(history, low.last):
        return None
    return (
        f"responses have grown from {low.mean:,.0f} to {recent.mean:,.0f} tokens since step {low.last} without "
        "a better score"
    )


def truncated(history: History) -> str | None:
    """Ever more responses are cut, or half of them."""
    series = history[TRUNCATED]
    if text := _risen(series, "of the responses are cut at the limit of tokens", least=0.1, by=0.1):
        return text
    return _level(series, 0.5, "of the responses are cut at the limit of tokens")


def all_right(history: History) -> str | None:
    """Prompts are too easy."""
    return _level(history[ALL_RIGHT], 0.8, "of the groups have correct responses only")


def all_wrong(history: History) -> str | None:
    """Prompts are too hard."""
    return _level(history[ALL_WRONG], 0.8, "of the groups have no correct response")


def no_signal(history: History) -> str | None:
    """Rewards do not tell responses apart, though not all are right and not all wrong."""
    if all_right(history) or all_wrong(history):
        return None
    return _level(history[NO_SIGNAL], 0.9, "of the groups have one and the same reward throughout")


def mixing(history: History) -> str | None:
    """Ever more responses mix languages."""
    return _risen(history[MIXED], "of the responses mix languages", least=0.15, by=0.1)


def unknown(history: History) -> str | None:
    """Ever more verdicts are unknown."""
    return _risen(history[UNKNOWN], "of the responses have no known verdict", least=0.1, by=0.05)


def entropy_collapse(history: History) -> str | None:
    """The policy is nearly certain of each token."""
    series = history["entropy"]
    recent, high = series.recent, series.highest
    if recent is None or high is None or recent.mean > min(0.1, high.mean / 5):
        return None
    if high.mean - recent.mean < series.margin():
        return None
    return f"the entropy has fallen from {high.mean:.2g} to {recent.mean:.2g} nats a token"


def entropy_rise(history: History) -> str | None:
    """The policy turns into noise."""
    series = history["entropy"]
    recent, low = series.recent, series.lowest
    if recent is None or low is None:
        return None
    if recent.mean < 2 * low.mean or recent.mean - low.mean < max(0.5, series.margin()):
        return None
    return f"the entropy has risen from {low.mean:.2g} to {recent.mean:.2g} nats a token"


def correction(history: History) -> str | None:
    """The importance correction leaves little of the batch."""
    recent = history[MASS].recent
    if recent is None or recent.mean + history[MASS].error() > 0.8:
        return None
    return f"the importance correction leaves {_percent(recent.mean)} of the batch's weight"


def mismatch(history: History) -> str | None:
    """The engine's log-probabilities drift from the trainer's."""
    series = history[GAP]
    recent, low = series.recent, series.lowest
    if recent is None or low is None or recent.mean < 0.01:
        return None
    if recent.mean < 2 * low.mean or recent.mean - low.mean < series.margin():
        return None
    return f"log-probabilities of engine and trainer differ by {recent.mean:.2g} nats a token, {low.mean:.2g} before"


def kl(history: History) -> str | None:
    """The policy runs away from the reference."""
    # Medians: the estimate is above all chance by single tokens that the reference finds all but impossible.
    values = history["kl"].values
    if len(values) < 2 * WINDOW:
        return None
    now, before = statistics.median(values[-WINDOW:]), statistics.median(values[-2 * WINDOW : -WINDOW])
    if now < max(0.5, 2 * before):
        return None
    return f"the divergence from the reference model has grown from {before:.2g} to {now:.2g} nats a token"


def _risen(series: Series, what: str, *, least: float, by: float) -> str | None:
    """A share that is `least` or more, and has risen by `by` or more."""
    recent, low = series.recent, series.lowest
    if recent is None or low is None or recent.mean < least:
        return None
    if recent.mean - low.mean < max(by, series.margin()):
        return None
    return f"{_percent(recent.mean)} {what}, {_percent(low.mean)} at step {low.last}"


def _level(series: Series, least: float, what: str) -> str | None:
    """A share that is `least` or more, by more than its error."""
    recent = series.recent
    if recent is None or recent.mean - series.error() < least:
        return None
    return f"{_percent(recent.mean)} {what}"


Fall = tuple[str, Stretch, float]
"""A score's name, where it was best, and what it is now."""


def _evaluation_fall(history: History, by: float) -> Fall | None:
    """How far the last two evaluations are below the best before them."""
    series = history[EVALUATION]
    if len(series.values) < 3:
        return None
    earlier = series.values[:-2]
    best = max(range(len(earlier)), key=lambda index: earlier[index])
    now = math.fsum(series.values[-2:]) / 2
    error = _error_of(history, (series.steps[best], *series.steps[-2:]))
    # By chance the best of n lies √(2 ln n) errors above their mean, and the lowest mean of two 1/√2 of that below; 0.9
    # come on top. The prompts are the same each time, so that errors over prompts are on the careful side.
    chance = (1 + math.sqrt(0.5)) * math.sqrt(2 * math.log(len(series.values)))
    margin = (chance + 0.9) * error
    if max(series.values[-2:]) >= earlier[best] or earlier[best] - now < max(by, margin):
        return None
    step = series.steps[best]
    return "accuracy in evaluation", Stretch(earlier[best], step, step, best), now


def _error_of(history: History, steps: Sequence[int]) -> float:
    """The standard error of the accuracy in evaluation, its square mean over some; 0 where none is known."""
    errors = history[EVALUATION_ERROR]
    known = [error for step, error in zip(errors.steps, errors.values, strict=True) if step in steps]
    return math.sqrt(math.fsum(error**2 for error in known) / len(known)) if known else 0.0


def _evaluation_holds(history: History) -> bool:
    """Whether the accuracy in evaluation is, within its error, what it was at its best."""
    series = history[EVALUATION]
    if len(series.values) < 2:
        return False
    return series.values[-1] >= max(series.values) - _error_of(history, series.steps[-1:])


def _accuracy_fall(history: History, by: float) -> Fall | None:
    """The same of the accuracy in training, where prompts are drawn without regard to it and no other score holds."""
    series = history[ACCURACY]
    recent, high = series.recent, series.highest
    if _evaluation_holds(history) or history.any_begins(POOL) or recent is None or high is None:
        return None
    if high.mean - recent.mean < max(by, series.margin()):
        return None
    return "accuracy in training", high, recent.mean


def _reward_since(history: History, step: int) -> tuple[float, float] | None:
    """The reward around a step, and now; None as long as that is the same stretch."""
    series = history["reward"]
    # Its first stretch, where the score was best before there was one.
    before, recent = series.at(step) or series.stretch(WINDOW - 1), series.recent
    return None if before is None or recent is None or before == recent else (before.mean, recent.mean)


def _score_rises(history: History, step: int) -> bool:
    """Whether the accuracy in evaluation, else the accuracy, else the reward, has risen since by more than chance."""
    evaluation = history[EVALUATION]
    since = [v for s, v in zip(evaluation.steps, evaluation.values, strict=True) if s >= step]
    if len(since) >= 2:
        return since[-1] > since[0]
    name = history.first_of((ACCURACY, "reward"))
    if name is None:
        return False
    series = history[name]
    before, recent = series.at(step) or series.stretch(WINDOW - 1), series.recent
    return before is not None and recent is not None and recent.mean - before.mean > series.margin(0.25)


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.095 or share == 0 else f"{share:.1%}"
