"""Rows of reasoning-gym's tasks: the same for a seed and an index, whatever is around them."""

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from r1data.data.source import open_source
from r1data.errors import UserError
from r1data.exchange import task_rows
from r1data.exchange.ingest import GeneratedRows, ingest
from r1data.exchange.tasks import PREFIX, TELL, TaskSource, parse_config
from r1data.verifiers.logic.scorer import plain
from tests.conftest import Run


def made(name: str, rows: int, seed: int = 0, **config: Any) -> list[dict[str, Any]]:
    source = TaskSource(PREFIX + name, rows, seed, config)
    return [row for shard in source.shards() for row in shard.table().to_pylist()]


def test_a_row_says_what_it_is_and_how_to_answer() -> None:
    (row,) = made("chain_sum", 1, min_terms=3)
    assert (row["domain"], row["language"], row["verifier"], row["license"]) == (
        "logic",
        "en",
        "logic",
        "Apache-2.0",
    )
    assert row["source"] == "reasoning-gym:chain_sum"
    assert row["prompt"].endswith(TELL)
    truth, meta = json.loads(row["truth"]), json.loads(row["meta"])
    assert (truth["task"], truth["config"]) == ("chain_sum", {"min_terms": 3})
    assert {"question", "answer", "metadata"} <= set(truth["entry"])
    assert (meta["seed"], meta["index"]) == (0, 0)
    assert meta["version"]


def test_every_row_has_an_id_of_its_own() -> None:
    found = made("coin_flip", 40)
    assert len({row["prompt"] for row in found}) < 40 == len({row["prompt_id"] for row in found})


def questions(task: str, rows: int, seed: int = 0) -> list[str]:
    return [row["question"] for row in task_rows.rows(task, {}, seed, 0, rows)]


@pytest.mark.parametrize("task", ["acre", "list_functions", "chain_sum"])
def test_a_row_depends_on_seed_and_index_alone(task: str) -> None:
    assert questions(task, 2) == questions(task, 5)[:2]


def test_a_row_does_not_depend_on_the_hash_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "1")
    one = made("isomorphic_strings", 2)
    monkeypatch.setenv("PYTHONHASHSEED", "2")
    assert made("isomorphic_strings", 2) == one


def test_seeds_do_not_share_rows() -> None:
    assert len(set(questions("chain_sum", 30, 0)) & set(questions("chain_sum", 30, 1))) < 5


def test_blocks_have_seeds_of_their_own() -> None:
    last, *_ = reversed(list(task_rows.rows("chain_sum", {}, 0, 0, 3)))
    first, *_ = task_rows.rows("chain_sum", {}, 0, 1, 3)
    assert last != first
    shards = list(TaskSource(PREFIX + "chain_sum", 1_001).shards())
    assert [shard.rows for shard in shards] == [500, 500, 1]
    assert len({shard.sha256 for shard in shards}) == 3


@pytest.mark.parametrize(
    "value", [(1, (2, "a")), {1: "a", (2, 3): "b"}, {"!tuple": [1]}, {"a": {3, 1}}, [None, True, 1.5, "é"]]
)
def test_what_json_lacks_comes_back(value: Any) -> None:
    assert plain(json.loads(json.dumps(task_rows.tag_types(value)))) == value


def test_numbers_of_other_kinds_are_written() -> None:
    assert task_rows.tag_types([Fraction(3, 4), np.int64(3), np.array([[1, 2]])]) == ["3/4", 3, [[1, 2]]]


def test_the_result_does_not_depend_on_workers(tmp_path: Path) -> None:
    digests = set()
    for workers in (1, 2):
        wanted = GeneratedRows(2, 7)
        out = tmp_path / str(workers)
        summary = ingest(PREFIX + "ransom_note,coin_flip", str(out), generated=wanted, workers=workers)
        assert summary.rows == 4
        digests.add(summary.digest)
    assert len(digests) == 1
    assert open_source(str(tmp_path / "1"), "prompt").rows == 4


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: TaskSource(PREFIX + "chainsum", 1), "near it: chain_sum"),
        (lambda: TaskSource(PREFIX + "?", 1), "choose one of ab, acre"),
        (lambda: TaskSource(PREFIX, 1), "no such task"),
        (lambda: TaskSource(PREFIX + "composite", 1), "no such task"),
        (lambda: TaskSource(PREFIX + "sudoku", 0), "--rows"),
        (lambda: TaskSource(PREFIX + "sudoku", 1, 0, {"height": 3}), "give --config one of min_empty"),
        (lambda: TaskSource(PREFIX + "sudoku", 1, 0, {"min_empty": -1}), "min_empty"),
        (lambda: TaskSource(PREFIX + "sudoku", 1, 0, {"seed": 1}), "--seed"),
        (lambda: TaskSource(PREFIX + "sudoku", 1, 0, {"maze.x": 1}), "maze is not among"),
        (lambda: parse_config(["min_empty"]), "NAME=VALUE"),
    ],
)
def test_a_mistake_is_told(call: Callable[[], Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        call()


def test_a_setting_may_be_for_one_task_of_several() -> None:
    source = TaskSource(PREFIX + "chain_sum,sudoku", 1, 0, parse_config(["chain_sum.min_terms=3"]))
    assert source.tasks == {"chain_sum": {"min_terms": 3}, "sudoku": {}}


def test_what_is_for_tasks_is_refused_for_files(tmp_path: Path, r1: Run) -> None:
    (tmp_path / "a.jsonl").write_text('{"prompt": "?"}\n')
    ran = r1("ingest", str(tmp_path / "a.jsonl"), "-o", str(tmp_path / "out"), "--rows", "3")
    assert ran.returncode == 1
    assert "reasoning-gym:TASK" in ran.stderr
    ran = r1(
        "ingest", "reasoning-gym:sudoku", "-o", str(tmp_path / "out"), "--rows", "3", "--map", "prompt=x"
    )
    assert ran.returncode == 1
    assert "--map" in ran.stderr
