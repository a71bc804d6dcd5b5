"""Order out of core: the same rows as a sort in memory gives, whatever tables they come in."""

import itertools
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.selection import external_sort


@given(places=st.permutations(range(1, 41)), cuts=st.lists(st.integers(0, 40)), taken=st.integers(1, 40))
def test_rows_come_in_order_once_each(
    tmp_path_factory: pytest.TempPathFactory, places: list[int], cuts: list[int], taken: int
) -> None:
    folder: Path = tmp_path_factory.mktemp("order")
    rows = pa.table({"place": places[:taken], "text": [f"row {place}" for place in places[:taken]]})
    stops = sorted({0, *cuts, taken})
    tables = [rows.slice(start, stop - start) for start, stop in itertools.pairwise(stops)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(external_sort, "BUCKET_BYTES", 100)
        found = pa.concat_tables(external_sort.in_order(tables, rows.nbytes, 40, folder / "buckets"))
    assert found.to_pylist() == sorted(rows.to_pylist(), key=lambda row: row["place"])
    assert not [*folder.iterdir()]


def test_no_rows_have_an_order_too(tmp_path: Path) -> None:
    assert not [*external_sort.in_order([], 0, 0, tmp_path / "buckets")]
