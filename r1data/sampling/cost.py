"""What sampling costs, by the tokens that a model read and wrote: an estimate, in whatever money the prices are.

A prompt counts for each of its responses, as hosted models charge it; what they keep of a prompt, and requests that
failed, are not known here.
"""

from __future__ import annotations

from dataclasses import dataclass

from r1data.engines.base import Completion
from r1data.runtime.progress import Bar


@dataclass(frozen=True, slots=True)
class Prices:
    """For a million tokens, those of responses and those of prompts."""

    responses: float | None = None
    prompts: float | None = None

    def of(self, prompt_tokens: float, response_tokens: float) -> float | None:
        """None where no price is known."""
        if self.responses is None and self.prompts is None:
            return None
        return (prompt_tokens * (self.prompts or 0) + response_tokens * (self.responses or 0)) / 1e6


class Meter:
    """Counts on a bar what comes from an engine."""

    def __init__(self, bar: Bar, prices: Prices) -> None:
        self.bar, self.prices = bar, prices
        self.prompt_tokens = self.response_tokens = 0

    def __call__(self, completion: Completion) -> None:
        if completion.error is None:
            self.prompt_tokens += completion.prompt_tokens
            self.response_tokens += completion.response_tokens
        cost = self.prices.of(self.prompt_tokens, self.response_tokens)
        if cost is not None:
            self.bar.note(f"about {cost:,.2f} spent")
        self.bar.advance(1, tokens=completion.response_tokens)
