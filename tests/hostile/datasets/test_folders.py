"""A dataset folder from a stranger: every command that reads it ends soon, in one line, and touches nothing else."""

import os
import random
import shutil
from pathlib import Path

import pytest

from tests.hostile.datasets.folders import FOLDERS
from tests.hostile.watch import GIB, assert_harmless, watch
from tests.lineage import datasets

COMMANDS = (
    ["check", "dataset", "--workers", "1"],
    ["check", "dataset", "--repair", "--workers", "1"],
    ["inspect", "dataset"],
    ["why", "p000", "dataset"],
    ["cat", "dataset", "-n", "2"],
    ["gc", "dataset", "--older-than", "0"],
    ["filter", "dataset", "-o", "out", "--workers", "1"],
    ["push", "dataset", "./copy"],
)
SECRET = "what-only-its-owner-knows"
EVERYTHING = os.environ.get("HOSTILE") == "all"
PAIRS = [(name, command) for name in FOLDERS for command in COMMANDS]
ALWAYS = [
    (name, command)
    for name, command in PAIRS
    if (name, command[0])
    in (
        ("data_is_a_link", "gc"),
        ("scratch_is_a_link", "gc"),
        ("dot_r1_is_a_link", "gc"),
        ("a_commit_of_the_highest_number", "check"),
        ("a_parent_that_is_the_victim", "check"),
        ("a_parent_that_is_a_pipe", "inspect"),
    )
]
DRAWN = PAIRS if EVERYTHING else ALWAYS + random.Random(12).sample(PAIRS, 16)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return datasets.make(tmp_path_factory.mktemp("good"))


@pytest.fixture
def victim(tmp_path: Path, good: Path) -> Path:
    """Somebody else's folder, with what a command could want to read or remove."""
    victim = tmp_path / "theirs" / "victim"
    victim.mkdir(parents=True)
    (victim / "secret.txt").write_text(SECRET)
    shutil.copy(good.parent / "rows.jsonl", victim)
    shutil.copytree(good, victim / "dataset")
    return victim


@pytest.mark.parametrize(("name", "command"), DRAWN, ids=[f"{name}-{command[0]}" for name, command in DRAWN])
def test_a_hostile_folder_harms_only_itself(
    name: str, command: list[str], good: Path, victim: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "mine" / "here"
    dataset = shutil.copytree(good, folder / "dataset")
    FOLDERS[name](dataset, victim)
    before = datasets.files(victim)
    watched = watch(command, folder, memory=GIB, canaries=[victim])
    assert_harmless(watched, payloads=[SECRET.encode()])
    assert datasets.files(victim) == before
