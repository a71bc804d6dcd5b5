"""Shards in the making: some consecutive prompts, what an engine is asked for them, and what came back.

An engine whose calls repeat to the bit gets a call for each shard, so that a rerun makes the same rows; any
other gets one call for all, so that its batches stay full across shards.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import pyarrow as pa

from r1data.engines import Completion, Engine, Request, Sampling, seed_of
from r1data.errors import RowsLost
from r1data.models import load_tokenizer
from r1data.prompts.templates import default_template, prefill, render, tokenize
from r1data.shards import Source, Writer

Inputs = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Part:
    """One shard: its prompts, n requests for each in order, what the template writes of the responses, the
    rest.
    """

    name: str
    inputs: Inputs
    prompts: pa.Table
    template: str
    requests: list[Request]
    prefills: list[str]
    completions: dict[int, Completion] = field(default_factory=dict)
    skipped: int = 0

    @property
    def whole(self) -> bool:
        """True once every request has its completion."""
        return len(self.completions) == len(self.requests)


class Renderer:
    """Turns prompts into requests; `template` "auto" follows the model's tokenizer."""

    def __init__(self, model: str, template: str, system: str | None, n: int, seed: int) -> None:
        self.tokenizer = load_tokenizer(model)
        self.template = default_template(self.tokenizer) if template == "auto" else template
        self.system, self.n, self.seed = system, n, seed

    def part(self, name: str, inputs: Inputs, prompts: pa.Table) -> Part:
        """The part for some rows of schema `prompt`; a row's own system prompt comes before the general
        one.
        """
        requests, prefills = [], []
        for row in prompts.select(["prompt_id", "prompt", "system"]).to_pylist():
            text = render(self.template, row["prompt"], row["system"] or self.system, self.tokenizer)
            ids = tokenize(self.template, text, self.tokenizer)
            prefills.append(prefill(text))
            for index in range(self.n):
                seed = seed_of(self.seed, row["prompt_id"], index)
                requests.append(Request(f"{row['prompt_id']}/{index}", ids, seed))
        return Part(name, inputs, prompts, self.template, requests, prefills)


def missing(source: Source, writer: Writer, renderer: Callable[[], Renderer], prompts: int) -> Iterator[Part]:
    """The parts of `prompts` prompts each that are not committed yet.

    The renderer is asked for when the first one is needed, so that a finished dataset loads no tokenizer.
    """
    renderer = functools.cache(renderer)
    skipped = 0
    for shard in source.shards():
        inputs = ((shard.name, shard.sha256),)
        table = functools.cache(shard.table)
        for number, start in enumerate(range(0, shard.rows, prompts)):
            name, rows = f"{shard.name}-{number:05d}", min(prompts, shard.rows - start)
            if writer.has(name, inputs):
                skipped += rows
                continue
            part = renderer().part(name, inputs, table().slice(start, rows))
            part.skipped, skipped = skipped, 0
            yield part


def completed(
    engine: Engine, parts: Iterator[Part], sampling: Sampling, done: Callable[[Completion], None]
) -> Iterator[Part]:
    """Parts as they become whole; `done` hears of each completion."""
    if not engine.exact:
        yield from _call(engine, parts, sampling, done)
        return
    for part in parts:
        yield from _call(engine, [part], sampling, done)


def _call(
    engine: Engine, parts: Iterable[Part], sampling: Sampling, done: Callable[[Completion], None]
) -> Iterator[Part]:
    """One call of the engine. Where the source breaks off, what had arrived is finished before that is
    said.
    """
    places: dict[int, tuple[Part, int]] = {}
    broken: list[RowsLost] = []

    def requests() -> Iterator[Request]:
        number = itertools.count()
        try:
            for part in parts:
                for row, request in enumerate(part.requests):
                    places[next(number)] = (part, row)
                    yield request
        except RowsLost as error:
            broken.append(error)

    for index, completion in engine.generate(requests(), sampling):
        part, row = places.pop(index)
        part.completions[row] = completion
        done(completion)
        if part.whole:
            yield part
    if broken:
        raise broken[0]
