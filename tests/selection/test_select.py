"""`r1 select`: the prompts and figures that a plain count finds, the same bytes however the samples lie."""

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from r1data.cli import invoke

from r1data.data.dataset import Dataset
from r1data.data.source import open_source
from r1data.errors import RowsLost, UserError
from r1data.evaluation.scores import score_dataset
from r1data.exchange.ingest import ingest
from r1data.selection import select
from r1data.selection.difficulty import Band, histogram
from r1data.selection.intervals import wilson

Write = Callable[..., Path]
Rows = list[dict[str, Any]]
KINDS = {
    "correct": {"verdict": "correct"},
    "incorrect": {"verdict": "incorrect"},
    "no answer": {"verdict": "unverifiable", "verdict_cause": "no_answer"},
    "no truth": {"verdict": "unverifiable", "verdict_cause": "bad_truth"},
    "undecided": {"verdict": "unverifiable", "verdict_cause": "undecided", "verdict_reason": "no answer"},
    "no cause": {"verdict": "unverifiable", "verdict_reason": "no answer: the text ends in its thoughts"},
    "timeout": {"verdict": "timeout"},
    "error": {"verdict": "error"},
    "failed": {"verdict": "incorrect", "finish_reason": "error"},
}
PASSES = {"correct": 1, "incorrect": 0, "no answer": 0}
"""What is known, and whether it passes."""


def sample(prompt: str, index: int, kind: str, **more: Any) -> dict[str, Any]:
    same = {"prompt_id": prompt, "prompt": f"What is {prompt}?", "truth": prompt, "verifier_version": "1"}
    return {
        **same,
        "sample_index": index,
        "response": "<think>so</think>",
        "verdict_cause": None,
        "verdict_reason": None,
        "finish_reason": "stop",
        **KINDS[kind],
        **more,
    }


def counted(rows: Rows, low: str, high: str, least: int) -> dict[str, tuple[int, int]]:
    """Prompt → passed and judged, by hand."""
    known: dict[str, list[int]] = {}
    for row in rows:
        kind = next(k for k, v in KINDS.items() if all(row[name] == value for name, value in v.items()))
        kind = "failed" if row["finish_reason"] == "error" else kind
        known.setdefault(row["prompt_id"], []).extend([PASSES[kind]] if kind in PASSES else [])
    return {
        prompt: (sum(found), len(found))
        for prompt, found in known.items()
        if len(found) >= least and Fraction(low) <= Fraction(sum(found), len(found)) <= Fraction(high)
    }


def found(out: Path) -> dict[str, tuple[int, int]]:
    rows = Dataset(out).table(["prompt_id", "passed", "judged"]).to_pylist()
    return {row["prompt_id"]: (row["passed"], row["judged"]) for row in rows}


