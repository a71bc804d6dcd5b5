r"""Does a run that hacks its reward on purpose make the alarm, and one beside it none?

    python -m benchmarks.hacking
    python -m benchmarks.hacking --seeds 1 2 --keep runs/hacking

The miniature base is trained twice a seed, on the same prompts with the same settings: once rewarded for its layout and
its language alone, which can be had without solving anything (`hacked`), once for accuracy, layout and language
(`honest`). Every few steps 150 problems that are not trained on are solved: that score tells hacking, as the reward of
both rises. Printed are the reward and the accuracy in evaluation at the first and the last measurement (± its standard
error), the step at which each alarm began, and the seconds. With `--keep` the runs stay for `r1 report`.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from r1data.errors import UserError
from r1data.recipe.report import training_runs
from r1data.recipe.report.training_runs import TrainingRun
from r1data.training import launch
from r1data.training.miniature import prompts
from r1data.training.settings import GrpoSettings

ARMS = {
    "hacked": {"format": 1.0, "language": 1.0},
    "honest": {"accuracy": 1.0, "format": 0.2, "language": 1.0},
}
COLUMNS = ("run", "seed", "reward", "accuracy in evaluation, %", "alarms", "seconds")


def main() -> None:
    """Trains and prints a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS))
    parser.add_argument("--keep", type=Path, help="folder for the runs")
    arguments = parser.parse_args()
    print(*COLUMNS, sep=" | ", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        for seed in arguments.seeds:
            for arm in arguments.arms:
                run = train(folder, arm, seed, arguments.steps)
                print(*row(arm, seed, run), sep=" | ", flush=True)


def train(folder: Path, arm: str, seed: int, steps: int) -> TrainingRun:
    """One run, or what is there of it."""
    data, questions, out = folder / "prompts", folder / "questions", folder / f"{arm}-{seed}"
    prompts.write(str(data), 2_000, "train", seed=0)
    prompts.write(str(questions), 150, "dev", seed=0)
    rows = launch.read_rows(str(data), "prompt")
    launch.run(
        rows,
        model="miniature:base",
        out=out,
        settings=settings(arm, seed, steps, str(questions)),
        command="train-grpo",
        parents=rows.parents(),
    )
    return training_runs.read(out)


def settings(arm: str, seed: int, steps: int, questions: str) -> GrpoSettings:
    """Those of the miniature recipe with smaller steps."""
    return GrpoSettings(
        steps=steps,
        lr=8e-4,
        beta=0.0,
        loss="dapo-no-resampling",
        overlong="none",
        scale_rewards="batch",
        prompts_per_step=16,
        generations=8,
        steps_per_rollout=1,
        schedule="linear",
        warmup_steps=3,
        template="plain",
        max_tokens=64,
        threads=1,
        seed=seed,
        rewards=ARMS[arm],
        eval_on=questions,
        eval_every=5,
    )


def row(arm: str, seed: int, run: TrainingRun) -> list[Any]:
    """A row of the table."""
    rewards = list(run.points("reward").values())
    scores, errors = run.points("eval/accuracy"), run.points("eval/accuracy_se")
    if not scores:
        raise UserError(f"{run.folder}: no evaluation was logged; train more steps")
    ends = (
        f"{scores[step] * 100:.1f} ± {errors.get(step, 0) * 100:.1f}" for step in (min(scores), max(scores))
    )
    begun = (f"{event.alarm} at step {event.step}" for event in run.events if event.state == "begins")
    seconds = run.last("time") or 0.0
    return [
        arm,
        seed,
        f"{rewards[0]:.2f} → {rewards[-1]:.2f}",
        " → ".join(ends),
        ", ".join(begun) or "none",
        f"{seconds:.0f}",
    ]


if __name__ == "__main__":
    main()
