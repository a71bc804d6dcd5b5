"""Asks a judge the same prompt k times, each time with its own seed, over any engine.

A model is loaded once per process. A single vote is greedy, several are sampled at 0.6, the temperature at which the
paper evaluates; that and all other defaults are ours.

Earlier answers come from a cache, by the sha256 of everything that an answer depends on: `$R1_CACHE`, else
`$XDG_CACHE_HOME/r1`, else `~/.cache/r1`. Nothing expires: delete the folder `judge` in it.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
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
from r1data.verifiers.judge.prompt import JudgePrompt

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

SEVERAL_VOTES_TEMPERATURE = 0.6
TIMEOUT = 600.0
MOST_BYTES = 4 << 20
"""Most bytes of an answer that are read from the cache."""


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


def default_folder() -> Path:
    """The folder of the cache."""
    if folder := os.environ.get("R1_CACHE"):
        return Path(folder) / "judge"
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else Path.home() / ".cache") / "r1" / "judge"


class AnswerCache:
    """Answers in a folder. If it cannot be written to, one warning is printed and nothing is cached.

    One small file per answer, written to a temporary file and renamed, so that any number of processes may share a
    folder; an unreadable entry counts as missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.writable = True

    def get(self, key: str) -> Completion | None:
        """The answer of a key, None if there is none or it cannot be read."""
        try:
            with self._path(key).open("rb") as file:
                fields = json.loads(file.read(MOST_BYTES))
            completion = Completion(**{**fields, "token_ids": []})
            is_complete = isinstance(completion.text, str) and completion.finish_reason in ("stop", "length")
            return completion if is_complete and isinstance(completion.response_tokens, int) else None
        except (OSError, ValueError, TypeError, RecursionError):
            return None

    def put(self, key: str, answer: Completion) -> None:
        """Store an answer, unless it has an error."""
        if not self.writable or answer.error is not None:
            return
        path = self._path(key)
        fields = {name: value for name, value in asdict(answer).items() if name != "token_ids"}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # In the same folder, so that the rename is within one file system and a reader never sees half an answer.
            # Not synced: what a crash of the machine cuts off is unreadable, hence missing, and is asked again.
            with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
                json.dump(fields, file)
            try:
                Path(file.name).replace(path)
            finally:
                with contextlib.suppress(FileNotFoundError):
                    Path(file.name).unlink()
        except OSError as error:
            self.writable = False
            sys.stderr.write(f"{self.folder}: answers of the judge are not kept ({error.strerror})\n")

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key[2:]}.json"


Answered = Callable[[int], object]
"""Hears that so many answers more are there."""


def ignore(answers: int) -> None:
    """An `Answered` that does nothing."""


@dataclass(slots=True)
class JudgeModel:
    """A loaded judge. `tokenizer` is None if its server applies the chat template."""

    engine: LoadedEngine
    tokenizer: PreTrainedTokenizerBase | None
    identity: str
    cache: AnswerCache | None = None

    def ask(
        self,
        prompts: Sequence[JudgePrompt],
        schema: str,
        votes: int,
        seed: int,
        sampling: Sampling,
        answered: Answered = ignore,
    ) -> list[list[Completion]]:
        """`votes` answers to each prompt, in order; equal prompts are asked once. `answered` hears how many answers
        there are more.

        A prompt that opens the thoughts is not held to the schema, which would forbid them. Raises UserError where the
        engine's servers are gone.
        """
        keys = [
            [self._key(prompt, schema, seed, vote, sampling) for vote in range(votes)] for prompt in prompts
        ]
        requests = {
            # The seed follows from all that is asked and the vote's number, so that a vote asked again is the same.
            key: Request(
                key, prompt.token_ids, seed_of(0, key, 0), prompt.messages, None if prompt.opened else schema
            )
            for prompt, prompt_keys in zip(prompts, keys, strict=True)
            for key in prompt_keys
        }
        answers = {key: old for key in requests if self.cache and (old := self.cache.get(key))}
        new_requests = [request for key, request in requests.items() if key not in answers]
        answered(len(prompts) * votes - len(new_requests))
        for index, answer in self.engine.generate(new_requests, sampling) if new_requests else ():
            answers[new_requests[index].id] = answer
            answered(1)
            if self.cache:
                self.cache.put(new_requests[index].id, answer)
        return [[answers[key] for key in prompt_keys] for prompt_keys in keys]

    def _key(self, prompt: JudgePrompt, schema: str, seed: int, vote: int, sampling: Sampling) -> str:
        """The key of an answer in the cache, and a request's id: a digest of all that the answer depends on."""
        shown: list[Any] = prompt.token_ids or [asdict(message) for message in prompt.messages]
        inputs = [self.engine.name, self.identity, shown, schema, seed, vote, asdict(sampling)]
        return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


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
