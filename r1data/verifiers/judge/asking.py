"""Asks a judge the same prompt k times, each time with its own seed, over any engine.

A model is loaded once per process. Earlier answers come from the cache. A single vote is greedy, several are sampled at
0.6, the temperature at which the paper evaluates; that and all other defaults are ours.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r1data.engines.base import (
    Completion,
    EngineOptions,
    LoadedEngine,
    Request,
    Sampling,
    at_endpoints,
    choose,
    is_served,
    load_engine,
    seed_of,
)
from r1data.engines.models import fingerprint, load_tokenizer, tokenizer_fingerprint
from r1data.engines.templates import SERVER
from r1data.errors import UserError
from r1data.verifiers.judge.cache import AnswerCache, default_folder, key_of
from r1data.verifiers.judge.prompt import JudgePrompt

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

SEVERAL_VOTES_TEMPERATURE = 0.6
TIMEOUT = 600.0


@dataclass(frozen=True, slots=True)
class JudgeSettings:
    """Which judge, and how it is asked.

    `model` is a folder or hub id; with `endpoints` in the options, the name under which a server serves it. Such a
    server writes the chat template itself, unless the options name a `tokenizer` or `model` is a folder.
    `threshold`: the share of the votes that must agree; more than half must in any case.
    """

    model: str
    engine: str = "auto"
    votes: int = 1
    threshold: float = 0.5
    temperature: float | None = None
    max_tokens: int = 2_048
    seed: int = 0
    cache: bool = True
    options: EngineOptions = field(default_factory=lambda: EngineOptions(request_timeout=TIMEOUT))

    def __post_init__(self) -> None:
        if self.votes < 1:
            raise UserError(f"votes {self.votes}: a judge is asked at least once; give 1 or more")
        if not 0 <= self.threshold <= 1:
            raise UserError(f"judge-threshold {self.threshold}: give a share of the votes, from 0 to 1")
        self.sampling()

    @property
    def remote(self) -> bool:
        """Whether the judge is behind a server."""
        return is_served(at_endpoints(self.engine, self.options.endpoints, "--judge-engine"))

    @property
    def tokenizer(self) -> str | None:
        """Path or id of the tokenizer; None if a server applies the chat template."""
        if not self.remote:
            return self.model
        here = self.model.startswith("miniature:") or Path(self.model).is_dir()
        return self.options.tokenizer or (self.model if here else None)

    def sampling(self) -> Sampling:
        """The sampling settings of a vote."""
        default = 0.0 if self.votes == 1 else SEVERAL_VOTES_TEMPERATURE
        temperature = default if self.temperature is None else self.temperature
        return Sampling(temperature=temperature, max_tokens=self.max_tokens)

    def identity(self) -> str:
        """A fingerprint of the judge's weights, or, for a served model, of the tokenizer if it is local."""
        if not self.remote:
            return fingerprint(self.model)
        return f"served, {tokenizer_fingerprint(self.tokenizer) if self.tokenizer else SERVER}"

    def recorded(self) -> dict[str, Any]:
        """The settings that decide the verdicts, for the command's record; without addresses and keys."""
        return {
            "judge": self.model,
            "judge_weights": self.identity(),
            "votes": self.votes,
            "threshold": self.threshold,
            "judge_seed": self.seed,
            "judge_temperature": self.sampling().temperature,
            "judge_max_tokens": self.max_tokens,
        }


@dataclass(slots=True)
class JudgeModel:
    """A loaded judge. `tokenizer` is None if its server applies the chat template."""

    engine: LoadedEngine
    tokenizer: PreTrainedTokenizerBase | None
    identity: str
    cache: AnswerCache | None = None

    def ask(
        self, prompts: Sequence[JudgePrompt], schema: str, votes: int, seed: int, sampling: Sampling
    ) -> list[list[Completion]]:
        """`votes` answers to each prompt, in order; equal prompts are asked once.

        A prompt that opens the thoughts is not held to the schema, which would forbid them. Raises UserError where the
        engine's servers are gone.
        """
        keys = [
            [self._key(prompt, schema, seed, vote, sampling) for vote in range(votes)] for prompt in prompts
        ]
        requests = {
            key: Request(
                key, prompt.token_ids, _seed(key), prompt.messages, None if prompt.opened else schema
            )
            for prompt, prompt_keys in zip(prompts, keys, strict=True)
            for key in prompt_keys
        }
        answers = {key: old for key in requests if self.cache and (old := self.cache.get(key))}
        new_requests = [request for key, request in requests.items() if key not in answers]
        for index, answer in self.engine.generate(new_requests, sampling) if new_requests else ():
            answers[new_requests[index].id] = answer
            if self.cache:
                self.cache.put(new_requests[index].id, answer)
        return [[answers[key] for key in prompt_keys] for prompt_keys in keys]

    def _key(self, prompt: JudgePrompt, schema: str, seed: int, vote: int, sampling: Sampling) -> str:
        shown: list[Any] = prompt.token_ids or [asdict(message) for message in prompt.messages]
        return key_of([self.engine.name, self.identity, shown, schema, seed, vote, asdict(sampling)])


def _seed(key: str) -> int:
    """A request's seed, derived from everything that it asks and the vote's number."""
    return seed_of(0, key, 0)


@functools.lru_cache(maxsize=1)
def open_judge_model(settings: JudgeSettings) -> JudgeModel:
    """The judge, loaded once per process. Raises UserError if it cannot be loaded or reached."""
    name = choose(at_endpoints(settings.engine, settings.options.endpoints))
    options = replace(settings.options, structured=True, tokenizer=settings.tokenizer)
    identity = settings.identity()
    engine = load_engine(name, settings.model, options)
    tokenizer = load_tokenizer(settings.tokenizer) if settings.tokenizer else None
    if settings.remote:
        identity = f"{getattr(engine, 'served', settings.model)} {identity}"
    return JudgeModel(engine, tokenizer, identity, AnswerCache(default_folder()) if settings.cache else None)
