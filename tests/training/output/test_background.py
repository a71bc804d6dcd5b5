"""Checkpoints written in the background: of one moment, one at a time, whole only when they are on disk."""

import signal
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from r1data.training.output import background, checkpoint
from tests.training import harness
from tests.training.loop.test_resume import interrupted_after, told, weights
from tests.training.loop.test_stopping import kept_steps


def test_a_copy_does_not_change_and_keeps_what_is_tied() -> None:
    tied = torch.zeros(3)
    state = {"a": tied, "b": tied, "list": [torch.ones(2), 3], "none": None}
    copy = background.copied(state)
    tied += 1
    assert copy["a"].tolist() == [0, 0, 0] and copy["a"] is copy["b"]
    assert copy["list"][0].tolist() == [1, 1] and copy["list"][1] == 3


class Trainer:
    """What a writer sees of one."""

    is_deepspeed_enabled = True
    is_fsdp_enabled = False

    args = SimpleNamespace(output_dir="none")
    state = SimpleNamespace(global_step=0)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        pass


def test_a_checkpoint_is_marked_only_when_it_is_written() -> None:
    writer = background.Writer(Trainer())  # type: ignore[arg-type]
    release, marked = threading.Event(), []
    writer._files = [background._in_thread(release.wait)]
    writer.when_written(lambda: marked.append(1))
    time.sleep(0.05)
    assert not marked
    release.set()
    writer.wait()
    assert marked == [1]


def test_what_writing_raises_ends_the_run() -> None:
    def full() -> None:
        raise OSError("no space left")

    writer = background.Writer(Trainer())  # type: ignore[arg-type]
    marked: list[int] = []
    writer._files = [background._in_thread(full)]
    writer.when_written(lambda: marked.append(1))
    while writer._thread is not None and writer._thread.is_alive():
        time.sleep(0.01)
    with pytest.raises(OSError, match="no space left"):
        writer.check()
    assert not marked
    writer.wait()  # once


@pytest.mark.parametrize("room", [background.ROOM, 0.0])
def test_a_run_goes_on_exactly_from_a_checkpoint_of_either_way(
    room: float, qwen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "ROOM", room)
    in_background: list[bool] = []
    mark = checkpoint.mark_complete

    def mark_and_look(folder: Path) -> None:
        in_background.append(threading.current_thread() is not threading.main_thread())
        mark(folder)
        if len(in_background) == 2:
            raise OSError("stopped here")

    monkeypatch.setattr(checkpoint, "mark_complete", mark_and_look)
    with pytest.raises(OSError, match="stopped here"):
        harness.main("sft", str(qwen), str(tmp_path / "broken"))
    monkeypatch.setattr(checkpoint, "mark_complete", mark)
    assert in_background == [room > 0] * 2
    for folder in ("broken", "whole"):
        harness.main("sft", str(qwen), str(tmp_path / folder))
    assert weights(tmp_path / "broken") == weights(tmp_path / "whole")
    assert told(tmp_path / "broken") == told(tmp_path / "whole")


@pytest.mark.slow
def test_shards_written_in_the_background_are_whole_after_a_kill(qwen: Path, tmp_path: Path) -> None:
    out = tmp_path / "broken"
    assert interrupted_after(8, "sft-sharded", qwen, out, signal.SIGKILL) == -signal.SIGKILL
    assert kept_steps(out)
    for folder in ("broken", "whole"):
        harness.main("sft-sharded", str(qwen), str(tmp_path / folder))
    assert weights(out) == weights(tmp_path / "whole")
