"""Page headers of a Parquet file: bytes, values and encoding, read before anything is decompressed.

The sizes in a file's footer are claims that no reader checks; memory is allocated by those in the page headers. Both
are in Thrift's compact protocol, parsed here as far as needed: pyarrow does not expose page headers, and its own
view of a column chunk crashes the process if a footer is damaged in certain places.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

HEADER_LIMIT = 16 << 20
"""Bytes of one page header, its statistics included; pyarrow's own limit."""
_FIRST_LOOK = 1 << 10
# Numbers of parquet.thrift: compressions, types of pages, the field of a page header that holds the header of each
# type, the row groups of a footer, the metadata of a column chunk. Below, a field is read as (number, type).
_CODECS = {0: None, 1: "snappy", 2: "gzip", 4: "brotli", 5: "lz4", 6: "zstd", 7: "lz4_raw"}
_DATA, _DICTIONARY, _DATA_V2 = 0, 2, 3
_INNER = {_DATA: 5, _DICTIONARY: 7, _DATA_V2: 8}
_ROW_GROUPS, _META = 4, 3
# the types of Thrift's compact protocol; two stand for a truth value, which has no byte of its own in a struct
_TRUE, _FALSE, _BYTE, _SHORT, _INT, _LONG, _DOUBLE, _TEXT, _LIST, _STRUCT = 1, 2, 3, 4, 5, 6, 7, 8, 9, 12
# a struct in a struct, and so on: deeper than any real one, and far from where Python's own recursion ends
_DEEPEST = 12

Fields = dict[tuple[int, int], Any]
"""The fields of a Thrift struct by number and type; a field of a type that is not wanted is not found."""
_PLAIN, _PLAIN_DICTIONARY, _DELTA_BYTE_ARRAY, _RLE_DICTIONARY = 0, 2, 7, 8
_COMPACT = frozenset((_PLAIN_DICTIONARY, _DELTA_BYTE_ARRAY, _RLE_DICTIONARY))
"""Encodings in which a few bytes may stand for many."""
_LEVEL_BYTES = 4
_HARMLESS = 64 << 20


@dataclass(frozen=True, slots=True)
class Page:
    """One page: where its content starts, its size stored and unpacked, its values and their encoding."""

    kind: int
    start: int
    stored: int
    unpacked: int
    values: int
    encoding: int


@dataclass(frozen=True, slots=True)
class ColumnPages:
    """One column of one row group, by its pages: the most memory that values may take."""

    pages: tuple[Page, ...]
    widest: int
    """Bytes of the widest value that a dictionary or a shared prefix may repeat."""
    fixed: int
    """Bytes of each value beside its text: number or offset, and its levels."""
    text: bool
    repeated: bool

    @property
    def values(self) -> int:
        return sum(page.values for page in self.pages)

    @property
    def most(self) -> int:
        """Bytes that all of it takes at worst."""
        return sum(self.worst(page, page.values) for page in self.pages)

    @property
    def least(self) -> int:
        """Bytes that all of it takes at least, nulls and empty lists counted as values."""
        as_they_are = (page.unpacked for page in self.pages if self.text and page.encoding not in _COMPACT)
        return self.values * self.fixed + sum(as_they_are)

    @property
    def largest(self) -> int:
        """Bytes of its largest page, as it is unpacked."""
        return max((page.unpacked for page in self.pages), default=0)

    def worst(self, page: Page, values: int) -> int:
        """Bytes that `values` values of a page take at worst."""
        if not self.text:
            return values * self.fixed
        if page.encoding in (_RLE_DICTIONARY, _PLAIN_DICTIONARY):
            return values * (self.fixed + self.widest)
        if page.encoding == _DELTA_BYTE_ARRAY:
            return values * (self.fixed + page.unpacked)
        return values * self.fixed + page.unpacked


@dataclass(frozen=True, slots=True)
class Chunk:
    """Where a column's pages lie in a row group, and how many values they should hold."""

    start: int
    end: int
    values: int
    codec: str | None


