"""Does the plan's memory agree with what training takes? Peak RAM of real trainers, beside what was predicted.

`python -m benchmarks.training_memory [CASE …]` trains two steps of each case in a process of its own,
by TRL's `SFTTrainer` in float32 on a CPU, and prints predicted / measured. Measured is the peak of resident memory
beyond what the process has after a first, tiny training, with glibc's allocator giving freed memory back at once. The
plan's margins are left out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Case:
    """A model's shape, and how it is trained."""

    name: str
    hidden: int
    intermediate: int
    layers: int
    heads: int
    key_heads: int
    vocabulary: int
    sequences: int
    length: int
    model_type: str = "qwen2"
    checkpointing: bool = False
    chunked: bool = True
    lora: int = 0
    extra: tuple[tuple[str, Any], ...] = ()

    def config(self) -> dict[str, Any]:
        """Fields of its config.json."""
        return {
            "model_type": self.model_type,
            "hidden_size": self.hidden,
            "intermediate_size": self.intermediate,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "num_key_value_heads": self.key_heads,
            "vocab_size": self.vocabulary,
            "tie_word_embeddings": True,
            "max_position_embeddings": 32_768,
            **dict(self.extra),
        }


WIDE = Case("wide", 768, 2048, 4, 12, 4, 8192, 2, 512)
DEEP = Case("deep", 256, 704, 24, 4, 2, 8192, 2, 512)
WORDS = Case("large vocabulary", 256, 704, 4, 4, 2, 100_352, 2, 512)
LONG = Case("long", 256, 704, 6, 4, 2, 8192, 1, 4096)
NORMS = Case("normed queries", 384, 1024, 8, 6, 2, 16_384, 4, 512, "qwen3", extra=(("head_dim", 64),))
MANY = Case("olmo", 384, 1024, 8, 6, 6, 16_384, 4, 512, "olmo3", extra=(("pad_token_id", 0),))
SMOL = Case("135M", 576, 1536, 30, 9, 3, 49_152, 1, 1024, "llama")


def _but(case: Case, name: str, **changes: Any) -> Case:
    return Case(**{**asdict(case), "extra": case.extra, "name": f"{case.name}, {name}", **changes})


CASES = [
    *(WIDE, DEEP, WORDS, LONG, NORMS, MANY),
    *(_but(case, "checkpointed", checkpointing=True) for case in (WIDE, DEEP, LONG, NORMS)),
    *(_but(case, "whole loss", chunked=False) for case in (WIDE, WORDS, NORMS)),
    *(_but(case, "LoRA 16", lora=16) for case in (WIDE, DEEP, LONG)),
    _but(DEEP, "LoRA 16, checkpointed", lora=16, checkpointing=True),
    SMOL,
    _but(SMOL, "checkpointed", checkpointing=True),
]


def predicted(case: Case) -> dict[str, int]:
    """What the plan says, in bytes, without its margins."""
    from r1data.training.plan.memory import Layout, memory
    from r1data.training.plan.parameters import config_from, parameters

    config = config_from(case.config())
    layout = Layout(
        checkpointing=case.checkpointing, lora=case.lora, gpu=False, chunked=case.chunked, packed=False
    )
    result = memory(config, parameters(config), layout, case.sequences, case.length)
    return {"states": result.states, "activations": result.activations}


def trained(case: Case, steps: int = 2) -> None:
    """Two optimizer steps of two passes each."""
    import torch
    import transformers
    from datasets import Dataset

    from r1data.training.loop.runtime import import_trl
    from r1data.training.plan.parameters import config_from
    from tests.training.tiny import build_tokenizer

    trl = import_trl()
    torch.manual_seed(0)
    model = transformers.AutoModelForCausalLM.from_config(config_from(case.config()), dtype=torch.float32)
    row = {"input_ids": [1 + i % 200 for i in range(case.length)]}
    row["labels"] = row["input_ids"]
    data = Dataset.from_list([row] * (2 * steps * case.sequences))
    shared: dict[str, Any] = {
        "output_dir": "/tmp/unused",
        "max_steps": steps,
        "per_device_train_batch_size": case.sequences,
        "gradient_accumulation_steps": 2,
        "use_cpu": True,
        "bf16": False,
        "gradient_checkpointing": case.checkpointing,
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
    }
    if not case.chunked:
        arguments = transformers.TrainingArguments(**shared)
        collator = transformers.default_data_collator
        transformers.Trainer(model, arguments, train_dataset=data, data_collator=collator).train()
        return
    from peft import LoraConfig

    adapters = (
        LoraConfig(r=case.lora, target_modules="all-linear", task_type="CAUSAL_LM") if case.lora else None
    )
    trl.SFTTrainer(
        model,
        trl.SFTConfig(**shared, max_length=None, dataset_kwargs={"skip_prepare_dataset": True}),
        train_dataset=data,
        processing_class=build_tokenizer(),
        peft_config=adapters,
    ).train()


def measured(case: Case) -> int:
    """Peak bytes beyond those after a first, tiny training of the same kind; in this process."""
    tiny = {"hidden": 32, "intermediate": 64, "layers": 2, "heads": 2, "key_heads": 1, "vocabulary": 264}
    trained(_but(case, "tiny", **tiny, sequences=1, length=32, extra=(("pad_token_id", 0),)), steps=1)
    before = _status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts again from here
    trained(case)
    return _status("VmHWM") - before


def _status(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field + ":"))


def main(names: list[str]) -> None:
    """A line a case; exit code 1 where one is more than 15% off."""
    if names[:1] == ["--measure"]:
        print(measured(next(case for case in CASES if case.name == names[1])))
        return
    environment = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "0"}
    environment |= {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "2", "PYTHONPATH": "."}
    print(f"{'case':<36} {'states':>8} {'activ.':>8} {'sum':>8} {'measured':>9}  ratio  (MiB)")
    ratios = {}
    for case in CASES:
        if names and not any(name in case.name for name in names):
            continue
        parts = predicted(case)
        command = [sys.executable, "-m", "benchmarks.training_memory", "--measure", case.name]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stderr[-2000:])
        peak = int(done.stdout.split()[-1])
        whole = sum(parts.values())
        ratios[case.name] = whole / peak
        row = [*(value / 2**20 for value in (*parts.values(), whole)), peak / 2**20]
        cells = f"{row[0]:8.0f} {row[1]:8.0f} {row[2]:8.0f} {row[3]:9.0f}"
        print(f"{case.name:<36} {cells}  {whole / peak:5.3f}", flush=True)
    print(json.dumps({"worst": max(abs(ratio - 1) for ratio in ratios.values())}))
    sys.exit(any(abs(ratio - 1) > 0.15 for ratio in ratios.values()))


if __name__ == "__main__":
    main(sys.argv[1:])
