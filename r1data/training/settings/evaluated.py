"""What trainings share that are watched by evaluation, on prompts that are not trained on."""

from __future__ import annotations

from dataclasses import dataclass

from r1data.errors import UserError
from r1data.training.settings.shared import Settings, setting


@dataclass(frozen=True, kw_only=True)
class EvaluatedSettings(Settings):
    """A run that may be measured on the prompts of `eval_on`; all of it is ours."""

    eval_on: str | None = setting(
        None,
        "Prompts that are not trained on, a dataset, a file or a benchmark's name: accuracy on them is measured in "
        "training (ours).",
    )
    eval_every: int = setting(50, "Steps between measurements on --eval-on (ours).")
    eval_samples: int = setting(1, "Responses per prompt of --eval-on (ours).")
    eval_temperature: float | None = setting(
        None,
        "Temperature on --eval-on; 0 takes the likeliest tokens. By default as r1 eval takes it, and in GRPO "
        "training's own (ours).",
    )
    early_stop: int = setting(
        0,
        "Stop after so many measurements in which the accuracy on --eval-on has not risen by more than its standard "
        "error, and publish the best weights; 0 never stops (ours).",
    )

    def check(self) -> None:
        super().check()
        if self.early_stop and self.eval_on is None:
            raise UserError(f"--early-stop {self.early_stop}: stops by an evaluation; add --eval-on DS")
        if self.eval_temperature is not None and self.eval_on is None:
            raise UserError(
                f"--eval-temperature {self.eval_temperature}: does nothing without --eval-on DS; add that, or leave it "
                "out"
            )
        if self.eval_on == "-":
            raise UserError(
                "--eval-on -: the pipe is for what is trained on; give a dataset, a file or a benchmark"
            )

    def other_data(self) -> tuple[str, ...]:
        return () if self.eval_on is None else (self.eval_on,)
