"""Looking at rows and at what is being made, in a terminal and outside of one."""

import json
import os
import pty
import re
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from r1data.cli import app, watching
from typer.testing import CliRunner

from r1data.data.writer import Writer
from tests.conftest import R1
from tests.lineage.test_growth import samples, writer


def made(place: Path, *, complete: bool = True) -> Path:
    with writer(place) as out:
        out.publish("part-0", samples(0, "correct", "incorrect"))
        if complete:
            out.finish()
    return place


def test_watching_a_complete_dataset_says_it_once(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["inspect", str(made(tmp_path / "kept")), "--watch"])
    assert result.exit_code == 0
    assert len(result.stderr.splitlines()) == 1
    assert "2 rows" in result.stderr and "complete" in result.stderr


def test_watching_gives_an_object_for_each_change_and_ends_with_the_dataset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = made(tmp_path / "kept", complete=False)

    def grow(out: Writer) -> None:
        out.publish("part-1", samples(2, "correct"))

    changes = iter([lambda out: None, grow, lambda out: out.finish() and None])

    def sleep(seconds: float) -> None:
        with writer(place) as out:
            out.has("part-0")
            out.has("part-1")
            next(changes)(out)

    monkeypatch.setattr(watching.time, "sleep", sleep)
    result = CliRunner().invoke(app, ["inspect", str(place), "--watch", "--json"])
    objects = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(each["rows"], each["complete"]) for each in objects] == [(2, False), (3, False), (3, True)]


@pytest.mark.parametrize("terminal", [False, True], ids=["file", "terminal"])
def test_ctrl_c_ends_a_watch_with_130_and_one_line(tmp_path: Path, terminal: bool) -> None:
    place = made(tmp_path / "kept", complete=False)
    master, slave = pty.openpty()
    stderr = slave if terminal else subprocess.PIPE
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    process = subprocess.Popen(
        [R1, "inspect", place, "--watch", "--every", "0.2"], stderr=stderr, stdin=slave, env=environment
    )
    os.close(slave)
    reader = master if terminal else process.stderr.fileno()  # type: ignore[union-attr]
    seen = b""
    while b"not complete" not in seen:
        seen += os.read(reader, 4096)
    process.send_signal(signal.SIGINT)
    while b"interrupted" not in seen:
        seen += os.read(reader, 4096)
    assert process.wait() == 130
    seen += b"" if terminal else process.stderr.read()  # type: ignore[union-attr]
    os.close(master)
    assert b"Traceback" not in seen
    assert seen.count(b"r1: interrupted; watching changes nothing") == 1


def test_a_place_where_nothing_is_and_a_failed_recipe_end_with_one_line(tmp_path: Path) -> None:
    from tests.recipe.report.test_following import make_run, step

    folder = make_run(tmp_path / "run", pool=step("ingest", 3))
    for place, message in ((folder, "exit code 3"), (tmp_path / "nowhere", "nothing is there yet")):
        done = subprocess.run([R1, "inspect", place, "--watch"], capture_output=True, text=True)
        assert done.returncode == 1
        assert message in done.stderr.splitlines()[-1]


def test_a_runs_folder_without_watch_is_told_what_to_add(tmp_path: Path) -> None:
    from tests.recipe.report.test_following import make_run

    result = CliRunner().invoke(app, ["inspect", str(make_run(tmp_path / "run"))])
    assert "add --watch" in str(result.exception)


def rows(folder: Path, *rows: Mapping[str, object]) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def pretty(*arguments: object, **environment: str) -> str:
    result = CliRunner(env=environment).invoke(app, ["cat", *map(str, arguments), "--pretty"])
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_a_row_is_read_as_prompt_thoughts_answer_and_verdict(tmp_path: Path) -> None:
    row = {
        "prompt": "2 + 2?", "response": "<think>Two and two.</think>It is 4.", "prompt_id": "sum", "truth": "4",
        "verdict": "incorrect", "extracted": "5", "drop_reasons": ["incorrect", "repetition"],
    }  # fmt: skip
    text = pretty(rows(tmp_path, row))
    parts = [
        "── sum/0 ",
        "prompt\n  2 + 2?",
        "thoughts\n  Two and two.",
        "answer\n  It is 4.",
        "verdict incorrect",
    ]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert "extracted 5 · truth 4" in text
    assert "dropped: incorrect, repetition" in text
    assert "\x1b" not in text


def test_long_text_is_wrapped_to_the_width_and_none_is_lost(tmp_path: Path) -> None:
    words = [f"word{number}" for number in range(300)] + ["x" * 500, "四" * 90]
    text = pretty(rows(tmp_path, {"prompt": " ".join(words)}), COLUMNS="70")
    from rich.cells import cell_len

    assert all(cell_len(line) <= 70 for line in text.split("\n"))
    assert re.sub(r"\s", "", " ".join(words)) in re.sub(r"\s", "", text)


def test_messages_of_an_sft_set_and_chosen_columns_are_shown(tmp_path: Path) -> None:
    messages = [
        {"role": "user", "content": "Why?"},
        {"role": "assistant", "content": "<think>\nHm.\n</think>\n\nSo."},
    ]
    text = pretty(rows(tmp_path, {"prompt": "Why?", "messages": messages, "own": "mine"}))
    assert "user\n  Why?\nthoughts\n  Hm.\nanswer\n  So." in text
    assert "thoughts" not in pretty(tmp_path / "rows.jsonl", "-c", "own")


def test_pretty_text_is_no_arrow_stream(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["cat", "x.jsonl", "--pretty", "--format", "arrow"])
    assert result.exit_code == 1
    assert "leave one of them out" in str(result.exception)


def test_colours_are_for_a_terminal_without_no_color(tmp_path: Path) -> None:
    place = rows(tmp_path, {"prompt": "2 + 2?", "response": "<think>Hm.</think>4"})
    for no_color in ("", "1"):
        master, slave = pty.openpty()
        environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80"}
        environment |= {"NO_COLOR": no_color} if no_color else {}
        process = subprocess.Popen([R1, "cat", place, "--pretty"], stdout=slave, env=environment)
        os.close(slave)
        seen = b""
        while True:
            try:
                piece = os.read(master, 4096)
            except OSError:
                break
            if not piece:
                break
            seen += piece
        process.wait()
        os.close(master)
        assert b"Hm." in seen
        assert (b"\x1b[36m" in seen) == (not no_color)
