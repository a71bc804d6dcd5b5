"""The openai engine: any server with the OpenAI API, or several that serve the same model.

Prompts go to `/v1/completions` as token ids, and completions come back as token ids if the server can return them
(vLLM can), so that they mean the same as in every other engine. A request that carries messages goes to
`/v1/chat/completions`, and the server's own chat template applies. Each request carries its seed, and as many as
allowed are in flight at once. A request that keeps failing becomes a completion with its error; if a server is gone,
the run ends and can be resumed later.

Not here: starting servers; retries (`endpoints`). Whether a server honours the seed is up to the server.
"""

from __future__ import annotations

import functools
import json
import os
import queue
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from r1data.data.secrets import HIDDEN, carries_key, redact
from r1data.data.text import one_line
from r1data.engines.base import (
    SWITCHES,
    Completion,
    EngineOptions,
    FinishReason,
    Request,
    Sampling,
    Waiting,
    refuse,
    seed_to_go_on,
)
from r1data.engines.endpoints import CONNECT_SECONDS, Endpoint, Endpoints, Loop, RequestLimits, no_server
from r1data.engines.models import context_length, load_tokenizer, stop_ids
from r1data.engines.replies import Failed, Fields, Missing, Refused
from r1data.errors import UserError

if TYPE_CHECKING:
    import aiohttp
    from transformers import PreTrainedTokenizerBase

FIRST_PATIENCE, PATIENCE = 30.0, 600.0
"""Seconds to wait for a server: at the start, where the address may be wrong, and later. Ours."""
GRACE = 2.0
"""Seconds that a run which is interrupted waits for the responses under way. Ours."""
KEY = "OPENAI_API_KEY"
SPARE_BYTES, BYTES_PER_TOKEN = 1 << 20, 128
"""Of an answer's body, beside its tokens and for each of them: its id, and its text with all of it escaped. Ours."""
LONGEST_NAME = 500
MOST_MODELS = 10_000
SHOWN_NAMES = 10


