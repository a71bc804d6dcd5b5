"""A dataset while it is written: every commit counts once, and no shard is read a second time."""

from pathlib import Path

import pyarrow as pa
import pytest

from r1data.data.commits import Command
from r1data.data.dataset import Shard
from r1data.data.writer import Writer
from r1data.errors import DamagedShard, UserError
from r1data.lineage import growth
from r1data.lineage.growth import Growth


def samples(start: int, *verdicts: str) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "prompt_id": f"p{start + place}", "prompt": "?", "domain": "math", "language": "en", "source": "test",
                "sample_index": 0, "response": "a", "finish_reason": "stop", "model": "m", "engine": "e",
                "sampling": "{}", "response_tokens": 100, "verdict": verdict, "verifier_version": "1",
                "drop_reasons": [] if verdict == "correct" else [verdict, "repetition"],
            }
            for place, verdict in enumerate(verdicts)
        ]
    )  # fmt: skip


def writer(place: Path) -> Writer:
    return Writer.open(str(place), schema="filtered", command=Command("filter"))


def test_rows_and_counts_follow_the_commits(tmp_path: Path) -> None:
    with writer(tmp_path / "kept") as out:
        out.publish("part-0", samples(0, "correct", "incorrect"))
        followed = Growth(str(tmp_path / "kept"))
        before = followed.read()
        out.publish("part-1", samples(2, "correct"))
        between = followed.read()
        out.finish({"kept": 2})
    after = followed.read()
    assert [state.rows for state in (before, between, after)] == [2, 3, 3]
    assert [state.complete for state in (before, between, after)] == [False, False, True]
    assert between.counts["verdict"] == {"correct": 2, "incorrect": 1}
    assert between.counts["drop_reasons"] == {"incorrect": 1, "repetition": 1}
    assert after.tokens == 300
    assert after.summary == {"kept": 2}
    assert after.as_json() == followed.read().as_json()


def test_no_shard_is_read_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    checked = Shard.checked_bytes

    def noted(shard: Shard) -> bytes:
        read.append(shard.name)
        return checked(shard)

    monkeypatch.setattr(Shard, "checked_bytes", noted)
    with writer(tmp_path / "kept") as out:
        for number in range(3):
            out.publish(f"part-{number}", samples(number, "correct"))
            if number == 0:
                followed = Growth(str(tmp_path / "kept"))
            followed.read()
            followed.read()
        out.finish()
    followed.read()
    assert read == ["part-0", "part-1", "part-2"]


def test_a_large_set_is_shown_before_all_of_it_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growth, "READING_SECONDS", 0.0)
    with writer(tmp_path / "kept") as out:
        for number in range(3):
            out.publish(f"part-{number}", samples(number, "correct"))
        out.finish()
    followed = Growth(str(tmp_path / "kept"))
    states = [followed.read() for _ in range(3)]
    assert [(state.rows, state.counted_rows) for state in states] == [(3, 1), (3, 2), (3, 3)]
    assert followed.is_counted


def test_rates_are_of_the_shards_between_two_commits(tmp_path: Path) -> None:
    with writer(tmp_path / "kept") as out:
        out.publish("part-0", samples(0, "correct"))
        followed = Growth(str(tmp_path / "kept"))
        followed.read()
        first = followed._recent[0]
        followed._recent[0] = (first[0] - 10, first[1])
        out.publish("part-1", samples(1, "correct", "correct"))
        state = followed.read()
    assert state.rows_per_second is not None and state.tokens_per_second is not None
    assert 0.1 < state.rows_per_second <= 0.2
    assert state.tokens_per_second == pytest.approx(100 * state.rows_per_second)


def test_a_damaged_shard_ends_it(tmp_path: Path) -> None:
    with writer(tmp_path / "kept") as out:
        out.publish("part-0", samples(0, "correct"))
    (tmp_path / "kept/data/part-0.parquet").write_bytes(b"PAR1")
    with pytest.raises(DamagedShard):
        Growth(str(tmp_path / "kept")).read()


def test_a_folder_that_is_no_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        Growth(str(tmp_path))
