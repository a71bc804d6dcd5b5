"""Dynamic sampling (DAPO, arXiv 2503.14476, 3.2): a rollout is filled up with groups that have something to learn from.

A group whose rewards are all equal has advantage 0 throughout and trains nothing. Such groups make room for other
prompts' groups, sampled in further rounds, each as large as the share of groups with signal so far lets expect to
suffice. At most `limit` times the rollout's prompts are tried; what is not filled then stays as it was sampled first,
and is counted.

Rewards here are the weighted sums of those that are asked for, without the punishment for length: responses that are
all right would teach their lengths alone, and DAPO looks at accuracy alone. Advantages include the punishment, those
of groups that stay without signal too.

All rounds of a rollout are sampled by the same policy. Each process takes part in every round and ends with its share
of the rollout; which groups are kept is decided from all processes' rewards, in the order of their prompts.

Ours: the limit's number, the rounds' sizes, and that metrics of responses (`r1/…`, `completions/…`) are those of the
first round, whose prompts nobody chose by their rewards.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from accelerate.utils import gather_object
from transformers import set_seed

from r1data.training.grpo.pools import PromptSource
from r1data.training.loop.seeds import step_seed
from r1data.training.settings import GrpoSettings

PREFIX = "resampling/"
SUMS = ("prompts", "without_signal", "unused", "unfilled", "tokens")
"""Metrics of a rollout that add up over a run."""


@dataclass(frozen=True)
class Round:
    """What was sampled at once.

    Args:
        prompts: rows of the prompts of all processes.
        rows: this process's part, one for each response.
        generated: as TRL's `_generate` gives it, for this process's part.
        rewards: [responses of all processes, reward functions].
    """

    prompts: list[int]
    rows: list[dict[str, Any]]
    generated: tuple[Any, ...]
    rewards: torch.Tensor


class Sampling(Protocol):
    """What is needed of a trainer (`trainer.GrpoTrainer`)."""

    settings: GrpoSettings
    source: PromptSource
    accelerator: Any
    state: Any
    _metrics: dict[str, Any]
    _pending_metrics: dict[str, Any]

    def sample(self, drawn: list[int]) -> Round:
        """Responses to the prompts of these rows, and their rewards."""

    def totals(self, rewards: torch.Tensor) -> torch.Tensor:
        """The weighted sum of each response's rewards, without the punishment for its length."""


def with_signal(totals: torch.Tensor) -> torch.Tensor:
    """Whether each group [groups, responses] has two different rewards; NaN is not known, and no reward."""
    low = torch.where(torch.isnan(totals), torch.inf, totals).amin(dim=1)
    high = torch.where(torch.isnan(totals), -torch.inf, totals).amax(dim=1)
    # Within rounding: sums of the same rewards may differ in their last bit.
    return high - low > 1e-6


