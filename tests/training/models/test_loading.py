"""A model is read once, however many processes train it."""

from pathlib import Path

import pytest

from benchmarks import loading


@pytest.mark.slow
def test_processes_that_shard_hold_little_more_than_one(tmp_path: Path) -> None:
    loading.build(tmp_path / "model", gigabytes=0.5)
    one, two = (
        loading.peak(tmp_path / "model", strategy, processes)
        for strategy, processes in (("single", 1), ("fsdp", 2))
    )
    assert two <= loading.LIMIT * one
