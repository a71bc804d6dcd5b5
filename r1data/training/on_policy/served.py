"""A teacher behind a vLLM server: its log-probabilities of given tokens, and a proof that it reads the same tokens.

A sequence goes to `/v1/completions` as token ids with `prompt_logprobs`, which gives at each position the likeliest
tokens and the one that stands there. That is a feature of vLLM's server; others ignore or refuse it, which is said
before training. The vocabulary is compared whole: the server decodes every token id of the student's tokenizer.

Retries, waiting for a server that is gone, and bounded replies are those of the openai engine.
"""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag

from r1data.data.text import one_line
from r1data.engines.endpoints import Endpoint, Endpoints, Loop, RequestLimits, no_server
from r1data.engines.openai import FIRST_PATIENCE, KEY, models_of, pick_served, root_of, session
from r1data.engines.replies import Failed, Fields, Missing, Refused
from r1data.errors import UserError
from r1data.training.on_policy.divergence import NONE
from r1data.training.on_policy.teachers import remedy

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

CONCURRENCY = 32
"""Sequences under way at one server. Ours."""
IDS_AT_ONCE = 4_096
"""Token ids decoded by one request. Ours."""
BYTES_PER_ENTRY = 200
"""Of a reply, for one token's log-probability: its id, number, rank and text, all of it escaped. Ours."""
SPARE_BYTES = 4 << 20
SERVE = "serve it with vLLM: `vllm serve MODEL --max-logprobs {top}`"


@dataclass(frozen=True)
class Scored:
    """For each position of a response: the named tokens' ids and log-probabilities, `NONE` and 0 where there are fewer.

    Both are [tokens of the response][top + 1].
    """

    ids: list[list[int]]
    logs: list[list[float]]


