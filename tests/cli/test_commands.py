"""The command line's manners: help for everything, one clear line for a mistake, data alone on stdout."""

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from r1data.cli import COMMANDS, console

from tests.conftest import R1, Run

ROOT = Path(__file__).parents[2]


def leaves(r1: Run) -> list[list[str]]:
    found = []
    for name, (module, _) in COMMANDS.items():
        loaded = importlib.import_module(f"r1data.cli.{module}")
        group = getattr(loaded, "group", None)
        found += [[name, c.name] for c in group.registered_commands] if group else [[name]]
    return found


def test_every_command_has_help_with_an_example_and_a_help_for_each_option(r1: Run) -> None:
    for command in leaves(r1):
        text = r1(*command, "--help", env={"COLUMNS": "200", "TERM": "dumb", "PATH": "/usr/bin"}).stdout
        assert f"r1 {' '.join(command)}" in text.split("Usage:")[1].split("\n", 1)[1], (
            f"{command}: no example"
        )
        for line in re.findall(r"^│ +(--\S+.*)│$", text, re.M):
            assert re.search(r"  \S+ +\S+ \S+|  \S.*\.", line), f"{command}: an option without help: {line}"


def test_every_command_stands_in_the_docs(r1: Run) -> None:
    docs = "\n".join(path.read_text() for path in (ROOT / "docs").glob("*.md"))
    for command in leaves(r1):
        assert f"`r1 {' '.join(command)}`" in docs or f"## r1 {' '.join(command)}" in docs, command


def test_help_imports_nothing_heavy() -> None:
    code = "import sys; from r1data.cli import app; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    heavy = {"torch", "transformers", "trl", "vllm", "pyarrow", "polars", "datasets", "numpy", "yaml", "ray"}
    assert not heavy & set(loaded)


def test_no_command_is_a_usage_error(r1: Run) -> None:
    assert r1("ingest").returncode == 2
    assert r1("dance").returncode == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("ingest", "nowhere.jsonl", "-o", "out"),
        ("inspect", "nowhere"),
        ("cat", "nowhere"),
        ("check", "nowhere"),
    ],
)
def test_a_mistake_gets_one_line_and_leaves_nothing(
    r1: Run, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    done = r1(*arguments, cwd=tmp_path)
    assert done.returncode == 1
    assert "nowhere" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_a_pipe_carries_references_and_an_end_line(r1: Run, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"prompt": "a"}\n{"prompt": "b"}\n')
    lines = r1("ingest", tmp_path / "rows.jsonl", "-o", tmp_path / "out").stdout.splitlines()
    assert json.loads(lines[0])["rows"] == 2
    assert json.loads(lines[-1])["end"] is True


def test_json_is_the_last_line_of_stderr_where_stdout_carries_shards(r1: Run, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"prompt": "a"}\n')
    done = r1("ingest", tmp_path / "rows.jsonl", "-o", tmp_path / "out", "--json")
    assert json.loads(done.stderr.splitlines()[-1])["rows"] == 1


def test_a_rerun_through_a_pipe_says_the_same(r1: Run, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"prompt": "a"}\n')
    first, second = (r1("ingest", tmp_path / "rows.jsonl", "-o", tmp_path / "out").stdout for _ in range(2))
    assert first == second


def test_cat_gives_rows_back(r1: Run, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"prompt": "你好"}\n{"prompt": "b"}\n')
    lines = r1("cat", tmp_path / "rows.jsonl", "-n", "1", "-c", "prompt").stdout.splitlines()
    assert [json.loads(line) for line in lines] == [{"prompt": "你好"}]


def test_cat_writes_an_arrow_stream(tmp_path: Path) -> None:
    import pyarrow as pa

    (tmp_path / "rows.jsonl").write_text('{"prompt": "a"}\n')
    command = [R1, "cat", tmp_path / "rows.jsonl", "--format", "arrow"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    assert pa.ipc.open_stream(raw).read_all()["prompt"].to_pylist() == ["a"]


def test_a_reader_that_leaves_early_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("".join(f'{{"prompt": "{n}"}}\n' for n in range(20_000)))
    done = subprocess.run(
        f"'{R1}' cat '{tmp_path}/rows.jsonl' | head -1", shell=True, capture_output=True, text=True
    )
    assert "Traceback" not in done.stderr


def test_inspect_shows_the_lineage(r1: Run, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"prompt": "a"}\n')
    r1("ingest", tmp_path / "rows.jsonl", "-o", tmp_path / "out")
    described = json.loads(r1("inspect", tmp_path / "out", "--json").stdout)
    assert [step.get("command") for step in described["lineage"]] == ["ingest", None]


def test_a_control_sequence_in_a_name_cannot_drive_the_terminal(r1: Run, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"prompt": "a", "domain": "\\u001b[31mred"}\n')
    r1("ingest", tmp_path / "rows.jsonl", "-o", tmp_path / "out")
    assert "\x1b[31m" not in r1("inspect", tmp_path / "out").stderr


def test_the_version_is_one_line(r1: Run) -> None:
    assert r1("--version").stdout == "r1 0.1.0\n"


def test_the_shell_completes_commands_and_options(r1: Run) -> None:
    # Asked for by name: `--show-completion` looks at the process above it, which under make is sh.
    assert "_R1_COMPLETE" in r1(env={"_R1_COMPLETE": "source_bash"}).stdout
    words = {"_R1_COMPLETE": "complete_bash", "COMP_WORDS": "r1 ingest --ma", "COMP_CWORD": "2"}
    assert r1(env=words).stdout.split() == ["--map"]


def test_a_summary_groups_digits_and_keeps_names_that_are_typed(capsys: pytest.CaptureFixture[str]) -> None:
    console.show(
        {"dropped_bad_format": 1, "dropped_kit_1:two_words": 2, "passes": 110_933.3, "rate": 0.12345}
    )
    assert [line.rsplit(maxsplit=1) for line in capsys.readouterr().err.splitlines()] == [
        ["  dropped bad format", "1"],
        ["  dropped kit_1:two_words", "2"],
        ["  passes", "110,933"],
        ["  rate", "0.1235"],
    ]
