"""Parts through an engine, each given back as soon as it is whole.

An engine whose calls repeat to the bit gets calls for each part alone, one a round, so that a rerun makes the same
rows. Any other gets one call for all, which goes on as parts arrive and verdicts ask for more, so that its batches stay
full across parts and rounds.
"""

from __future__ import annotations

import itertools
from collections import Counter, deque
from collections.abc import Callable, Iterator

from r1data.engines.base import Completion, Engine, Request, Sampling
from r1data.errors import RowsLost
from r1data.sampling.parts import Part
from r1data.sampling.rounds import Judging, Rounds

Done = Callable[[Completion], None]


def completed(
    engine: Engine, parts: Iterator[Part], sampling: Sampling, done: Done, rounds: Rounds | None = None
) -> Iterator[Part]:
    """Parts as they become whole; `done` hears of each completion.

    Args:
        rounds: decides after each round whether a prompt gets another one; without it all is asked at once.
    """
    if engine.exact:
        for part in parts:
            _finish(engine, part, sampling, done, rounds)
            yield part
    else:
        with Judging(rounds) as judging:
            yield from _Stream(parts, judging).through(engine, sampling, done)


def _finish(engine: Engine, part: Part, sampling: Sampling, done: Done, rounds: Rounds | None) -> None:
    """All rounds of one part."""
    numbers = rounds.first(part) if rounds else list(part.candidates)
    while numbers:
        part.asked += len(numbers)
        for index, completion in engine.generate([part.requests[k] for k in numbers], sampling):
            part.take(numbers[index], completion)
            done(completion)
        numbers = rounds.after([(part, numbers)])[part.name] if rounds else []


class _Stream:
    """What an engine is asked in one call for all parts, request by request."""

    def __init__(self, parts: Iterator[Part], judging: Judging) -> None:
        self.parts, self.judging = parts, judging
        self.waiting: deque[tuple[Part, int]] = deque()
        self.running: dict[int, tuple[Part, int]] = {}
        self.left: Counter[tuple[str, int]] = Counter()
        self.whole: deque[Part] = deque()
        self.broken: RowsLost | None = None
        self.ended = False

    def through(self, engine: Engine, sampling: Sampling, done: Done) -> Iterator[Part]:
        """Where the source breaks off, what had arrived is finished before that is said."""
        for index, completion in engine.generate(self._requests(), sampling):
            self._take(*self.running.pop(index), completion)
            done(completion)
            while self.whole:
                yield self.whole.popleft()
        yield from self.whole
        if self.broken:
            raise self.broken

    def _requests(self) -> Iterator[Request | None]:
        numbers = itertools.count()
        while True:
            self._heed(wait=False)
            if not self.waiting and not self.ended and not self.judging.behind:
                self._admit()
            elif self.waiting:
                part, number = self.waiting.popleft()
                self.running[next(numbers)] = part, number
                yield part.requests[number]
            elif self.judging and self.running:
                yield None
            elif self.judging.busy:
                self._heed(wait=True)
            else:
                return

    def _admit(self) -> None:
        """The first requests of the next part."""
        try:
            part = next(self.parts, None)
        except RowsLost as error:
            self.broken, part = error, None
        self.ended = part is None
        if part is not None:
            self._ask(part, self.judging.first(part))
            if part.whole:
                self.whole.append(part)

    def _ask(self, part: Part, numbers: list[int]) -> None:
        part.asked += len(numbers)
        for number in numbers:
            self.waiting.append((part, number))
            self.left[part.name, number // part.n] += 1

    def _take(self, part: Part, number: int, completion: Completion) -> None:
        part.take(number, completion)
        place = part.name, number // part.n
        self.left[place] -= 1
        if not self.left[place]:
            del self.left[place]
            self.judging.put(part, number // part.n)
        if part.whole:
            self.whole.append(part)

    def _heed(self, *, wait: bool) -> None:
        """What verdicts that have come say of their prompts; rounds that go on come first."""
        for part, numbers in self.judging.decided(wait=wait):
            before, self.waiting = self.waiting, deque()
            self._ask(part, numbers)
            self.waiting.extend(before)
            if part.whole:
                self.whole.append(part)
