"""Runs parts through an engine and yields each as soon as it is complete.

An engine whose calls are bit-exact gets a call for each part and round alone, so that a rerun makes the same rows. Any
other gets one streaming call for all parts, so that its batches stay full across parts and rounds.
"""

from __future__ import annotations

import itertools
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator

from r1data.engines.base import Completion, LoadedEngine, Request, Sampling
from r1data.errors import RowsLost
from r1data.sampling.parts import Part
from r1data.sampling.rounds import BackgroundVerifier, SamplingRounds

OnCompletion = Callable[[Completion], None]


def run_parts(
    engine: LoadedEngine,
    parts: Iterator[Part],
    sampling: Sampling,
    on_completion: OnCompletion,
    rounds: SamplingRounds | None = None,
) -> Generator[Part, None, None]:
    """Parts in the order in which they are completed.

    Args:
        on_completion: called with each completion.
        rounds: decides after each round whether a prompt gets another one; without it all requests are sent at once.
    """
    if engine.exact:
        for part in parts:
            _run_rounds(engine, part, sampling, on_completion, rounds)
            yield part
    else:
        with BackgroundVerifier(rounds) as verifier:
            yield from _Stream(parts, verifier).run(engine, sampling, on_completion)


def _run_rounds(
    engine: LoadedEngine,
    part: Part,
    sampling: Sampling,
    on_completion: OnCompletion,
    rounds: SamplingRounds | None,
) -> None:
    """All rounds of one part."""
    numbers = rounds.first(part) if rounds else list(part.candidates)
    while numbers:
        part.requests_sent += len(numbers)
        known = {number: completion for number in numbers if (completion := part.known(number))}
        for number, completion in known.items():
            part.add(number, completion)
            if number not in part.earlier:
                on_completion(completion)
        sent = [number for number in numbers if number not in known]
        if sent:
            _send(engine, part, sent, sampling, on_completion)
        numbers = rounds.verify_and_continue([(part, numbers)])[part.name] if rounds else []


def _send(
    engine: LoadedEngine, part: Part, numbers: list[int], sampling: Sampling, on_completion: OnCompletion
) -> None:
    """Some requests of one part, in a call of their own."""

    requests = [part.requests[number] for number in numbers]
    with _Call(engine, requests, sampling, lambda index: (part, numbers[index])) as completions:
        for index, completion in completions:
            part.add(numbers[index], completion)
            on_completion(completion)


class _Call:
    """A call of an engine. Where it ends early, parts get those completions too that had ended by then.

    `place_of`: the part and the request of a position, None for one that its part has.
    """

    def __init__(
        self,
        engine: LoadedEngine,
        requests: Iterable[Request | None],
        sampling: Sampling,
        place_of: Callable[[int], tuple[Part, int] | None],
    ) -> None:
        self.engine, self.place_of = engine, place_of
        self.completions = engine.generate(requests, sampling)

    def __enter__(self) -> Iterator[tuple[int, Completion]]:
        return self.completions

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            return
        if isinstance(self.completions, Generator):
            self.completions.close()
        for index, completion in getattr(self.engine, "unclaimed", ()):
            place = self.place_of(index)
            if place and place[1] not in place[0].received:
                place[0].add(place[1], completion)


class _Stream:
    """One streaming call of an engine for all parts: the generator of its requests, and its completions by part.

    `waiting` requests are not sent yet, `running` ones are, by their number in the call; `outstanding` counts both by
    part and prompt.
    """

    def __init__(self, parts: Iterator[Part], verifier: BackgroundVerifier) -> None:
        self.parts, self.verifier = parts, verifier
        self.waiting: deque[tuple[Part, int]] = deque()
        self.running: dict[int, tuple[Part, int]] = {}
        self.outstanding: Counter[tuple[str, int]] = Counter()
        self.complete: deque[Part] = deque()
        self.source_error: RowsLost | None = None
        self.source_ended = False

    def run(self, engine: LoadedEngine, sampling: Sampling, on_completion: OnCompletion) -> Iterator[Part]:
        """Yields complete parts. Where the source breaks off, what had arrived is finished before that is raised."""
        with _Call(engine, self._requests(on_completion), sampling, self.running.get) as completions:
            for index, completion in completions:
                self._receive(*self.running[index], completion)
                del self.running[index]
                on_completion(completion)
                while self.complete:
                    yield self.complete.popleft()
        yield from self.complete
        if self.source_error:
            raise self.source_error

    def _requests(self, on_completion: OnCompletion) -> Iterator[Request | None]:
        numbers = itertools.count()
        while True:
            self._apply_verdicts(wait=False)
            # The next part is opened when all requests before it are sent, so that few parts are in memory.
            if not self.waiting and not self.source_ended and not self.verifier.backlogged:
                self._start_next_part()
            elif self.waiting:
                part, number = self.waiting.popleft()
                if completion := part.known(number):
                    self._receive(part, number, completion)
                    if number not in part.earlier:
                        on_completion(completion)
                    continue
                self.running[next(numbers)] = part, number
                yield part.requests[number]
            elif self.verifier and self.running:
                # Nothing to send now, perhaps soon: the engine goes on with what it has and asks again.
                yield None
            elif self.verifier.busy:
                self._apply_verdicts(wait=True)
            else:
                return

    def _start_next_part(self) -> None:
        """Queues the first requests of the next part of the source."""
        try:
            part = next(self.parts, None)
        # Kept for the end: raised here, it would end the engine's call and lose the responses under way.
        except RowsLost as error:
            self.source_error, part = error, None
        self.source_ended = part is None
        if part is not None:
            self._enqueue(part, self.verifier.first(part))
            if part.complete:
                self.complete.append(part)

    def _enqueue(self, part: Part, numbers: list[int]) -> None:
        part.requests_sent += len(numbers)
        for number in numbers:
            self.waiting.append((part, number))
            self.outstanding[part.name, number // part.n] += 1

    def _receive(self, part: Part, number: int, completion: Completion) -> None:
        part.add(number, completion)
        place = part.name, number // part.n
        self.outstanding[place] -= 1
        if not self.outstanding[place]:
            del self.outstanding[place]
            self.verifier.put(part, number // part.n)
        if part.complete:
            self.complete.append(part)

    def _apply_verdicts(self, *, wait: bool) -> None:
        """Queues the next rounds of prompts whose verdicts have arrived, ahead of new parts' requests."""
        for part, numbers in self.verifier.decided(wait=wait):
            # Ahead of new parts, so that parts are completed in about their order and few are in memory at a time.
            later, self.waiting = self.waiting, deque()
            self._enqueue(part, numbers)
            self.waiting.extend(later)
            if part.complete:
                self.complete.append(part)
