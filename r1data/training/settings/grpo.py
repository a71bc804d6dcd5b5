"""GRPO, by R1 2.2.1, 2.3.2 and App.: learning rate, KL, clip, temperature, outputs, batch, length, rollouts of 16
batches, and a reference model that is replaced every 400 steps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal, Self

from r1data.errors import UserError
from r1data.training.grpo.algorithms import ALGORITHMS, algorithm
from r1data.training.settings.rollouts import RolloutSettings
from r1data.training.settings.shared import setting
from r1data.training.settings.specs import is_address, parse_raises

IMPORTANCE = ("token-truncate", "token-mask", "sequence-mask", "none")


@dataclass(frozen=True, kw_only=True)
class GrpoSettings(RolloutSettings):
    """A GRPO run: `prompts_per_step` x `generations` responses make an optimizer step.

    What is None by default and belongs to the algorithm is the algorithm's after `resolved`.
    """

    kind = "grpo"
    steps: int = setting(10_400, "Optimizer steps.")
    rewards: Mapping[str, float] = field(default_factory=lambda: {"accuracy": 1.0, "format": 1.0})
    template: str = setting("r1-zero", "Text around a prompt: r1-zero, chat or plain.")
    lr: float = setting(3e-6, "Learning rate.")
    beta: float | None = setting(
        None,
        "KL coefficient; 0 keeps no reference model. [default: 0.001 for grpo, 0 for the others]",
    )
    epsilon: float | None = setting(
        None,
        "Clip of the probability ratio, to 1 - epsilon and 1 + epsilon; above 1 there is no lower one. "
        "[default: 10 for grpo, 0.0003 for gspo, 0.2 for the others]",
    )
    steps_per_rollout: int = setting(16, "Optimizer steps per round of generation.")
    top_p: float = setting(1.0, "Nucleus sampling (ours).")
    top_k: int = setting(0, "Sample from the k likeliest tokens; 0 is all (ours).")
    loss: str = setting(
        "grpo", f"Algorithm: {', '.join(ALGORITHMS)}. It sets defaults of others of these options."
    )
    scale_rewards: Literal["group", "batch", "none"] | None = setting(
        None,
        "Which rewards' standard deviation normalizes advantages: the group's, the batch's, or none. "
        "[default: none for dr-grpo, group for the others]",
    )
    sync_ref_steps: int = setting(
        400, "Steps after which the policy replaces the reference model; 0 is never."
    )
    judge: str | None = setting(None, "Name of a served judge model, for prompts whose verifier is judge.")
    judge_url: str | None = setting(None, "Address of the judge's server.")
    rollouts: str = setting(
        "keep",
        "Which rollouts are kept as rows of the dataset OUT/rollouts: keep, none, or every=N for one in N (ours).",
    )
    reference_dtype: Literal["auto", "float32", "bfloat16"] = setting(
        "auto", "Data type of the reference model; auto is bfloat16 on a GPU, float32 on a CPU (ours)."
    )
    stop_on: tuple[str, ...] = setting(
        (), "Stop, with a checkpoint, when this alarm of docs/watching.md begins, or any; repeat it (ours)."
    )
    importance: str = setting(
        "token-truncate",
        "With vllm: tokens weigh what the trainer's probability is over the engine's: token-truncate cuts that at the "
        "cap, token-mask gives 0 beyond it, sequence-mask the same by whole responses; none weighs nothing (ours).",
    )
    importance_cap: float = setting(2.0, "The cap of --importance (ours).")
    max_logprob_gap: float = setting(
        0.1,
        "With vllm: stop when log-probabilities by the engine and by the trainer differ by more than so many nats a "
        "token, on average over a rollout; 0 never stops (ours).",
    )

    judge_votes: int = setting(
        1, "How many times the judge is asked about a response, or about an item (ours)."
    )
    reward_models: Mapping[str, str] = field(default_factory=dict)
    reward_model_device: str = setting(
        "auto",
        "Device of reward models in folders: cpu, cuda or cuda:1; auto is a GPU where there is one (ours).",
    )
    general_steps: int = setting(
        400,
        "With helpfulness or harmlessness: last steps in which general prompts are drawn and these rewards count, in "
        "whole rollouts; before them only reasoning prompts are.",
    )
    length_target: int | None = setting(None, "Tokens for the reward length-budget (ours).")
    verify_rollout_seconds: float = setting(
        600.0,
        "Seconds to wait for all verdicts and grades of a rollout once it is generated; what has none by then is "
        "unknown (ours).",
    )

    balance_loss: float | None = setting(
        None,
        "Mixtures of experts: coefficient of the loss that balances them. By default the model's own, and for "
        "DeepSeek-V3's kind the 0.0001 of its report.",
    )

    epsilon_high: float | None = setting(
        None,
        "Clip above, to 1 + epsilon-high. [default: 0.28 for dapo, 0.0004 for gspo, --epsilon for the others]",
    )
    delta: float | None = setting(
        None,
        "Upper bound of the ratio where the advantage is negative, which no clip bounds there: above 1 + epsilon "
        "(two-sided clip; not in the paper).",
    )
    overlong: Literal["none", "mask", "punish"] | None = setting(
        None,
        "Responses cut at --max-tokens: mask trains on none of them, punish takes up to 1 from the reward over the "
        "last tokens before the cut. [default: punish for dapo, none for the others]",
    )
    overlong_buffer: int | None = setting(
        None, "Tokens before the cut over which punish grows from 0 to 1. [default: a fifth of --max-tokens]"
    )
    max_tokens_later: str | None = setting(
        None,
        "Longest response later in the run, TOKENS@STEP, comma-separated: 65536@8200 from the rollout on that begins "
        "after step 8,200; model, optimizer and reference stay as they are. `none` is never.",
    )
    resample_limit: int | None = setting(
        None,
        "Dynamic sampling: groups whose rewards are all equal are sampled anew with other prompts, up to this many "
        "times a rollout's prompts; 1 is never. [default: 4 for dapo (ours), 1 for the others]",
    )
    pool: bool = setting(
        False,
        "Keep pass rates of prompts over the run: what was all right several times retires, what was all wrong comes "
        "back later (ours).",
    )
    pool_retire: int | None = setting(
        None, "Rounds all right in a row after which a prompt of the pool retires (ours). [default: 2]"
    )
    pool_wait: int | None = setting(
        None,
        "Most passes over the prompts that one of the pool which was all wrong is left out for: 1, 2, 4 and so on "
        "(ours). [default: 8]",
    )

    @property
    def longest(self) -> int:
        return max([self.max_tokens, *(tokens for tokens, _ in parse_raises(self.max_tokens_later))])

    def limit(self, step: int) -> int:
        """Tokens that responses may have in a rollout that begins after `step` steps."""
        limits = [tokens for tokens, after in parse_raises(self.max_tokens_later) if step >= after]
        return limits[-1] if limits else self.max_tokens

    @property
    def prompts_per_rollout(self) -> int:
        """Prompts that are trained on between two rounds of generation."""
        return self.prompts_per_step * self.steps_per_rollout

    def resolved(self) -> Self:
        """These settings with the algorithm's defaults where nothing was given. Raises UserError for an unknown one."""
        defaults = algorithm(self.loss).defaults
        return replace(
            self, **{name: value for name, value in defaults.items() if getattr(self, name) is None}
        )

    def check(self) -> None:
        if (resolved := self.resolved()) != self:
            resolved.check()
            return
        super().check()
        self._check_algorithm()
        if self.generations < 2:
            raise UserError(f"--generations {self.generations}: GRPO compares responses; give 2 or more")
        if self.temperature <= 0:
            raise UserError(
                f"--temperature {self.temperature}: all responses would be the same; give a number above 0"
            )
        for name, weight in self.rewards.items():
            if not math.isfinite(weight):
                raise UserError(f"--reward {name}={weight}: no reward can weigh that; write {name}=0.5")
        if not any(self.rewards.values()):
            raise UserError("every reward has weight 0; give one, such as --reward accuracy=1")
        if self.importance not in IMPORTANCE:
            raise UserError(
                f"--importance {self.importance}: not known; choose one of {', '.join(IMPORTANCE)}"
            )
        if self.importance_cap < 1:
            raise UserError(
                f"--importance-cap {self.importance_cap:g}: engines that agree have ratio 1; give 1 or more"
            )
        if self.max_logprob_gap < 0:
            raise UserError(
                f"--max-logprob-gap {self.max_logprob_gap:g}: give nats a token, or 0 for no limit"
            )
        self.rollouts_every()
        self._check_companions()

    def other_models(self) -> tuple[str, ...]:
        models = dict.fromkeys(self.reward_models[name] for name in sorted(self.reward_models))
        return tuple(model for model in models if not is_address(model))

    def rollouts_every(self) -> int:
        """One in how many rollouts is kept; 0 is none. Raises UserError for another word than those of `rollouts`."""
        word, _, number = self.rollouts.partition("=")
        if word == "every" and number.isascii() and number.isdigit() and 0 < int(number) < 10**9:
            return int(number)
        if self.rollouts not in ("keep", "none"):
            raise UserError(f"--rollouts {self.rollouts}: give keep, none, or every=N, such as every=10")
        return int(self.rollouts == "keep")

    def _check_companions(self) -> None:
        """Raise UserError for an option that acts on what another one switches on, where that one is left out."""
        for flag, value, acts, other in (
            ("engine-url", self.engine_url, self.engine == "vllm-server", "--engine vllm-server"),
            ("overlong-buffer", self.overlong_buffer, self.overlong == "punish", "--overlong punish"),
            ("pool-retire", self.pool_retire, self.pool, "--pool"),
            ("pool-wait", self.pool_wait, self.pool, "--pool"),
            (
                "length-target",
                self.length_target,
                "length-budget" in self.rewards,
                "--reward length-budget=1",
            ),
        ):
            if value is not None and not acts:
                raise UserError(f"--{flag} {value}: does nothing without {other}; add that, or leave it out")

    def _check_algorithm(self) -> None:
        own = algorithm(self.loss).defaults
        high = self.epsilon_high if self.epsilon_high is not None else self.epsilon
        if self.delta is not None and high is not None and self.delta <= 1 + high:
            raise UserError(
                f"--delta {self.delta:g}: bounds what the clip at {1 + high:g} leaves, so give more than that"
            )
        if self.resample_limit == 1 and own["resample_limit"] > 1:
            raise UserError(
                f"--resample-limit 1: that is another algorithm; give --loss {self.loss}-no-resampling, or leave it out"
            )
        if self.overlong == "punish" and not 0 < self.punished_tokens <= self.max_tokens:
            raise UserError(
                f"--overlong-buffer {self.overlong_buffer}: give from 1 to the {self.max_tokens} of --max-tokens"
            )
        raises = [(self.max_tokens, 0), *parse_raises(self.max_tokens_later)]
        for (tokens, after), (more, later) in pairwise(raises):
            if more <= tokens or later <= after:
                raise UserError(
                    f"--max-tokens-later {self.max_tokens_later}: {more}@{later} raises no {tokens}@{after}; "
                    "give more tokens at each later step"
                )
        if self.pool and not self.rewards.get("accuracy"):
            raise UserError("--pool keeps shares of correct responses; add --reward accuracy=1")

    @property
    def punished_tokens(self) -> int:
        """Tokens before the cut over which the punishment grows: by default DAPO's share, 4,096 of 20,480 (3.4)."""
        return max(1, self.max_tokens // 5) if self.overlong_buffer is None else self.overlong_buffer
