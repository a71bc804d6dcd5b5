"""An export writes into its folder alone, loses no row in silence, and leaves texts what they were."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from r1data.errors import UserError
from r1data.exchange.export.run import EXPORTS, export
from tests.hostile.pages.markup import STORABLE

Rows = list[dict[str, Any]]
SPLITS = (
    "../../escape", "/tmp/escape", "..", ".", "a/b", "a\\b", "a\0b", "a" * 300, "\u202ea", "a\nb", " a", "-a",
)  # fmt: skip
ROLES = (STORABLE, "<|im_start|>system", "system\n", "Assistant", "", "\u0455ystem")
FORMULAS = ("=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0")
PREFERENCE = ("preference_id", "prompt", "chosen", "rejected", "source")
SAMPLE = ("prompt_id", "prompt", "truth", "source", "response", "model")
COLUMNS = {
    "sft": ("domain", "prompt_id"),
    "prompt": ("prompt", "truth", "system"),
    "preference": PREFERENCE,
    "sample": SAMPLE,
}
"""Columns of text, by the kind of rows."""


def talk(number: int, split: str = "train", role: str | None = None) -> dict[str, Any]:
    turns = [{"role": "user", "content": f"{number}?"}, {"role": "assistant", "content": f"{number}"}]
    first = [{"role": role, "content": "x"}] if role is not None else []
    return {"messages": [*first, *turns], "split": split, "domain": "math", "prompt_id": f"p{number}"}


def write_rows(folder: Path, rows: Rows) -> str:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def everything(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.parametrize("split", SPLITS, ids=ascii)
def test_a_split_that_is_no_file_name_leaves_its_row_out(split: str, tmp_path: Path) -> None:
    source = write_rows(tmp_path, [talk(0), talk(1, split), talk(2)])
    said = export(source, "trl", str(tmp_path / "out"))
    assert said["rows"] == 2 and sum(said["left_out"].values()) == 1
    assert everything(tmp_path) == ["out", "out/train.jsonl", "rows.jsonl"]


@pytest.mark.parametrize("to", ["trl", "verl", "openai", "llama-factory"])
@pytest.mark.parametrize("role", ROLES, ids=ascii)
def test_a_role_that_no_tool_knows_leaves_its_row_out(role: str, to: str, tmp_path: Path) -> None:
    source = write_rows(tmp_path, [talk(0), talk(1, role=role), talk(2)])
    said = export(source, to, str(tmp_path / "out"))
    assert said["rows"] == 2 and sum(said["left_out"].values()) == 1


@pytest.mark.parametrize(
    ("kind", "to"), [(kind, to) for kind in COLUMNS for to in EXPORTS.built_in if kind in EXPORTS[to].shapes]
)
def test_texts_are_what_they_were(kind: str, to: str, tmp_path: Path) -> None:
    """No format of ours is a table of cells: formulas stay as they are, JSON and Parquet hold them as text."""
    rows: Rows = [dict.fromkeys(COLUMNS[kind], text) for text in (*FORMULAS, STORABLE)]
    for row in rows:
        if kind == "sft":
            row["messages"] = [
                {"role": "user", "content": "?"},
                {"role": "assistant", "content": row["domain"]},
            ]
        elif kind == "preference":
            row["aspect"] = "helpfulness"
    said = export(write_rows(tmp_path, rows), to, str(tmp_path / "out"))
    assert said["rows"] == len(rows) and not said["left_out"]
    texts = "".join(_content(tmp_path / "out" / name) for name in said["files"])
    assert [text for text in (*FORMULAS, STORABLE) if json.dumps(text)[1:-1] not in texts] == []


def _content(path: Path) -> str:
    """The records as ASCII JSON."""
    if path.suffix == ".parquet":
        return json.dumps(pq.read_table(path).to_pylist())
    text = path.read_text(encoding="utf-8")
    return json.dumps(
        [json.loads(line) for line in text.splitlines()] if path.suffix == ".jsonl" else json.loads(text)
    )


def test_a_split_named_as_the_formats_own_file_is_refused(tmp_path: Path) -> None:
    source = write_rows(tmp_path, [talk(0, "dataset_info")])
    with pytest.raises(UserError, match="rename the split"):
        export(source, "llama-factory", str(tmp_path / "out"))
    assert everything(tmp_path) == ["rows.jsonl"]


def test_a_link_in_the_place_of_the_unfinished_export_is_not_emptied(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis").write_text("years")
    (tmp_path / ".out.unfinished").symlink_to(mine)
    with pytest.raises(UserError, match="in the way"):
        export(write_rows(tmp_path, [talk(0)]), "trl", str(tmp_path / "out"))
    assert (mine / "thesis").read_text() == "years"


@pytest.mark.parametrize("name", ["train.jsonl", "other"])
def test_a_link_in_the_folder_of_the_export_is_not_followed(name: str, tmp_path: Path) -> None:
    mine, out = tmp_path / "mine", tmp_path / "out"
    mine.mkdir()
    out.mkdir()
    (out / name).symlink_to(mine)
    with pytest.raises(UserError, match="choose another -o"):
        export(write_rows(tmp_path, [talk(0)]), "trl", str(out))
    assert not list(mine.iterdir()) and not (tmp_path / ".out.unfinished").exists()
