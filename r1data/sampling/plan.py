"""What is asked for when sampling: all that decides the rows, and nothing else.

Temperature 1.0 by default, at which the paper samples R1-Zero for its cold start (App. B.3.2) and rolls out in RL; n =
16 is what it takes a question in RL (for rejection sampling it says "multiple").
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from r1data.engines.base import Sampling
from r1data.engines.models import Dtype, context_length, fingerprint, tokenizer_fingerprint
from r1data.engines.templates import SERVER, TEMPLATES
from r1data.errors import UserError
from r1data.sampling.until import Rule

PART_ROWS = 2_048
"""Rows of a shard at most: what a kill can lose, and what an engine fills its batches from. Ours."""
PART_BYTES = 64 << 20
"""Bytes of the responses of a shard whose rows all have their full length: what later stages hold in memory."""
TOKEN_BYTES = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """What to sample. `template` "auto" follows the model's tokenizer.

    `tokenizer`: the folder or hub id of the tokenizer, where `model` is only the name under which a server serves it.
    `until`: when to stop before a prompt has its n responses.
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
    until: Rule | None = None

    def __post_init__(self) -> None:
        if self.n < 1:
            raise UserError(f"n {self.n}: ask for at least one response a prompt")
        if self.template not in ("auto", SERVER, *TEMPLATES):
            raise UserError(
                f"no template {self.template!r}; there are auto, {', '.join((*TEMPLATES, SERVER))}"
            )
        if self.engine != "openai" and (self.template == SERVER or self.tokenizer):
            raise UserError("--template server and --tokenizer are for --engine openai")

    def flat(self) -> dict[str, Any]:
        """All of it under plain names; `part_rows` as it is used, and what may be unset only where it is set."""
        unset = {"sampling", "until"} | ({"tokenizer"} if self.tokenizer is None else set())
        own = {key: value for key, value in asdict(self).items() if key not in unset}
        rule = self.until.recorded() if self.until else {}
        return {**own, "part_rows": self.rows_at_most, **asdict(self.sampling), **rule}

    @property
    def files(self) -> str:
        """Where the tokenizer is."""
        return self.tokenizer or self.model

    @property
    def rows_at_most(self) -> int:
        """Rows of a shard, bounded in bytes too; it follows from the parameters, never from what is sampled."""
        return max(1, min(self.part_rows, PART_BYTES // (TOKEN_BYTES * self.sampling.max_tokens)))

    def longest_prompt(self) -> int | None:
        """Tokens of a prompt that leave room for a whole response, or for half the context where that is less.

        None where the context is not known. Ours.
        """
        context = min(filter(None, (context_length(self.files), self.max_model_len)), default=None)
        return context and context - min(self.sampling.max_tokens, context // 2)

    def weights(self) -> str:
        """What tells a model from one of the same name. Of a served one only the tokenizer is here, not its address."""
        if self.engine != "openai":
            return fingerprint(self.model)
        if self.template == SERVER:
            return "served"
        try:
            return f"served, tokenizer {tokenizer_fingerprint(self.files)}"
        except UserError as error:
            raise UserError(
                f"{error}; or say where the served model's tokenizer is (--tokenizer), or let the server write the "
                "template (--template server)"
            ) from None
