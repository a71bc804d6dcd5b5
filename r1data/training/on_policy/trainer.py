"""TRL's `DistillationTrainer` with teachers of our own: several by domain, padded vocabularies, and served ones.

TRL generates, forms the batches, and computes the divergence from both models' hidden states without ever making all
logits. Each micro-batch is split by teacher; a part's loss is TRL's own, or from a server's log-probabilities
(`divergence`). Imported only after `runtime.import_trl`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import torch
from trl import DistillationTrainer
from trl.models import prepare_deepspeed

from r1data.training.on_policy.divergence import NONE, from_hidden
from r1data.training.on_policy.served import Scored, ServedTeacher
from r1data.training.rewards import Rollout, score
from r1data.training.rollouts import generating
from r1data.training.rollouts.measures import shares, sums

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class OnPolicyTrainer(DistillationTrainer):  # type: ignore[misc]
    """Rows have the columns of `prompts.KINDS`; `teachers` are models of this process or served ones, by number.

    `vocabulary`: how many token ids all models have weights for. `ends`: token ids that end a response, the student's
    and the teachers'. `divergence`: its name among the metrics.
    """

    def __init__(
        self,
        *args: Any,
        teachers: Sequence[PreTrainedModel | ServedTeacher],
        names: Sequence[str],
        vocabulary: int,
        ends: Sequence[int],
        verify_seconds: float,
        divergence: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.teachers = [
            teacher if isinstance(teacher, ServedTeacher) else self._prepared(teacher) for teacher in teachers
        ]
        self.vocabulary = vocabulary
        self.teacher_names, self.verify_seconds, self.divergence = names, verify_seconds, divergence
        self.eos_token_ids = list(ends)
        if not self.use_vllm:  # which is told when it is made
            self.generation_config.eos_token_id = list(ends)
            self.generation_kwargs["eos_token_id"] = list(ends)

    def _prepared(self, teacher: PreTrainedModel) -> Any:
        """Sharded as the student is, or on this process' device."""
        if self.is_deepspeed_enabled:
            return prepare_deepspeed(teacher, self.accelerator)
        return self.accelerator.prepare_model(teacher, evaluation_mode=True)

    def _tokenize_prompts(self, prompts: list[Any]) -> tuple[list[list[int]], None, dict[str, Any]]:
        return [list(ids) for ids in prompts], None, {}  # they are token ids already

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        batch: dict[str, Any] = super()._generate_and_score_completions(inputs)
        device = batch["completion_ids"].device
        batch["teacher"] = torch.tensor([row["teacher"] for row in inputs], device=device)
        responses = [
            ids[mask.bool()].tolist()
            for ids, mask in zip(batch["completion_ids"], batch["completion_mask"], strict=True)
        ]
        self._measure(inputs, responses)
        if any(isinstance(teacher, ServedTeacher) for teacher in self.teachers):
            batch |= self._served(inputs, responses, batch["completion_ids"])
        return batch

    def _measure(self, inputs: list[dict[str, Any]], responses: list[list[int]]) -> None:
        """Logs the shares of correct and well-formed responses, as GRPO does."""
        texts = self.processing_class.batch_decode(responses, skip_special_tokens=True)
        some = [
            Rollout(
                row["question"],
                row["prefill"] + text,
                row["truth"],
                row["verifier"],
                row["language"],
                "stop" if ids and ids[-1] in self.eos_token_ids else "length",
            )
            for row, ids, text in zip(inputs, responses, texts, strict=True)
        ]
        counts = generating.add_over_processes(sums(score(some, self.verify_seconds)))
        mode = "train" if self.model.training else "eval"
        for key, value in shares(counts).items():
            self._metrics[mode][key].append(value)

    def _served(
        self, inputs: list[dict[str, Any]], responses: list[list[int]], completions: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        """What served teachers say of each response, as tensors of [responses, tokens, named tokens]."""
        scored: dict[int, Scored] = {}
        for number, teacher in enumerate(self.teachers):
            if isinstance(teacher, ServedTeacher):
                rows = [n for n, row in enumerate(inputs) if row["teacher"] == number and responses[n]]
                sequences = [([*inputs[n]["prompt"], *responses[n]], len(inputs[n]["prompt"])) for n in rows]
                scored |= dict(zip(rows, teacher.score(sequences), strict=True))
        width = 1 + max(teacher.top for teacher in self.teachers if isinstance(teacher, ServedTeacher))
        ids = torch.full((*completions.shape, width), NONE, dtype=torch.long)
        logs = torch.zeros((*completions.shape, width))
        for row, one in scored.items():
            place = (row, slice(len(one.ids)), slice(len(one.ids[0])))
            ids[place], logs[place] = torch.tensor(one.ids), torch.tensor(one.logs)
        device = completions.device
        return {"teacher_ids": ids.to(device), "teacher_logs": logs.to(device)}

    def _compute_loss(
        self, student: Any, inputs: dict[str, Any], num_items_in_batch: torch.Tensor | int | None
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Loss, and sums of entropy and tokens, of a micro-batch: those of its parts, one for each teacher."""
        items = inputs["completion_mask"].sum() if num_items_in_batch is None else num_items_in_batch
        parts = []
        for number, teacher in enumerate(self.teachers):
            rows = (inputs["teacher"] == number).nonzero().flatten()
            # Where models are sharded all processes gather them together: each makes every teacher's pass.
            weight = 1.0 if len(rows) else 0.0
            if not len(rows):
                if not (self.is_fsdp_enabled or self.is_deepspeed_enabled):
                    continue
                rows = inputs["teacher"].new_zeros(1)
            some = {
                key: value[rows] if isinstance(value, torch.Tensor) and value.ndim else value
                for key, value in inputs.items()
            }
            if isinstance(teacher, ServedTeacher):
                part = self._loss_by_server(student, some, items)
            else:
                self.teacher_model = teacher
                own_head = cut_head(student, self.vocabulary)
                with own_head, cut_head(self.accelerator.unwrap_model(teacher), self.vocabulary):
                    part = super()._compute_loss(student, some, items)
            parts.append([value * weight for value in part])
            self._note(number, parts[-1][0].detach() * items, parts[-1][2])
        loss, entropy, tokens = (sum(values[1:], start=values[0]) for values in zip(*parts, strict=True))
        return loss, entropy, tokens

    def _loss_by_server(
        self, student: Any, inputs: dict[str, Any], items: torch.Tensor | int
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        hidden = self._get_last_hidden_state(
            student,
            torch.cat([inputs["prompt_ids"], inputs["completion_ids"]], dim=1),
            torch.cat([inputs["prompt_mask"], inputs["completion_mask"]], dim=1),
            inputs["completion_ids"].size(1),
        )
        head, config = student.get_output_embeddings(), student.config.get_text_config()
        weight = _whole(head.weight)[: self.vocabulary]
        bias = None if head.bias is None else _whole(head.bias)[: self.vocabulary]
        valid = inputs["completion_mask"].bool()
        loss, entropy = from_hidden(
            hidden[valid],
            weight,
            bias,
            inputs["teacher_ids"][valid],
            inputs["teacher_logs"][valid],
            self.beta,
            logit_scale(config),
            getattr(config, "final_logit_softcapping", None),
        )
        return loss / items, entropy.detach(), valid.sum()

    def _note(self, number: int, total: torch.Tensor, tokens: torch.Tensor) -> None:
        """Counts what `compute_loss` logs for each teacher once it may gather."""
        self._by_teacher[number, 0] += total
        self._by_teacher[number, 1] += tokens

    def compute_loss(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        self._by_teacher = torch.zeros((len(self.teachers), 2), device=inputs["completion_ids"].device)
        loss = super().compute_loss(model, inputs, *args, **kwargs)
        if len(self.teachers) > 1:
            mode = "train" if self.model.training else "eval"
            totals = self.accelerator.gather_for_metrics(self._by_teacher[None]).sum(0).tolist()
            for name, (total, tokens) in zip(self.teacher_names, totals, strict=True):
                if tokens:
                    self._metrics[mode][f"{self.divergence}/{name}"].append(total / tokens)
        return loss

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        if "loss" in logs:
            logs[self.divergence] = logs["loss"]
        super().log(logs, start_time)


@contextmanager
def cut_head(model: Any, rows: int) -> Iterator[None]:
    """Lets a model's output head have its first `rows` alone: what models are padded with is no token of either."""
    head = model.get_output_embeddings()
    if head.weight.shape[0] == rows:
        yield
        return
    weight, bias = (None if part is None else _whole(part)[:rows] for part in (head.weight, head.bias))
    model.get_output_embeddings = lambda: SimpleNamespace(weight=weight, bias=bias)
    try:
        yield
    finally:
        del model.get_output_embeddings


def logit_scale(config: Any) -> float:
    """What an architecture multiplies its logits by, under any of the names that TRL knows for it."""
    for name in ("logit_scale", "output_multiplier", "lm_head_multiplier"):
        if (value := getattr(config, name, None)) is not None:
            return float(value)
    scaling = getattr(config, "logits_scaling", None)
    if scaling is None:
        return 1.0
    return float(scaling if config.model_type == "hyperclovax" else 1 / scaling)


def _whole(part: Any) -> Any:
    """A parameter that is sharded over processes, gathered."""
    return part.full_tensor() if hasattr(part, "full_tensor") else part
