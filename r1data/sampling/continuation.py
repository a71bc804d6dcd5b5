"""Joins the prefix of a truncated response to its continuation.

The tokens of both are decoded together, since a character may span the cut. Where the prefix's token ids are not known
(rows from other tools), its text is tokenized, which may give other tokens than the model wrote: the row's `sampling`
then says `retokenised`. Where a server reports no token ids, the texts are concatenated.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from r1data.engines.base import Completion, Request
from r1data.engines.models import load_tokenizer, stop_ids
from r1data.errors import UserError
from r1data.sampling.strategy import PartialResponse

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
        """A response's text, without the stop token at its end."""
        content = tokens[:-1] if tokens and tokens[-1] in self.stops else tokens
        return str(
            self.tokenizer.decode(content, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        )

    def encode(self, text: str) -> list[int]:
        """The tokens of a response's text; perhaps not those that the model wrote."""
        ids: list[int] = self.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
        return ids


@dataclass(frozen=True, slots=True)
class ResponsePrefix:
    """A truncated response: `text` without what the template prefills, and its tokens.

    `exact`: the tokens are those that the model wrote, not the text tokenized again.
    """

    text: str
    tokens: list[int]
    exact: bool
    codec: Codec

    @classmethod
    def from_partial(
        cls, partial_response: PartialResponse, prompt_ids: list[int], opened: str, codec: Codec
    ) -> ResponsePrefix:
        """The prefix of a partial response. `opened`: what the template prefills of it.

        Raises UserError where the prompt has another number of tokens than when it was sampled.
        """
        if partial_response.prompt_tokens not in (None, len(prompt_ids)):
            raise UserError(
                f"a prompt had {partial_response.prompt_tokens} tokens when it was sampled and has "
                f"{len(prompt_ids)} now: "
                "pass the model, template and system prompt used then, or --allow-settings-mismatch"
            )
        # The row's response begins with what the template wrote of it, which the prompt holds already.
        text = partial_response.text.removeprefix(opened)
        tokens = (
            codec.encode(text) if partial_response.token_ids is None else list(partial_response.token_ids)
        )
        return cls(text, tokens, partial_response.token_ids is not None, codec)

    @property
    def note(self) -> Mapping[str, Any]:
        """What the row's `sampling` records of the join."""
        return {} if self.exact else {"retokenised": True}

    def continuation(self, request: Request) -> Request:
        """The request that continues the response: the prefix's tokens appended to the prompt's."""
        tokens = [*request.token_ids, *self.tokens]
        return replace(request, token_ids=tokens, prefix_tokens=len(self.tokens))

    def joined_with(self, completion: Completion) -> Completion:
        """The whole response with its continuation, as if it had been written in one go."""
        if completion.error is not None:
            return completion
        tokens = [*self.tokens, *completion.token_ids] if completion.token_ids else []
        text = self.codec.decode(tokens) if tokens and self.exact else self.text + completion.text
        return replace(
            completion,
            text=text,
            token_ids=tokens,
            prompt_tokens=completion.prompt_tokens - len(self.tokens),
            response_tokens=completion.response_tokens + len(self.tokens),
        )
