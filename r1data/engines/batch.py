"""Continuous batching: prefills prompts into free slots and generates one token per step in each slot.

The state of a row is one index in a few arrays. A row that ends leaves its slot free; `admit` fills free slots
again, and `shrink` closes the gaps once no prompt is left.

In the KV cache every row starts at position 0 of its slot and writes at its own position; everything after it is
masked. A row therefore sees the same numbers whatever its slot and its neighbours. Full attention only.

A token is drawn by one uniform number per row and position, mapped through the inverse of the token distribution.
The numbers depend only on the row's seed and position (splitmix64, Steele, Lea and Flood 2014), so batch mates,
order and restarts do not change them. They may change the last bits of the logits, because a batch's shape decides
the order of sums: a draw within about 1e-6 of the border between two tokens can then differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from transformers import PreTrainedModel
from transformers.cache_utils import Cache, DynamicCache, DynamicLayer

from r1data.engines.base import Request, Sampling
from r1data.errors import UserError

PREFILL_TOKENS = 16_384
REFILL_SHARE = 8
BLOCK = 64
"""Tokens by which the cache grows."""
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
Integers = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class Job:
    """A request, its position in the caller's list, and the tokens it may write."""

    index: int
    request: Request
    limit: int


@dataclass(frozen=True, slots=True)
class FinishedRow:
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
        # Prefill stalls all other rows for one forward pass, which costs little more for many prompts than for one.
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
            self._prefill([job.request.token_ids[:-1] for job in group], slots)

    @torch.inference_mode()
    def step(self) -> list[FinishedRow]:
        """Write one token into each row; give back the rows that ended with it."""
        active = self.active
        numbers = self._tensor(uniforms(self.seed, self.before + self.made))
        tokens = draw(self._logits(), numbers, self.sampling).cpu().numpy()
        # twice as wide each time: nobody knows how long rows get, and the limit may be far above what they write
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
    def _prefill(self, prompts: list[list[int]], slots: np.ndarray[tuple[int], np.dtype[np.int64]]) -> None:
        """Prompts padded behind their end, equal ones once, into the cache."""
        unique = {tuple(p): i for i, p in enumerate(dict.fromkeys(map(tuple, prompts)))}
        width = max(1, max(map(len, unique)))
        padded = torch.tensor([[*p, *[0] * (width - len(p))] for p in unique], device=self.model.device)
        # Padding needs no mask: it lies behind its row's position, where nothing is seen until a token of the row takes
        # its place. Scores of one position only: those of all would take tokens × vocabulary of memory.
        prompt_cache = DynamicCache()
        self.model(input_ids=padded, past_key_values=prompt_cache, use_cache=True, logits_to_keep=1)
        if self.cache is None:
            self.cache = SlotCache(prompt_cache, len(self.jobs), width)
        source = np.array([unique[tuple(p)] for p in prompts])
        self.cache.put(self._tensor(slots), prompt_cache, self._tensor(source))

    def _end(self, slot: np.intp, stopped: bool) -> FinishedRow:
        job = self.jobs[slot]
        if job is None:
            raise RuntimeError(f"slot {slot} ended without a row")
        tokens = self.written[slot, : self.made[slot]].tolist()
        self.jobs[slot] = None
        # a free slot runs along with the others: at position 0 it widens neither the mask nor the cache that is read
        self.limit[slot] = self.position[slot] = self.made[slot] = self.token[slot] = 0
        return FinishedRow(job, tokens, stopped)

    def _tensor(self, array: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> torch.Tensor:
        return torch.from_numpy(array).to(self.model.device)


def _groups(jobs: Sequence[Job]) -> Iterator[list[Job]]:
    """Jobs of like length, as many as fit into a reading of PREFILL_TOKENS."""
    group: list[Job] = []
    # by length, since a group is padded to its longest prompt
    for job in sorted(jobs, key=lambda job: len(job.request.token_ids)):
        if group and len(job.request.token_ids) * (len(group) + 1) > PREFILL_TOKENS:
            yield group
            group = []
        group.append(job)
    if group:
        yield group


class SlotLayer(DynamicLayer):  # type: ignore[misc]
    """One layer's keys and values, [slots, heads, capacity, size]; `update` writes one token into each
    slot.
    """

    def __init__(self, keys: torch.Tensor, values: torch.Tensor) -> None:
        super().__init__()
        self.keys: torch.Tensor = keys
        self.values: torch.Tensor = values
        self.is_initialized = True
        self.rows = torch.arange(len(keys), device=keys.device)
        self.positions = torch.zeros_like(self.rows)
        self.width = 1

    def update(self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        """Write at each row's position; give back the part of the cache that some row has reached."""
        self.keys[self.rows, :, self.positions] = key_states[:, :, 0]
        self.values[self.rows, :, self.positions] = value_states[:, :, 0]
        return self.keys[:, :, : self.width], self.values[:, :, : self.width]

    def get_seq_length(self) -> int:
        """The width before the token that is being written."""
        return self.width - 1


class SlotCache(Cache):  # type: ignore[misc]
    """All layers, shaped after the cache of a first prompt."""

    layers: list[SlotLayer]

    def __init__(self, prompt: DynamicCache, slots: int, capacity: int) -> None:
        super().__init__(layers=[SlotLayer(_room(p.keys, slots, capacity), _room(p.values, slots, capacity))
                                 for p in prompt.layers])  # fmt: skip

    @property
    def capacity(self) -> int:
        """Tokens that a slot has room for."""
        return self.layers[0].keys.shape[2]

    def aim(self, positions: torch.Tensor, width: int) -> None:
        """Say where the next token of each row goes, and how many tokens the longest row has with it."""
        # half as much again: a cache that grew by a block each time would be copied over and over
        if width > self.capacity:
            self._grow(max(width, self.capacity * 3 // 2))
        for layer in self.layers:
            layer.positions, layer.width = positions, width

    def put(self, slots: torch.Tensor, prompt: DynamicCache, source: torch.Tensor) -> None:
        """Copy prompts (rows `source` of their cache) into slots."""
        length = prompt.layers[0].keys.shape[2]
        if length > self.capacity:
            self._grow(length)
        for layer, new in zip(self.layers, prompt.layers, strict=True):
            layer.keys[slots, :, :length] = new.keys[source]
            layer.values[slots, :, :length] = new.values[source]

    def keep(self, slots: torch.Tensor) -> None:
        """Leave only these slots, in this order."""
        self.layers = [SlotLayer(layer.keys[slots], layer.values[slots]) for layer in self.layers]

    def _grow(self, capacity: int) -> None:
        for layer in self.layers:
            layer.keys = _room(layer.keys, len(layer.keys), capacity, layer.keys)
            layer.values = _room(layer.values, len(layer.values), capacity, layer.values)


def _room(like: torch.Tensor, slots: int, capacity: int, old: torch.Tensor | None = None) -> torch.Tensor:
    """Zeros, because a masked position still counts as 0 times what lies there."""
    capacity = -(-capacity // BLOCK) * BLOCK
    new = like.new_zeros((slots, like.shape[1], capacity, like.shape[3]))
    if old is not None:
        new[:, :, : old.shape[2]] = old
    return new


def uniforms(seeds: Integers, positions: Integers) -> npt.NDArray[np.float64]:
    """Numbers in (0, 1], one for each row: the `position`-th of the splitmix64 stream that starts at its seed."""
    with np.errstate(over="ignore"):  # sums and products modulo 2**64 are what the generator is made of
        z: npt.NDArray[np.uint64] = seeds + (positions.astype(np.uint64) + np.uint64(1)) * GOLDEN
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    # 53 bits, as many as a float holds; plus one, so that 0 never comes: it would draw a token of probability zero
    return np.asarray(((z >> np.uint64(11)) + np.uint64(1)) * 2.0**-53, np.float64)


def draw(logits: torch.Tensor, uniform: torch.Tensor, sampling: Sampling) -> torch.Tensor:
    """Tokens [rows] for logits [rows, vocabulary] and numbers [rows] in (0, 1].

    The token is the first whose cumulative probability, in the order of the vocabulary, reaches the number:
    a token of probability zero is never drawn. Raises UserError where a model gives no numbers.
    """
    if sampling.temperature == 0:
        _finite(logits.amax(-1))
        return logits.argmax(-1)
    scaled = logits.float() / sampling.temperature
    if sampling.top_k or sampling.top_p < 1:
        scaled = _restrict(scaled, sampling)
    # In float64, and against the sum that came out, which is not quite 1: a number near 1 would else find no token, and
    # sums of a hundred thousand small numbers in float32 would lose the rarest.
    cumulative = scaled.softmax(-1).cumsum(-1, dtype=torch.float64)
    _finite(cumulative[:, -1])
    target = (uniform * cumulative[:, -1]).unsqueeze(-1)
    return torch.searchsorted(cumulative, target).squeeze(-1)


def _restrict(scaled: torch.Tensor, sampling: Sampling) -> torch.Tensor:
    """Minus infinity for all but the top_k likeliest tokens and, of these, the fewest that hold top_p
    together.
    """
    size = scaled.shape[-1]
    best, order = scaled.topk(min(sampling.top_k or size, size), dim=-1)
    mass = best.softmax(-1).cumsum(-1, dtype=torch.float64)
    # by what lies before a token: the one that passes top_p still counts, and the first always stays
    best = best.masked_fill(mass - best.softmax(-1) >= sampling.top_p, float("-inf"))
    return torch.full_like(scaled, float("-inf")).scatter(-1, order, best)


def _finite(row_values: torch.Tensor) -> None:
    if not torch.isfinite(row_values).all():
        raise UserError(
            "the model gives NaN instead of scores: its weights are broken, or float32 is needed; "
            "try --dtype float32"
        )
