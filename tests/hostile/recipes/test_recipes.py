"""A hostile recipe is one line from `r1 run --dry-run`, `r1 plan` and `r1 run`; nothing outside its run is touched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.hostile.recipes.samples import HARMLESS, REFUSED
from tests.hostile.sampled import sampled
from tests.hostile.watch import assert_harmless, watch

ROW = {
    "prompt_id": "p",
    "prompt": "1 + 1 = ?",
    "truth": "2",
    "response": "<think>a</think>2",
    "verifier": "math",
}
MEMORY = 512 << 20
COMMANDS = {
    "dry run": ["run", "recipe.yaml", "--dry-run"],
    "plan": ["plan", "recipe.yaml", "--pilot", "rows.jsonl"],
    "run": ["run", "recipe.yaml"],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "rows.jsonl").write_text(json.dumps(ROW) + "\n")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    return inside


def _write(folder: Path, content: str | bytes) -> None:
    (folder / "recipe.yaml").write_bytes(
        content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    )


@pytest.mark.parametrize("name", sampled(sorted(REFUSED), 12))
def test_a_recipe_that_is_none_is_one_line(name: str, folder: Path) -> None:
    _write(folder, REFUSED[name]())
    for command in COMMANDS.values():
        watched = watch(command, folder, canaries=[folder.parent / "outside"], memory=MEMORY)
        assert_harmless(watched, codes=(1, 2))
        assert len(watched.stderr) < 4_000
        assert not watched.started
        assert sorted(path.name for path in folder.iterdir()) == ["recipe.yaml", "rows.jsonl"]


@pytest.mark.parametrize("name", HARMLESS)
def test_texts_of_a_recipe_are_only_texts(name: str, folder: Path) -> None:
    _write(folder, HARMLESS[name]())
    for kind in ("dry run", "run"):
        watched = watch(COMMANDS[kind], folder, canaries=[folder.parent / "outside"], memory=MEMORY)
        assert_harmless(watched, codes=(0,))
    assert sorted(path.name for path in folder.iterdir()) == ["recipe.yaml", "rows.jsonl", "runs"]
    assert not list(folder.rglob("*pwned*"))
