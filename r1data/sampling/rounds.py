"""Rounds: some responses to each prompt are verified, and a rule says whether it gets more.

The verdicts are those of `r1 verify`, each row's own verifier deciding. What a prompt gets follows from its own
responses alone, in the order of their numbers: not from other prompts, from which verdict came first, from workers or
restarts. A response whose request failed for now counts as unknown; when it comes later, nothing is decided anew.

Not here: the rule (`adaptive`), engines (`calls`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType

import polars as pl
import pyarrow as pa

from r1data.sampling.parts import Judged, Part
from r1data.sampling.until import Rule
from r1data.selection.difficulty import is_known
from r1data.verifiers.table import COLUMNS, verify_table

Tabled = Callable[[Part, Sequence[int]], pa.Table]
"""The rows of some requests of a part."""
Asked = tuple[Part, list[int]]
"""A part and some of its requests, those of a prompt one after the other."""
BACKLOG = 4_096
"""Responses that may wait for their verdict before no new prompts are begun. Ours."""
READ = ["verdict", "verdict_reason", "finish_reason"]


@dataclass(frozen=True, slots=True)
class Rounds:
    """The rule, and how responses become rows that can be verified."""

    rule: Rule
    tabled: Tabled

    def first(self, part: Part) -> list[int]:
        """The first round of every prompt; of a part that is asked again, all."""
        prompts = {number // part.n for number in part.candidates}
        part.open = len(prompts)
        if part.only is not None:
            return list(part.only)
        return [number for prompt in sorted(prompts) for number in self._round(part, prompt, 0)]

    def after(self, asked: Sequence[Asked]) -> dict[str, list[int]]:
        """Verifies these responses; by the part's name, what is asked next of the same prompts."""
        self.record(asked, self.judge([self.tabled(part, numbers) for part, numbers in asked]))
        return {part.name: self.following(part, numbers) for part, numbers in asked}

    def judge(self, tables: Sequence[pa.Table]) -> list[Judged]:
        """One for each row; may run in another thread."""
        table = verify_table(pa.concat_tables(tables, promote_options="default"))
        verdicts = table.select(list(COLUMNS)).to_pylist()
        known = pl.DataFrame(pl.from_arrow(table.select(READ))).select(known=is_known())["known"]
        return [
            Judged(verdict, verdict["verdict"] == "correct" if sure else None)
            for verdict, sure in zip(verdicts, known, strict=True)
        ]

    def record(self, asked: Sequence[Asked], judged: Sequence[Judged]) -> None:
        """Writes verdicts down with their parts."""
        places = [(part, number) for part, numbers in asked for number in numbers]
        for (part, number), found in zip(places, judged, strict=True):
            part.judged[number] = found

    def following(self, part: Part, numbers: Sequence[int]) -> list[int]:
        """The next round of the prompts of `numbers`; prompts that end are noted in the part."""
        more: list[int] = []
        for prompt in sorted({number // part.n for number in numbers}):
            first = prompt * part.n
            drawn = [k for k in range(first, first + part.n) if k in part.judged]
            ending = self.rule.decide([part.judged[number].correct for number in drawn])
            if ending is None and part.only is None:
                more += self._round(part, prompt, len(drawn))
            else:
                part.open -= 1
                if part.only is None:
                    part.endings[prompt] = ending or "all"
        return more

    def _round(self, part: Part, prompt: int, drawn: int) -> range:
        first = prompt * part.n
        return range(first + drawn, first + min(drawn + self.rule.size, part.n))


class Judging:
    """Verdicts in a thread beside the engine; prompts that wait while it is busy are verified together.

    Without rounds there are no verdicts, and everything is asked at once.
    """

    def __init__(self, rounds: Rounds | None) -> None:
        self.rounds = rounds
        self.queue: list[Asked] = []
        self.under_way: list[Asked] = []
        self.future: Future[list[Judged]] | None = None
        self.thread = ThreadPoolExecutor(1, "r1-verdicts")

    def __enter__(self) -> Judging:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.thread.shutdown(cancel_futures=True)

    def __bool__(self) -> bool:
        return self.rounds is not None

    @property
    def busy(self) -> bool:
        """Whether verdicts are to come."""
        return self.future is not None

    @property
    def behind(self) -> bool:
        """Whether so much waits for its verdict that no new prompts should be begun."""
        return sum(len(numbers) for _, numbers in self.queue) >= BACKLOG

    def first(self, part: Part) -> list[int]:
        """What is asked of a part at first."""
        return self.rounds.first(part) if self.rounds else list(part.candidates)

    def put(self, part: Part, prompt: int) -> None:
        """A prompt whose round is complete."""
        if self.rounds is None:
            return
        mine = range(prompt * part.n, (prompt + 1) * part.n)
        self.queue.append((part, [k for k in mine if k in part.completions and k not in part.judged]))
        self._start()

    def decided(self, *, wait: bool) -> Iterator[Asked]:
        """Prompts whose verdicts have come, with what is asked next: nothing where they end."""
        if self.rounds is None or self.future is None or not (wait or self.future.done()):
            return
        asked, found, self.future = self.under_way, self.future.result(), None
        self.rounds.record(asked, found)
        self._start()
        for part, numbers in asked:
            yield part, self.rounds.following(part, numbers)

    def _start(self) -> None:
        if self.rounds is None or self.future is not None or not self.queue:
            return
        self.under_way, self.queue = self.queue, []
        tables = [self.rounds.tabled(part, numbers) for part, numbers in self.under_way]
        self.future = self.thread.submit(self.rounds.judge, tables)