@dataclass(frozen=True, slots=True)
class Group:
    """A row group: its rows and its columns."""

    rows: int
    columns: list[ColumnPages]


def read_groups(source: Any, schema: Any) -> Iterator[Group]:
    """The row groups of a file that can seek, by their pages.

    Args:
        schema: pyarrow's Parquet schema of the file.

    Raises:
        ValueError: a size or place makes no sense.
    """
    size = source.seek(0, os.SEEK_END) or source.tell()
    # the file ends with the footer, its length in four bytes, and `PAR1`
    source.seek(max(0, size - 8))
    length = int.from_bytes(source.read(4), "little")
    source.seek(max(0, size - 8 - length))
    footer, _ = _struct(source.read(length), 0)
    leaves = [schema.column(place) for place in range(len(schema.names))]
    for group in footer.get((_ROW_GROUPS, _LIST), []):
        chunks = []
        for column in group.get((1, _LIST), []):
            meta = column.get((_META, _STRUCT), {})
            start, dictionary = _number(meta, 9, _LONG), _number(meta, 11, _LONG)
            if 0 < dictionary < start:  # the chunk begins with its dictionary page where it has one
                start = dictionary
            codec = _number(meta, 4, _INT)
            if codec not in _CODECS:
                raise ValueError(f"compression {codec} is not known")
            end = start + _number(meta, 7, _LONG)
            chunks.append(Chunk(start, end, _number(meta, 5, _LONG), _CODECS[codec]))
        if len(chunks) != len(leaves):
            raise ValueError("a row group has not the columns of the schema")
        yield Group(
            _number(group, 3, _LONG), [_column(source, *pair) for pair in zip(chunks, leaves, strict=True)]
        )


def _column(source: Any, chunk: Chunk, leaf: Any) -> ColumnPages:
    pages = tuple(_walk(source, chunk))
    data = tuple(page for page in pages if page.kind in (_DATA, _DATA_V2))
    text = leaf.physical_type == "BYTE_ARRAY"
    # bytes that a value takes in Arrow: of a text only the offset, for the text itself depends on the encoding
    width = {"BOOLEAN": 1, "INT32": 4, "FLOAT": 4, "BYTE_ARRAY": 4}.get(leaf.physical_type, 8)
    if leaf.physical_type == "FIXED_LEN_BYTE_ARRAY":
        width = max(16, leaf.length)  # a decimal of a few bytes becomes one of sixteen
    fixed = width + _LEVEL_BYTES * (leaf.max_repetition_level + bool(leaf.max_definition_level))
    widest = 0
    if text:
        dictionary = [page for page in pages if page.kind == _DICTIONARY]
        widest = max((_widest(source, page, chunk.codec, data) for page in dictionary), default=0)
    return ColumnPages(data, widest, fixed, text, leaf.max_repetition_level > 0)


def _walk(source: Any, chunk: Chunk) -> Iterator[Page]:
    start, values_left = chunk.start, chunk.values
    while start < chunk.end and values_left > 0:
        fields, length = _header(source, start, chunk.end)
        kind = _number(fields, 1, _INT)
        inner = fields.get((_INNER.get(kind, 0), _STRUCT), {})
        encoding = _number(inner, 4 if kind == _DATA_V2 else 2, _INT)
        sizes = _number(fields, 3, _INT), _number(fields, 2, _INT), _number(inner, 1, _INT)
        page = Page(kind, start + length, *sizes, encoding)
        # numbers have a sign: a negative size would lead back to a page that was read, and round in circles for ever
        if min(sizes) < 0 or page.start + page.stored > chunk.end:
            raise ValueError(f"the page header at byte {start} makes no sense")
        yield page
        values_left -= page.values if page.kind in (_DATA, _DATA_V2) else 0
        start = page.start + page.stored


