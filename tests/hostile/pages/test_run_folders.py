"""`r1 report` and `r1 run -o` on a run's folder from a stranger: one line, no link followed, no pipe waited for."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hostile.sampled import sampled
from tests.hostile.watch import assert_harmless, watch
from tests.recipe.report.report_fakes import make_run

MEMORY = 512 << 20
Spoil = Callable[[Path, Path], None]


def link(name: str) -> Spoil:
    """Replaces something of the run by a link to something of the user's."""

    def spoil(run: Path, mine: Path) -> None:
        path = run / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        path.symlink_to(mine)

    return spoil


def pipe(name: str) -> Spoil:
    def spoil(run: Path, mine: Path) -> None:
        (run / name).unlink(missing_ok=True)
        os.mkfifo(run / name)

    return spoil


def record(**changes: object) -> Spoil:
    """Changes the record's step `r1-zero`."""

    def spoil(run: Path, mine: Path) -> None:
        content = json.loads((run / "run.json").read_text())
        content["steps"]["r1-zero"] |= {
            key: str(mine) if value is ... else value for key, value in changes.items()
        }
        (run / "run.json").write_text(json.dumps(content))

    return spoil


def content(name: str, text: str) -> Spoil:
    return lambda run, mine: (run / name).write_text(text) and None


def roles(count: int, steps: list[str]) -> Spoil:
    """A record whose report has many roles, each with the same steps, and their trainings too."""

    def spoil(run: Path, mine: Path) -> None:
        content = json.loads((run / "run.json").read_text())
        content["report"] = {f"role{i}": steps for i in range(count)}
        content["recipe"]["trainings"] = {f"role{i}": ["r1-zero"] * len(steps) for i in range(count)}
        (run / "run.json").write_text(json.dumps(content))

    return spoil


def logged(steps: int, others: int = 0) -> Spoil:
    """A training's log, each step with so many numbers that no figure shows."""
    line = '{"step": %d, "reward": 1, "completions/mean_length": %d, "r1/accuracy": 0.5'
    line += "".join(f', "other {i}": {i}.5' for i in range(others)) + "}\n"
    return content("r1-zero/metrics.jsonl", "".join(line % (i, i % 7) for i in range(steps)))


REFUSED: dict[str, Spoil] = {
    "record is a link": link("run.json"),
    "record is a pipe": pipe("run.json"),
    "record is a link to zeros": lambda run, mine: link("run.json")(run, Path("/dev/zero")),
    "record nests": content("run.json", "[" * 1_000_000),
    "record of 9 MB": content("run.json", " " * 9_000_000),
    "record with a huge number": content("run.json", '{"seed": ' + "9" * 4_000 + "}"),
    "metrics are a link": link("r1-zero/metrics.jsonl"),
    "metrics are a pipe": pipe("r1-zero/metrics.jsonl"),
    "metrics are one long line": content(
        "r1-zero/metrics.jsonl", '{"step": 1' + "".join(f', "{i}": 1' for i in range(200_000)) + "}"
    ),
    "metrics nest": content("r1-zero/metrics.jsonl", "[" * 1_000_000),
    "training is a link": link("r1-zero"),
    "evaluation is a link": link("eval-base"),
    "output is elsewhere": record(output=...),
    "output climbs": record(output="${run}/../mine"),
    "output is the run": record(output="${run}"),
    "output is a server": record(output="s3://evil/x"),
    "attempts are markup": record(attempts="<script>alert(1)</script>"),
    "exit is markup": record(exit="<script>alert(1)</script>"),
    "report has 20,000 roles": roles(20_000, ["eval-base"]),
    "training logged for ever": logged(200_001),
    "page is a folder": lambda run, mine: (run / "report.html").mkdir(),
}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis").write_text("years")
    return make_run(tmp_path / "inside" / "run", problems=2, samples=2)


@pytest.mark.parametrize("name", sampled(sorted(REFUSED), 6))
def test_a_report_of_it_is_one_line(name: str, run: Path, tmp_path: Path) -> None:
    REFUSED[name](run, tmp_path / "mine")
    watched = watch(["report", "run"], run.parent, canaries=[tmp_path / "mine"], memory=MEMORY)
    assert_harmless(watched, codes=(1,))


@pytest.mark.parametrize(
    "spoil",
    [roles(400, ["eval-base"] * 5), logged(20_000), logged(100_000, 50)],
    ids=["roles", "steps", "numbers"],
)
def test_a_long_record_costs_a_page_no_more_than_its_length(spoil: Spoil, run: Path, tmp_path: Path) -> None:
    # 180 evaluations and 20,000 logged steps took half a minute each: every name was read again, every window anew
    spoil(run, tmp_path / "mine")
    watched = watch(["report", "run"], run.parent, canaries=[tmp_path / "mine"], memory=MEMORY)
    assert_harmless(watched, codes=(0,))


@pytest.mark.parametrize("name", ["report.html", ".report.html.tmp"])
def test_a_page_is_not_written_through_a_link(name: str, run: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine" / "thesis"
    (run / name).symlink_to(mine)
    watched = watch(["report", "run"], run.parent, canaries=[tmp_path / "mine"], memory=MEMORY)
    assert_harmless(watched, codes=(0,))
    assert mine.read_text() == "years" and "<h1>" in (run / "report.html").read_text()


@pytest.mark.parametrize("name", [".lock", "rows", "run.json"])
def test_a_run_is_not_continued_through_a_link(name: str, tmp_path: Path) -> None:
    inside, mine = tmp_path / "inside", tmp_path / "mine"
    (inside / "run").mkdir(parents=True)
    mine.mkdir()
    (inside / "rows.jsonl").write_text(json.dumps({"prompt": "1 + 1 = ?"}) + "\n")
    (inside / "recipe.yaml").write_text("steps:\n  - ingest: {as: rows, input: rows.jsonl}\n")
    (inside / "run" / name).symlink_to(mine if name == "rows" else mine / "new")
    watched = watch(["run", "recipe.yaml", "-o", "run"], inside, canaries=[mine], memory=MEMORY)
    assert_harmless(watched, codes=(1,))
    assert not list(mine.iterdir())
