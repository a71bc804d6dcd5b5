"""What `r1 eval` prints for people: the same scores whoever answered, in tables that fit the terminal."""

from collections.abc import Callable
from pathlib import Path

import pytest
from r1data.cli import console, invoke

from r1data.evaluation.scores import cell_of
from r1data.evaluation.statistics import estimate_count, estimate_share
from tests import tiny

Write = Callable[..., Path]
Capture = pytest.CaptureFixture[str]


def responses(model: str) -> list[dict[str, object]]:
    """Two questions of two levels, of which one response was cut."""
    return [
        {
            "prompt": f"What is {n} and one?",
            "truth": str(n + 1),
            "response": "\\boxed{2}" if n == 1 else "so far",
            "finish_reason": "stop" if n == 1 else "length",
            "meta": {"level": n},
            "model": model,
        }
        for n in (1, 2)
    ]


def shown(file: Path, out: Path, capsys: Capture) -> list[str]:
    assert invoke(["eval", str(file), "-o", str(out)]) == 0
    return capsys.readouterr().err.splitlines()


def test_responses_that_are_there_have_levels_shares_and_examples(
    write_jsonl: Write, tmp_path: Path, capsys: Capture
) -> None:
    lines = shown(write_jsonl(responses("a")), tmp_path / "scores", capsys)
    for start in ("  pass@1 ", "  truncated ", "  no answer ", " level 1 ", " level 2 ", "truncated: "):
        assert [line for line in lines if line.startswith(start)], start


def test_each_of_several_models_has_its_own_under_its_name(
    write_jsonl: Write, tmp_path: Path, capsys: Capture
) -> None:
    lines = shown(write_jsonl(responses("a") + responses("b\x1b[31m")), tmp_path / "scores", capsys)
    places = [lines.index(title) for title in ("a:", "b\\x1b[31m:")]
    assert all(lines[place + 1].startswith("  pass@1 ") for place in places)
    assert sum(line.startswith(" level 1 ") for line in lines) == 2


def test_unknown_verdicts_of_a_model_have_their_cause(
    write_jsonl: Write, tmp_path: Path, capsys: Capture
) -> None:
    questions = write_jsonl(
        [{"prompt": "What is 1+1?", "truth": "2"}, {"prompt": "What is 2+1?", "truth": None}]
    )
    model = tiny.build(tmp_path / "model")
    settings = ["-k", "1", "--max-tokens", "4", "--template", "plain", "--threads", "1"]
    line = ["eval", str(questions), "--model", str(model), "-o", str(tmp_path / "scores"), *settings]
    assert invoke(line) == 0
    assert "1 row without a truth to compare with (no_truth): " in capsys.readouterr().err


def test_columns_without_room_follow_in_a_table_of_their_own(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    console.print_table(
        "model", {"a model": {f"measure {n}": "84.6 (73.0-91.8)" for n in range(3)}}, whole_cells=True
    )
    lines = capsys.readouterr().err.splitlines()
    assert sum(line.count("84.6 (73.0-91.8)") for line in lines) == 3
    assert max(map(len, lines)) <= 40


def test_a_cell_is_one_piece_without_a_unit() -> None:
    assert cell_of("pass@1", estimate_share([0.0, 1.0, 1.0, 1.0])) == "75.0 (30.1-95.4)"


def test_a_count_has_no_negative_interval() -> None:
    estimate = estimate_count([1, 40])
    assert estimate.low == 0.0 and estimate.high is not None and estimate.high > 40
