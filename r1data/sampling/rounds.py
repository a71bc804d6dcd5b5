"""Rounds of adaptive sampling: some responses to each prompt are verified, and a rule decides whether it gets more.

The verdicts are those of `r1 verify`, by each row's own verifier. What a prompt gets depends on its own responses
alone, in the order of their numbers: not on other prompts, the order of verdicts, workers or restarts. A response
whose request failed transiently counts as unknown; when a retry succeeds later, no decision is revised.

Not here: the rule (`until`), engines (`scheduler`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType

import polars as pl
import pyarrow as pa

from r1data.sampling.parts import Part, RowVerdict
from r1data.sampling.until import StoppingRule
from r1data.selection.difficulty import is_known
from r1data.verifiers.table import COLUMNS, verify_table

RowsOf = Callable[[Part, Sequence[int]], pa.Table]
"""The rows of some requests of a part."""
RequestGroup = tuple[Part, list[int]]
"""A part and some of its requests, those of a prompt one after the other."""
BACKLOG = 4_096
"""Responses that may wait for a verdict before the scheduler stops starting new prompts. Ours."""
READ = ["verdict", "verdict_cause", "finish_reason"]


@dataclass(frozen=True, slots=True)
class SamplingRounds:
    """The stopping rule, and how responses become rows that can be verified."""

    rule: StoppingRule
    rows_of: RowsOf

    def first(self, part: Part) -> list[int]:
        """The requests of every prompt's first round; of a retried part, all its requests."""
        prompts = {number // part.n for number in part.candidates}
        part.open_prompts = len(prompts)
        # What failed is asked again in one go: how its prompts ended was decided in the run that asked first.
        if part.retried_requests is not None:
            return list(part.retried_requests)
        return [number for prompt in sorted(prompts) for number in self._round(part, prompt, 0)]

    def verify_and_continue(self, groups: Sequence[RequestGroup]) -> dict[str, list[int]]:
        """Verifies these responses; returns, by the part's name, the next requests of the same prompts."""
        self.record(groups, self.verify([self.rows_of(part, numbers) for part, numbers in groups]))
        return {part.name: self.following(part, numbers) for part, numbers in groups}

    def verify(self, tables: Sequence[pa.Table]) -> list[RowVerdict]:
        """One verdict a row. Changes no part, so that it can run in another thread."""
        table = verify_table(pa.concat_tables(tables, promote_options="default"))
        verdicts = table.select(list(COLUMNS)).to_pylist()
        verdict_known = pl.DataFrame(pl.from_arrow(table.select(READ))).select(known=is_known())["known"]
        return [
            RowVerdict(verdict, verdict["verdict"] == "correct" if is_known_verdict else None)
            for verdict, is_known_verdict in zip(verdicts, verdict_known, strict=True)
        ]

    def record(self, groups: Sequence[RequestGroup], verdicts: Sequence[RowVerdict]) -> None:
        """Stores verdicts in their parts."""
        requests = [(part, number) for part, numbers in groups for number in numbers]
        for (part, number), verdict in zip(requests, verdicts, strict=True):
            part.verdicts[number] = verdict

    def following(self, part: Part, numbers: Sequence[int]) -> list[int]:
        """The next round of the prompts of `numbers`; prompts that end are recorded in the part."""
        next_requests: list[int] = []
        for prompt in sorted({number // part.n for number in numbers}):
            first = prompt * part.n
            drawn_numbers = [k for k in range(first, first + part.n) if k in part.verdicts]
            ending = self.rule.decide([part.verdicts[number].correct for number in drawn_numbers])
            if ending is None and part.retried_requests is None:
                next_requests += self._round(part, prompt, len(drawn_numbers))
            else:
                part.open_prompts -= 1
                if part.retried_requests is None:
                    part.endings[prompt] = ending or "all"
        return next_requests

    def _round(self, part: Part, prompt: int, drawn: int) -> range:
        first = prompt * part.n
        return range(first + drawn, first + min(drawn + self.rule.round_size, part.n))


class BackgroundVerifier:
    """Verifies in a thread beside the engine; prompts that queue up while it is busy are verified together.

    Without rounds nothing is verified, and all requests of a part are sent at once.
    """

    def __init__(self, rounds: SamplingRounds | None) -> None:
        self.rounds = rounds
        self.queue: list[RequestGroup] = []
        self.in_progress: list[RequestGroup] = []
        self.future: Future[list[RowVerdict]] | None = None
        self.thread = ThreadPoolExecutor(1, "r1-verdicts")

    def __enter__(self) -> BackgroundVerifier:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.thread.shutdown(cancel_futures=True)

    def __bool__(self) -> bool:
        return self.rounds is not None

    @property
    def busy(self) -> bool:
        """Whether a batch is being verified."""
        return self.future is not None

    @property
    def backlogged(self) -> bool:
        """Whether so many responses wait for a verdict that no new prompts should be started."""
        return sum(len(numbers) for _, numbers in self.queue) >= BACKLOG

    def first(self, part: Part) -> list[int]:
        """A part's first requests."""
        return self.rounds.first(part) if self.rounds else list(part.candidates)

    def put(self, part: Part, prompt: int) -> None:
        """Queues a prompt whose round is complete."""
        if self.rounds is None:
            return
        requests = range(prompt * part.n, (prompt + 1) * part.n)
        self.queue.append((part, [k for k in requests if k in part.completions and k not in part.verdicts]))
        self._start()

    def decided(self, *, wait: bool) -> Iterator[RequestGroup]:
        """Prompts whose verdicts have arrived, with their next requests: none where the prompt ends."""
        if self.rounds is None or self.future is None or not (wait or self.future.done()):
            return
        groups, row_verdicts, self.future = self.in_progress, self.future.result(), None
        self.rounds.record(groups, row_verdicts)
        self._start()
        for part, numbers in groups:
            yield part, self.rounds.following(part, numbers)

    def _start(self) -> None:
        if self.rounds is None or self.future is not None or not self.queue:
            return
        # The rows are made here, since the engine's thread alone may read parts: completions arrive meanwhile.
        self.in_progress, self.queue = self.queue, []
        tables = [self.rounds.rows_of(part, numbers) for part, numbers in self.in_progress]
        self.future = self.thread.submit(self.rounds.verify, tables)
