"""Runs in verl's own environment: reads an export by `RLHFDataset`, scores by its reward manager, prints JSON.

Arguments: the export's folder, the responses as JSON (by prompt), `reward_kwargs` as JSON.
"""

import asyncio
import json
import sys
from pathlib import Path

import numpy as np
import torch
from omegaconf import OmegaConf
from tensordict import TensorDict
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast
from verl import DataProto
from verl.trainer.ppo.core_algos import AdvantageEstimator
from verl.trainer.ppo.reward import get_custom_reward_fn, load_reward_manager
from verl.trainer.ppo.v1.utils import compute_advantage_for_multi_trajectories
from verl.utils.dataset.rl_dataset import RLHFDataset

CHAT = "{% for m in messages %}{{ m.content }}\n{% endfor %}"


def tokenizer() -> PreTrainedTokenizerFast:
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    inner = Tokenizer(models.BPE(vocab={letter: i for i, letter in enumerate(letters)}, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    inner.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=inner, chat_template=CHAT)


def batch(row: dict, ids: list[int]) -> DataProto:
    """A response to a row, as verl's agent loop hands it to the reward manager."""
    tensors = {
        "responses": torch.tensor([ids]),
        "attention_mask": torch.ones(1, len(ids), dtype=torch.int64),
    }
    others = {
        name: np.array([row[name]], dtype=object) for name in ("data_source", "reward_model", "extra_info")
    }
    return DataProto(batch=TensorDict(tensors, batch_size=1), non_tensor_batch=others)


def advantages(scores: list[float | None]) -> list[float]:
    """verl's GRPO advantages of one prompt's responses; those without a score never reached the trainer."""
    known = [(n, score) for n, score in enumerate(scores) if score is not None]
    rewards = torch.tensor([[0.0, score] for _, score in known])
    data = DataProto(
        batch=TensorDict(
            {"token_level_rewards": rewards, "response_mask": torch.ones_like(rewards)}, batch_size=len(known)
        ),
        non_tensor_batch={"uid": np.array(["prompt"] * len(known), dtype=object)},
    )
    done = compute_advantage_for_multi_trajectories(
        data, batch_keys=[f"prompt_{n}_0" for n, _ in known], adv_estimator=AdvantageEstimator.GRPO
    )
    return [float(value) for value in done.batch["advantages"][:, 0]]


async def main(folder: Path, responses: dict[str, list[str]], reward_kwargs: dict) -> None:
    letters = tokenizer()
    data_config = OmegaConf.create({"max_prompt_length": 64, "cache_dir": str(folder / "cache")})
    rows = RLHFDataset([str(path) for path in sorted(folder.glob("*.parquet"))], letters, data_config)
    config = OmegaConf.create(
        {
            "reward": {
                "custom_reward_function": {
                    "path": str(folder / "r1_reward.py"),
                    "name": "compute_score",
                    "reward_kwargs": reward_kwargs,
                },
                "reward_manager": {"source": "register", "name": "naive"},
            }
        }
    )
    assert get_custom_reward_fn(config) is not None
    manager = load_reward_manager(config, letters)
    results = {}
    for row in (rows[n] for n in range(len(rows))):
        question = row["raw_prompt"][-1]["content"]
        scores: list[float | None] = []
        extras = []
        for response in responses[question]:
            try:
                result = await manager.run_single(batch(row, letters(response)["input_ids"]))
            except RuntimeError as error:
                assert "unknown verdict" in str(error), error
                scores.append(None)
                continue
            scores.append(result["reward_score"])
            extras.append(sorted(result["reward_extra_info"]))
        results[question] = {"scores": scores, "extras": extras, "advantages": advantages(scores)}
    sys.stdout.write(json.dumps(results) + "\n")


if __name__ == "__main__":
    # Ray's actors, in which this happens in verl, have an event loop of their own.
    asyncio.run(main(Path(sys.argv[1]), json.loads(sys.argv[2]), json.loads(sys.argv[3])))
