"""`r1 run` and `r1 report` from outside: a plan that writes nothing, one line for a mistake, a run of real commands."""

import json
import os
from collections.abc import Callable
from pathlib import Path

from tests.conftest import Run

RECIPE = """\
name: small
steps:
  - ingest: {as: samples, input: %s, set: {verifier: exact}}
  - verify: {as: verified, input: "${samples}"}
  - filter: {as: kept, input: "${verified}", dropped: "${run}/dropped", workers: 1}
"""


def test_a_recipe_of_real_commands(r1: Run, write_jsonl: Callable[..., Path], tmp_path: Path) -> None:
    rows = [
        {"prompt": f"{i}+1?", "truth": str(i + 1), "response": f"<think>add one</think>{i + i % 2}"}
        for i in range(6)
    ]
    path = tmp_path / "small.yaml"
    path.write_text(RECIPE % write_jsonl(rows))
    planned = r1("run", path, "--dry-run", cwd=tmp_path)
    assert planned.returncode == 0 and "[2/3] verified: to do" in planned.stderr
    assert not (tmp_path / "runs").exists()
    done = r1("run", path, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["seconds"].keys() == {"samples", "verified", "kept"}
    page = r1("report", "runs/small", "-o", "page.html", cwd=tmp_path)
    assert page.returncode == 0 and (tmp_path / "page.html").stat().st_size > 5_000


def test_mistakes_are_one_line(r1: Run, tmp_path: Path) -> None:
    (tmp_path / "dance.yaml").write_text("steps:\n  - dance: {}\n")
    for arguments, said in (
        (("run", "dance.yaml"), 'dance.yaml:2: step "dance": unknown command "dance"'),
        (("run", "nowhere.yaml"), "nowhere.yaml: cannot be read"),
        (("report", "nowhere"), "nowhere: no run here"),
    ):
        done = r1(*arguments, cwd=tmp_path)
        assert done.returncode == 1 and said in done.stderr
        assert done.stderr.count("\n") == 1 and not done.stdout
    assert sorted(p.name for p in tmp_path.iterdir()) == ["dance.yaml"]


def test_a_folder_for_sockets_with_too_long_a_path_is_named(
    r1: Run, write_jsonl: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "small.yaml").write_text(
        RECIPE % write_jsonl([{"prompt": "1+1?", "response": "2", "truth": "2"}])
    )
    long = tmp_path / ("x" * 100)
    long.mkdir()
    done = r1("run", "small.yaml", cwd=tmp_path, env={**os.environ, "TMPDIR": str(long)})
    if Path("/dev/nvidiactl").exists():
        assert done.returncode == 0  # children start from nothing there
    else:
        assert done.returncode == 1 and "set TMPDIR to a shorter one" in done.stderr
