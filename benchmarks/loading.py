"""Peak memory of loading a model to train: one process, and several that share it.

    python -m benchmarks.loading [--gb 1.0] [--processes 4] [--folder DIR]

A Qwen2 of at least so many gigabytes as saved (bf16) is made from a config, and loaded as `r1 train-sft` does it: by
one process, by several that shard it (`fsdp`), and with --ddp by several with a copy each, whose sum grows by its
nature. Memory is the sum of the processes' proportional set sizes (PSS), sampled 20 times a second, launcher included.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MODULE = "benchmarks.loading"
LIMIT = 1.3
LAYERS = 16


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--gb", type=float, default=1.0)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--ddp", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        model = Path(folder) / "model"
        # in a process of its own, whose memory is gone when loading is measured
        subprocess.run([sys.executable, "-m", MODULE, "build", model, str(given.gb)], check=True)
        print(f"{sum(file.stat().st_size for file in model.glob('*.safetensors')) / 1e9:.2f} GB as saved")
        one = peak(model, "single", 1)
        print(f"single, 1 process: {one / 1e9:.2f} GB")
        for strategy in ("fsdp", "ddp")[: 1 + given.ddp]:
            several = peak(model, strategy, given.processes)
            limit = f" (at most {LIMIT})" if strategy == "fsdp" else ""
            print(
                f"{strategy}, {given.processes} processes: {several / 1e9:.2f} GB, {several / one:.2f} times{limit}"
            )


def peak(model: Path, strategy: str, processes: int) -> int:
    """The most bytes that the processes held together while they loaded."""
    command = [sys.executable, "-m", "torch.distributed.run", f"--nproc_per_node={processes}", "--standalone"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TORCH_CPP_LOG_LEVEL": "ERROR"}
    loading = subprocess.Popen([*command, "-m", MODULE, "load", model, strategy], env=environment)
    most = 0
    while loading.poll() is None:
        most = max(most, sum(map(proportional, family(loading.pid))))
        time.sleep(0.05)
    if loading.returncode:
        raise SystemExit(f"loading ended with {loading.returncode}")
    return most


def family(process: int) -> list[int]:
    """A process and all that it started."""
    numbers = [process]
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            numbers += [one for child in children.read_text().split() for one in family(int(child))]
        except OSError:
            continue  # it has ended
    return numbers


def proportional(process: int) -> int:
    """Bytes of a process, pages that several share counted once among them; 0 where it has ended."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def build(folder: Path, gigabytes: float) -> None:
    """A Qwen2 in bf16, two bytes a parameter."""
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    vocabulary = 32_000
    # embeddings and output 2 · V · h; a layer 12 · h² + h² (its attention has half the usual keys and values)
    width = next(
        h
        for h in range(256, 1 << 14, 256)
        if 2 * (2 * vocabulary * h + LAYERS * 14.5 * h * h) > gigabytes * 1e9
    )
    config = Qwen2Config(
        vocab_size=vocabulary,
        hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=LAYERS,
        num_attention_heads=width // 64,
        num_key_value_heads=width // 256,
        tie_word_embeddings=False,
    )
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    try:
        Qwen2ForCausalLM(config).save_pretrained(folder)
    finally:
        torch.set_default_dtype(before)


def load(model: Path, name: str) -> None:
    """What each process of a training run does before its first step."""
    import torch.distributed

    from r1data.training.loop import runtime
    from r1data.training.models import loading
    from r1data.training.models.strategies import Strategy, training_arguments
    from r1data.training.settings import SftSettings

    trl = runtime.import_trl()
    strategy = Strategy(name)
    training_arguments(
        trl.SFTConfig, {"output_dir": str(model), "use_cpu": True, "report_to": "none"}, strategy
    )
    loaded = loading.trainable(model, SftSettings(), strategy)
    time.sleep(0.5)  # at least one sample of all that is loaded
    if torch.distributed.is_initialized():
        torch.distributed.barrier()
        torch.distributed.destroy_process_group()
    del loaded


if __name__ == "__main__":
    if sys.argv[1:2] == ["build"]:
        build(Path(sys.argv[2]), float(sys.argv[3]))
    elif sys.argv[1:2] == ["load"]:
        load(Path(sys.argv[2]), sys.argv[3])
    else:
        main()
