"""What changed between two datasets, whatever their order and shards."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from r1data.cli import invoke

from r1data.errors import DamagedShard, UserError
from r1data.exchange.ingest import ingest
from r1data.lineage.diff import diff
from tests.lineage import datasets

Make = Callable[..., str]


def row(number: int, **changes: Any) -> dict[str, Any]:
    return {"prompt_id": f"p{number}", "prompt": f"{number}?", "truth": "1", "response": "one", **changes}


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Makes a dataset of rows; returns its place."""

    def ingested(name: str, rows: list[dict[str, Any]], shard_rows: int = 10) -> str:
        file = tmp_path / f"{name}.jsonl"
        file.write_text("".join(json.dumps(each) + "\n" for each in rows))
        ingest(str(file), str(tmp_path / name), shard_rows=shard_rows, workers=1)
        return str(tmp_path / name)

    return ingested


def test_order_and_shards_do_not_matter(make: Make) -> None:
    rows = [row(n) for n in range(12)]
    found = diff(make("a", rows), make("b", rows[::-1], shard_rows=5))
    assert found.equal
    assert found.same == 12


def test_rows_of_one_alone_and_changed_ones_are_told_apart(make: Make) -> None:
    a = make("a", [row(n) for n in range(5)])
    b = make("b", [row(0), row(1, truth="2", response="two"), row(2, truth="3"), row(3), row(7)])
    told = diff(a, b).as_json()
    assert not told["equal"]
    assert told["same"] == 2
    assert told["changed"]["columns"] == {"truth": 2, "response": 1, "answer": 1}
    assert told["only_a"] == {"rows": 1, "examples": [{"prompt_id": "p4", "sample_index": 0}]}
    assert told["only_b"]["examples"] == [{"prompt_id": "p7", "sample_index": 0}]


def test_a_repeated_key_pairs_rows_that_are_the_same_first(make: Make) -> None:
    same = {"prompt_id": "p", "sample_index": 0}
    a = make("a", [row(0, **same, note="x"), row(0, **same, note="y"), row(0, **same, note="z")])
    b = make("b", [row(0, **same, note="z"), row(0, **same, note="x"), row(0, **same, note="other")])
    found = diff(a, b)
    assert found.same == 2
    assert found.changed["columns"].to_list() == [["note"]]
    assert found.only_a.is_empty() and found.only_b.is_empty()


def test_one_copy_more_is_a_difference(make: Make) -> None:
    same = {"prompt_id": "p", "sample_index": 0}
    told = diff(make("a", [row(0, **same)]), make("b", [row(0, **same)] * 3)).as_json()
    assert (told["same"], told["only_a"]["rows"], told["only_b"]["rows"]) == (1, 0, 2)


def test_verdicts_are_told_from_to(make: Make) -> None:
    judged = {"verifier_version": "math/1"}
    before = [row(n, verdict="incorrect", **judged) for n in range(4)]
    after = [row(n, verdict="correct" if n < 3 else "timeout", **judged) for n in range(4)]
    assert diff(make("a", before), make("b", after)).as_json()["verdicts"] == [
        {"from": "incorrect", "to": "correct", "rows": 3},
        {"from": "incorrect", "to": "timeout", "rows": 1},
    ]


def test_a_null_differs_from_an_empty_text_and_not_from_a_column_that_is_not_there(make: Make) -> None:
    a = make("a", [row(0, note=None), row(1, note="")])
    b = make("b", [row(0, note=""), row(1, note="")])
    assert diff(a, b).changed["columns"].to_list() == [["note"]]


def test_columns_of_one_alone_and_other_types_are_a_difference(make: Make) -> None:
    told = diff(make("a", [row(0, note="1", more="x")]), make("b", [row(0, note=1)])).as_json()
    assert told["columns"] == {"a": ["more"], "b": []}
    assert told["types"] == {"note": {"a": "string", "b": "int64"}}
    assert not told["equal"]


def test_parameters_and_parents_that_differ_are_told(make: Make) -> None:
    told = diff(make("a", [row(0)], shard_rows=3), make("b", [row(0)], shard_rows=4)).as_json()
    assert told["parameters"] == {"shard_rows": {"a": 3, "b": 4}}
    assert [Path(uri).name for uri in told["parents"]["a"]] == ["a.jsonl"]
    assert told["equal"]


def test_two_stages_of_the_same_rows_can_be_compared(pristine: Path) -> None:
    told = diff(str(pristine / "samples"), str(pristine / "verified")).as_json()
    assert told["same"] == datasets.SHARDS * datasets.ROWS
    assert "verdict" in told["columns"]["b"]
    assert told["parameters"] == {"command": {"a": "ingest", "b": "verify"}}


def test_schemas_without_a_common_id_are_refused(make: Make) -> None:
    pair = {"preference_id": "x", "prompt": "?", "chosen": "a", "rejected": "b", "aspect": "helpfulness"}
    pairs = make("pairs", [{**pair, "source": "here"}])
    with pytest.raises(UserError, match="no id in common"):
        diff(pairs, make("rows", [row(0)]))


def test_a_damaged_shard_is_no_difference_but_an_error(dataset: Path, pristine: Path) -> None:
    (dataset / "data/part-00002.parquet").unlink()
    with pytest.raises(DamagedShard, match="part-00002"):
        diff(str(pristine / "verified"), str(dataset))


def test_the_command_exits_with_zero_and_lists_keys_on_stdout(
    make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = make("a", [row(0), row(1)]), make("b", [row(0, truth="9")])
    capsys.readouterr()
    assert invoke(["diff", a, b, "--rows"]) == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {"change": "changed", "prompt_id": "p0", "sample_index": 0, "columns": ["truth"]},
        {"change": "only_a", "prompt_id": "p1", "sample_index": 0},
    ]
    assert invoke(["diff", a, b, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["equal"] is False