def next_size(missing: int, tried: int, kept: int, most: int, unit: int) -> int:
    """Prompts to try next; 0 where the limit leaves none.

    Args:
        missing: groups to fill.
        tried: prompts tried so far.
        kept: those of them that had signal.
        most: prompts that may be tried at once, by the limit and by the engine.
        unit: a round has a multiple of so many, so that processes get equal parts.
    """
    expected = math.ceil(missing * tried / max(kept, 1))
    return min(-(-expected // unit), most // unit) * unit


def fill(trainer: Sampling, rows: list[int]) -> Round:
    """A rollout of as many groups as `rows` names prompts, from them and from further ones."""
    settings, step = trainer.settings, trainer.state.global_step
    processes = trainer.accelerator.num_processes
    unit = processes // math.gcd(processes, settings.generations)
    most = settings.resample_limit * len(rows)  # type: ignore[operator]  # the algorithm's where nobody gave it
    rounds = [trainer.sample(rows)]
    signal = [_signal(trainer, rounds[0])]
    tried = list(rows)
    while (kept := sum(map(sum, signal))) < len(rows):
        size = next_size(len(rows) - kept, len(tried), kept, min(len(rows), most - len(tried)), unit)
        others = trainer.source.take(size, step, without=set(tried)) if size else []
        if not (others := others[: len(others) // unit * unit]):
            break
        set_seed(step_seed(step_seed(settings.seed, step, trainer.accelerator.process_index), len(rounds), 0))
        with _metrics_as_they_are(trainer):
            rounds.append(trainer.sample(others))
        signal.append(_signal(trainer, rounds[-1]))
        tried += others
    full = [(n, group) for n, flags in enumerate(signal) for group, flag in enumerate(flags) if flag]
    empty = [(n, group) for n, flags in enumerate(signal) for group, flag in enumerate(flags) if not flag]
    chosen = (full + empty)[: len(rows)]
    _log(trainer, rounds, len(full), len(rows), len(tried))
    return (
        rounds[0]
        if chosen == [(0, group) for group in range(len(rows))]
        else _merged(trainer, rounds, chosen)
    )


def _signal(trainer: Sampling, sampled: Round) -> list[bool]:
    totals = trainer.totals(sampled.rewards).view(-1, trainer.settings.generations)
    return [bool(flag) for flag in with_signal(totals)]


def _merged(trainer: Sampling, rounds: Sequence[Round], chosen: Sequence[tuple[int, int]]) -> Round:
    """The rollout of the chosen (round, group) pairs, in their order."""
    size = trainer.settings.generations
    places = [(n, group * size + one) for n, group in chosen for one in range(size)]
    process, processes = trainer.accelerator.process_index, trainer.accelerator.num_processes
    # A response lies in the process that sampled it, and may be trained on by another.
    own = [
        (place, (n, _item(rounds[n], response % len(rounds[n].rows))))
        for place, (n, response) in enumerate(places)
        if response // len(rounds[n].rows) == process
    ]
    items = dict(own if processes == 1 else gather_object(own))
    share = len(places) // processes
    mine = [items[place][1] for place in range(process * share, (process + 1) * share)]
    extra = rounds[0].generated[5]
    columns = [_column([item[1][number] for item in mine]) for number in range(5)]
    prompt_ids, completion_ids, tool_mask, completions, logprobs = columns
    extra = {
        key: [item[2][key] for item in mine] if isinstance(value, list) else value
        for key, value in extra.items()
    }
    return Round(
        [rounds[n].prompts[group] for n, group in chosen],
        [item[0] for item in mine],
        (prompt_ids, completion_ids, tool_mask, completions, logprobs, extra, None, []),
        torch.stack([rounds[n].rewards[response] for n, response in places]),
    )


def _item(sampled: Round, number: int) -> tuple[dict[str, Any], list[Any], dict[str, Any]]:
    """One response of this process: its prompt's row, what TRL's `_generate` gave for it, and its further fields."""
    columns = [None if column is None else column[number] for column in sampled.generated[:5]]
    extra = {key: value[number] for key, value in sampled.generated[5].items() if isinstance(value, list)}
    return sampled.rows[number], columns, extra


def _column(values: list[Any]) -> list[Any] | None:
    return None if values[0] is None else values


@contextmanager
def _metrics_as_they_are(trainer: Sampling) -> Iterator[None]:
    """Leaves the metrics as the first round's, but for the tokens that the run has seen."""
    metrics = {key: list(values) for key, values in trainer._metrics["train"].items()}
    pending = {key: list(values) for key, values in trainer._pending_metrics.items()}
    yield
    metrics["num_tokens"] = trainer._metrics["train"]["num_tokens"]
    trainer._metrics["train"] = defaultdict(list, metrics)
    trainer._pending_metrics = defaultdict(list, pending)


def _log(trainer: Sampling, rounds: Sequence[Round], full: int, places: int, tried: int) -> None:
    local = sum(len(ids) for sampled in rounds for ids in sampled.generated[1])
    tokens = trainer.accelerator.gather(torch.tensor([local], device=trainer.accelerator.device)).sum()
    values = {
        "rounds": len(rounds),
        "prompts": tried,
        "without_signal": tried - full,
        "unused": max(0, full - places),
        "unfilled": max(0, places - full),
        "tokens": int(tokens),
    }
    for name, value in values.items():
        trainer._metrics["train"][PREFIX + name].append(float(value))


def counts(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Sums over the rollouts whose metrics stand in these rows, for a summary; nothing where none was resampled."""
    resampled = [row for row in rows if PREFIX + "prompts" in row]
    if not resampled:
        return {}
    return {"resampling": {name: round(sum(row[PREFIX + name] for row in resampled)) for name in SUMS}}
