"""A run in a process of its own, so that it can be killed; its reward is one that random weights can earn.

`python -m tests.training.harness KIND MODEL OUT [ROWS]`: with ROWS it waits, once so many steps are logged, for the
signal that is to end it. Else a test that the machine holds up for a moment would find the run at its end. Kinds that
are `unsaved` write no checkpoint in their few seconds, but at a signal.
"""

import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from r1data.errors import UserError
from r1data.training import launch, rewards
from r1data.training.loop import callbacks, stopping
from r1data.training.processes.placement import Placement, place
from r1data.training.settings import (
    GrpoSettings,
    OnPolicySettings,
    RewardModelSettings,
    Settings,
    SftSettings,
)
from tests.training.tiny import labelled, lessons, preferences, sums

LIMIT = 120.0
"""Seconds that a run waits for its signal."""
ASKED: list[int] = []
"""The signal that asked this process to stop."""


def letters(scored: rewards.Scored) -> float:
    """The share of letters."""
    text = scored.rollout.response
    return sum(c.isascii() and c.isalpha() for c in text) / (1 + len(text))


def some(scored: rewards.Scored) -> float | None:
    """The share of letters, of texts of an even length; None of the others."""
    return None if len(scored.rollout.response) % 2 else letters(scored)


def vowel(scored: rewards.Scored) -> float:
    """Whether there is an e or an o: often all responses to a prompt have one, or none has."""
    return float(not {"e", "o"}.isdisjoint(scored.rollout.response))


entries: dict[str, rewards.Reward] = rewards.REWARDS.built_in  # type: ignore[assignment]
entries["letters"] = rewards.Reward("letters", rewards.each(letters))
entries["some"] = rewards.Reward("some", rewards.each(some))
entries["vowel"] = rewards.Reward("vowel", rewards.each(vowel))

GRPO = GrpoSettings(
    steps=20,
    lr=1e-2,
    beta=0.05,
    generations=4,
    prompts_per_step=2,
    steps_per_rollout=2,
    max_tokens=12,
    sync_ref_steps=4,
    rewards={"letters": 1.0},
    template="plain",
    threads=1,
    save_steps=2,
    save_dtype="float32",
)
GIVEN = replace(
    GRPO,
    steps=4,
    prompts_per_step=3,
    steps_per_rollout=1,
    micro_batch=2,
    sync_ref_steps=2,
    rewards={"some": 1.0},
)
"""Of two processes the second group of responses belongs to both; some responses have no reward."""
SFT = SftSettings(
    epochs=6, lr=1e-2, batch_size=4, max_tokens=600, threads=1, save_steps=3, save_dtype="float32"
)

RM = RewardModelSettings(
    epochs=4, lr=3e-3, batch_size=8, micro_batch=4, max_tokens=100, threads=1, save_steps=2, save_dtype="float32",
    held_out=0.25, template="plain",
)  # fmt: skip


def on_policy(model: str) -> OnPolicySettings:
    """The teacher lies beside the student."""
    return OnPolicySettings(
        steps=12,
        lr=1e-2,
        generations=2,
        prompts_per_step=4,
        max_tokens=12,
        micro_batch=4,
        template="plain",
        threads=1,
        save_steps=2,
        save_dtype="float32",
        teachers={"": str(Path(model).with_name("teacher"))},
    )


def main(kind: str, model: str, out: str) -> None:
    """Run one to its end."""
    nodes = int(os.environ.get("R1_TEST_NODES", "1"))
    launch.run(
        rows_of(kind),
        model=model,
        out=Path(out),
        settings=settings_of(kind, model),
        command=kind,
        placement=place(nodes, int(os.environ["R1_TEST_RANK"]), os.environ["R1_TEST_HEAD"])
        if nodes > 1
        else Placement(),
    )


