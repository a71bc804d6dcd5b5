"""Arrow columns of any type as Python values: the only way from a table of unknown origin to rows.

Bytes become the text that they are as UTF-8, and are refused where they are none: nothing is written as `b'…'`. What
Python has no value for (a date in the year 5,000,000, a time zone that does not exist) is refused with its row.
"""

from typing import Any

import pyarrow as pa

from r1data.data.bad_rows import BadRecord
from r1data.errors import UserError

_UNFIT = (pa.ArrowException, OverflowError, ValueError, TypeError, KeyError, RecursionError, OSError)
"""What Arrow and the libraries that it asks for dates and time zones raise at a value that Python cannot hold."""


def to_rows(table: pa.Table, where: str, before: int = 0) -> list[dict[str, Any]]:
    """The rows of a table as dicts.

    Args:
        where: what the table is called in messages.
        before: rows that came before its first one.

    Raises:
        BadRecord: a value has no form in Python; the message names its row and column.
    """
    plain = _without_bytes(table)
    if plain is not None:
        try:
            rows: list[dict[str, Any]] = plain.to_pylist()
            return rows
        except _UNFIT:
            pass
    raise _first_unfit(table, where, before)


def is_plain_type(kind: pa.DataType) -> bool:
    """True where no value of a type holds bytes."""
    if pa.types.is_nested(kind):
        return all(is_plain_type(field.type) for field in _fields(kind))
    if pa.types.is_dictionary(kind):
        return is_plain_type(kind.value_type)
    return not isinstance(kind, pa.BaseExtensionType) and kind not in _BYTES and not _is_of_one_size(kind)


_BYTES = (pa.binary(), pa.large_binary(), pa.binary_view())


def _is_of_one_size(kind: pa.DataType) -> bool:
    return bool(pa.types.is_fixed_size_binary(kind)) and not pa.types.is_decimal(kind)


def _fields(kind: pa.DataType) -> list[pa.Field]:
    """The fields of a nested type."""
    if pa.types.is_map(kind):
        return [kind.key_field, kind.item_field]
    if hasattr(kind, "value_field"):
        return [kind.value_field]
    return [kind.field(place) for place in range(kind.num_fields)]


def _without_bytes(table: pa.Table) -> pa.Table | None:
    """The table with texts in the place of bytes; None where some are no UTF-8, or are of a type that has no texts."""
    for place, field in enumerate(table.schema):
        column = table.column(place)
        if isinstance(field.type, pa.BaseExtensionType):
            column = pa.chunked_array([chunk.storage for chunk in column.chunks], field.type.storage_type)
        try:
            if not is_plain_type(column.type):
                column = column.cast(_as_text(column.type))
                if not is_plain_type(column.type):
                    return None
        except _UNFIT:
            return None
        if column.type != field.type:
            table = table.set_column(place, field.name, column)
    return table


def _as_text(kind: pa.DataType) -> pa.DataType:
    """A type with texts in the place of bytes."""
    if kind in _BYTES or _is_of_one_size(kind):
        return pa.large_string() if kind == pa.large_binary() else pa.string()
    if pa.types.is_struct(kind):
        return pa.struct([_text_field(field) for field in _fields(kind)])
    if pa.types.is_map(kind):
        return pa.map_(_text_field(kind.key_field), _text_field(kind.item_field))
    if pa.types.is_fixed_size_list(kind):
        return pa.list_(_text_field(kind.value_field), kind.list_size)
    if pa.types.is_large_list(kind):
        return pa.large_list(_text_field(kind.value_field))
    if pa.types.is_list(kind):
        return pa.list_(_text_field(kind.value_field))
    if pa.types.is_dictionary(kind):
        return _as_text(kind.value_type)
    return kind


def _text_field(field: pa.Field) -> pa.Field:
    return field.with_type(_as_text(field.type))


def _first_unfit(table: pa.Table, where: str, before: int) -> UserError:
    """The error about a value that has no form in Python: the first one of the first column that has any."""
    for place, field in enumerate(table.schema):
        column = pa.table([table.column(place)], names=["value"])  # alone, since names may occur twice
        if _why_unfit(column) is None:
            continue
        row = 0
        while len(column) > 1:
            half = len(column) // 2
            is_first = _why_unfit(column.slice(0, half)) is not None
            column, row = (column.slice(0, half), row) if is_first else (column.slice(half), row + half)
        return BadRecord(
            where,
            before + row + 1,
            f"column {field.name[:80]!r}: {_why_unfit(column)}",
            "convert the column to text, or leave it out",
            unit="row",
        )
    return UserError(f"{where}: its rows cannot be read as values; convert its columns to text")


def _why_unfit(column: pa.Table) -> str | None:
    """What is wrong with the values of a table's only column; None where all have a form in Python."""
    plain = _without_bytes(column)
    if plain is None:
        return "bytes that are no UTF-8 text"
    try:
        plain.to_pylist()
    except _UNFIT as error:
        return f"a value of type {str(column.schema[0].type)[:80]} that has no form here ({str(error)[:120]})"
    return None
