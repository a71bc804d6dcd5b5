"""The watch sees what a command does, and harmless commands pass."""

import json
import os
from pathlib import Path

import pytest

from tests.hostile.watch import assert_harmless, faults, watch


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "rows.jsonl").write_text(json.dumps({"prompt": "1+1?", "truth": "2", "response": "2"}) + "\n")
    (folder / "prompts.jsonl").write_text(json.dumps({"prompt": "1+1?", "truth": "2"}) + "\n")
    return folder


@pytest.mark.parametrize("fresh", [False, True], ids=["forked", "fresh"])
def test_an_honest_command_is_harmless(folder: Path, fresh: bool) -> None:
    watched = watch(["ingest", "rows.jsonl", "-o", "out", "--workers", "1"], folder, fresh=fresh)
    assert_harmless(watched, codes=[0])
    assert watched.memory > 1 << 20 and (folder / "out").is_dir()


def test_a_mistake_is_one_line(folder: Path) -> None:
    watched = watch(["cat", "nothing"], folder)
    assert_harmless(watched, codes=[1])


def test_reading_a_canary_is_seen(folder: Path, tmp_path: Path) -> None:
    canary = tmp_path / "secret.jsonl"
    canary.write_text((folder / "rows.jsonl").read_text())
    watched = watch(["cat", canary], folder, canaries=[canary])
    assert f"opened {canary}" in watched.read


@pytest.mark.parametrize("strace", [False, True], ids=["hook", "strace"])
def test_writing_elsewhere_is_seen(folder: Path, tmp_path: Path, strace: bool) -> None:
    line = ["ingest", "rows.jsonl", "-o", tmp_path / "elsewhere", "--workers", "1"]
    watched = watch(line, folder, strace=strace, limit=60.0)
    assert any(act.startswith(f"write {tmp_path}/elsewhere/") for act in watched.touched)
    assert any(act.startswith(f"remove {tmp_path}/elsewhere/") for act in watched.touched)


def test_connecting_off_this_machine_is_seen(folder: Path) -> None:
    server = [
        "--model",
        "m",
        "--engine",
        "openai",
        "--endpoint",
        "http://192.0.2.1:9",
        "--template",
        "server",
    ]
    watched = watch(["sample", "prompts.jsonl", "-o", "out", *server], folder, limit=3.0)
    assert "192.0.2.1" in watched.connections


def test_a_hang_is_ended(folder: Path) -> None:
    os.mkfifo(folder / "never.jsonl")
    watched = watch(["cat", "never.jsonl"], folder, limit=1.0)
    assert watched.ended in ("time", "")
    assert not watched.left


def test_too_much_memory_is_ended(folder: Path) -> None:
    watched = watch(["ingest", "rows.jsonl", "-o", "out"], folder, memory=1 << 19)
    assert watched.ended == "memory"
    assert any("killed for its memory" in fault for fault in faults(watched, (0,), (), True))


def test_a_terminal_shows_what_a_user_sees(folder: Path) -> None:
    watched = watch(["ingest", "rows.jsonl", "-o", "out"], folder, terminal=True)
    assert b"rows" in watched.stderr
    assert_harmless(watched, codes=[0])


@pytest.mark.parametrize("text", ["\x1b]0;title\x07", "\u202e", "\u200b", "\udc9b", "\x9b31m", "\U000e0041"])
def test_characters_that_do_not_show_are_faults(folder: Path, text: str) -> None:
    watched = watch(["cat", "rows.jsonl"], folder)
    watched.stdout += text.encode(errors="surrogateescape")
    assert list(faults(watched, (0,), (), True))
