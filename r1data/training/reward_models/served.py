"""A reward model behind a vLLM server: `vllm serve MODEL --runner pooling` (on CPU builds `python -m
vllm.entrypoints.openai.api_server --model MODEL --runner pooling`), asked at `/classify`.

Where the folder that the server names is on this machine, or the address names a copy of its config and tokenizer
(`?tokenizer=FOLDER`), responses go to it as token ids, as training read them. Else they go as messages, to which the
server applies its chat template: what looks like a control token in them is broken up, but for the response's own think
tags; a template that drops thoughts drops them for a safety model too, and one that writes something after the last
turn's end has another token scored than training had.

Retries, waiting for a server that is gone, and bounded replies are those of the openai engine. What is not answered
within `PATIENCE` is None; a server that has answered nothing for `SILENT` batches in a row ends the run.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urldefrag, urlsplit

from r1data.data.responses import CLOSE, OPEN
from r1data.data.text import one_line
from r1data.engines.endpoints import Endpoint, Endpoints, Loop, RequestLimits, no_server
from r1data.engines.model_files import read_json
from r1data.engines.models import load_tokenizer, tokenizer_folder, tokens_without_weights
from r1data.engines.openai import FIRST_PATIENCE, KEY, models_of, pick_served, root_of, session
from r1data.engines.replies import Failed, Fields, Missing, Refused
from r1data.errors import UserError
from r1data.training.reward_models.layout import PairEncoder, layout_of
from r1data.verifiers.judge.prompt import neutral

CONCURRENCY = 64
"""Responses under way at the server, which batches them itself. Ours."""
PATIENCE = 60.0
"""Seconds to wait for a server that does not answer. Ours."""
SILENT = 3
"""Batches without any score after which a run ends. Ours."""
SERVE = "serve it with `vllm serve MODEL --runner pooling`"
_TAGS = re.compile(f"({re.escape(OPEN)}|{re.escape(CLOSE)})")


class ServedModel:
    """A reward model at an address. Raises UserError where no server answers, or several models and none is named."""

    def __init__(self, address: str, patience: float = PATIENCE) -> None:
        url, self.name = urldefrag(address)
        query = parse_qs(urlsplit(url).query)
        root = url.partition("?")[0] if "tokenizer" in query else url
        self.url, self.patience = root_of(root, "--reward-model"), patience
        self.silent = 0
        with Loop() as loop:
            self.served, root, self.longest = loop.submit(self._look()).result()
        self.encoder: PairEncoder | None = None
        self.layout = layout_of({})
        named = query.get("tokenizer", [""])[0]
        folder = tokenizer_folder(named) if named else Path(root)
        if named or (root and (folder / "config.json").is_file() and (folder / "tokenizer.json").is_file()):
            self.layout = layout_of(read_json(folder, "config.json"))
            tokenizer = load_tokenizer(folder)
            self.encoder = PairEncoder(
                tokenizer,
                self.layout.template,
                date=self.layout.date,
                vocabulary=tokens_without_weights(folder, tokenizer),
            )
        self.identity = f"served, {self.served}"

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[float | None]:
        """See `scoring.RewardModel`."""
        bodies = self._bodies([(prompt, self.layout.read(response)) for prompt, response in pairs])
        scores, why = self._ask(bodies)
        asked = sum(body is not None for body in bodies)
        self.silent = self.silent + 1 if asked and not any(score is not None for score in scores) else 0
        if self.silent >= SILENT:
            raise UserError(
                f"reward model {self.url}: {self.silent} batches in a row without a score ({one_line(why, 200)}); "
                f"{SERVE}, then run the same command again to go on"
            )
        return scores

    def _bodies(self, pairs: Sequence[tuple[str, str]]) -> list[dict[str, Any] | None]:
        """The requests; None for a response that cannot be asked about."""
        shared = {"model": self.served}
        if self.encoder is None:
            return [shared | {"messages": _messages(prompt, response)} for prompt, response in pairs]
        encoded = self.encoder.ids(pairs)
        return [
            None if isinstance(ids, str) or self._too_long(ids) else shared | {"input": ids}
            for ids in encoded
        ]

    def _too_long(self, ids: list[int]) -> bool:
        return self.longest is not None and len(ids) > self.longest

    def _ask(self, bodies: Sequence[dict[str, Any] | None]) -> tuple[list[float | None], str]:
        """The scores, and why the last one that is missing is."""
        scores: list[float | None] = []
        why = "no response that it could be asked about"
        with Loop() as loop:
            servers = loop.submit(self._servers(self.patience)).result()
            try:
                answers = [
                    body and loop.submit(servers.post("/classify", body, _score, may_refuse=True))
                    for body in bodies
                ]
                for answer in answers:
                    try:
                        scores.append(answer.result() if answer else None)
                    except (Refused, Failed, UserError) as error:
                        scores.append(None)
                        why = str(error)
            finally:
                loop.submit(servers.close()).result()
        return scores, why

    async def _look(self) -> tuple[str, str, int | None]:
        """The name that the model is served under, the folder that the server read it from, and its positions."""
        servers = await self._servers(FIRST_PATIENCE)
        try:
            contexts, roots = await servers.get(servers.servers[0], "/v1/models", _models)
        except (Missing, Refused) as refusal:
            raise UserError(no_server(self.url, refusal)) from None
        finally:
            await servers.close()
        if not self.name and len(contexts) > 1:
            raise UserError(
                f"reward model {self.url}: several models are served there; write {self.url}#NAME with one of "
                f"{', '.join(list(contexts)[:10])}"
            )
        served = pick_served(self.name or next(iter(contexts), ""), contexts, [self.url])
        return served, roots.get(served, ""), contexts.get(served)

    async def _servers(self, patience: float) -> Endpoints:
        limits = RequestLimits(CONCURRENCY, timeout=max(patience, 1.0), patience=patience)
        return Endpoints(session(os.environ.get(KEY, "").strip(), limits), [Endpoint(self.url)], limits)


def _models(reply: Fields) -> tuple[dict[str, int | None], dict[str, str]]:
    return models_of(reply), {
        model.text("id"): model.text("root", "") for model in reply.objects("data", most=1_000)
    }


def _score(reply: Fields) -> float:
    """The one number of a reply. Raises ValueError where there is none, UserError where there are several."""
    (data,) = reply.objects("data", most=1)
    values = data.values.get("probs")
    if not isinstance(values, list) or not values:
        raise ValueError("data[0].probs: no scores")
    if len(values) != 1:
        raise Refused(f"{len(values)} numbers for a response, where a reward model gives one")
    (value,) = values
    if not isinstance(value, int | float) or isinstance(value, bool) or value != value or abs(value) > 1e30:
        raise ValueError(f"data[0].probs: {one_line(str(value), 40)} where a score should be")
    return float(value)


def _messages(prompt: str, response: str) -> list[dict[str, str]]:
    """A chat of strangers' texts, with what looks like a control token in them broken up, but the think tags."""
    answer = "".join(each if _TAGS.fullmatch(each) else neutral(each) for each in _TAGS.split(response))
    return [{"role": "user", "content": neutral(prompt)}, {"role": "assistant", "content": answer}]
