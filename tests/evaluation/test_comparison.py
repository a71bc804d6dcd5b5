"""Two evaluations of the same questions: paired differences, questions that changed, what was measured differently."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from r1data.cli import console

from r1data.errors import UserError
from r1data.evaluation.comparison import Comparison, compare


def write(path: Path, shares: dict[str, float], k: int = 4, **other: object) -> str:
    """Verified rows: of each question's `k` responses so large a share is right."""
    rows = [
        {
            "prompt_id": name, "prompt": f"What is {name}?", "domain": "math", "language": "en", "verifier": "math",
            "truth": "2", "source": "test", "sample_index": number, "response": "<think>one</think>2",
            "reasoning": "one", "answer": "2", "finish_reason": "stop", "response_tokens": 10, "model": path.stem,
            "sampling": json.dumps({"temperature": 0.6, "seed": number}), "extracted": "2",
            "verifier_version": "math/4",
            "verdict": "correct" if number < share * k else "incorrect", **other,
        }
        for name, share in shares.items()
        for number in range(k)
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows), path)
    return str(path)


def compared(folder: Path, first: dict[str, float], second: dict[str, float], **other: object) -> Comparison:
    return compare(write(folder / "a.parquet", first), write(folder / "b.parquet", second, **other))


FIRST = {"a": 0.0, "b": 0.5, "c": 1.0, "d": 0.25}
SECOND = {"a": 1.0, "b": 0.75, "c": 0.5, "d": 0.25}


def test_the_difference_is_that_of_the_questions(tmp_path: Path) -> None:
    main = compared(tmp_path, FIRST, SECOND).measures["pass@1"]
    assert main.difference.value == pytest.approx((1 + 0.25 - 0.5 + 0) / 4)
    assert main.second.value - main.first.value == pytest.approx(main.difference.value)
    assert main.difference.low is not None and main.difference.low < 0 and not main.is_shown
    assert main.needed is not None and main.needed > 4


def test_questions_that_changed_come_largest_first(tmp_path: Path) -> None:
    result = compared(tmp_path, FIRST, SECOND)
    assert [flip.prompt_id for flip in result.flips] == ["a", "c", "b"]
    assert (result.up, result.down) == (2, 1)
    assert "0% → 100%  a: What is a?" in list(result.lines())


def test_a_difference_on_all_questions_is_shown(tmp_path: Path) -> None:
    names = [f"question {number}" for number in range(40)]
    result = compared(tmp_path, dict.fromkeys(names, 0.25), dict.fromkeys(names, 0.75))
    assert result.measures["pass@1"].is_shown
    assert any("B is better" in line for line in result.lines())


def test_an_evaluation_equals_itself(tmp_path: Path) -> None:
    result = compared(tmp_path, FIRST, FIRST)
    assert result.flips == [] and result.settings == []
    assert all(each.difference.value == 0 and each.needed is None for each in result.measures.values())


def test_levels_are_compared_apart(tmp_path: Path) -> None:
    first, second = (
        write(tmp_path / name, {"a": share}) for name, share in (("a.parquet", 0.0), ("b.parquet", 1.0))
    )
    parts = []
    for place in (first, second):
        table = pq.read_table(place)
        other = table.set_column(0, "prompt_id", pa.array(["b"] * len(table)))
        levels = [
            part.append_column("level", pa.array([part["prompt_id"][0].as_py()] * len(part)))
            for part in (table, other)
        ]
        pq.write_table(pa.concat_tables(levels), place)
        parts.append(place)
    groups = compare(*parts).groups["level"]
    assert groups["a"]["pass@1"].difference.value == 1


def test_what_was_measured_differently_is_said(tmp_path: Path) -> None:
    result = compared(
        tmp_path, FIRST, SECOND, sampling=json.dumps({"temperature": 1.0}), verifier_version="math/5"
    )
    assert result.settings == ["temperature: A 0.6, B 1.0", 'verifier_version: A "math/4", B "math/5"']
    other = compare(write(tmp_path / "a.parquet", FIRST), write(tmp_path / "b.parquet", SECOND, k=8))
    assert other.settings == ["responses per question: A 4, B 8"]


def test_other_questions_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"4 questions and .* 2, of which 1 have the same prompt_id"):
        compared(tmp_path, FIRST, {"a": 0.5, "z": 0.5})
    with pytest.raises(UserError, match="4 of 4 questions have another text"):
        compared(tmp_path, FIRST, SECOND, prompt="What else?")


def test_rows_without_verdicts_are_refused(tmp_path: Path) -> None:
    place = write(tmp_path / "a.parquet", FIRST)
    prompts = tmp_path / "prompts.parquet"
    pq.write_table(pq.read_table(place).select(["prompt_id", "prompt", "truth"]), prompts)
    with pytest.raises(UserError, match="needs verified rows"):
        compare(place, str(prompts))


def test_a_comparison_is_plain_data(tmp_path: Path) -> None:
    result = compared(tmp_path, FIRST, SECOND).as_json()
    assert json.loads(json.dumps(result)) == result


def test_pass_and_cons_are_shown_where_both_are_0(tmp_path: Path) -> None:
    rows = compared(tmp_path, {"a": 0, "b": 0}, {"a": 0, "b": 0}).rows()
    assert list(rows) == ["pass@1", "pass@2", "pass@4", "cons@4"]


def test_the_table_keeps_its_cells_whole_at_80_columns(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    level = "a level with a name that is far too long to stand in a column"
    names = {f"question {number}": number % 5 / 4 for number in range(40)}
    first, second = (
        write(tmp_path / "a.parquet", names),
        write(tmp_path / "b.parquet", dict.fromkeys(names, 1)),
    )
    rows = compare(first, second).rows()
    rows[f"pass@1, level {level}"] = {**rows["pass@1"], "B - A (95%)": "-100.0 (-100.0 to -100.0)"}
    console.print_table("", rows, whole_cells=True)
    table = capsys.readouterr().err
    assert max(map(len, table.splitlines())) <= 80
    assert all(text in table for cells in rows.values() for text in cells.values())