def dataset(folder: Path, rows: Rows, name: str = "v", shard_rows: int = 3) -> Path:
    (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    ingest(str(folder / f"{name}.jsonl"), str(folder / name), shard_rows=shard_rows, workers=1)
    return folder / name


def selected(source: Path, out: Path, band: str = "0:1", least: int = 1, **more: Any) -> dict[str, Any]:
    opened = open_source(str(source), "verified")
    return select.run(opened, str(out), band=Band.parse(band, least), **more).as_json()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kinds=st.lists(
        st.tuples(st.sampled_from("abcdé"), st.sampled_from(list(KINDS))), min_size=1, max_size=40
    ),
    band=st.sampled_from([("0", "1"), ("0.1", "0.9"), ("0.5", "0.5"), ("0", "0"), ("0.25", "1")]),
    least=st.integers(1, 4),
    data=st.data(),
)
def test_prompts_and_figures_are_those_of_a_plain_count_whatever_the_order(
    tmp_path_factory: pytest.TempPathFactory,
    kinds: list[tuple[str, str]],
    band: tuple[str, str],
    least: int,
    data: st.DataObject,
) -> None:
    folder = tmp_path_factory.mktemp("select")
    rows = [sample(prompt, index, kind) for index, (prompt, kind) in enumerate(kinds)]
    other = data.draw(st.permutations(rows))
    (folder / "v.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "o.jsonl").write_text("".join(json.dumps(row) + "\n" for row in other))
    expected = counted(rows, *band, least)
    if not expected:
        with pytest.raises(UserError, match="prompts is left"):
            selected(folder / "v.jsonl", folder / "out", ":".join(band), least)
        assert not (folder / "out").exists()
        return
    first = selected(folder / "v.jsonl", folder / "out", ":".join(band), least)
    assert found(folder / "out") == expected
    assert selected(folder / "o.jsonl", folder / "other", ":".join(band), least)["digest"] == first["digest"]


def test_a_prompt_s_rows_in_several_shards_are_one_prompt(tmp_path: Path) -> None:
    rows = [sample(f"p{n}", k, "correct" if k < n else "incorrect") for k in range(4) for n in range(5)]
    whole = selected(dataset(tmp_path, rows, shard_rows=100), tmp_path / "out", "0.25:0.75")
    assert found(tmp_path / "out") == {"p1": (1, 4), "p2": (2, 4), "p3": (3, 4)}
    pieces = dataset(tmp_path, rows, "pieces", shard_rows=2)
    assert selected(pieces, tmp_path / "again", "0.25:0.75")["digest"] == whole["digest"]


def test_more_prompts_than_memory_holds_give_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [sample(f"p{n:02d}", k, "correct") for n in range(20) for k in range(2)]
    source = dataset(tmp_path, rows)
    monkeypatch.setattr(select, "SHARD_ROWS", 4)
    monkeypatch.setattr(select, "MERGED", 2)
    selected(source, tmp_path / "out")
    monkeypatch.setattr(select, "AT_ONCE", 1)
    selected(source, tmp_path / "small")
    assert Dataset(tmp_path / "out").entries == Dataset(tmp_path / "small").entries
    assert len(Dataset(tmp_path / "out").entries) == 5


def test_the_mean_pass_rate_is_what_evaluation_calls_pass_at_1(tmp_path: Path) -> None:
    kinds = [list(KINDS)[n % 7 if n % 3 else 0] for n in range(60)]
    rows = [sample(f"p{n % 6}", n, kind) for n, kind in enumerate(kinds)]
    source = dataset(tmp_path, rows)
    said = selected(source, tmp_path / "out")
    assert said["mean_pass_rate"] == pytest.approx(score_dataset(Dataset(source)).measures["pass@1"].value)


def test_both_ends_are_included_and_compared_as_fractions(tmp_path: Path) -> None:
    rows = [sample(f"p{n}", k, "correct" if k < n else "incorrect") for n in range(11) for k in range(10)]
    selected(dataset(tmp_path, rows), tmp_path / "out", "0.1:0.7")
    assert set(found(tmp_path / "out")) == {f"p{n}" for n in range(1, 8)}


@pytest.mark.parametrize("text", ["", "0.5", "0.9:0.1", "-1:1", "0:2", "a:b", "0:1e999999999", "nan:1"])
def test_a_band_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="write LOW:HIGH"):
        Band.parse(text)


def test_prompts_of_a_dataset_keep_their_columns_order_and_shards(tmp_path: Path, write_jsonl: Write) -> None:
    rows = [sample(f"p{n}", k, "correct" if k < n else "incorrect") for n in range(4) for k in range(4)]
    asked = [{"prompt_id": f"p{n}", "prompt": "?", "topic": n, "judged": 7} for n in (3, 2, 9, 1, 0)]
    prompts = dataset(tmp_path, asked, "prompts", shard_rows=2)
    by = dataset(tmp_path, rows)
    said = selected(
        by, tmp_path / "out", "0.1:0.9", prompts=open_source(str(prompts), "prompt"), interval=True
    )
    got = Dataset(tmp_path / "out").table().to_pylist()
    assert [(row["prompt_id"], row["topic"], row["passed"], row["judged"]) for row in got] == [
        ("p3", 3, 3, 4),
        ("p2", 2, 2, 4),
        ("p1", 1, 1, 4),
    ]
    assert [row["judged_before"] for row in got] == [7, 7, 7]
    assert got[0]["pass_rate_low"] < 0.75 < got[0]["pass_rate_high"]
    assert (said["no_samples"], said["below"], said["above"]) == (1, 1, 0)


