"""A hostile model folder ends a command with one line, within seconds, and nothing outside of it is touched."""

import json
import os
import random
from pathlib import Path

import pytest

from r1data.engines import model_checks
from r1data.engines.models import load_tokenizer
from r1data.engines.templates import render
from r1data.errors import UserError
from tests.hostile.models.builders import CANARY, DRY, FOLDERS, LOADS, READS, RENDERS, build
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
LOADED = 3
"""Commands that load a model, of those drawn without `HOSTILE=all`."""


def _cases() -> list[tuple[str, str]]:
    """A forecast of each folder that it reads, and a few commands that load; the same ones every time.

    With `HOSTILE=all` two forecasts and a command that loads, and two of those for folders that forecasts do not read.
    """
    draw = random.Random(12)
    whole = os.environ.get("HOSTILE") == "all"
    forecasts, loads = [], []
    for name, hostile in FOLDERS.items():
        is_read = hostile.commands == READS
        forecasts += [(name, command) for command in draw.sample(DRY, 2 if whole else 1) if is_read]
        commands = [command for command in hostile.commands if command in LOADS]
        loads += [(name, command) for command in draw.sample(commands, 1 if is_read else 2)]
    return forecasts + (loads if whole else draw.sample(loads, LOADED))


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
    says = FOLDERS[name].says
    assert_harmless(watched, codes=(0, 1) if says is None else (1,), payloads=[b"\x1b]0;", b"\x07"])
    assert not (work / CANARY).exists()
    if says is not None:
        assert says.lower() in watched.said.splitlines()[-1].lower()
        assert not (work / "o").exists() or not any((work / "o").glob("data/*"))


@pytest.mark.parametrize(
    "name", [name for name, hostile in FOLDERS.items() if hostile.commands in (LOADS, RENDERS)]
)
def test_a_tokenizer_or_template_ends(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_checks, "RENDER_SECONDS", 0.5)
    monkeypatch.setattr(model_checks, "LOAD_SECONDS", 2.0)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    folder = build(name, tmp_path / "model", tmp_path / "secret")
    is_model = name.startswith(("quantised", "code", "an unknown activation", "a type", "properties"))
    try:
        tokenizer = load_tokenizer(folder)
        render("chat", "1+1", None, tokenizer)
    except UserError as error:
        assert (FOLDERS[name].says or "") in str(error) and "\x1b" not in str(error)
    else:
        assert is_model, "nothing is said of it"
    assert not (tmp_path / CANARY).exists()
