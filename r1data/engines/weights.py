"""Headers of safetensors files, read and checked before a library maps the file.

A header is JSON behind its length in 8 bytes. What it says is compared with the file's size: tensors of known types
lie one after another, without gaps, and the last one ends with the file. Reads headers alone, so that a folder of
terabytes takes milliseconds. Values are not looked at here: NaN is seen in the first scores (`engines.batch`).
"""

import json
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from r1data.data.text import one_line

HEADER_BYTES = 32 << 20
"""The longest header that is read; models of 70,000 tensors in one file have 9 MB. Ours; the format allows 100 MB."""
DIMENSIONS = 16
"""Most dimensions of a tensor. Ours."""
SHOWN = 80
"""Characters of a tensor's name in a message."""
BITS = {
    **dict.fromkeys(("F4",), 4),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"), 8),
    **dict.fromkeys(("U16", "I16", "F16", "BF16"), 16),
    **dict.fromkeys(("U32", "I32", "F32"), 32),
    **dict.fromkeys(("U64", "I64", "F64", "C64"), 64),
}
"""The format's types and their size in bits."""


class BadHeader(Exception):
    """A header that does not fit its file; the message says why, as part of a line."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor as its header describes it; `begin` and `end` are bytes behind the header."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int

    @property
    def elements(self) -> int:
        """How many numbers it holds."""
        return prod(self.shape)


def read_header(path: Path) -> list[Tensor]:
    """The tensors of a safetensors file. Raises BadHeader where header and file do not fit, OSError as `open` does."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(8)
        length = struct.unpack("<Q", head)[0] if len(head) == 8 else size
        if length > size - 8:
            raise BadHeader("is cut off or no safetensors file")
        if length > HEADER_BYTES:
            raise BadHeader(f"has a header of {length:,} bytes, over the limit of {HEADER_BYTES:,}")
        text = file.read(length)
    try:
        entries = json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise BadHeader(f"is no safetensors file (its header: {one_line(str(error), SHOWN)})") from error
    if not isinstance(entries, dict):
        raise BadHeader("is no safetensors file (its header is no JSON object)")
    metadata = entries.pop("__metadata__", {})
    if not isinstance(metadata, dict):
        raise BadHeader("has metadata that are no JSON object")
    tensors = sorted(
        (_tensor(name, entry) for name, entry in entries.items()), key=lambda t: (t.begin, t.end)
    )
    _cover(tensors, size - 8 - length)
    return tensors


def _unique(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; a key that comes twice would mean one thing here and another to the library."""
    entries: dict[str, Any] = {}
    for name, value in pairs:
        if name in entries:
            raise ValueError(f"{name!r} comes twice")
        entries[name] = value
    return entries


def _tensor(name: str, entry: Any) -> Tensor:
    shown = one_line(name, SHOWN)
    if not isinstance(entry, dict) or not {"dtype", "shape", "data_offsets"} <= entry.keys():
        raise BadHeader(f"has an entry {shown!r} that is no tensor")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in BITS:
        raise BadHeader(f"has a tensor {shown!r} of a type that is not known ({one_line(str(dtype), SHOWN)})")
    if not _is_sizes(shape) or len(shape) > DIMENSIONS:
        raise BadHeader(f"has a tensor {shown!r} whose shape is no list of sizes")
    if not _is_sizes(offsets) or len(offsets) != 2:
        raise BadHeader(f"has a tensor {shown!r} whose place is no pair of offsets")
    tensor = Tensor(name, dtype, tuple(shape), *offsets)
    if (tensor.end - tensor.begin) * 8 != tensor.elements * BITS[dtype]:
        raise BadHeader(
            f"has a tensor {shown!r} whose shape does not fit its {tensor.end - tensor.begin} bytes"
        )
    return tensor


def _is_sizes(value: Any) -> bool:
    # bool is an int to Python; sizes above 2**48 are no tensors, and their product would be slow to make
    return isinstance(value, list) and all(type(size) is int and 0 <= size < 1 << 48 for size in value)


def _cover(tensors: Iterable[Tensor], size: int) -> None:
    """Raise BadHeader unless the tensors, in order, cover `size` bytes without gap or overlap."""
    end = 0
    for tensor in tensors:
        if tensor.begin != end:
            fault = "overlaps the one before it" if tensor.begin < end else "leaves a gap before it"
            raise BadHeader(f"has a tensor {one_line(tensor.name, SHOWN)!r} that {fault}")
        end = tensor.end
    if end > size:
        raise BadHeader(f"is cut off or no safetensors file ({size:,} bytes of tensors instead of {end:,})")
    if end < size:
        raise BadHeader(f"has {size - end:,} bytes that belong to no tensor")
