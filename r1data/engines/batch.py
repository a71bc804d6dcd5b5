"""Rows that are being written together: reads prompts into slots, and writes one token a step into each.

A row's state is a line in a few arrays. A row that ends leaves its slot free; `admit` fills free slots
again and `shrink` closes the gaps once no prompt is left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from transformers import PreTrainedModel
from transformers.cache_utils import DynamicCache

from r1data.engines.base import Request, Sampling
from r1data.engines.slots import SlotCache
from r1data.engines.token_sampling import draw, uniforms

PREFILL_TOKENS = 16_384
REFILL_SHARE = 8


@dataclass(frozen=True, slots=True)
class Job:
    """A request, its position in the caller's list, and the tokens it may write."""

    index: int
    request: Request
    limit: int


@dataclass(frozen=True, slots=True)
class Ended:
    """A finished row: what it wrote, its last token being a stop token if `stopped`."""

    job: Job
    tokens: list[int]
    stopped: bool


class Batch:
    """Up to `slots` rows of one model."""

    def __init__(self, model: PreTrainedModel, stops: frozenset[int], sampling: Sampling, slots: int) -> None:
        self.model, self.sampling = model, sampling
        self.stops = np.array(sorted(stops), dtype=np.int64)
        self.jobs: list[Job | None] = [None] * slots
        self.seed = np.zeros(slots, np.uint64)
        self.before = np.zeros(slots, np.int64)
        self.token, self.position, self.made, self.limit = (np.zeros(slots, np.int64) for _ in range(4))
        self.written = np.zeros((slots, 64), np.int64)
        self.cache: SlotCache | None = None

    @property
    def active(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Slots with a row in them."""
        return np.flatnonzero(self.limit)

    def room(self) -> int:
        """How many rows to admit now: all that fit, once an eighth of the slots is free."""
        free = len(self.jobs) - len(self.active)
        return free if free * REFILL_SHARE >= len(self.jobs) else 0

    def admit(self, jobs: Sequence[Job]) -> None:
        """Read prompts into free slots. All but a prompt's last token is read here, that one in the next
        step.
        """
        free = iter(np.flatnonzero(self.limit == 0))
        for group in _groups(jobs):
            slots = np.array([next(free) for _ in group])
            for slot, job in zip(slots, group, strict=True):
                self.jobs[slot] = job
                self.seed[slot], self.limit[slot], self.made[slot] = job.request.seed, job.limit, 0
                self.token[slot], self.before[slot] = job.request.token_ids[-1], job.request.prefix_tokens
                self.position[slot] = len(job.request.token_ids) - 1
            self._read([job.request.token_ids[:-1] for job in group], slots)

    @torch.inference_mode()
    def step(self) -> list[Ended]:
        """Write one token into each row; give back the rows that ended with it."""
        active = self.active
        numbers = self._tensor(uniforms(self.seed, self.before + self.made))
        tokens = draw(self._logits(), numbers, self.sampling).cpu().numpy()
        if self.made.max() == self.written.shape[1]:
            self.written = np.concatenate([self.written, np.zeros_like(self.written)], axis=1)
        self.written[active, self.made[active]] = self.token[active] = tokens[active]
        self.made[active] += 1
        self.position[active] += 1
        stopped = np.isin(self.token, self.stops)
        ended = active[(stopped | (self.made >= self.limit))[active]]
        return [self._end(slot, bool(stopped[slot])) for slot in ended]

    def shrink(self) -> None:
        """Drop free slots once they are half of all."""
        active = self.active
        if self.cache is None or not len(active) or len(active) * 2 > len(self.jobs):
            return
        self.cache.keep(self._tensor(active))
        self.jobs = [self.jobs[slot] for slot in active]
        for name in ("seed", "before", "token", "position", "made", "limit", "written"):
            setattr(self, name, getattr(self, name)[active])

    def _logits(self) -> torch.Tensor:
        """Scores of the next token, [slots, vocabulary]."""
        width = int(self.position.max()) + 1
        position = self._tensor(self.position)
        mask = torch.arange(width, device=position.device) <= position[:, None]
        if self.cache is not None:
            self.cache.aim(position, width)
        out = self.model(
            input_ids=self._tensor(self.token)[:, None],
            position_ids=position[:, None],
            attention_mask=mask[:, None, None, :],
            past_key_values=self.cache,
            use_cache=True,
        )
        logits: torch.Tensor = out.logits[:, -1]
        return logits

    @torch.inference_mode()
    def _read(self, prompts: list[list[int]], slots: np.ndarray[tuple[int], np.dtype[np.int64]]) -> None:
        """Prompts padded behind their end, equal ones once, into the cache."""
        unique = {tuple(p): i for i, p in enumerate(dict.fromkeys(map(tuple, prompts)))}
        width = max(1, max(map(len, unique)))
        padded = torch.tensor([[*p, *[0] * (width - len(p))] for p in unique], device=self.model.device)
        prompt_cache = DynamicCache()
        self.model(input_ids=padded, past_key_values=prompt_cache, use_cache=True, logits_to_keep=1)
        if self.cache is None:
            self.cache = SlotCache(prompt_cache, len(self.jobs), width)
        source = np.array([unique[tuple(p)] for p in prompts])
        self.cache.put(self._tensor(slots), prompt_cache, self._tensor(source))

    def _end(self, slot: np.intp, stopped: bool) -> Ended:
        job = self.jobs[slot]
        if job is None:
            raise RuntimeError(f"slot {slot} ended without a row")
        tokens = self.written[slot, : self.made[slot]].tolist()
        self.jobs[slot] = None
        self.limit[slot] = self.position[slot] = self.made[slot] = self.token[slot] = 0
        return Ended(job, tokens, stopped)

    def _tensor(self, array: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> torch.Tensor:
        return torch.from_numpy(array).to(self.model.device)


def _groups(jobs: Sequence[Job]) -> Iterator[list[Job]]:
    """Jobs of like length, as many as fit into a reading of PREFILL_TOKENS."""
    group: list[Job] = []
    for job in sorted(jobs, key=lambda job: len(job.request.token_ids)):
        if group and len(job.request.token_ids) * (len(group) + 1) > PREFILL_TOKENS:
            yield group
            group = []
        group.append(job)
    if group:
        yield group
