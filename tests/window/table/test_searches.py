"""Searches in the background: what they found so far, their end, and copies of texts that they may read instead."""

import threading
from pathlib import Path

import numpy as np
import pytest

from r1data.errors import UserError
from r1data.window.table import RowQuery, RowTable, Stop
from r1data.window.table import searches as module
from r1data.window.table.copies import Copies
from r1data.window.table.literals import required_literal
from r1data.window.table.searches import Search, chunks_of
from r1data.window.table.shards import Numbers
from tests.window.table.test_table import expected, filtered_row, write

ROWS = [filtered_row(number) for number in range(90)]


def numbers(*values: int) -> Numbers:
    return np.array(values, np.int64)


def test_what_was_found_so_far_is_there_before_the_end() -> None:
    go_on = threading.Event()

    def find(first: int, last: int, stop: Stop) -> Numbers:
        if first:
            go_on.wait()
        return numbers(first * 10)

    search = Search([(0, 1), (1, 2)], numbers(0, 10, 20), find)
    while (so_far := search.matches(0.01)).searched == 0:
        pass
    assert (so_far.positions.tolist(), so_far.searched, so_far.done) == ([0], 10, False)
    go_on.set()
    whole = search.matches(60)
    assert (whole.positions.tolist(), whole.searched, whole.done) == ([0, 10], 20, True)


def test_a_search_that_goes_wrong_tells_whoever_waits() -> None:
    def find(first: int, last: int, stop: Stop) -> Numbers:
        raise UserError("regex=(: missing )")

    search = Search([(0, 1)], numbers(0, 10), find)
    with pytest.raises(UserError, match="missing"):
        search.matches(60)
    assert search.failed


def test_a_reader_who_stops_waits_no_longer() -> None:
    go_on = threading.Event()

    def find(first: int, last: int, stop: Stop) -> Numbers:
        go_on.wait()
        return numbers()

    search, stop = Search([(0, 1)], numbers(0, 10), find), Stop()
    stop.stop()
    with pytest.raises(UserError, match="stopped"):
        search.matches(60, stop)
    go_on.set()


def test_a_search_that_nobody_asks_for_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", -1.0)
    search = Search([(0, 1)], numbers(0, 10), lambda first, last, stop: numbers())
    with pytest.raises(UserError, match="nobody waits"):
        search.matches(60)


def test_a_search_that_takes_too_long_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECONDS", -1.0)
    search = Search([(0, 1)], numbers(0, 10), lambda first, last, stop: numbers())
    with pytest.raises(UserError, match="the search took over"):
        search.matches(60)


def test_parts_hold_every_shard_once() -> None:
    sizes = [1 << 20, 40 << 20, 3 << 20, 16 << 20, 20 << 20, 1]
    assert chunks_of(sizes) == [(0, 2), (2, 5), (5, 6)]
    assert chunks_of([]) == []


def test_parts_of_other_columns_are_searched_where_they_have_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK_BYTES", 1)
    table = RowTable(write(tmp_path / "set", "filtered", {"a": ROWS[:40], "b": ROWS[40:]}))
    query = RowQuery(text="sum", within="thoughts")
    assert table.select(query).positions.tolist() == expected(ROWS, query)


def test_copies_are_searched_as_the_shards_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    uri = write(tmp_path / "set", "filtered", {"a": ROWS[:40], "b": ROWS[40:]})
    copies = Copies(least_bytes=0)
    table = RowTable(uri, copies=copies)
    copies.wait(table._shards.shards, 60)
    for query in (RowQuery(text="sum"), RowQuery(regex="x = \\d", values=(("domain", ("math",)),))):
        assert table.select(query).positions.tolist() == expected(ROWS, query)


@pytest.mark.parametrize(
    ("pattern", "literal"),
    [
        ("abc", "abc"),
        ("[0-9]+ zz", " zz"),
        ("ab*cd", "cd"),
        ("ab+cd", "ab"),
        ("a{2}bcd", "bcd"),
        ("(?:abc)?de", "de"),
        ("x(abc|d)yz", "yz"),
        (r"a\.b\d", "a.b"),
        (r"\d+\s*", None),
        ("abc|d", None),
        ("(?i)abc", None),
        ("[[:alpha:]]bc", None),
        (r"\Qabc\E", None),
        ("a{,3}bc", "bc"),
        ("[]abc]de", "de"),
    ],
)
def test_a_text_that_every_match_contains(pattern: str, literal: str | None) -> None:
    assert required_literal(pattern) == literal
