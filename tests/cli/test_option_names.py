"""Old names of options: they go on working on a command line, in a recipe and in the record of a run, with a note."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer.main
from r1data.cli import app, invoke

from r1data.data.option_names import RENAMED, new_words
from r1data.errors import UserError
from r1data.recipe import record
from r1data.recipe.load import load

ROWS = [
    {
        "prompt_id": "a",
        "prompt": "1+1?",
        "truth": "2",
        "response": "<think>\n2\n</think>\n\n2",
        "verdict": "correct",
    }
]
RECIPE = """
defaults:
  build: {near: 0.8}
steps:
  - build: {as: sft, input: kept, policy: shortest}
"""


def commands() -> dict[str, Any]:
    leaves: dict[str, Any] = {}
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        for inner, leaf in getattr(command, "commands", {"": command}).items():
            leaves[f"{name} {inner}".strip()] = leaf
    return leaves


def flags() -> set[str]:
    return {flag for leaf in commands().values() for option in leaf.params for flag in option.opts}


def test_no_command_has_an_option_of_an_old_name() -> None:
    assert not flags() & set(RENAMED)


def test_every_new_name_is_an_option() -> None:
    assert set(RENAMED.values()) <= flags()


def test_an_old_name_works_and_says_the_new_one(
    tmp_path: Path, write_jsonl: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["build", str(write_jsonl(ROWS)), "-o", str(tmp_path / "out"), "--dry-run", "--near", "0.8"]
    assert invoke(line) == 0
    said = capsys.readouterr().err
    assert "r1: --near is now --dedup-threshold; the old name works until the next release" in said


def test_words_behind_the_dashes_are_no_options() -> None:
    assert new_words(["--near=0.8", "--", "--by"]) == (["--dedup-threshold=0.8", "--", "--by"], ["--near"])


def test_a_recipe_may_use_old_names(tmp_path: Path) -> None:
    path = tmp_path / "old.yaml"
    path.write_text(RECIPE)
    recipe = load(path, ["sft.near=0.9"])
    options = {key: node.text for key, node in recipe.steps[0].options.items()}  # type: ignore[union-attr]
    assert options == {"input": "kept", "selection": "shortest", "dedup-threshold": "0.9"}
    assert recipe.old_names == ("policy", "near")


def test_a_recipe_says_its_old_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "old.yaml").write_text(RECIPE.replace("kept", str(tmp_path)))
    invoke(["run", str(tmp_path / "old.yaml"), "--dry-run", "-o", str(tmp_path / "run")])
    said = capsys.readouterr().err
    assert "policy is now selection" in said
    assert "--selection shortest" in said


def test_an_option_by_both_names_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "both.yaml"
    path.write_text("steps:\n  - build: {input: kept, policy: all, selection: all}\n")
    with pytest.raises(UserError, match='"policy" is an old name of "selection"'):
        load(path)


def test_a_run_of_an_earlier_release_goes_on(tmp_path: Path) -> None:
    step = {
        "command": "build",
        "arguments": ["build", "x", "--policy", "all"],
        "output": None,
        "inputs": {},
        "started": "",
    }
    # what every release has written of a recipe; `trainings` came later
    recipe = {"name": "old", "description": "", "path": "old.yaml", "order": ["sft"]}
    facts = {"recipe": recipe, "seed": 1, "report": {}, "versions": {}, "machine": {}, "steps": {"sft": step}}
    (tmp_path / record.FILE).write_text(json.dumps(facts))
    read = record.read(tmp_path)
    assert read is not None
    assert read.steps["sft"].arguments == ["build", "x", "--selection", "all"]
