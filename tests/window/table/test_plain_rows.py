"""Plain files are looked at as datasets are."""

import json
from pathlib import Path

import pytest

from r1data.errors import UserError
from r1data.window.library import Library, OpenDataset
from r1data.window.table import RowQuery


def test_the_rows_of_a_file_are_a_table(tmp_path: Path) -> None:
    records = [{"prompt": f"What is {number}?", "answer": "It is."} for number in range(1_500)]
    file = tmp_path / "questions.jsonl"
    file.write_text("".join(json.dumps(record) + "\n" for record in records))
    opened = Library().open(str(file))
    assert isinstance(opened, OpenDataset)
    assert opened.name == "questions.jsonl"
    table = opened.table
    assert [row["prompt"] for row in table.fetch([0, 1_499])] == ["What is 0?", "What is 1499?"]
    assert table.select(RowQuery(text="what is 77?")).positions.tolist() == [77]


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such"):
        Library().open(str(tmp_path / "questions.jsonl"))
