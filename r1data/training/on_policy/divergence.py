"""Divergence of student and teacher where only some of the teacher's log-probabilities are known.

A served teacher names its likeliest tokens and the one that the student sampled. All others make one bucket more, on
both sides. Merging tokens can only lower a divergence (data processing inequality): what is computed is a lower bound
of the exact one, and close to it where the named tokens hold most of both models' mass. The student's logits are made
for some positions at a time and made again for the gradient, so that they never exist for all.
"""

from __future__ import annotations

import math

import torch
from torch.utils.checkpoint import checkpoint

POSITIONS_AT_ONCE = 1_024
"""Positions whose logits exist at the same time."""
LEAST_REST = 1e-6
"""The least mass of the bucket of all other tokens: below it, a sum of float32 probabilities says nothing. Ours."""
NONE = -1
"""A token id that stands for no token: fewer were named at this position."""


def bucketed(student: torch.Tensor, teacher: torch.Tensor, known: torch.Tensor, beta: float) -> torch.Tensor:
    """The divergence at each position.

    Args:
        student: [positions, tokens] log-probabilities of the named tokens, under the student.
        teacher: the same under the teacher.
        known: [positions, tokens] whether there is a token.
        beta: 1 is KL(student ‖ teacher), 0 KL(teacher ‖ student), between them the generalised Jensen-Shannon
            divergence with the mixture (1 - beta) student + beta teacher.

    Returns:
        [positions], in nats.
    """
    mine, theirs = (_with_rest(logs, known) for logs in (student, teacher))
    real = torch.cat([known, torch.ones_like(known[:, :1])], dim=-1)

    def expected(over: torch.Tensor, above: torch.Tensor, below: torch.Tensor) -> torch.Tensor:
        return torch.where(real, over.exp() * (above - below), 0).sum(-1)

    if beta == 1:
        return expected(mine, mine, theirs)
    if beta == 0:
        return expected(theirs, theirs, mine)
    mixed = torch.logaddexp(mine + math.log(1 - beta), theirs + math.log(beta))
    return beta * expected(theirs, theirs, mixed) + (1 - beta) * expected(mine, mine, mixed)


def _with_rest(logs: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """Log-probabilities with one column more, the rest's."""
    mass = torch.where(known, logs.exp(), 0).sum(-1, keepdim=True)
    rest = (1 - mass).clamp(min=LEAST_REST).log()
    return torch.cat([torch.where(known, logs, 0), rest], dim=-1)


def from_hidden(
    hidden: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    ids: torch.Tensor,
    teacher: torch.Tensor,
    beta: float,
    scale: float = 1.0,
    softcap: float | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Sums over positions of the divergence and of the student's entropy, from its last hidden states.

    Args:
        hidden: [positions, width].
        weight, bias: of the student's output head, one row a token.
        ids: [positions, tokens] the tokens that the teacher named, `NONE` for no more.
        teacher: [positions, tokens] their log-probabilities.
        beta: as for `bucketed`.
        scale, softcap: what the student's architecture does to its logits.
    """

    def portion(
        h: torch.Tensor, some_ids: torch.Tensor, logs: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        logits = torch.nn.functional.linear(h.float(), weight.float(), None if bias is None else bias.float())
        logits = logits * scale
        if softcap is not None:
            logits = softcap * torch.tanh(logits / softcap)
        student = logits.log_softmax(-1)
        known = some_ids != NONE
        named = student.gather(-1, some_ids.clamp(min=0))
        entropy = -(student.detach().exp() * student.detach()).sum()
        return bucketed(named, logs, known, beta).sum(), entropy

    loss, entropy = hidden.new_zeros((), dtype=torch.float32), hidden.new_zeros((), dtype=torch.float32)
    for start in range(0, len(hidden), POSITIONS_AT_ONCE):
        part = slice(start, start + POSITIONS_AT_ONCE)
        one_loss, one_entropy = checkpoint(
            portion, hidden[part], ids[part], teacher[part], use_reentrant=False
        )
        loss, entropy = loss + one_loss, entropy + one_entropy
    return loss, entropy
