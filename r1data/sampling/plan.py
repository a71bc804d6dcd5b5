"""The plan of a sampling run, that is everything that decides its rows and nothing else; and what its tokens cost.

Temperature 1.0 by default, at which the paper samples R1-Zero for its cold start (App. B.3.2) and rolls out in RL; n =
16 is what it takes a question in RL (for rejection sampling it says "multiple").
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from r1data.data.days import check_date
from r1data.engines.base import AUTO, ENGINES, Completion, Sampling, Thinking, is_served
from r1data.engines.models import Dtype, context_length, fingerprint, tokenizer_fingerprint
from r1data.engines.templates import SERVER, TEMPLATES
from r1data.errors import UserError
from r1data.runtime.progress import Bar
from r1data.sampling.until import StoppingRule

PART_ROWS = 2_048
"""Maximum rows of a shard: what a kill can lose, and what an engine fills its batches from. Ours."""
PART_BYTES = 64 << 20
"""Maximum bytes of a shard's responses if all have full length: what later stages hold in memory."""
TOKEN_BYTES = 4
"""Bytes of text in a token, about."""


@dataclass(frozen=True, slots=True)
class SamplingPlan:
    """What to sample. `template` "auto" follows the model's tokenizer. The fields' names are recorded in commits.

    `tokenizer`: the folder or hub id of the tokenizer, where `model` is only the name under which a server serves it.
    `until`: when to stop before a prompt has its n responses. `length_given`: the user names `max_tokens`, so that a
    prompt which leaves fewer is refused; else such a response is shorter.
    `thinking`: whether the chat template asks for thoughts, where it has a switch for that; None leaves it alone.
    `date`: the day that a chat template takes for today, as YYYY-MM-DD.
    """

    model: str
    n: int = 16
    sampling: Sampling = field(default_factory=Sampling)
    seed: int = 0
    template: str = "auto"
    system: str | None = None
    engine: str = "auto"
    dtype: Dtype = "auto"
    max_model_len: int | None = None
    part_rows: int = PART_ROWS
    tokenizer: str | None = None
    until: StoppingRule | None = None
    length_given: bool = False
    thinking: Thinking | None = None
    date: str | None = None

    def __post_init__(self) -> None:
        if self.n < 1:
            raise UserError(f"n {self.n}: ask for at least one response a prompt")
        if self.template not in ("auto", SERVER, *TEMPLATES):
            raise UserError(
                f"no template {self.template!r}; choose one of auto, {', '.join((*TEMPLATES, SERVER))}"
            )
        if self.tokenizer and not is_served(self.engine):
            raise UserError(
                "--tokenizer is for engines whose models are served; leave it out, or use --engine openai"
            )
        if self.thinking and self.template not in ("auto", "chat", SERVER):
            raise UserError(
                f"--thinking {self.thinking}: --template {self.template} has no switch for thoughts; leave one of them "
                "out"
            )
        check_date(self.date)
        if self.template == SERVER and (self.engine == AUTO or not ENGINES[self.engine].messages):
            raise UserError("--template server is for engines that take messages; use --engine openai")

    def parameters(self) -> dict[str, Any]:
        """All fields, flat, as commits record them: `part_rows` as it is used, optional ones where they are set."""
        omitted = {
            "sampling",
            "until",
            "length_given",
            *(name for name in ("tokenizer", "thinking", "date") if getattr(self, name) is None),
        }
        settings = {key: value for key, value in asdict(self).items() if key not in omitted}
        stopping = self.until.parameters() if self.until else {}
        return {**settings, "part_rows": self.max_shard_rows, **asdict(self.sampling), **stopping}

    @property
    def tokenizer_source(self) -> str:
        """Folder or hub id of the tokenizer."""
        return self.tokenizer or self.model

    @property
    def max_shard_rows(self) -> int:
        """Maximum rows of a shard, bounded in bytes too; it depends on the plan alone, never on what is sampled."""
        return max(1, min(self.part_rows, PART_BYTES // (TOKEN_BYTES * self.sampling.max_tokens)))

    def max_prompt_tokens(self) -> int | None:
        """The longest prompt that leaves room for a whole response, or for half the context where that is less.

        In tokens; None where the context length is not known. Ours.
        """
        context = self._context(self.tokenizer_source)
        # Half of the context at least: `max_tokens` may be as long as the context and would leave a prompt no room.
        return context and context - min(self.sampling.max_tokens, context // 2)

    def positions(self) -> int | None:
        """Tokens that a prompt and its response may have together; None where no limit is known, or a server has its
        own. Raises UserError where the model is not there."""
        return None if is_served(self.engine) else self._context(self.model)

    def prompt_limit(self) -> int | None:
        """The longest prompt that leaves room for a whole response of the length that the user names; else None."""
        positions = self.positions() if self.length_given else None
        return None if positions is None else positions - self.sampling.max_tokens

    def _context(self, name: str) -> int | None:
        return min(filter(None, (context_length(name), self.max_model_len)), default=None)

    def model_fingerprint(self) -> str:
        """Tells a model from another of the same name; for a served model, the fingerprint of its tokenizer."""
        if not is_served(self.engine):
            return fingerprint(self.model)
        if self.template == SERVER:
            return "served"
        try:
            return f"served, tokenizer {tokenizer_fingerprint(self.tokenizer_source)}"
        except UserError as error:
            raise UserError(
                f"{error}; or say where the served model's tokenizer is (--tokenizer), or let the server write the "
                "template (--template server)"
            ) from None


@dataclass(frozen=True, slots=True)
class Prices:
    """What a million tokens cost, those of responses and those of prompts, in any currency.

    A prompt counts once for each of its responses, as hosted models charge it; prompt caching and failed requests are
    not considered.
    """

    responses: float | None = None
    prompts: float | None = None

    def cost(self, prompt_tokens: float, response_tokens: float) -> float | None:
        """The cost of so many tokens; None where no price is set."""
        if self.responses is None and self.prompts is None:
            return None
        return (prompt_tokens * (self.prompts or 0) + response_tokens * (self.responses or 0)) / 1e6


class CostMeter:
    """Counts the tokens of completions and shows their cost on a progress bar."""

    def __init__(self, bar: Bar, prices: Prices) -> None:
        self.bar, self.prices = bar, prices
        self.prompt_tokens = self.response_tokens = 0

    def __call__(self, completion: Completion) -> None:
        if completion.error is None:
            self.prompt_tokens += completion.prompt_tokens
            self.response_tokens += completion.response_tokens
        cost = self.prices.cost(self.prompt_tokens, self.response_tokens)
        if cost is not None:
            self.bar.note(f"about {cost:,.2f} spent")
        self.bar.advance(1, tokens=completion.response_tokens)
