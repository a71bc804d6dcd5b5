"""Requests that fail for now: the next run asks again, and in the end each row is there once, without an error."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from r1data.cli import invoke

from r1data.data.dataset import Dataset
from r1data.data.source import open_source
from r1data.engines import endpoints
from r1data.engines.base import EngineOptions, seed_of
from r1data.errors import UserError
from r1data.sampling.plan import SamplingPlan
from r1data.sampling.sample import sample
from tests.sampling.conftest import rows
from tests.served import Fake, Reply, completion

N, PROMPTS = 4, [{"prompt_id": f"p{i}", "prompt": f"{i}+1=", "truth": "1"} for i in range(10)]
SEEDS = {seed_of(0, f"p{i}", k): (i, k) for i in range(10) for k in range(N)}


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "FIRST_PAUSE", 0.001)


class Broken:
    """A server that fails some requests, by prompt and sample, for as long as `failing` holds them."""

    def __init__(self) -> None:
        self.failing: set[tuple[int, int]] = set()
        self.status = 500

    def __call__(self, fake: Fake, body: dict[str, Any]) -> Reply:
        place = SEEDS[body["seed"]]
        return Reply(status=self.status) if place in self.failing else completion(rf"\boxed{{{place[1]}}}")


@pytest.fixture
def server() -> Iterator[tuple[Fake, Broken]]:
    broken = Broken()
    with Fake(broken) as fake:
        yield fake, broken


@pytest.fixture
def run(
    server: tuple[Fake, Broken],
    write_jsonl: Callable[..., Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., tuple[int, dict[str, Any], str]]:
    """Runs `r1 sample` on that server: the exit code, the summary, what it said."""
    prompts = str(write_jsonl(PROMPTS))  # type: ignore[arg-type]

    def once(*more: str) -> tuple[int, dict[str, Any], str]:
        words = ["sample", prompts, "-o", str(tmp_path / "out"), "--model", "tiny", "--engine", "openai"]
        words += ["--endpoint", server[0].url, "--template", "server", "-n", str(N), "--json", *more]
        code = invoke(words)
        out, err = capsys.readouterr()
        return code, json.loads(out.splitlines()[-1]), err

    return once


def keys(dataset: Path) -> list[tuple[str, int]]:
    return sorted((str(row["prompt_id"]), int(str(row["sample_index"]))) for row in rows(dataset))


EVERY = sorted((f"p{i}", k) for i in range(10) for k in range(N))
Once = Callable[..., tuple[int, dict[str, Any], str]]


def test_rows_that_fail_are_left_out_and_asked_for_again(
    run: Once, server: tuple[Fake, Broken], tmp_path: Path
) -> None:
    out, (fake, broken) = tmp_path / "out", server
    broken.failing = {(2, 0), (2, 3), (7, 1)}
    code, summary, said = run()
    assert code == 1 and "3 rows failed" in said and "Traceback" not in said
    assert (summary["failed"], summary["to_retry"], summary["rows"]) == (3, 3, 37)
    assert not summary["complete"] and not Dataset(out).complete
    (quarantine,) = (out / ".r1/quarantine").iterdir()
    quarantined = rows_of(quarantine)
    assert [r["finish_reason"] for r in quarantined] == ["error"] * 3
    assert all("500" in json.loads(r["sampling"])["error"] for r in quarantined)

    fake.asked.clear()
    broken.failing = {(2, 0)}
    code, summary, _ = run()
    assert code == 1 and (summary["failed"], summary["to_retry"], summary["rows"]) == (1, 1, 39)
    assert {SEEDS[body["seed"]] for body in fake.asked} == {(2, 0), (2, 3), (7, 1)}

    broken.failing = set()
    code, summary, _ = run()
    assert code == 0 and (summary["failed"], summary["to_retry"], summary["rows"]) == (0, 0, 40)
    assert keys(out) == EVERY and Dataset(out).complete
    assert {row["finish_reason"] for row in rows(out)} == {"stop"}
    assert not list((out / ".r1/quarantine").iterdir())
    fake.asked.clear()
    assert run()[:2] == (0, summary) and not fake.asked


def test_rows_that_an_older_version_left_behind_are_asked_for(
    run: Once, server: tuple[Fake, Broken], tmp_path: Path
) -> None:
    server[1].failing = {(2, 0)}
    run()
    (tmp_path / "out/.r1/quarantine").rename(tmp_path / "out/.r1/aside")
    server[1].failing = set()
    code, summary, _ = run()
    assert (code, summary["to_retry"]) == (0, 0) and keys(tmp_path / "out") == EVERY
    assert not list((tmp_path / "out/.r1/aside").iterdir())


def rows_of(file: Path) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    return pq.read_table(file).to_pylist()


def test_nothing_new_makes_no_new_shard(run: Once, server: tuple[Fake, Broken], tmp_path: Path) -> None:
    server[1].failing = {(1, 1)}
    first = run()
    assert run()[:2] == first[:2]
    assert len(Dataset(tmp_path / "out").entries) == 1


def test_a_shard_of_which_nothing_came_is_not_written(
    run: Once, server: tuple[Fake, Broken], tmp_path: Path
) -> None:
    server[1].failing = set(SEEDS.values())
    code, summary, said = run()
    assert code == 1 and summary["rows"] == 0 and summary["to_retry"] == 40 and "40 rows failed" in said
    server[1].failing = set()
    assert run()[0] == 0 and keys(tmp_path / "out") == EVERY


def test_failed_rows_are_kept_where_that_is_asked_for(
    run: Once, server: tuple[Fake, Broken], tmp_path: Path
) -> None:
    server[1].failing = {(2, 0), (7, 1)}
    assert run()[0] == 1
    code, summary, said = run("--keep-failed")
    assert code == 1 and (summary["failed"], summary["to_retry"], summary["complete"]) == (2, 0, True)
    assert "2 rows failed" in said and keys(tmp_path / "out") == EVERY
    assert [r["finish_reason"] for r in rows(tmp_path / "out")].count("error") == 2
    server[1].failing = set()
    assert run()[1]["failed"] == 2, "they are rows now, and rows are never changed"


def test_what_a_server_refuses_is_a_row_at_once(
    run: Once, server: tuple[Fake, Broken], tmp_path: Path
) -> None:
    server[1].failing, server[1].status = {(3, 3)}, 400
    code, summary, _ = run()
    assert code == 1 and (summary["failed"], summary.get("to_retry", 0), summary["rows"]) == (1, 0, 40)
    assert keys(tmp_path / "out") == EVERY


def test_what_was_left_behind_by_a_kill_is_removed(
    run: Once, server: tuple[Fake, Broken], tmp_path: Path
) -> None:
    quarantine = tmp_path / "out/.r1/quarantine"
    server[1].failing = {(2, 0)}
    run()
    (file,) = quarantine.iterdir()
    old = file.read_bytes()
    server[1].failing = set()
    run()
    file.write_bytes(old)  # killed after the commit, before this was removed
    code, summary, _ = run()
    assert (code, summary["to_retry"]) == (0, 0) and keys(tmp_path / "out") == EVERY
    assert not list(quarantine.iterdir())


def test_rows_owed_and_not_known_are_said(
    run: Once, server: tuple[Fake, Broken], tmp_path: Path, write_jsonl: Callable[..., Path]
) -> None:
    server[1].failing = {(2, 0)}
    run()
    for file in (tmp_path / "out/.r1/quarantine").iterdir():
        file.unlink()
    source, settings = (
        open_source(str(tmp_path / "rows.jsonl")),
        SamplingPlan("tiny", N, template="server", engine="openai"),
    )
    with pytest.raises(UserError, match="restore it"):
        sample(source, str(tmp_path / "out"), settings, EngineOptions(endpoints=(server[0].url,)))


def test_with_until_a_failed_response_is_unknown_and_comes_later(
    run: Once, server: tuple[Fake, Broken], tmp_path: Path
) -> None:
    """Sample 1 of each prompt is the correct one."""
    rule = ("--until", "1", "--round-size", "2")
    server[1].failing = {(4, 1), (5, 0)}
    code, summary, _ = run(*rule)
    assert code == 1 and summary["to_retry"] == 2
    drawn = [row["sample_index"] for row in rows(tmp_path / "out") if row["prompt_id"] == "p4"]
    assert drawn == [0, 2, 3]
    server[1].failing = set()
    code, summary, _ = run(*rule)
    assert code == 0 and summary["to_retry"] == summary["failed"] == 0
    made = rows(tmp_path / "out")
    assert len(made) == 9 * 2 + 4 and {r["verdict"] for r in made if r["sample_index"] == 1} == {"correct"}
