"""Opening what a DS argument names."""

from pathlib import Path

import pytest

from r1data.data.source import open_source
from r1data.errors import UserError
from tests.data.test_writer import opened, prompts


def test_rows_that_are_too_narrow_are_refused(tmp_path: Path) -> None:
    opened(tmp_path / "d").publish("part-0", prompts(1))
    with pytest.raises(UserError, match="needs sample rows"):
        open_source(str(tmp_path / "d"), "sample")


def test_damage_is_told_before_rows_of_the_wrong_kind(tmp_path: Path) -> None:
    opened(tmp_path / "d").publish("part-0", prompts(1))
    shard = tmp_path / "d/data/part-0.parquet"
    shard.write_bytes(shard.read_bytes()[:-9])
    with pytest.raises(UserError, match=shard.name):
        open_source(str(tmp_path / "d"), "sample")
