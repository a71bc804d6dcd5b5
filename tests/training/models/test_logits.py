"""The scores of a batch's tokens, [batch, length, vocabulary], are never whole: at 150,000 tokens they would take more
memory than all else. TRL's fused head computes them in chunks, and is kept in use here."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from r1data.training import launch
from r1data.training.settings import Settings
from tests.training import harness
from tests.training.tiny import build_model, lessons, sums

VOCABULARY, TILE = 40_009, 32_768
"""No other sizes in the model; TRL computes the scores of so many words at a time."""


class Widths(TorchDispatchMode):
    """Sizes of the last dimension of all tensors of more than one row that operations made, forward and backward."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[int] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for tensor in result if isinstance(result, (tuple, list)) else (result,):
            if isinstance(tensor, torch.Tensor) and tensor.dim() and tensor.numel() > tensor.shape[-1]:
                self.seen.add(tensor.shape[-1])
        return result


@pytest.mark.parametrize(
    ("settings", "rows"),
    [
        (replace(harness.SFT, epochs=1, packing=False), lessons(4, 0)),
        (replace(harness.SFT, epochs=1), lessons(4, 0)),
        (replace(harness.GRPO, steps=1, steps_per_rollout=1, rewards={"format": 1.0}, beta=0.0), sums()),
    ],
    ids=["padded", "packed", "grpo"],
)
def test_a_step_never_holds_the_scores_of_all_its_tokens(
    settings: Settings, rows: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import trl

    # GRPO's step generates, one row of scores a response; its loss is what is watched.
    owner, name = (
        (trl.GRPOTrainer, "compute_loss") if settings.kind == "grpo" else (trl.SFTTrainer, "training_step")
    )
    widths, step = Widths(), getattr(owner, name)

    def watched(*args: Any, **kwargs: Any) -> Any:
        with widths:
            return step(*args, **kwargs)

    monkeypatch.setattr(owner, name, watched)
    model = build_model(tmp_path / "model", vocab_size=VOCABULARY)
    command = "train-grpo" if settings.kind == "grpo" else "train-sft"
    launch.run(rows, model=model, out=tmp_path / "out", settings=settings, command=command)
    assert TILE in widths.seen  # the scores were computed, in parts
    assert VOCABULARY not in widths.seen