def test_a_rerun_does_nothing_and_other_samples_are_refused(tmp_path: Path) -> None:
    source = dataset(tmp_path, [sample("a", k, "correct") for k in range(3)])
    first = selected(source, tmp_path / "out")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("out/**/*") if path.is_file()}
    assert selected(source, tmp_path / "out") == first
    assert {path: path.stat().st_mtime_ns for path in before} == before
    more = dataset(tmp_path, [sample("a", k, "correct") for k in range(4)], "more")
    with pytest.raises(UserError, match="made from other input"):
        selected(more, tmp_path / "out")


def test_one_id_for_two_tasks_is_refused(tmp_path: Path) -> None:
    rows = [sample("a", 0, "correct"), {**sample("a", 1, "correct"), "truth": "other"}]
    with pytest.raises(UserError, match="'a' disagree on prompt"):
        selected(dataset(tmp_path, rows, shard_rows=1), tmp_path / "out")


def test_what_a_filter_left_is_refused(tmp_path: Path) -> None:
    rows = [{**sample("a", 0, "correct"), "drop_reasons": []}]
    with pytest.raises(UserError, match="what a filter left"):
        selected(dataset(tmp_path, rows), tmp_path / "out")


@pytest.mark.parametrize(("passed", "judged"), [(0, 1), (1, 1), (0, 16), (8, 16), (16, 16), (3, 7)])
def test_the_interval_is_wilson_s(passed: int, judged: int) -> None:
    z = 1.959963984540054
    low, high = wilson(passed / judged, judged, z)
    assert 0 <= low <= passed / judged <= high <= 1
    for end in (low, high):
        if 0 < end < 1:
            assert abs(passed / judged - end) == pytest.approx(z * (end * (1 - end) / judged) ** 0.5)


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=30))
def test_every_rate_falls_into_the_tenth_that_holds_it(pairs: list[tuple[int, int]]) -> None:
    pairs = [(min(pair), max(pair)) for pair in pairs]
    expected = dict.fromkeys(histogram(pl.DataFrame(schema={"passed": pl.Int32, "judged": pl.Int32})), 0)
    for passed, judged in pairs:
        if judged:
            rate = Fraction(passed, judged)
            tenth = next(n for n in range(10) if Fraction(n, 10) < rate <= Fraction(n + 1, 10)) if rate else 0
            name = "0" if rate == 0 else "1" if rate == 1 else f"{tenth / 10:g}-{(tenth + 1) / 10:g}"
            expected[name] += 1
    frame = pl.DataFrame(pairs, schema={"passed": pl.Int32, "judged": pl.Int32}, orient="row")
    assert histogram(frame) == expected


def test_the_command_draws_the_rates_and_tries_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    dataset(Path(), [sample("a", k, "correct" if k else "incorrect") for k in range(2)])
    assert invoke(["select", "v", "-o", "out", "--pass-rate", "0.1:0.9", "--dry-run"]) == 0
    assert not Path("out").exists()
    capsys.readouterr()
    assert invoke(["select", "v", "-o", "out", "--pass-rate", "0.1:0.9"]) == 0
    assert "  0.4-0.5            1  ████" in capsys.readouterr().err


def test_a_few_ids_for_several_prompts_are_left_out_and_told(tmp_path: Path) -> None:
    rows = [sample(name, k, "correct") for name in "abc" for k in range(2)]
    source = dataset(tmp_path, [*rows, {**sample("b", 2, "correct"), "truth": "666"}])
    with pytest.raises(
        RowsLost, match=r"prompt 'b' disagree .* 1 id stands for several prompts; they are left out"
    ):
        selected(source, tmp_path / "out")
    chosen = Dataset(tmp_path / "out")
    assert chosen.table()["prompt_id"].to_pylist() == ["a", "c"]
    assert chosen.summary["conflicting"] == 1 and chosen.complete