def write_eval_prompts(model: Path, truth: str = "x", verifier: str = "exact") -> Path:
    """Prompts that no run trains on, beside the model."""
    path = model.with_name("questions.jsonl")
    rows = [{"prompt": f"{i}+2=", "truth": truth, "verifier": verifier, "language": "en"} for i in range(6)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def rows_of(kind: str) -> list[dict[str, Any]]:
    """What a kind of run trains on."""
    if kind.startswith("rm"):
        return labelled(24) if kind == "rm-labels" else preferences(24)
    return lessons(20, 0) if kind.startswith("sft") else sums()


def settings_of(kind: str, model: str = "model") -> Settings:
    """The settings of a kind of run."""
    kinds: dict[str, Settings] = {
        "grpo": GRPO,
        "grpo-drawn": replace(
            GRPO,
            steps=14,
            pool=True,
            resample_limit=3,
            max_tokens_later="16@6",
            rewards={"vowel": 1.0, "accuracy": 1.0},
        ),
        "grpo-lora": replace(GRPO, lora=4, steps=14),
        "grpo-sharded": replace(GRPO, steps=5, sync_ref_steps=2, processes=2, micro_batch=2, strategy="fsdp"),
        "sft": SFT,
        "sft-by-two": replace(SFT, processes=2),
        "sft-evaluated": replace(
            SFT,
            eval_on=str(Path(model).with_name("questions.jsonl")),
            eval_every=2,
            eval_max_tokens=16,
            early_stop=12,
        ),
        "sft-padded": replace(SFT, packing=False),
        "sft-lora": replace(SFT, lora=4, template="plain"),
        "sft-lora-by-two": replace(SFT, lora=4, template="plain", processes=2),
        "sft-qlora": replace(SFT, lora=4, qlora=True, template="plain"),
        "sft-sharded": replace(SFT, processes=2, strategy="fsdp"),
        "grpo-evaluated": replace(
            GRPO, eval_on=str(Path(model).with_name("questions.jsonl")), eval_every=3, early_stop=4
        ),
        "grpo-all": replace(
            GRPO,
            steps=40,
            steps_per_rollout=4,
            save_steps=3,
            rewards={"letters": 1.0, "accuracy": 1.0},
            pool=True,
            resample_limit=2,
            eval_on=str(Path(model).with_name("questions.jsonl")),
            eval_every=5,
        ),
        "grpo-unsaved": replace(GRPO, steps=12, steps_per_rollout=4, save_steps=None),
        "sft-unsaved": replace(SFT, save_steps=None),
        "sft-by-two-unsaved": replace(SFT, epochs=20, processes=2, save_steps=None),
        "rm": RM,
        "rm-labels": replace(RM, reads="safety"),
        "rm-lora": replace(RM, lora=4),
        "rm-by-two": replace(RM, micro_batch=2, processes=2),
        "rm-sharded": replace(RM, micro_batch=2, processes=2, strategy="fsdp"),
        "on-policy": on_policy(model),
        "on-policy-by-two": replace(on_policy(model), processes=2, micro_batch=2),
    }
    return kinds[kind]


def wait_after(rows: int) -> None:
    """Wait for a signal, in this process, once a run's metrics have so many rows."""
    on_log = callbacks.Metrics.on_log

    def log_and_wait(self: callbacks.Metrics, *args: Any, **kwargs: Any) -> None:
        on_log(self, *args, **kwargs)
        if self.path.exists() and self.path.read_text().count("\n") >= rows:
            end = time.monotonic() + LIMIT
            while time.monotonic() < end and not ASKED:
                time.sleep(0.005)

    by = stopping.StopRequest.by

    def stop_waiting(self: stopping.StopRequest, number: int) -> None:
        by(self, number)
        ASKED.append(number)

    callbacks.Metrics.on_log = log_and_wait  # type: ignore[method-assign]
    stopping.StopRequest.by = stop_waiting  # type: ignore[method-assign]


if __name__ == "__main__":
    try:
        for rows in sys.argv[4:]:
            wait_after(int(rows))
        main(*sys.argv[1:4])
    except (KeyboardInterrupt, SystemExit) as end:
        sys.stderr.write("; ".join(end.__notes__))
        sys.exit(130 if isinstance(end, KeyboardInterrupt) else end.code)
    except UserError as error:
        sys.stderr.write(f"r1: {error}\n")
        sys.exit(1)
