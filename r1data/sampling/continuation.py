"""The rest of a response, put to what was there of it.

The tokens of both are decoded together, since a character may lie across the cut. Where the first ones are not known
(rows from elsewhere), its text is read by the tokenizer, which may make other tokens of it than the model wrote: the
row's `sampling` says `retokenised`. Where a server tells no token ids, the texts are put together.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from r1data.engines.base import Completion, Request
from r1data.engines.models import load_tokenizer, stop_ids
from r1data.errors import UserError
from r1data.sampling.strategy import Begun

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


class Codec:
    """A model's tokenizer, and the tokens that end its responses."""

    def __init__(self, model: str) -> None:
        self.model = model
        self.tokenizer: PreTrainedTokenizerBase = load_tokenizer(model)

    @functools.cached_property
    def stops(self) -> frozenset[int]:
        return stop_ids(self.model, self.tokenizer)

    def decode(self, tokens: list[int]) -> str:
        """A response's text; its last token is left out where it is what ended it."""
        written = tokens[:-1] if tokens and tokens[-1] in self.stops else tokens
        return str(
            self.tokenizer.decode(written, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        )

    def encode(self, text: str) -> list[int]:
        """A response's tokens, as far as its text tells."""
        ids: list[int] = self.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
        return ids


@dataclass(frozen=True, slots=True)
class Join:
    """What was there: `text` without what the template writes of it, and its tokens; `exact` where they are its own."""

    text: str
    tokens: list[int]
    exact: bool
    codec: Codec

    @classmethod
    def of(cls, begun: Begun, prompt_ids: list[int], opened: str, codec: Codec) -> Join:
        """Raises UserError where the prompt has not the tokens that it had."""
        if begun.prompt_tokens not in (None, len(prompt_ids)):
            raise UserError(
                f"a prompt had {begun.prompt_tokens} tokens when it was sampled and has {len(prompt_ids)} now: give "
                "the model, template and system prompt of then, or --anyway"
            )
        text = begun.text.removeprefix(opened)
        tokens = codec.encode(text) if begun.token_ids is None else list(begun.token_ids)
        return cls(text, tokens, begun.token_ids is not None, codec)

    @property
    def note(self) -> Mapping[str, Any]:
        """What the row's `sampling` says of it."""
        return {} if self.exact else {"retokenised": True}

    def rest(self, request: Request) -> Request:
        """The request for what is missing."""
        tokens = [*request.token_ids, *self.tokens]
        return replace(request, token_ids=tokens, prefix_tokens=len(self.tokens))

    def __call__(self, rest: Completion) -> Completion:
        """The whole response, as if it had been written in one go."""
        if rest.error is not None:
            return rest
        tokens = [*self.tokens, *rest.token_ids] if rest.token_ids else []
        text = self.codec.decode(tokens) if tokens and self.exact else self.text + rest.text
        return replace(
            rest,
            text=text,
            token_ids=tokens,
            prompt_tokens=rest.prompt_tokens - len(self.tokens),
            response_tokens=rest.response_tokens + len(self.tokens),
        )
