"""What a run optimizes is eq. 1-3 of the paper, or what its algorithm's paper makes of them: loss and gradient to 1e-5.

The reference is `advantages` and `loss`, by hand. Its conventions are TRL's: a deviation divides by the number less
one, and 0.0001 is added to it; `dapo`'s divisor is a step's share of the rollout's tokens, `dr-grpo`'s the responses
times the longest that the run ever allows. Completions and rewards are random; all else is a run as users start it,
with several steps a rollout, so that the policy has left the one that sampled.
"""

import json
import random
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import TrainerCallback

from r1data.engines.models import load_model, load_tokenizer
from r1data.training import launch, rewards
from r1data.training.settings import GrpoSettings
from tests.training import harness
from tests.training.tiny import sums

END = 256
"""The tiny models' token that ends a response."""
RUN = replace(
    harness.GRPO,
    steps=6,
    steps_per_rollout=3,
    beta=None,
    sync_ref_steps=0,
    micro_batch=2,
    lr=3e-3,
    max_tokens=20,
    max_grad_norm=1e9,
    rewards={"noise": 1.0, "more": 0.5},
    save_steps=None,
)
CASES = {
    "grpo": {},
    "grpo, batch": {"scale_rewards": "batch"},
    "grpo, clipped": {"epsilon": 0.02, "epsilon_high": 0.03, "beta": 0.05},
    "grpo, two-sided": {"epsilon": 0.02, "delta": 1.05},
    "grpo, masked": {"overlong": "mask", "beta": 0.05},
    "grpo, later": {"max_tokens_later": "30@3"},
    "dr-grpo": {"epsilon": 0.01, "max_tokens_later": "30@3"},
    "dapo": {"epsilon": 0.01, "epsilon_high": 0.014, "overlong_buffer": 8},
    "dapo-no-resampling": {"beta": 0.05, "overlong_buffer": 8},
    "gspo": {"beta": 0.05},
}


def noise(text: str, key: str) -> float | None:
    """A random reward of a text: in one of eight cases None for every key, in some more for this one."""
    if random.Random(text).random() < 1 / 8:
        return None
    draw = random.Random(text + key)
    return None if draw.random() < 1 / 16 else round(draw.random(), 3)


def incomplete(group: list[str]) -> list[bool]:
    """Which responses of a group lack a reward that others of it have: they get none at all."""
    missing = {name: [noise(text, name) is None for text in group] for name in RUN.rewards}
    return [any(column[n] and not all(column) for column in missing.values()) for n in range(len(group))]


def advantages(groups: list[list[float | None]], settings: GrpoSettings) -> list[float]:
    """Eq. 3: each reward less its group's mean, over the deviation; 0 where there is no reward."""
    everything = [reward for group in groups for reward in group if reward is not None]
    values = []
    for group in groups:
        known = [reward for reward in group if reward is not None]
        sample = torch.tensor(everything if settings.scale_rewards == "batch" else known, dtype=torch.float64)
        mean = sum(known) / max(1, len(known))
        scale = 1.0 if settings.scale_rewards == "none" else float(sample.std(correction=1)) + 1e-4
        values += [0.0 if r is None or len(known) < 2 else (r - mean) / scale for r in group]
    return values


def loss(step: list[Any], tokens: int, settings: GrpoSettings) -> torch.Tensor:
    """Eq. 1 and 2 for a step: (log-probabilities now, when sampled, by the reference; advantage; counts) a response.

    `tokens`: those of the rollout that count.
    """
    high = settings.epsilon if settings.epsilon_high is None else settings.epsilon_high
    total = torch.zeros(())
    for new, old, ref, advantage, counts in step:
        ratio = torch.exp((new - old).mean() if settings.loss == "gspo" else new - old)
        clipped = ratio.clamp(1 - settings.epsilon, 1 + high)
        bounded = ratio if settings.delta is None else ratio.clamp(max=settings.delta)
        kl = torch.exp(ref - new) - (ref - new) - 1
        objective = torch.minimum(bounded * advantage, clipped * advantage) - settings.beta * kl
        divisor = {
            "dr-grpo": len(step) * settings.longest,
            "dapo": tokens / settings.steps_per_rollout,
            "dapo-no-resampling": tokens / settings.steps_per_rollout,
        }.get(settings.loss, len(step) * len(new))
        total = total - counts * objective.sum() / divisor
    return total


@dataclass
class Seen:
    """What a run did: rollouts, and by step the weights, the responses, the gradient."""

    rollouts: list[dict[str, Any]] = field(default_factory=list)
    weights: dict[int, Any] = field(default_factory=dict)
    steps: dict[int, list[tuple[int, ...]]] = field(default_factory=dict)
    gradients: dict[int, dict[str, torch.Tensor]] = field(default_factory=dict)


