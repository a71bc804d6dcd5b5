"""Seeds of responses in training: each from (the run's seed, step, prompt, how often the prompt was drawn before).

So a response depends on neither the order of a batch, its size, nor how many processes share it. A prompt that is
answered again in the same step, as when groups are sampled anew, counts on.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from collections.abc import Sequence

from r1data.engines.base import seed_of


class Seeds:
    """Seeds of a run's responses. `seed`: the run's."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._moment = ""
        self._drawn: Counter[str] = Counter()

    def draw(self, moment: str, prompts: Sequence[Sequence[int]], first: int, count: int) -> list[int]:
        """The seeds of `count` responses, from number `first` of those that are drawn together.

        Args:
            moment: what is drawn for: the step, and whether it is trained on.
            prompts: token ids of the prompts of all processes, one for each response.
            first: the position of this process's first.
            count: how many are this process's.
        """
        if moment != self._moment:
            self._moment, self._drawn = moment, Counter()
        seeds = []
        for prompt in prompts:
            name = hashlib.blake2b(array("q", prompt).tobytes(), digest_size=16).hexdigest()
            seeds.append(seed_of(self.seed, f"{moment}/{name}", self._drawn[name]))
            self._drawn[name] += 1
        return seeds[first : first + count]