class ServedTeacher:
    """A teacher at an address, `http://host:8000`, or `http://host:8000#NAME` where several models are served there.

    Raises UserError where no server answers, or it serves several models and none is named.
    """

    def __init__(self, address: str, top: int) -> None:
        url, self.name = urldefrag(address)
        self.url, self.top = root_of(url, "--teacher"), top
        with Loop() as loop:
            self.served, self.context = loop.submit(self._look()).result()

    def digest(self, tokenizer: PreTrainedTokenizerBase, student: str) -> str:
        """The digest of the vocabulary, which is the student's. Raises UserError where it is another."""
        last = max(tokenizer.get_vocab().values(), default=0)
        portions = [
            list(range(start, min(start + IDS_AT_ONCE, last + 1)))
            for start in range(0, last + 1, IDS_AT_ONCE)
        ]
        digest = hashlib.sha256()
        different = []
        bodies = [{"model": self.served, "tokens": ids} for ids in portions]
        texts = self._ask([("/detokenize", body, _decoded, SPARE_BYTES) for body in bodies])
        for ids, text in zip(portions, texts, strict=True):
            own = tokenizer.decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False)
            digest.update(own.encode("utf-8", "surrogatepass"))
            if own != text:
                different.append(ids[0])
        if different:
            raise UserError(
                f"teacher {self.url} has another vocabulary than student {student}: token ids from {different[0]:,} on "
                f"decode to another text in {len(different)} of {len(portions)} portions of {IDS_AT_ONCE:,}; "
                f"{remedy(len(different) * IDS_AT_ONCE, last + 1)}"
            )
        return digest.hexdigest()[:16]

    def probe(self, ids: Sequence[int]) -> None:
        """Score a short sequence. Raises UserError where the server cannot."""
        self.score([(list(ids), len(ids) - 1)])

    def score(self, sequences: Sequence[tuple[list[int], int]]) -> list[Scored]:
        """Log-probabilities of responses.

        Args:
            sequences: pairs of all token ids, and how many of them are the prompt's (one or more).

        Raises:
            UserError: the server is gone, refuses, or gives no log-probabilities of prompts.
        """
        return self._ask(
            [
                (
                    "/v1/completions",
                    {
                        "model": self.served,
                        "prompt": ids,
                        "max_tokens": 1,
                        "temperature": 0,
                        "prompt_logprobs": self.top,
                    },
                    functools.partial(self._parse, ids, prompt),
                    SPARE_BYTES + len(ids) * (self.top + 1) * BYTES_PER_ENTRY,
                )
                for ids, prompt in sequences
            ]
        )

    def _ask(self, requests: Sequence[tuple[str, dict[str, Any], Any, int]]) -> list[Any]:
        with Loop() as loop:
            servers = loop.submit(self._servers()).result()
            try:
                answers = [
                    loop.submit(servers.post(path, body, read, most_bytes=most))
                    for path, body, read, most in requests
                ]
                return [answer.result() for answer in answers]
            except Refused as refusal:
                raise UserError(
                    f"teacher {self.url} refuses ({one_line(str(refusal), 200)}); {SERVE.format(top=self.top)}, or "
                    "lower --teacher-top-k"
                ) from None
            except Failed as failure:
                raise UserError(
                    f"teacher {self.url}: {one_line(str(failure), 200)}; look at its log, then run the same command "
                    "again to go on"
                ) from None
            finally:
                loop.submit(servers.close()).result()

    async def _look(self) -> tuple[str, int | None]:
        """The name that the model is served under, and its context."""
        servers = await self._servers(FIRST_PATIENCE)
        try:
            contexts = await servers.get(servers.servers[0], "/v1/models", models_of)
        except Missing:
            contexts = {}
        except Refused as refusal:
            raise UserError(no_server(self.url, refusal)) from None
        finally:
            await servers.close()
        if not self.name and len(contexts) > 1:
            raise UserError(
                f"--teacher {self.url}: several models are served there; write {self.url}#NAME with one of "
                f"{', '.join(list(contexts)[:10])}"
            )
        name = self.name or next(iter(contexts), "")
        served = pick_served(name, contexts, [self.url])
        return served, contexts.get(served)

    async def _servers(self, patience: float = 600.0) -> Endpoints:
        limits = RequestLimits(CONCURRENCY, patience=patience)
        return Endpoints(session(os.environ.get(KEY, "").strip(), limits), [Endpoint(self.url)], limits)

    def _parse(self, ids: Sequence[int], prompt: int, reply: Fields) -> Scored:
        """Raises ValueError on a reply that is none, UserError where it has no log-probabilities."""
        choices = reply.objects("choices", most=1)
        positions = choices[0].values.get("prompt_logprobs") if choices else None
        if not isinstance(positions, list):
            raise UserError(
                f"teacher {self.url} gives no log-probabilities of prompts (prompt_logprobs), so that it cannot score "
                f"the student's tokens; {SERVE.format(top=self.top)}"
            )
        if len(positions) != len(ids):
            raise ValueError(f"prompt_logprobs: {len(positions):,} positions where {len(ids):,} should be")
        rows = [self._position(ids[n], positions[n]) for n in range(prompt, len(ids))]
        return Scored([[id for id, _ in row] for row in rows], [[log for _, log in row] for row in rows])

    def _position(self, token: int, entries: Any) -> list[tuple[int, float]]:
        """Pairs of token id and log-probability, `top` + 1 of them."""
        if not isinstance(entries, dict) or str(token) not in entries:
            raise ValueError("prompt_logprobs: no log-probability of the token that stands there")
        order = [str(token), *(id for id in entries if id != str(token))][: self.top + 1]
        named = [(int(id), _log(entries[id])) for id in order]
        return named + [(NONE, 0.0)] * (self.top + 1 - len(named))


def _log(entry: Any) -> float:
    value = entry.get("logprob") if isinstance(entry, dict) else None
    if not isinstance(value, int | float) or isinstance(value, bool) or not value <= 1e-3:
        raise ValueError(f"prompt_logprobs: {one_line(str(value), 40)} where a log-probability should be")
    return min(float(value), 0.0)


def _decoded(reply: Fields) -> str:
    # Not `Fields.text`, which replaces what cannot be stored: the text is compared and nothing else.
    text = reply.values.get("prompt")
    if not isinstance(text, str):
        raise ValueError("no prompt, the decoded text")
    return text