def rows_of(batch: dict[str, torch.Tensor]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Each response's prompt and tokens, without padding; a masked response has lost its mask."""
    prompts = [
        tuple(ids[mask.bool()].tolist())
        for ids, mask in zip(batch["prompt_ids"], batch["prompt_mask"], strict=True)
    ]
    responses = [tuple(t for t in ids.tolist() if t != END + 1) for ids in batch["completion_ids"]]
    return list(zip(prompts, responses, strict=True))


def watch(monkeypatch: pytest.MonkeyPatch) -> Seen:
    """Have runs sample at random, and note what they do."""
    from r1data.training.grpo.trainer import GrpoTrainer

    seen, draw = Seen(), random.Random(5)
    generate_and_score, compute = GrpoTrainer._generate_and_score_completions, GrpoTrainer._compute_loss

    def copy(model: Any) -> dict[str, torch.Tensor]:
        return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}

    class Gradients(TrainerCallback):  # type: ignore[misc]
        def on_pre_optimizer_step(
            self, args: Any, state: Any, control: Any, model: Any = None, **_: Any
        ) -> None:
            seen.gradients[state.global_step] = {n: p.grad.clone() for n, p in model.named_parameters()}

    def sample(self: Any, prompt_ids: Any, *_: Any, **__: Any) -> tuple[list[list[int]], None]:
        lengths = [
            draw.choice([self.response_limit, draw.randint(2, self.response_limit - 1)]) for _ in prompt_ids
        ]
        responses = [[draw.randrange(90) for _ in range(n)] for n in lengths]
        return [ids if len(ids) == self.response_limit else [*ids[:-1], END] for ids in responses], None

    def rollout(self: Any, inputs: Any) -> Any:
        if not seen.rollouts:
            self.add_callback(Gradients())
        policy = copy(self.model)
        batch = generate_and_score(self, inputs)
        seen.rollouts.append({"policy": policy, "limit": self.response_limit, "rows": rows_of(batch)})
        seen.rollouts[-1]["advantages"] = batch["advantages"].tolist()
        return batch

    def one(self: Any, model: Any, inputs: Any) -> Any:
        step = self.state.global_step
        seen.weights.setdefault(step, copy(self.model))
        seen.steps.setdefault(step, []).extend(rows_of(inputs))
        return compute(self, model, inputs)

    monkeypatch.setattr(GrpoTrainer, "_generate_single_turn", sample)
    monkeypatch.setattr(GrpoTrainer, "_generate_and_score_completions", rollout)
    monkeypatch.setattr(GrpoTrainer, "_compute_loss", one)
    for name in RUN.rewards:

        def score(scored: Any, name: str = name) -> float | None:
            return noise(scored.rollout.response, name)

        monkeypatch.setitem(rewards.REWARDS.built_in, name, rewards.Reward(name, rewards.each(score)))
    return seen


@pytest.mark.parametrize("case", CASES)
def test_loss_and_gradient_are_the_papers(
    case: str, qwen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = watch(monkeypatch)
    settings = replace(RUN, loss=case.partition(",")[0], **CASES[case])
    out = tmp_path / "out"
    launch.run(sums(), model=qwen, out=out, settings=settings, command="train-grpo")
    settings, model, words = settings.resolved(), load_model(qwen).float(), load_tokenizer(qwen)
    first = {name: tensor.clone() for name, tensor in model.state_dict().items()}

    def logprobs(prompt: Any, response: Any) -> torch.Tensor:
        scores = model(torch.tensor([prompt + response])).logits[0, len(prompt) - 1 : -1].log_softmax(-1)
        return scores.gather(1, torch.tensor(response).unsqueeze(1)).squeeze(1)

    def fixed(weights: dict[str, torch.Tensor], rows: list[Any]) -> list[torch.Tensor]:
        model.load_state_dict(weights)
        with torch.no_grad():
            return [logprobs(*row) for row in rows]

    logged = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    for number, rollout in enumerate(seen.rollouts):
        rows = rollout["rows"]
        size = settings.generations
        texts = [words.decode(ids, skip_special_tokens=True) for _, ids in rows]
        lacking = [n for start in range(0, len(texts), size) for n in incomplete(texts[start : start + size])]
        totals = [
            None if lacks else total(text, ids, rollout["limit"], settings)
            for text, (_, ids), lacks in zip(texts, rows, lacking, strict=True)
        ]
        assert any(one is None for one in totals)
        expected = advantages(
            [totals[start : start + size] for start in range(0, len(totals), size)], settings
        )
        assert torch.allclose(torch.tensor(rollout["advantages"]), torch.tensor(expected), atol=1e-5)
        counts = [float(settings.overlong != "mask" or ids[-1] == END) for _, ids in rows]
        tokens = sum(len(ids) for (_, ids), counted in zip(rows, counts, strict=True) if counted)
        known = dict(zip(rows, zip(expected, counts, strict=True), strict=True))
        for step in range(number * settings.steps_per_rollout, (number + 1) * settings.steps_per_rollout):
            trained = seen.steps[step]
            old, ref = fixed(rollout["policy"], trained), fixed(first, trained)
            model.load_state_dict(seen.weights[step])
            model.zero_grad()
            responses = [
                (logprobs(*row), *rest, *known[row]) for row, *rest in zip(trained, old, ref, strict=True)
            ]
            value = loss(responses, tokens, settings)
            assert value.item() == pytest.approx(logged[step]["loss"], abs=1e-5)
            value.backward()
            for name, parameter in model.named_parameters():
                assert torch.allclose(parameter.grad, seen.gradients[step][name], atol=1e-5), name
    if settings.epsilon < 0.2:
        assert max(row["clip_ratio/region_mean"] for row in logged) > 0


def total(text: str, ids: tuple[int, ...], limit: int, settings: GrpoSettings) -> float | None:
    """A response's weighted rewards, with what its length takes from them; None where it has none, or is masked."""
    if settings.overlong == "mask" and ids[-1] != END:
        return None
    values = {name: noise(text, name) for name in RUN.rewards}
    known = [value * RUN.rewards[name] for name, value in values.items() if value is not None]
    if not known:
        return None
    over = max(0, len(ids) - (limit - settings.punished_tokens)) / settings.punished_tokens
    return sum(known) - (min(1.0, over) if settings.overlong == "punish" else 0.0)
