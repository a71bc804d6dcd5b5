"""Mixtures of experts: what keeps their load balanced while they are trained by reinforcement learning.

Families with a loss for it in the library (Mixtral, Qwen-MoE, …: `router_aux_loss_coef` in their config) get that loss
from TRL. DeepSeek-V3 balances by a bias that is added to the scores which choose experts, moved after each step of its
pre-training, and by a small loss over each sequence (its report, arXiv 2412.19437, eq. 17-20, with the coefficient
0.0001 of 4.2): transformers has neither. The loss is here, added for each layer with experts. The bias stays as it is
in the checkpoint: the report sets its speed to 0 for the end of pre-training, and the R1 paper says nothing of it.

Not here: supervised training, replay of the rollouts' routes (`r1 export --to verl`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from r1data.errors import UserError

SEQUENCE_COEFFICIENT = 0.0001
"""The report's α."""
FAMILIES = ("deepseek_v3", "deepseek_v32")
"""Models whose reports have that loss, by transformers' names."""
BIAS = "e_score_correction_bias"
"""By which their routers are known."""


class SequenceBalance:
    """The balance loss over sequences of a model whose routers choose experts with a bias.

    Args:
        model: its routers are watched from now on.
        coefficient: α.
    """

    def __init__(self, model: torch.nn.Module, coefficient: float = SEQUENCE_COEFFICIENT) -> None:
        self.coefficient = coefficient
        self._routes: list[tuple[torch.Tensor, torch.Tensor]] | None = None
        for router in _routers(model):
            router.register_forward_hook(self._note)

    def _note(self, module: Any, inputs: Any, output: Any) -> None:
        # A forward pass without gradients, as in generation, is none that is trained on.
        if self._routes is not None and torch.is_grad_enabled():
            scores, _, chosen = output
            self._routes.append((scores, chosen))

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Within the block the forward pass is one that is trained on."""
        self._routes = []
        try:
            yield
        finally:
            self._routes = None

    def loss(self, mask: torch.Tensor) -> torch.Tensor:
        """The loss of the forward pass of this block, by layer: 1 where each sequence's tokens use all experts alike.

        Args:
            mask: [sequences, tokens], 1 for what is no padding.

        Returns:
            [layers], the mean over sequences.
        """
        return torch.stack([sequence_loss(scores, chosen, mask) for scores, chosen in self._routes or ()])


def sequence_loss(logits: torch.Tensor, chosen: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """DeepSeek-V3's eq. 17-20 for one layer, without α: the mean over sequences of the sum over experts of f P.

    Args:
        logits: [sequences x tokens, experts], before the sigmoid.
        chosen: [sequences x tokens, experts a token].
        mask: [sequences, tokens].
    """
    real = mask.to(logits.dtype)
    experts = logits.shape[-1]
    shares = torch.sigmoid(logits)
    shares = shares / (shares.sum(-1, keepdim=True) + 1e-20)
    counts = torch.zeros_like(logits).scatter_(-1, chosen, 1.0)
    tokens = real.sum(1).clamp(min=1)[:, None]

    def over_tokens(values: torch.Tensor) -> torch.Tensor:
        return (values.view(*real.shape, experts) * real[..., None]).sum(1) / tokens

    used = over_tokens(counts) * experts / chosen.shape[-1]
    return (used.detach() * over_tokens(shares)).sum(-1).mean()


def sequence_balance(model: torch.nn.Module, coefficient: float | None) -> SequenceBalance | None:
    """The loss for a model of `FAMILIES`; None for others, and with the coefficient 0."""
    if coefficient == 0 or not balances_by_bias(model):
        return None
    return SequenceBalance(model, SEQUENCE_COEFFICIENT if coefficient is None else coefficient)


def library_coefficient(model: Any, coefficient: float | None, name: str | Path) -> float | None:
    """The coefficient of the library's own loss: None is the one in the model's config.

    Raises UserError where one is asked for and the model has no experts.
    """
    if balances_by_bias(model):
        return 0.0
    if coefficient and not hasattr(model.config.get_text_config(), "output_router_logits"):
        raise UserError(f"--balance-loss {coefficient:g}: {name} is no mixture of experts; leave it out")
    return coefficient


def without_library_loss(model: Any) -> None:
    """Take back a config's wish for the library's loss where that does not fit: it would end in an error."""
    if balances_by_bias(model):
        model.config.get_text_config().output_router_logits = False


def balances_by_bias(model: Any) -> bool:
    """Whether a model is of `FAMILIES`."""
    return getattr(getattr(model, "config", None), "model_type", None) in FAMILIES


def _routers(model: torch.nn.Module) -> Iterator[torch.nn.Module]:
    return (module for module in model.modules() if hasattr(module, BIAS))
