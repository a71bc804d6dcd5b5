"""Headers of safetensors files: what the library writes is read, whatever else is there is refused."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from r1data.engines.weights import BadHeader, read_header

SHAPES = st.dictionaries(
    st.text(max_size=20), st.lists(st.integers(0, 5), max_size=4), min_size=1, max_size=6
)


def _write(path: Path, shapes: dict[str, list[int]]) -> None:
    save_file({name: np.zeros(shape, np.float16) for name, shape in shapes.items()}, path)


@given(SHAPES)
@settings(max_examples=50)
def test_the_header_is_what_was_saved(
    tmp_path_factory: pytest.TempPathFactory, shapes: dict[str, list[int]]
) -> None:
    path = tmp_path_factory.mktemp("w") / "a.safetensors"
    shapes.pop("__metadata__", None)
    _write(path, shapes)
    assert {tensor.name: list(tensor.shape) for tensor in read_header(path)} == shapes


@given(st.binary(max_size=200), st.integers(0, 300))
@settings(max_examples=300)
def test_any_other_bytes_are_a_bad_header(
    tmp_path_factory: pytest.TempPathFactory, text: bytes, length: int
) -> None:
    path = tmp_path_factory.mktemp("w") / "a.safetensors"
    path.write_bytes(struct.pack("<Q", length) + text)
    try:
        assert read_header(path) == []
    except BadHeader:
        return
    assert json.loads(text[:length]) in ({}, {"__metadata__": {}})


@pytest.mark.parametrize("cut", [1, 7, 100])
def test_a_torn_file_is_cut_off(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "a.safetensors"
    _write(path, {"a": [64, 64]})
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(BadHeader, match="cut off"):
        read_header(path)
