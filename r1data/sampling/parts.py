"""Shards in the making: some consecutive prompts, what an engine is asked for them, and what came back.

Requests have numbers within their part: those of a prompt follow each other. Not here: engines (`calls`), rows
(`rows`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from r1data.data.source import Source
from r1data.data.writer import Writer
from r1data.engines.base import Completion, Message, Request, seed_of
from r1data.engines.templates import SERVER, default_template, messages, prefill, render, tokenize
from r1data.sampling.continuation import Codec, Join
from r1data.sampling.pending_retries import Inputs, Owing
from r1data.sampling.strategy import Asked, Method, Row


@dataclass(frozen=True, slots=True)
class Judged:
    """A row's verdict, by column, and whether its response is correct; None: nobody knows."""

    columns: Mapping[str, Any]
    correct: bool | None


@dataclass(slots=True)
class Part:
    """One shard: its prompts, n requests for each in order, what the template writes of the responses, the
    rest. `notes` are the method's, one a prompt; `aside` holds the rows that it asks nothing about.

    `only`: the requests of a part that failed in an earlier run, which are all that is asked now. `asked` and `open`
    are counted by who asks: requests so far, and prompts for which more may follow. Tokens are what the engine read and
    wrote.
    """

    name: str
    inputs: Inputs
    prompts: pa.Table
    template: str
    requests: list[Request]
    prefills: list[str]
    notes: list[Mapping[str, Any]]
    n: int
    aside: pa.Table | None = None
    joins: list[Join | None] = field(default_factory=list)
    only: tuple[int, ...] | None = None
    skipped: int = 0
    asked: int = 0
    open: int = 0
    completions: dict[int, Completion] = field(default_factory=dict)
    judged: dict[int, Judged] = field(default_factory=dict)
    endings: dict[int, str] = field(default_factory=dict)
    prompt_tokens: int = 0
    response_tokens: int = 0

    @property
    def whole(self) -> bool:
        """True once all that was asked has its completion, and no more will be."""
        return len(self.completions) == self.asked and not self.open

    @property
    def candidates(self) -> Sequence[int]:
        """The requests that may be asked."""
        return range(len(self.requests)) if self.only is None else self.only

    @property
    def rows_undrawn(self) -> int:
        """Requests that are never asked, and rows that the method left aside."""
        return len(self.candidates) - len(self.completions) + (0 if self.aside is None else len(self.aside))

    def take(self, number: int, completion: Completion) -> None:
        """A request's completion, joined to what was there of it."""
        if completion.error is None:
            self.prompt_tokens += completion.prompt_tokens
            self.response_tokens += completion.response_tokens
        join = self.joins[number // self.n]
        self.completions[number] = join(completion) if join else completion

    def failed_for_now(self) -> list[int]:
        """Requests that may succeed another day."""
        return sorted(number for number, made in self.completions.items() if made.transient)


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
        self.codec = None if template == SERVER else Codec(model)
        self.tokenizer = self.codec and self.codec.tokenizer
        self.template = (
            default_template(self.tokenizer) if self.tokenizer and template == "auto" else template
        )
        self.system, self.n, self.seed = system, n, seed
        self.method = method or Method()
        self.longest = functools.cache(longest)

    def part(self, name: str, inputs: Inputs, rows: pa.Table, only: tuple[int, ...] | None = None) -> Part:
        """The part for some rows; a row's own system prompt comes before the general one."""
        prompts, aside = self.method.choose(rows)
        aside = aside if only is None else None
        part = Part(name, inputs, prompts, self.template, [], [], [], self.n, aside, only=only)
        for row in prompts.select(list(self.method.reads)).to_pylist():
            asked, ids, chat, opened = self._asked(row)
            join = Join.of(asked.begun, ids, opened, self.codec) if asked.begun and self.codec else None
            part.prefills.append(opened)
            part.notes.append({**asked.note, **(join.note if join else {})})
            part.joins.append(join)
            row_id = self.method.row_id(row)
            for index in range(self.n):
                seed = asked.begun.seed if asked.begun else seed_of(self.seed, row_id, index)
                request = Request(f"{row_id}/{index}", ids, seed, chat)
                part.requests.append(join.rest(request) if join else request)
        return part

    def _asked(self, row: Row) -> tuple[Asked, list[int], tuple[Message, ...], str]:
        """What is asked, as token ids or messages, and what the template already writes of the response."""
        choices = self.method.asked(row)
        if self.tokenizer is None:
            turns = messages(choices[0].prompt, choices[0].system or self.system)
            return choices[0], [], tuple(Message(**turn) for turn in turns), ""
        for asked in choices:
            text = render(self.template, asked.prompt, asked.system or self.system, self.tokenizer)
            ids = tokenize(self.template, text, self.tokenizer)
            if asked is choices[-1] or len(ids) <= (self.longest() or len(ids)):
                break
        return asked, ids, (), prefill(text)


def missing(
    source: Source,
    writers: Sequence[Writer],
    owing: Owing,
    renderer: Callable[[], Renderer],
    prompts: int,
    n: int,
) -> Iterator[Part]:
    """The parts of `prompts` prompts each that some of the writers have not committed yet, or owe rows of.

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
            left = owing.of(name, inputs) if all(finished) else None
            if all(finished) and left is None:
                skipped += rows * n
                continue
            only = left.requests if left else None
            part = renderer().part(left.shard if left else name, inputs, table().slice(start, rows), only)
            part.skipped, skipped = skipped + (rows * n - len(only) if only else 0), 0
            yield part
