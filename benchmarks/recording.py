"""What it costs to record rollouts: CPU seconds of the recorder, in the trainer's thread and its own, of the run's.

`python -m benchmarks.recording [--steps 12]`: R1-Zero in miniature, by its recipe's batch of 24 prompts x 12 responses.
Both are of one run, so that other work beside it shows in neither.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from r1data.training import launch
from r1data.training.loop import runtime
from r1data.training.miniature import world
from r1data.training.miniature.prompts import table
from r1data.training.rollouts.recording import Recorder
from r1data.training.settings import GrpoSettings

PARTS = ("capture", "close", "fill", "send", "_write", "_commit")
SECONDS = dict.fromkeys(PARTS, 0.0)
"""CPU seconds by method; each runs in one thread, and none of these calls another but `close`, which is taken whole."""
INSIDE = {"close": ("fill", "send")}


def timed(name: str) -> Callable[..., Any]:
    """The recorder's method of that name, with its CPU seconds counted."""
    method = getattr(Recorder, name)

    def run(self: Recorder, *args: Any, **kwargs: Any) -> Any:
        before = {part: SECONDS[part] for part in INSIDE.get(name, ())}
        start = time.thread_time()
        try:
            return method(self, *args, **kwargs)
        finally:
            SECONDS[name] += time.thread_time() - start
            SECONDS.update(before)

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=12)
    steps = parser.parse_args().steps
    for name in PARTS:
        setattr(Recorder, name, timed(name))
    settings = GrpoSettings(
        steps=steps,
        lr=8e-4,
        beta=0,
        loss="dapo-no-resampling",
        scale_rewards="batch",
        prompts_per_step=24,
        generations=12,
        steps_per_rollout=1,
        max_tokens=64,
        template="plain",
        threads=1,
    )
    seconds = []
    train = runtime.train

    def whole(*args: Any) -> Any:
        start = time.process_time()
        try:
            return train(*args)
        finally:
            seconds.append(time.process_time() - start)

    runtime.train = whole
    with tempfile.TemporaryDirectory() as folder:
        launch.run(
            table(list(world.problems(300, split="train", seed=0)), "train").to_pylist(),
            model="miniature:base",
            out=Path(folder) / "out",
            settings=settings,
            command="train-grpo",
        )
    total = sum(SECONDS.values())
    print(f"{steps} steps of {settings.sequences} responses: {seconds[0]:.1f} s of CPU")
    print("recording: " + ", ".join(f"{name} {value:.3f} s" for name, value in SECONDS.items()))
    print(f"share {total / seconds[0]:.2%}")


if __name__ == "__main__":
    main()
