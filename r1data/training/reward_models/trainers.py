"""The two losses of reward models: of pairs, by TRL's `RewardTrainer`, and of single responses, which TRL has none for.

Import it after `runtime.import_trl`. Pairs: -log sigmoid(chosen - rejected) (Bradley-Terry). Single responses: binary
cross-entropy of the sigmoid of the score, the mean over the batch. Rows are token ids already, in the order in which
they are trained on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import binary_cross_entropy_with_logits
from trl import RewardTrainer

from r1data.training.reward_models.examples import sequences


@dataclass(frozen=True, slots=True)
class Collator:
    """Pads a batch on the right: all first responses, then, of pairs, all rejected ones, as TRL's loss takes them."""

    pad: int

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        parts = [sequences(row) for row in rows]
        responses = [each[place] for place in range(len(parts[0])) for each in parts]
        longest = max(map(len, responses))
        fill = [longest - len(each) for each in responses]
        batch = {
            "input_ids": torch.tensor(
                [each + [self.pad] * n for each, n in zip(responses, fill, strict=True)]
            ),
            "attention_mask": torch.tensor([[1] * (longest - n) + [0] * n for n in fill]),
        }
        if len(parts[0]) == 1:
            batch["targets"] = torch.tensor([float(row["target"]) for row in rows])
        return batch


class PairTrainer(RewardTrainer):  # type: ignore[misc]
    """TRL's loss over rows that are token ids."""

    def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
        return dataset


class LabelTrainer(PairTrainer):
    """Binary cross-entropy of single responses. Logs the same figures as TRL's: accuracy, rewards, tokens."""

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        targets = inputs["targets"]
        outputs = model(
            input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], use_cache=False
        )
        scores = outputs.logits.squeeze(-1).float()
        loss = binary_cross_entropy_with_logits(scores, targets)
        self._count(scores.detach(), targets, inputs["attention_mask"])
        return (loss, outputs) if return_outputs else loss

    def _count(self, scores: torch.Tensor, targets: torch.Tensor, mask: torch.Tensor) -> None:
        gather, metrics = self.accelerator.gather, self._metrics["train" if self.model.training else "eval"]
        self._total_train_tokens += int(gather(mask.sum()).sum())
        metrics["num_tokens"] = [self._total_train_tokens]
        right = ((scores > 0) == (targets > 0.5)).float()
        metrics["accuracy"].append(gather(right).mean().item())
        metrics["mean_reward"].append(gather(scores).mean().item())
