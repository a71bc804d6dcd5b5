"""Runs in verl's own environment: composes the recipes as `main_ppo` does, checks them by its classes, prints JSON."""

import json
import sys
from typing import Any

from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from verl.trainer.ppo.core_algos import get_adv_estimator_fn, get_policy_loss_fn, kl_penalty_forward
from verl.trainer.ppo.utils import need_critic, need_reference_policy
from verl.utils.config import omega_conf_to_dataclass, validate_config


def composed(folder: str, name: str) -> Any:
    with initialize_config_dir(folder, version_base=None):
        config = compose(config_name=name)
    validate_config(config, need_reference_policy(config), need_critic(config))
    parts = config.actor_rollout_ref
    actor, rollout = (omega_conf_to_dataclass(part) for part in (parts.actor, parts.rollout))
    omega_conf_to_dataclass(config.algorithm)
    assert need_reference_policy(config) and not need_critic(config)
    assert get_adv_estimator_fn(config.algorithm.adv_estimator)
    assert get_policy_loss_fn(actor.policy_loss.loss_mode)
    return {
        "config": OmegaConf.to_container(config, resolve=False),
        "actor": type(actor).__name__,
        "clip": [actor.clip_ratio_low, actor.clip_ratio_high],
        "rollout": [rollout.n, rollout.temperature, rollout.response_length],
    }


def main(folder: str, names: list[str]) -> None:
    import torch

    ours, reference = torch.tensor([-1.0, -2.0]), torch.tensor([-1.5, -1.0])
    for name in names:
        result = composed(folder, name)
        kind = result["config"]["actor_rollout_ref"]["actor"]["kl_loss_type"]
        result["kl"] = kl_penalty_forward(ours, reference, kind).tolist()
        sys.stdout.write(json.dumps({"name": name, **result}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