def _header(source: Any, start: int, end: int) -> tuple[Fields, int]:
    # A header does not say how long it is, and one with statistics of long texts takes megabytes: a kilobyte first,
    # which holds nearly all of them, then sixteen times as much as long as it is cut off.
    look = _FIRST_LOOK
    while True:
        source.seek(start)
        raw = source.read(min(look, end - start))
        try:
            return _struct(raw, 0)
        except IndexError:
            if look >= HEADER_LIMIT or len(raw) < look:
                raise ValueError(f"the page header at byte {start} is cut off") from None
        look *= 16


def _number(fields: Fields, key: int, kind: int) -> int:
    number: int = fields.get((key, kind), 0)
    return number


def _widest(source: Any, page: Page, codec: str | None, data: tuple[Page, ...]) -> int:
    """Bytes of a dictionary's longest value; its whole size where that alone cannot do harm."""
    values = sum(p.values for p in data if p.encoding in (_RLE_DICTIONARY, _PLAIN_DICTIONARY))
    # Unpacking is only worth it where the exact width decides. A dictionary that is itself too large is not unpacked to
    # measure it: that would be the very harm that is looked for.
    if page.unpacked * values <= _HARMLESS or page.unpacked > _HARMLESS:
        return page.unpacked
    source.seek(page.start)
    raw = source.read(page.stored)
    if codec:
        raw = pa.Codec(codec).decompress(raw, page.unpacked)
    raw, place, longest = memoryview(raw), 0, 0
    while place + 4 <= len(raw):
        length = int.from_bytes(raw[place : place + 4], "little")
        longest, place = max(longest, length), place + 4 + length
    return min(longest, page.unpacked)


def _struct(raw: bytes, place: int, depth: int = 0) -> tuple[Fields, int]:
    """The fields of a Thrift struct by number, texts left out, and where it ends. Raises IndexError if cut off."""
    fields: Fields = {}
    number = 0
    while head := raw[place]:
        place += 1
        kind = head & 15
        # the upper half is how far the field's number is above the last one's; 0: the number itself follows
        if head >> 4:
            number += head >> 4
        else:
            number, place = _zigzag(raw, place)
        if kind in (_TRUE, _FALSE):
            continue
        value, place = _value(raw, place, kind, depth)
        if value is not None:
            fields[number, kind] = value
    return fields, place + 1


def _value(raw: bytes, place: int, kind: int, depth: int) -> tuple[Any, int]:
    if kind in (_SHORT, _INT, _LONG):
        return _zigzag(raw, place)
    if kind == _STRUCT and depth < _DEEPEST:
        return _struct(raw, place, depth + 1)
    if kind == _LIST and depth < _DEEPEST:
        return _list(raw, place, depth + 1)
    if kind == _TEXT:
        length, place = _varint(raw, place)
        return None, place + length
    if kind in (_BYTE, _DOUBLE, _TRUE, _FALSE):
        end = place + (8 if kind == _DOUBLE else 1)
        # looked at only for the IndexError of a header that is cut off; in a list a truth value does take a byte
        return raw[end - 1] and None, end
    raise ValueError("a header makes no sense")


def _list(raw: bytes, place: int, depth: int) -> tuple[list[Any] | None, int]:
    """The elements of a list of structs; None for other lists."""
    head, place = raw[place], place + 1
    size, kind = head >> 4, head & 15
    if size == 15:
        size, place = _varint(raw, place)
    values = []
    # whatever size is claimed: each element takes at least a byte, so that this ends where the bytes do
    for _ in range(size):
        value, place = _value(raw, place, kind, depth)
        if kind == _STRUCT:
            values.append(value)
    return values or None, place


def _varint(raw: bytes, place: int) -> tuple[int, int]:
    result = shift = 0
    while True:
        byte = raw[place]
        place += 1
        result |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return result, place
        if shift > 63:
            raise ValueError("a header makes no sense")


def _zigzag(raw: bytes, place: int) -> tuple[int, int]:
    value, place = _varint(raw, place)
    # the sign is the lowest bit (0, -1, 1, -2, …), so that small negative numbers take one byte as well
    return (value >> 1) ^ -(value & 1), place
