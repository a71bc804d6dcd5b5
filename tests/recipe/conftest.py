"""A recipe written as text, planned against the small command line of `recipe_fakes`."""

from pathlib import Path

import pytest
from r1data.cli.signatures import FINDERS, signatures

from r1data.engines.models import resolve_model
from r1data.recipe.load import load
from r1data.recipe.plan import RecipePlan, build
from tests.recipe import recipe_fakes
from tests.recipe.recipe_fakes import Planner


def _shipped_or_real(name: str) -> object:
    return name if name.startswith("miniature:") else resolve_model(name)


@pytest.fixture
def planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Planner:
    """text of a recipe → its plan, the run's folder being `tmp_path/run`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RECIPE_DIARY", str(tmp_path / "diary"))
    (tmp_path / "data.jsonl").write_text("{}\n")
    monkeypatch.setitem(FINDERS, "MODEL", _shipped_or_real)
    commands = signatures(recipe_fakes.app)

    def plan(text: str, *overrides: str, seed: int | None = None) -> RecipePlan:
        path = Path("recipe.yaml")
        path.write_text(text)
        recipe = load(path, overrides)
        return build(recipe, commands, Path("run"), recipe.seed if seed is None else seed)

    return plan