class OpenAIEngine:
    """A model behind the options' `endpoints`.

    `model` is the name under which it is served; or the folder or hub id of its tokenizer, where the servers serve one
    model. Raises UserError where no server answers, none serves that model, or an address will not do.
    """

    name = "openai"
    exact = False

    def __init__(self, model: str | Path, options: EngineOptions) -> None:
        self.options = options
        self.files = options.tokenizer or model
        self.urls = [root_of(url) for url in options.endpoints]
        if not self.urls:
            raise UserError("the openai engine needs an address; add --endpoint http://host:8000")
        self.key = (options.api_key or os.environ.get(KEY) or "").strip()
        self.constrains = True
        self.unclaimed: deque[tuple[int, Completion]] = deque()
        with Loop() as loop:
            contexts = loop.submit(self._list_models()).result()
        self.served = pick_served(str(model), contexts, self.urls)
        self.listed_context = contexts.get(self.served)

    @functools.cached_property
    def tokenizer(self) -> PreTrainedTokenizerBase:
        """The model's, from its files here. Raises UserError where they are not."""
        return load_tokenizer(self.files)

    @functools.cached_property
    def stops(self) -> frozenset[int]:
        """Token ids that end a response."""
        return stop_ids(self.files, self.tokenizer)

    @functools.cached_property
    def context(self) -> int | None:
        """Tokens of prompt and response together: what the server says, else what the model's files say."""
        stated = self.listed_context or context_length(self.files)
        limits = [n for n in (stated, self.options.max_model_len) if n]
        return min(limits) if limits else None

    def generate(
        self, requests: Iterable[Request | None], sampling: Sampling
    ) -> Iterator[tuple[int, Completion]]:
        """Completions with their request's position, in the order in which they end.

        Raises UserError where the servers are gone for good, or refuse the key or the model.
        """
        # The loop runs in another thread, since a generator is left between two completions; it puts None into `done`
        # for each completion, and what was raised for each request that has none.
        waiting, done = Waiting(requests), queue.SimpleQueue[Exception | None]()
        limit, running = self.options.concurrency * len(self.urls), 0
        self.unclaimed.clear()
        with Loop() as loop:
            servers = loop.submit(self._servers(PATIENCE)).result()
            try:
                while True:
                    new_requests = waiting.take(limit - running)
                    for index, request in new_requests:
                        if (
                            problem := None
                            if request.messages
                            else refuse(request, self.context, sampling.max_tokens)
                        ):
                            yield index, problem
                            continue
                        running += 1
                        loop.submit(self._answer(servers, index, request, sampling, done))
                    if running:
                        error = done.get()
                        running -= 1
                        if error is not None:
                            raise error
                        # Removed once it has been taken: an interruption between the two leaves it here.
                        yield self.unclaimed[0]
                        self.unclaimed.popleft()
                    elif not new_requests:
                        return
            except (KeyboardInterrupt, SystemExit, GeneratorExit):
                # What is nearly there is waited for: a server would write it again.
                loop.wait(GRACE)
                raise
            finally:
                loop.submit(servers.close()).result()

    async def _answer(
        self,
        servers: Endpoints,
        index: int,
        request: Request,
        sampling: Sampling,
        done: queue.SimpleQueue[Exception | None],
    ) -> None:
        """Adds the completion of a request to `unclaimed`."""
        try:
            completion = await self._completion(servers, request, sampling)
        except Exception as error:  # noqa: BLE001  raised where `done` is read
            done.put(error)
        else:
            self.unclaimed.append((index, completion))
            done.put(None)

    async def _list_models(self) -> dict[str, int | None]:
        """The models that every endpoint serves, with their context; empty where a server does not say."""
        servers = await self._servers(FIRST_PATIENCE)
        models: list[dict[str, int | None]] = []
        try:
            for server in servers.servers:
                try:
                    models.append(await servers.get(server, "/v1/models", models_of))
                except Missing:
                    return {}
                except Refused as refusal:
                    raise UserError(no_server(server.url, refusal)) from None
        finally:
            await servers.close()
        return {name: size for name, size in models[0].items() if all(name in other for other in models)}

    async def _servers(self, patience: float) -> Endpoints:
        own = self.options
        limits = RequestLimits(
            own.concurrency, own.request_timeout, patience if own.patience is None else own.patience
        )
        return Endpoints(session(self.key, limits), [Endpoint(url) for url in self.urls], limits)

    async def _completion(self, servers: Endpoints, request: Request, sampling: Sampling) -> Completion:
        try:
            return await self._request(servers, request, sampling)
        except (Failed, Refused) as error:
            transient = isinstance(error, Failed)
            timed_out = isinstance(error, Failed) and error.timed_out
            length, why = len(request.token_ids), self._redact(error)
            return Completion("", [], "error", length, 0, why, timed_out=timed_out, transient=transient)

    def _redact(self, error: Exception) -> str:
        """What may be written down of what a server said, which may repeat the key."""
        text = redact(str(error))
        return text.replace(self.key, HIDDEN) if self.key else text

    async def _request(self, servers: Endpoints, request: Request, sampling: Sampling) -> Completion:
        path, body = self._body(request, sampling)
        most_bytes = SPARE_BYTES + BYTES_PER_TOKEN * (body["max_tokens"] + len(request.token_ids))
        post = functools.partial(
            servers.post, path, read=functools.partial(self._parse_reply, request), most_bytes=most_bytes
        )
        if request.schema is None or not self.constrains:
            return await post(body=body)
        try:
            answer_format = {"name": "answer", "strict": True, "schema": json.loads(request.schema)}
            constrained = {**body, "response_format": {"type": "json_schema", "json_schema": answer_format}}
            return await post(body=constrained, may_refuse=True)
        except Refused:
            # Without the schema: if the schema was not what the server refused, this raises too.
            completion = await post(body=body)
            self.constrains = False
            return completion

    def _body(self, request: Request, sampling: Sampling) -> tuple[str, dict[str, Any]]:
        """Where a request goes, and what is sent. A chat gets only what the interface's inventor knows too."""
        same = {
            "model": self.served,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": sampling.max_tokens,
            "seed": seed_to_go_on(request),
        }
        if request.messages:
            messages = [{"role": one.role, "content": one.content} for one in request.messages]
            top_k = {"top_k": sampling.top_k} if sampling.top_k else {}
            return "/v1/chat/completions", {**same, **top_k, **self._switches(), "messages": messages}
        return "/v1/completions", {
            **same,
            "max_tokens": request.limit(sampling.max_tokens, self.context),
            "prompt": request.token_ids,
            "stop_token_ids": sorted(self.stops),
            "return_token_ids": True,
            # what a server would else take from the model's generation_config.json
            "top_k": sampling.top_k or -1,
            "min_p": 0.0,
            "repetition_penalty": 1.0,
        }

    def _switches(self) -> dict[str, Any]:
        """What turns thinking on or off in the server's chat template: templates read one of these names or neither."""
        thinking = self.options.thinking
        return {"chat_template_kwargs": dict.fromkeys(SWITCHES, thinking == "on")} if thinking else {}

    def _parse_reply(self, request: Request, reply: Fields) -> Completion:
        """Raises ValueError on a reply that is none."""
        choice = _only_choice(reply)
        usage = reply.object("usage", {})
        prompt_tokens = usage.count("prompt_tokens", 0) or len(request.token_ids)
        reason = choice.text_or_null("finish_reason")
        if reason not in ("stop", "length"):
            why = f"the server ended it with {one_line(repr(reason), 80)}"
            # A content filter would refuse the same text again, so this one is not retried.
            return Completion("", [], "error", prompt_tokens, 0, why, transient=reason != "content_filter")
        ending: FinishReason = "stop" if reason == "stop" else "length"
        completion = Completion("", [], ending, prompt_tokens, usage.count("completion_tokens", 0))
        if request.messages:
            # thoughts that a server gives apart go back in front, between the tags that it took off
            message = choice.object("message")
            thoughts = message.text("reasoning_content", "") or message.text("reasoning", "")
            content = message.text_or_null("content") or ""
            return replace(completion, text=f"<think>{thoughts}</think>{content}" if thoughts else content)
        tokens = choice.counts("token_ids")
        if tokens is None:
            return replace(completion, text=choice.text("text"))
        # the server's own text is not taken: its tokenizer may decode in another way than the one here
        text_tokens = tokens[:-1] if tokens and tokens[-1] in self.stops else tokens
        text = self.tokenizer.decode(
            text_tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return replace(completion, text=text, token_ids=tokens, response_tokens=len(tokens))


def _only_choice(reply: Fields) -> Fields:
    choices = reply.objects("choices", most=1)
    if not choices:
        raise ValueError("choices: none where one should be")
    if index := choices[0].count("index", 0):
        raise ValueError(f"choices[0].index: {index} where 0 should be")
    return choices[0]


def models_of(reply: Fields) -> dict[str, int | None]:
    """Name → context. Raises ValueError for a name that does not show as it is."""
    contexts: dict[str, int | None] = {}
    for model in reply.objects("data", most=MOST_MODELS):
        name = model.text("id")
        if name != one_line(name, LONGEST_NAME):
            raise ValueError(f"no name of a model: {one_line(name, 60)!r}")
        contexts[name] = model.count("max_model_len", 0) or None
    return contexts


def pick_served(model: str, contexts: Mapping[str, int | None], urls: list[str]) -> str:
    """The name to ask for: `model`, or the only one that is served."""
    if model in contexts or not contexts:
        return model
    if len(contexts) == 1 and (
        "/" in model or model.startswith(("miniature:", "hf:")) or Path(model).exists()
    ):
        return next(iter(contexts))
    names = ", ".join(list(contexts)[:SHOWN_NAMES])
    if len(contexts) > SHOWN_NAMES:
        names += f" and {len(contexts) - SHOWN_NAMES:,} more"
    raise UserError(f"no model {model!r} at {' and '.join(urls)} ; choose --model from {names}")


def root_of(url: str, option: str = "--endpoint") -> str:
    """An endpoint without its `/v1`. Raises UserError, which names `option`, on what is no address or carries a key."""
    parts = urlsplit(url)
    if carries_key(url):
        raise UserError(f"{option} holds a key; give it in {KEY} instead")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment:
        raise UserError(f"{option} {url}: not an address; write http://host:8000")
    return url.rstrip("/").removesuffix("/v1").rstrip("/")


def session(key: str, limits: RequestLimits) -> aiohttp.ClientSession:
    """To be called inside an event loop. Raises UserError where aiohttp is missing, or the key is none."""
    if not key.isascii() or not key.isprintable():
        raise UserError("the API key holds characters that no key has; look at OPENAI_API_KEY or --api-key")
    try:
        import aiohttp
    except ImportError as error:
        raise UserError("the openai engine needs aiohttp; install r1data[openai]") from error
    timeout = aiohttp.ClientTimeout(total=limits.timeout, sock_connect=CONNECT_SECONDS)
    return aiohttp.ClientSession(
        # no compression: what a body grows to is bounded too, but a server need not try
        headers={"Accept-Encoding": "identity", **({"Authorization": f"Bearer {key}"} if key else {})},
        auto_decompress=False,
        timeout=timeout,
        connector=aiohttp.TCPConnector(
            limit=0
        ),  # aiohttp stops at 100 connections; `Endpoints` does the counting
        cookie_jar=aiohttp.DummyCookieJar(),
    )
