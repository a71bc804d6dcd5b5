"""On-policy distillation, which is not in the paper: the defaults are those of Thinking Machines' public recipe.

100 steps of 4 responses to each of 256 prompts, 4,096 tokens, 5e-5 for all weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from r1data.errors import UserError
from r1data.training.settings.rollouts import RolloutSettings
from r1data.training.settings.shared import setting
from r1data.training.settings.specs import is_address


@dataclass(frozen=True, kw_only=True)
class OnPolicySettings(RolloutSettings):
    """On-policy distillation: `prompts_per_step` x `generations` of the student's responses make an optimizer step.

    `teachers`: a model's folder, hub id or server's address by domain; the domain "" stands for all others.
    """

    kind = "on-policy"
    steps: int = setting(100, "Optimizer steps.")
    teachers: Mapping[str, str] = field(default_factory=dict)
    loss: Literal["reverse-kl", "jsd"] = setting(
        "reverse-kl", "Divergence of student and teacher at each token of the student's response."
    )
    prompts_per_step: int = setting(256, "Prompts per optimizer step.")
    generations: int = setting(4, "Responses per prompt.")
    max_tokens: int = setting(4_096, "Longest response, in tokens.")
    temperature: float = setting(1.0, "Temperature of the sampling and of both distributions in the loss.")
    teacher_top_k: int = setting(20, "Log-probabilities per token to ask a served teacher for (ours).")
    template: str | None = setting(
        None, "r1-zero, chat or plain; by default the student's own chat template, else r1-zero (ours)."
    )
    verify_seconds: float = setting(5.0, "Seconds for one verdict, where prompts have a truth (ours).")

    def check(self) -> None:
        super().check()
        if self.temperature <= 0:
            raise UserError(f"--temperature {self.temperature}: the student samples; give a number above 0")
        if not self.teachers:
            raise UserError(
                "--on-policy needs a teacher; add --teacher with a folder, a hub id or an address"
            )
        if self.temperature != 1 and any(is_address(teacher) for teacher in self.teachers.values()):
            raise UserError(
                f"--temperature {self.temperature:g}: a served teacher gives log-probabilities at temperature 1 "
                "only; leave it at 1, or give the teacher as a folder"
            )

    def other_models(self) -> tuple[str, ...]:
        teachers = dict.fromkeys(self.teachers[domain] for domain in sorted(self.teachers))
        return tuple(teacher for teacher in teachers if not is_address(teacher))
