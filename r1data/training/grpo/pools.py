"""Which prompts a rollout is made of: shuffled passes over all prompts, and a pool that leaves some out.

The order of a pass comes from (seed, pass) alone, and what was drawn so far is part of each checkpoint, so that a
resumed run, and each process of several, draws the same prompts.

A pool (`--pool`) knows of each prompt how often it was all right or all wrong in a row. What was all right `retire`
rounds in a row retires; what was all wrong n rounds in a row is left out for 2^(n-1) passes, at most `wait`. Where too
few others are left, prompts come back early: those that wait first, then the retired ones. A response without a known
verdict counts for neither. All of it is ours; the paper has no pools.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file

from r1data.errors import UserError
from r1data.training.loop.seeds import step_seed

STATE = "prompts.safetensors"
"""A checkpoint's file of what was drawn and of the pool."""
RETIRE, WAIT = 2, 8
"""What `--pool-retire` and `--pool-wait` are where nobody gave them. Ours."""


class Pool:
    """What is known of each prompt from the rounds in which it was sampled.

    Args:
        prompts: their number.
        retire: rounds all right in a row after which one retires; None is `RETIRE`.
        wait: most passes that one which was all wrong is left out for; None is `WAIT`.
    """

    def __init__(self, prompts: int, retire: int | None = None, wait: int | None = None) -> None:
        self.retire, self.wait = RETIRE if retire is None else retire, WAIT if wait is None else wait
        self.state = {name: np.zeros(prompts, np.int32) for name in ("right", "wrong", "back")}
        self.state |= {name: np.zeros(prompts, np.int64) for name in ("correct", "known")}

    def update(self, row: int, correct: int, known: int, now: int) -> None:
        """Take a round in: `known` responses with a verdict, `correct` of them right, in the pass number `now`."""
        if not known:
            return
        state = self.state
        state["correct"][row] += correct
        state["known"][row] += known
        state["right"][row] = state["right"][row] + 1 if correct == known else 0
        state["wrong"][row] = state["wrong"][row] + 1 if not correct else 0
        if state["wrong"][row]:
            # The exponent is bounded first: 2 to a long streak fits no integer of the state.
            passes = min(self.wait, 2 ** min(int(state["wrong"][row]) - 1, 30))
            state["back"][row] = now + 1 + passes

    def is_retired(self, row: int) -> bool:
        """Whether a prompt is too easy to learn from."""
        return bool(self.state["right"][row] >= self.retire)

    def rests(self, row: int, now: int) -> bool:
        """Whether a prompt is left out in the pass number `now`."""
        return self.is_retired(row) or bool(self.state["back"][row] > now)

    def early(self) -> list[int]:
        """All prompts, in the order in which they come back where too few others are left."""
        state = self.state
        keys = (np.arange(len(state["right"])), state["back"], state["right"] >= self.retire)
        return [int(row) for row in np.lexsort(keys)]

    def counts(self, now: int) -> dict[str, int]:
        """How many prompts are drawn from, retired and left out in the pass number `now`."""
        retired = self.state["right"] >= self.retire
        waiting = ~retired & (self.state["back"] > now)
        return {
            "active": int((~retired & ~waiting).sum()),
            "retired": int(retired.sum()),
            "waiting": int(waiting.sum()),
        }


class PromptSource:
    """Draws the prompts of each rollout, the same ones in every process.

    `allows`, where it is set, says of a row and the steps made so far whether it may be drawn now.

    Args:
        prompts: their number.
        seed: the run's.
        pool: what leaves prompts out; None leaves none out.
    """

    def __init__(self, prompts: int, seed: int, pool: Pool | None = None) -> None:
        self.prompts, self.seed, self.pool = prompts, seed, pool
        self.drawn = 0
        """Places of the passes that were drawn or passed over."""
        self.allows: Callable[[int, int], bool] | None = None
        self._pass = lru_cache(maxsize=2)(self._shuffled)

    @property
    def passes(self) -> int:
        """The number of the pass that the next prompt is drawn from."""
        return self.drawn // self.prompts

    def take(self, count: int, step: int, without: Collection[int] | None = None) -> list[int]:
        """The next prompts' rows: `count` of them, or fewer where `without` is given and leaves no others.

        Args:
            count: how many.
            step: optimizer steps made so far.
            without: rows that are not wanted again; each other one is wanted once then.
        """
        rows: list[int] = []
        taken = set(without or ())
        futile = 0
        while len(rows) < count and futile < self.prompts:
            row, now = self._pass(self.passes)[self.drawn % self.prompts], self.passes
            self.drawn += 1
            if self._may(row, step, taken) and not (self.pool and self.pool.rests(row, now)):
                rows.append(row)
                futile = 0
                if without is not None:
                    taken.add(row)
            else:
                futile += 1
        if self.pool and len(rows) < count:
            taken |= set(rows)
            early = [row for row in self.pool.early() if self._may(row, step, taken)]
            rows += early[: count - len(rows)]
        # A rollout is full even where there are fewer prompts than it has places.
        if without is None and len(rows) < count:
            others = rows or [row for row in range(self.prompts) if self._may(row, step, ())]
            if not others:
                raise UserError(
                    f"step {step}: there is no prompt that may be drawn now; add prompts with a verifier, or give "
                    "--general-steps the whole run"
                )
            rows += [others[place % len(others)] for place in range(count - len(rows))]
        return rows

    def _may(self, row: int, step: int, without: Collection[int]) -> bool:
        return row not in without and (self.allows is None or self.allows(row, step))

    def _shuffled(self, number: int) -> Sequence[int]:
        rows = list(range(self.prompts))
        Random(step_seed(self.seed, number * self.prompts, 0)).shuffle(rows)
        return rows

    def save(self, folder: Path) -> None:
        """Write what was drawn, and the pool, into a checkpoint's folder."""
        state = self.pool.state if self.pool else {}
        save_file({"drawn": np.array([self.drawn], np.int64), **state}, folder / STATE)

    def load(self, folder: Path, drawn: int) -> None:
        """Go on from a checkpoint's folder.

        Args:
            folder: as `save` wrote it.
            drawn: what was drawn, for a checkpoint of a release that wrote none of this.
        """
        if not (folder / STATE).is_file():
            self.drawn = drawn
            return
        state: dict[str, Any] = load_file(folder / STATE)
        self.drawn = int(state.pop("drawn")[0])
        if self.pool:
            self.pool.state = state
