"""The miniature model as a policy, which writes whole responses, single steps, and the rest of a response.

Random numbers come from (seed, question, place), so that neither batches nor order change a response.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from r1data.engines.base import EngineOptions, Request, Sampling, seed_of
from r1data.engines.transformers import TransformersEngine
from r1data.errors import UserError
from r1data.training.miniature.world import SumProblem
from r1data.verifiers.registry import check
from r1data.verifiers.verdict import is_right

from . import working

MAX_TOKENS = 64
"""The longest response, as in the recipe of the miniature world."""


@dataclass(frozen=True, slots=True)
class Response:
    """A response, or its beginning: token ids, whether it has ended (cut at the limit counts), its text."""

    tokens: tuple[int, ...]
    ended: bool
    text: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where to go on: a question, what its response has already, and a name that no other draw has."""

    problem: SumProblem
    tokens: tuple[int, ...]
    draw: str


class Policy:
    """A model of the miniature world, at temperature 1. Raises UserError for any other model."""

    def __init__(self, model: str, threads: int | None = None) -> None:
        self.engine = TransformersEngine(model, EngineOptions(device="cpu", threads=threads))
        self.tokenizer = self.engine.tokenizer
        vocabulary = self.tokenizer.get_vocab()
        missing = sorted(working.MARKS - vocabulary.keys())
        if missing:
            raise UserError(
                f"{model}: not a model of the miniature world, as its tokenizer has no token {missing[0]!r}; give "
                "miniature:base or a model trained from it"
            )
        self.ends = self.engine.stops
        self.step_ends = self.ends | {vocabulary[mark] for mark in working.MARKS}

    def prompt(self, problem: SumProblem) -> list[int]:
        """The token ids of a question."""
        ids: list[int] = self.tokenizer(problem.prompt)["input_ids"]
        return ids

    def steps(self, response: Response) -> list[working.Step]:
        """The steps of a response; `end` of the last is the number of its tokens."""
        return working.split([self.tokenizer.decode([token]) for token in response.tokens])

    def respond(self, problems: Sequence[SumProblem], count: int, seed: int) -> list[list[Response]]:
        """`count` responses to each question."""
        places = [Place(problem, (), f"response {number}") for problem in problems for number in range(count)]
        responses = self.finish(places, seed)
        return [responses[start : start + count] for start in range(0, len(responses), count)]

    def finish(self, places: Sequence[Place], seed: int) -> list[Response]:
        """What each place becomes when its response is written to the end."""
        return self._go_on(places, seed, self.ends)

    def next_steps(self, places: Sequence[Place], seed: int) -> list[Response]:
        """What each place becomes with one step more."""
        return self._go_on(places, seed, self.step_ends)

    def _go_on(self, places: Sequence[Place], seed: int, stops: frozenset[int]) -> list[Response]:
        requests = [
            Request(
                place.draw,
                [*self.prompt(place.problem), *place.tokens],
                seed_of(seed, f"{place.problem.prompt}\n{place.draw}", len(place.tokens)),
                prefix_tokens=len(place.tokens),
            )
            for place in places
        ]
        self.engine.stops = stops
        responses: list[Response | None] = [None] * len(places)
        for index, completion in self.engine.generate(requests, Sampling(max_tokens=MAX_TOKENS)):
            if completion.error:
                raise UserError(f"{places[index].problem.prompt!r}: {completion.error}")
            tokens = (*places[index].tokens, *completion.token_ids)
            ended = tokens[-1] in self.ends or len(tokens) >= MAX_TOKENS
            text = self.tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)
            responses[index] = Response(tokens, ended, text)
        return [response for response in responses if response is not None]


@cache
def grade(text: str, truth: int) -> tuple[bool | None, str | None]:
    """Whether a response is correct, and its answer; one without an answer is wrong, as in `r1 eval`. None where the
    verifier cannot tell."""
    verdict = check("math", text, str(truth))
    return is_right(verdict.verdict, verdict.cause), verdict.extracted
