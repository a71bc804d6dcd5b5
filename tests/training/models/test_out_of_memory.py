"""Memory that runs out is said in one line, with what takes less."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from r1data.errors import UserError
from r1data.training import launch
from r1data.training.models import out_of_memory
from r1data.training.models.strategies import Strategy
from r1data.training.settings import Settings
from tests.training import harness
from tests.training.tiny import lessons

SFT = replace(harness.SFT, micro_batch=4)


def run_out_of_memory(*args: Any, **kwargs: Any) -> torch.Tensor:
    """What torch itself raises where there is too little."""
    return torch.empty(1 << 60, dtype=torch.uint8)


def test_the_first_step_without_memory_ends_in_one_line(
    qwen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import trl

    monkeypatch.setattr(trl.SFTTrainer, "training_step", run_out_of_memory)
    with pytest.raises(UserError, match=r"ran out of .*memory; give --micro-batch 2") as caught:
        launch.run(lessons(), model=qwen, out=tmp_path / "out", settings=SFT, command="train-sft")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()  # a corrected command is not refused


@pytest.mark.parametrize(
    ("settings", "strategy", "gpu", "remedy"),
    [
        (replace(SFT, micro_batch=1), Strategy("single"), True, "--strategy fsdp --processes 2 or more"),
        (replace(SFT, processes=2, micro_batch=1), Strategy("ddp"), True, "--strategy fsdp or"),
        (replace(SFT, processes=2, micro_batch=2), Strategy("fsdp"), True, "--offload"),
        (replace(SFT, micro_batch=1), Strategy("single"), False, "--lora 32"),
        (
            replace(SFT, micro_batch=1, lora=8),
            Strategy("single", False, True),
            True,
            "a smaller --max-tokens",
        ),
    ],
)
def test_the_remedy_is_what_is_not_in_force_yet(
    settings: Settings, strategy: Strategy, gpu: bool, remedy: str
) -> None:
    assert remedy in out_of_memory.remedy(settings, strategy, gpu)


def test_other_errors_stay_as_they_are() -> None:
    with (
        pytest.raises(RuntimeError, match="shapes"),
        out_of_memory.in_one_line(SFT, Strategy("single"), "training"),
    ):
        raise RuntimeError("shapes differ")


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA out of memory"), MemoryError()])
def test_errors_of_memory_are_known(error: Exception) -> None:
    with (
        pytest.raises(UserError, match="loading base ran out of"),
        out_of_memory.in_one_line(SFT, Strategy("single"), "loading base"),
    ):
        raise error
