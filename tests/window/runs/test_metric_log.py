"""A log is followed as it grows, is replaced, moves, and holds what no training writes."""

import json
from pathlib import Path

import pytest

from r1data.window.runs import metric_log
from r1data.window.runs.metric_log import LogEnd, MetricLog


def line(step: int, **values: object) -> str:
    return json.dumps({"step": step, "time": 2.0 * step, "num_tokens": 100.0 * step, **values}) + "\n"


def written(path: Path, *lines: str) -> MetricLog:
    path.write_text("".join(lines))
    log = MetricLog(path)
    log.read()
    return log


def test_a_log_is_read_where_the_last_look_ended(tmp_path: Path) -> None:
    log = written(tmp_path / "metrics.jsonl", line(1, loss=3.0), line(2, loss=2.0)[:10])
    assert (log.step, log.curves["loss"].points().values) == (1, [3.0])
    cursor = log.cursor
    with log.path.open("a") as file:
        file.write(line(2, loss=2.0)[10:] + line(3, other=1))
    log.read()
    assert log.curves["loss"].points(log.rows_known(cursor)).values == [2.0]
    assert log.curves["other"].points().steps == [3]
    assert (log.step, log.last["time"], log.rate("num_tokens")) == (3, 6.0, 50.0)


def test_a_log_that_was_cut_or_replaced_begins_again(tmp_path: Path) -> None:
    log = written(tmp_path / "metrics.jsonl", *(line(step, loss=step) for step in range(1, 6)))
    cursor = log.cursor
    whole = tmp_path / "new"
    whole.write_text(line(1, loss=9) + line(2, loss=8))
    whole.replace(log.path)
    log.read()
    assert log.curves["loss"].points().values == [9.0, 8.0]
    assert log.rows_known(cursor) == 0


def test_a_log_moves_to_the_folder_of_the_model(tmp_path: Path) -> None:
    log = written(tmp_path / "metrics.jsonl", line(1, loss=1))
    moved = tmp_path / "moved.jsonl"
    log.path.rename(moved)
    log.read()
    assert log.step == 1
    log.read(moved)
    assert log.curves["loss"].count == 1


@pytest.mark.parametrize(
    "bad", ["no JSON\n", "[" * 100_000 + "\n", "x" * (metric_log.MAX_LINE_BYTES + 1) + "\n"],
    ids=["text", "deep", "long"],
)  # fmt: skip
def test_what_no_training_writes_ends_the_reading(tmp_path: Path, bad: str) -> None:
    log = written(tmp_path / "metrics.jsonl", line(1, loss=1), bad, line(2, loss=2))
    assert log.step == 1 and log.problem is not None and ": line 2: " in log.problem


def test_numbers_alone_are_kept(tmp_path: Path) -> None:
    log = written(
        tmp_path / "metrics.jsonl",
        line(1, loss="3", flag=True, huge=1e300, text="<script>", deep={"a": 1}, empty=None),
        '{"step": 2, "loss": NaN, "reward": Infinity}\n{"step": true, "a": 1}\n{"step": 1.5}\n[3]\n',
        line(3, loss=0.5),
    )
    assert log.curves["loss"].points().values == [0.5]
    assert set(log.curves) == {"loss", "time", "num_tokens"}


def test_metrics_of_one_log_are_bounded(tmp_path: Path) -> None:
    names = {f"metric-{number}": 1 for number in range(metric_log.MAX_METRICS + 50)} | {"x" * 500: 1}
    log = written(tmp_path / "metrics.jsonl", line(1, **names), line(2, late=1))
    assert len(log.curves) == metric_log.MAX_METRICS


@pytest.mark.parametrize("cursor", ["", ".", "x.5", "x.-1", "x." + "9" * 400, "²", "a.b.c"])
def test_a_cursor_from_elsewhere_is_none(tmp_path: Path, cursor: str) -> None:
    assert written(tmp_path / "metrics.jsonl", line(1)).rows_known(cursor) == 0


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(line(1, loss=1))
    (tmp_path / "metrics.jsonl").symlink_to(tmp_path / "secret")
    log = MetricLog(tmp_path / "metrics.jsonl")
    log.read()
    assert log.step == 0 and "link" in (log.problem or "")


def test_the_end_of_a_log_has_its_last_row(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text("".join(line(step, filler="x" * 1_000) for step in range(1, 500)) + '{"step": 50')
    end = LogEnd(path)
    end.read()
    assert (end.step, end.rate("num_tokens")) == (499, 50.0)
    assert end.curves == {}
