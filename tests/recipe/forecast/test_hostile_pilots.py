"""A pilot from a stranger: what its rows and commits say of their sampling need not be what it should be."""

import json
import random
from pathlib import Path

import pyarrow as pa
import pytest

from r1data.data.commits import Command
from r1data.data.source import open_source
from r1data.data.writer import Writer
from r1data.recipe.forecast import pilot
from tests.recipe.report.report_fakes import _row


@pytest.mark.parametrize("counts", [{}, {"seconds": -1, "response_tokens": 1}, {"seconds": 0}])
def test_a_speed_is_made_of_what_was_counted(counts: dict[str, int], tmp_path: Path) -> None:
    rows = [_row(n, 0, [0.5, 0.1, 0.9], random.Random(1)) for n in range(3)]
    with Writer.open(
        tmp_path / "pilot", schema="verified", command=Command("sample", {}), announce=False
    ) as writer:
        writer.publish("all", pa.Table.from_pylist(rows))
        writer.finish()
    commit = tmp_path / "pilot/.r1/commits/00000000.json"
    body = json.loads(commit.read_text())
    del body["sha256"]
    body["shards"][0]["counts"] = counts
    commit.write_text(json.dumps({**body, "version": 1}))
    assert pilot._tokens_per_second([open_source(str(tmp_path / "pilot"))]) is None


def test_settings_that_nest_without_end_are_none() -> None:
    assert pilot._parsed("[" * 100_000) == {}
