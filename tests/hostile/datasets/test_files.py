"""A plain file from a stranger: every command that reads it ends soon, in one line, and touches nothing else."""

import os
import random
from pathlib import Path

import pytest

from tests.hostile.datasets.files import FILES
from tests.hostile.watch import GIB, assert_harmless, watch

COMMANDS = (
    ["ingest", "FILE", "-o", "out", "--workers", "1"],
    ["cat", "FILE", "-n", "2"],
    ["filter", "FILE", "-o", "out", "--workers", "1"],
    ["inspect", "FILE"],
    ["check", "FILE"],
    ["why", "p000", "FILE"],
)
EVERYTHING = os.environ.get("HOSTILE") == "all"
PAIRS = [(name, command) for name in FILES for command in COMMANDS[: None if EVERYTHING else 2]]
DRAWN = PAIRS if EVERYTHING else random.Random(12).sample(PAIRS, 24)
MEMORY = GIB + GIB // 2
"""Bytes that a command may take at a hostile Parquet file, as `tests.data.test_parquet` has it."""


@pytest.mark.parametrize(("name", "command"), DRAWN, ids=[f"{name}-{command[0]}" for name, command in DRAWN])
def test_a_hostile_file_harms_only_itself(name: str, command: list[str], tmp_path: Path) -> None:
    victim, folder = tmp_path / "victim", tmp_path / "here"
    for place in (victim, folder):
        place.mkdir()
    (victim / "secret.txt").write_text("theirs")
    file = FILES[name](folder)
    watched = watch(
        [file if word == "FILE" else word for word in command], folder, memory=MEMORY, canaries=[victim]
    )
    assert_harmless(watched)
    if command[0] == "ingest" and watched.code == 0:
        assert_harmless(watch(["cat", "out", "-n", "5"], folder, memory=MEMORY), codes=[0])
