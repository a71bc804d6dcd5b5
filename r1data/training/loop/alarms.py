"""Alarms of a reinforcement-learning run: what goes wrong, in a sentence with numbers and what to change.

An alarm is an entry of `ALARMS`; it reads metrics of `metrics.jsonl` and nothing else, so that a run that resumes, and
a report of a finished run, come to the same alarms. It begins when its rule holds and ends once the rule has not held
for two windows of values. Every threshold is ours.

Rules compare means of `series.WINDOW` logged values and want both: a change that matters, and one that chance does not
make. A metric that is only noise makes an alarm in fewer than one of a hundred runs (`tests/training/loop/test_alarms`
measures it); before 20 values there is none of a change.

Not here: writing them down and stopping a run (`watching`), drawing them (`recipe.report`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from r1data.errors import UserError
from r1data.runtime.registry import Registry
from r1data.training.loop import rules
from r1data.training.loop.series import WINDOW, History

Rule = Callable[[History], str | None]


@dataclass(frozen=True)
class Alarm:
    """An alarm as it is registered.

    Args:
        name: its name, as `--stop-on` takes it.
        reads: the metrics that it looks at: it is asked when one of them has a new value.
        rule: the metrics so far → what is wrong, with numbers, or None.
        advice: what to change.
        summary: when it begins, in one line.
    """

    name: str
    reads: tuple[str, ...]
    rule: Rule
    advice: str
    summary: str


@dataclass(frozen=True)
class Event:
    """An alarm that begins or ends after a step."""

    step: int
    alarm: str
    state: Literal["begins", "ends"]
    text: str

    def as_json(self) -> dict[str, Any]:
        """One line of `alarms.jsonl`."""
        return {"step": self.step, "alarm": self.alarm, "state": self.state, "text": self.text}


BUILT_IN = (
    Alarm(
        "hacking",
        ("reward", rules.EVALUATION, rules.ACCURACY),
        rules.hacking,
        "the policy has found another way to the reward: read some of its responses (`r1 cat OUT/rollouts`), weigh "
        "--reward accuracy more, and go back to the checkpoint before it",
        "the reward rises while the accuracy in evaluation falls by 2 points or more (without one, the accuracy by 5)",
    ),
    Alarm(
        "collapse",
        ("reward", rules.EVALUATION, rules.ACCURACY),
        rules.collapse,
        "lower --lr, raise --beta, or go back to the checkpoint before it",
        "the score falls by 10 points or more and the reward does not rise",
    ),
    Alarm(
        "length",
        (rules.LENGTH, rules.EVALUATION, rules.ACCURACY),
        rules.length,
        "punish overlong responses, or look whether a reward pays for length",
        "responses double within 100 values while the score does not rise",
    ),
    Alarm(
        "truncated",
        (rules.TRUNCATED,),
        rules.truncated,
        "raise --max-tokens, or punish overlong responses: one that is cut has no answer",
        "10% or more of the responses are cut, 10 points more than at its lowest; or half of them are",
    ),
    Alarm(
        "all-right",
        (rules.ALL_RIGHT,),
        rules.all_right,
        "take harder prompts (`r1 select`): a group without a difference teaches nothing",
        "in 80% of the groups every response is correct",
    ),
    Alarm(
        "all-wrong",
        (rules.ALL_WRONG,),
        rules.all_wrong,
        "take easier prompts (`r1 select`), more --generations, or a stronger model: a group without a difference "
        "teaches nothing",
        "in 80% of the groups no response is correct",
    ),
    Alarm(
        "no-signal",
        (rules.NO_SIGNAL,),
        rules.no_signal,
        "take prompts of middling difficulty (`r1 select`), rewards that tell responses apart, or a higher "
        "--temperature",
        "in 90% of the groups all responses get the same reward",
    ),
    Alarm(
        "mixing",
        (rules.MIXED,),
        rules.mixing,
        "add --reward language=1 (R1 2.3.2); in R1-Zero it is to be expected",
        "15% or more of the responses mix languages, 10 points more than at its lowest",
    ),
    Alarm(
        "entropy-collapse",
        ("entropy",),
        rules.entropy_collapse,
        "raise --epsilon-high or --temperature, or lower --lr: without exploring, nothing new is found",
        "the entropy falls below 0.1 nats a token and a fifth of its highest",
    ),
    Alarm(
        "entropy-rise",
        ("entropy",),
        rules.entropy_rise,
        "lower --lr or raise --beta: responses fall apart into noise",
        "the entropy doubles, by 0.5 nats a token or more",
    ),
    Alarm(
        "correction",
        (rules.MASS,),
        rules.correction,
        "the engine and the trainer disagree: `r1 doctor --rollouts MODEL` says which settings are safe",
        "the importance correction leaves less than 80% of the weight",
    ),
    Alarm(
        "mismatch",
        (rules.GAP,),
        rules.mismatch,
        "the engine and the trainer drift apart: `r1 doctor --rollouts MODEL` says which settings are safe",
        "the gap of log-probabilities doubles, and is 0.01 nats a token or more",
    ),
    Alarm(
        "unknown",
        (rules.UNKNOWN,),
        rules.unknown,
        "such responses train nothing; the metrics `r1/unscored/CAUSE` say why",
        "10% or more of the verdicts are unknown, 5 points more than at its lowest",
    ),
    Alarm(
        "kl",
        ("kl",),
        rules.kl,
        "raise --beta, lower --lr, or let --sync-ref-steps replace the reference sooner",
        "the divergence from the reference doubles within 20 values, to 0.5 nats a token or more (medians)",
    ),
)
ALARMS: Registry[Alarm] = Registry("alarm", "r1.alarms", Alarm, {entry.name: entry for entry in BUILT_IN})


class Watch:
    """Asks all alarms after each logged row."""

    def __init__(self) -> None:
        self.history = History()
        self.active: dict[str, Event] = {}
        self._alarms = dict(ALARMS.items())
        self._quiet: dict[str, int] = {}

    def add(self, row: Mapping[str, Any]) -> list[Event]:
        """The alarms that begin or end with this row of metrics."""
        names = self.history.add(row)
        asked = [alarm for alarm in self._alarms.values() if names.intersection(alarm.reads)]
        return [event for alarm in asked if (event := self._ask(alarm, int(row["step"])))]

    def _ask(self, alarm: Alarm, step: int) -> Event | None:
        finding = self._finding(alarm)
        if finding:
            self._quiet[alarm.name] = 0
            if alarm.name in self.active:
                return None
            event = self.active[alarm.name] = Event(step, alarm.name, "begins", f"{finding}; {alarm.advice}")
            return event
        if alarm.name not in self.active:
            return None
        self._quiet[alarm.name] = self._quiet.get(alarm.name, 0) + 1
        # It would begin again and again, were it to end with the first value on the other side.
        if self._quiet[alarm.name] < 2 * WINDOW:
            return None
        del self.active[alarm.name]
        return Event(step, alarm.name, "ends", "")

    def _finding(self, alarm: Alarm) -> str | None:
        package = ALARMS.package(alarm.name)
        if package is None:
            return alarm.rule(self.history)
        try:
            return alarm.rule(self.history)
        except Exception as error:  # noqa: BLE001  who watches a run shall not end it
            del self._alarms[alarm.name]
            sys.stderr.write(
                f"package {package}: its alarm {alarm.name} failed with {type(error).__name__}: {error}; "
                "the run goes on without it\n"
            )
            return None


def check_names(names: Iterable[str]) -> None:
    """Raise UserError where an alarm of `--stop-on` is not known."""
    for name in names:
        if name != ANY and name not in ALARMS:
            try:
                ALARMS[name]
            except UserError as error:
                raise UserError(f"--stop-on {name}: {error}, or {ANY}") from None


ANY = "any"
"""With `--stop-on`: whichever alarm begins."""


def events(rows: Iterable[Mapping[str, Any]]) -> list[Event]:
    """All alarms of a run, from its rows of metrics."""
    watch = Watch()
    return [event for row in rows for event in watch.add(row)]


def still_active(recorded: Iterable[Event]) -> list[Event]:
    """The alarms that have begun and not ended."""
    active: dict[str, Event] = {}
    for event in recorded:
        if event.state == "begins":
            active[event.alarm] = event
        else:
            active.pop(event.alarm, None)
    return list(active.values())


def by_name(recorded: Iterable[Event]) -> dict[str, str]:
    """For a summary: each alarm that has begun → at which steps."""
    steps: dict[str, list[int]] = {}
    for event in recorded:
        if event.state == "begins":
            steps.setdefault(event.alarm, []).append(event.step)
    return {name: f"at step {', '.join(map(str, each))}" for name, each in steps.items()}
