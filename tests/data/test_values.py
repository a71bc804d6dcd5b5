"""Arrow values of any type become Python values, or a line that names the first that has none."""

from typing import Any

import pyarrow as pa
import pytest

from r1data.data.values import to_rows
from r1data.errors import UserError


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (pa.binary(), "é".encode(), "é"),
        (pa.large_binary(), b"a", "a"),
        (pa.binary(2), b"ab", "ab"),
        (pa.list_(pa.binary()), [b"a", None], ["a", None]),
        (pa.large_list(pa.binary()), [b"a"], ["a"]),
        (
            pa.struct([("a", pa.list_(pa.struct([("b", pa.binary())])))]),
            {"a": [{"b": b"x"}]},
            {"a": [{"b": "x"}]},
        ),
        (pa.map_(pa.binary(), pa.binary()), [(b"k", b"v")], [("k", "v")]),
        (pa.dictionary(pa.int8(), pa.binary()), b"a", "a"),
    ],
    ids=str,
)
def test_bytes_are_the_text_that_they_are(kind: pa.DataType, value: Any, text: Any) -> None:
    table = pa.table({"a": pa.array([value, None], kind)})
    assert to_rows(table, "x") == [{"a": text}, {"a": None}]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([b"a", b"b", b"\xff"]),
        pa.array([0, 1, 2**31 - 1], pa.int32()).cast(pa.date32()),
        pa.array([0, 1, 2**63 - 1]).cast(pa.timestamp("us")),
        pa.array([0, 1, 2**63 - 1]).cast(pa.duration("s")),
    ],
    ids=lambda column: str(column.type),
)
def test_the_first_value_that_has_no_form_is_named(column: pa.Array) -> None:
    table = pa.table({"fine": ["a", "b", "c"], "odd": column})
    with pytest.raises(UserError, match=r"^rows\.parquet: row 13: column 'odd': "):
        to_rows(table, "rows.parquet", 10)


def test_a_zone_that_does_not_exist_is_named() -> None:
    table = pa.table({"at": pa.array([0]).cast(pa.timestamp("us", "Mars/Phobos"))})
    with pytest.raises(UserError, match=r"row 1: column 'at'.*Mars/Phobos"):
        to_rows(table, "x")
