"""Shards in the making: some consecutive prompts, what an engine is asked for them, and what came back.

An engine whose calls repeat to the bit gets a call for each shard, so that a rerun makes the same rows; any
other gets one call for all, so that its batches stay full across shards.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from r1data.engines import Completion, Engine, Message, Request, Sampling, seed_of
from r1data.errors import RowsLost
from r1data.method import Method, Row
from r1data.models import load_tokenizer
from r1data.prompts.templates import SERVER, default_template, messages, prefill, render, tokenize
from r1data.shards import Source, Writer

Inputs = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Part:
    """One shard: its prompts, n requests for each in order, what the template writes of the responses, the
    rest. `notes` are the method's, one a prompt; `aside` holds the rows that it asks nothing about.
    """

    name: str
    inputs: Inputs
    prompts: pa.Table
    template: str
    requests: list[Request]
    prefills: list[str]
    notes: list[Mapping[str, Any]]
    aside: pa.Table | None = None
    completions: dict[int, Completion] = field(default_factory=dict)
    skipped: int = 0

    @property
    def whole(self) -> bool:
        """True once every request has its completion."""
        return len(self.completions) == len(self.requests)

    @property
    def rows_aside(self) -> int:
        return 0 if self.aside is None else len(self.aside)


class Renderer:
    """Turns rows into requests; `template` "auto" follows the model's tokenizer, "server" needs none.

    `longest` says how many tokens a prompt may have where the method can do with a shorter one; None: any number.
    """

    def __init__(
        self,
        model: str,
        template: str,
        system: str | None,
        n: int,
        seed: int,
        method: Method | None = None,
        longest: Callable[[], int | None] = lambda: None,
    ) -> None:
        self.tokenizer = None if template == SERVER else load_tokenizer(model)
        self.template = (
            default_template(self.tokenizer) if self.tokenizer and template == "auto" else template
        )
        self.system, self.n, self.seed = system, n, seed
        self.method = method or Method()
        self.longest = functools.cache(longest)

    def part(self, name: str, inputs: Inputs, rows: pa.Table) -> Part:
        """The part for some rows; a row's own system prompt comes before the general one."""
        prompts, aside = self.method.choose(rows)
        requests, prefills, notes = [], [], []
        for row in prompts.select(list(self.method.reads)).to_pylist():
            ids, chat, opened, note = self._asked(row)
            prefills.append(opened)
            notes.append(note)
            row_id = self.method.row_id(row)
            requests += [
                Request(f"{row_id}/{index}", ids, seed_of(self.seed, row_id, index), chat)
                for index in range(self.n)
            ]
        return Part(name, inputs, prompts, self.template, requests, prefills, notes, aside)

    def _asked(self, row: Row) -> tuple[list[int], tuple[Message, ...], str, Mapping[str, Any]]:
        """Token ids or messages, what the template already writes of the response, and the method's note."""
        choices = self.method.asked(row)
        if self.tokenizer is None:
            turns = messages(choices[0].prompt, choices[0].system or self.system)
            return [], tuple(Message(**turn) for turn in turns), "", choices[0].note
        for asked in choices:
            text = render(self.template, asked.prompt, asked.system or self.system, self.tokenizer)
            ids = tokenize(self.template, text, self.tokenizer)
            if asked is choices[-1] or len(ids) <= (self.longest() or len(ids)):
                break
        return ids, (), prefill(text), asked.note


def missing(
    source: Source, writers: Sequence[Writer], renderer: Callable[[], Renderer], prompts: int
) -> Iterator[Part]:
    """The parts of `prompts` prompts each that some of the writers have not committed yet.

    The renderer is asked for when the first one is needed, so that a finished dataset loads no tokenizer.
    """
    renderer = functools.cache(renderer)
    skipped = 0
    for shard in source.shards():
        inputs = ((shard.name, shard.sha256),)
        table = functools.cache(shard.table)
        for number, start in enumerate(range(0, shard.rows, prompts)):
            name, rows = f"{shard.name}-{number:05d}", min(prompts, shard.rows - start)
            finished = [writer.has(name, inputs) for writer in writers]
            if all(finished):
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
        yield from [part] if part.whole else _call(engine, [part], sampling, done)


def _call(
    engine: Engine, parts: Iterable[Part], sampling: Sampling, done: Callable[[Completion], None]
) -> Iterator[Part]:
    """One call of the engine. Where the source breaks off, what had arrived is finished before that is
    said.
    """
    places: dict[int, tuple[Part, int]] = {}
    nothing_asked: list[Part] = []
    broken: list[RowsLost] = []

    def requests() -> Iterator[Request]:
        number = itertools.count()
        try:
            for part in parts:
                if part.whole:
                    nothing_asked.append(part)
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
    yield from nothing_asked
    if broken:
        raise broken[0]
