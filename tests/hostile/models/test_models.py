"""A hostile model folder ends a command with one line, within seconds, and nothing outside of it is touched."""

import json
import os
import random
from pathlib import Path

import pytest

from tests.hostile.models.builders import CANARY, FOLDERS, build
from tests.hostile.watch import GIB, assert_harmless, watch

MEMORY = 4 * GIB
"""What a command may hold: libraries take one, the worker that tries templates and tokenizers two at most."""
PROMPTS = [{"prompt": "1+1", "truth": "2", "verifier": "math"}] * 2
TURNS = [{"role": "user", "content": "1+1"}, {"role": "assistant", "content": "2"}]
WORDS = {
    "sample": "sample p.jsonl -o o --model model --engine transformers --max-tokens 4 -n 1",
    "train-sft": "train-sft c.jsonl -o o --model model --batch-size 1",
    "train-grpo": "train-grpo p.jsonl -o o --model model --template chat --steps 1",
    "distill": "distill c.jsonl -o o --student model --batch-size 1",
    "eval": "eval p.jsonl -o o --model model --engine transformers --max-tokens 4 -k 1",
}
EVERY = [(name, command) for name, hostile in FOLDERS.items() for command in hostile.commands]
"""`make hostile` runs all; else a command or two for each folder, the same ones every time."""


def _cases() -> list[tuple[str, str]]:
    if os.environ.get("HOSTILE") == "all":
        return EVERY
    draw = random.Random(12)
    return [(name, draw.choice(hostile.commands)) for name, hostile in FOLDERS.items()]


@pytest.mark.parametrize(("name", "command"), _cases())
def test_a_hostile_folder_is_one_line(name: str, command: str, tmp_path: Path) -> None:
    work, secret = tmp_path / "work", tmp_path / "work" / "secret"
    work.mkdir()
    model = build(name, work / "model", secret)
    path = model / "snapshots" / "0" if (model / "snapshots").is_dir() else model
    (work / "p.jsonl").write_text("".join(json.dumps(row) + "\n" for row in PROMPTS))
    (work / "c.jsonl").write_text(json.dumps({"messages": TURNS, "split": "train"}) + "\n")
    verb, *dry = command.split(" ")
    words = [str(path) if word == "model" else word for word in WORDS[verb].split()]
    watched = watch([*words, *dry], work, memory=MEMORY, canaries=[secret])
    assert_harmless(watched, codes=(1,), payloads=[b"\x1b]0;", b"\x07"])
    assert FOLDERS[name].says in watched.said.splitlines()[-1]
    assert not (work / CANARY).exists()
    assert not (work / "o").exists() or not any((work / "o").glob("data/*"))
