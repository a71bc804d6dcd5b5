"""Schemas: a row only grows, and what does not fit is named."""

import itertools

import pyarrow as pa
import pytest

from r1data.data.schema import ROWS, conform, includes, load_schema, widest
from r1data.errors import UserError
from tests.data.test_writer import prompts


def test_each_schema_extends_the_one_before() -> None:
    for narrow, wide in itertools.pairwise(ROWS):
        names = load_schema(narrow).names
        assert load_schema(wide).names[: len(names)] == names


@pytest.mark.parametrize("name", [*ROWS, "sft", "preference"])
def test_the_widest_schema_that_fits_is_chosen(name: str) -> None:
    assert widest(list(load_schema(name).names)).name == name


def test_an_unknown_schema_lists_the_known_ones() -> None:
    with pytest.raises(UserError, match="preference, prompt, sample, sft"):
        load_schema("dance")


def test_verified_rows_serve_where_samples_are_needed() -> None:
    assert includes("verified", "sample")
    assert not includes("prompt", "sample")


def test_a_type_that_cannot_be_cast_is_named() -> None:
    table = prompts(1).set_column(0, "prompt_id", pa.array([[1]]))
    with pytest.raises(UserError, match="prompt_id"):
        conform(table, load_schema("prompt"), "here")


def test_a_null_where_none_may_be_is_counted() -> None:
    table = prompts(2).set_column(1, "prompt", pa.array(["a", None]))
    with pytest.raises(UserError, match="it is in 1 rows"):
        conform(table, load_schema("prompt"), "here")
