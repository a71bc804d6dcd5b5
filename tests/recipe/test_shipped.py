"""Every shipped recipe is sound against the commands as they are, and the docs' example too."""

import re
from pathlib import Path

import pytest
import r1data.cli
from r1data.cli.signatures import signatures

from r1data.data.resources import resource
from r1data.recipe.load import load
from r1data.recipe.plan import RecipePlan, build

SHIPPED = sorted(resource("recipes").glob("*.yaml"))
ROOT = Path(__file__).parents[2]


def planned(path: Path) -> RecipePlan:
    recipe = load(path)
    commands = {n: c for n, c in signatures(r1data.cli.app).items() if c.output_kind != "nothing"}
    return build(recipe, commands, Path("runs") / recipe.name, recipe.seed)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_recipe_is_sound(path: Path) -> None:
    plan = planned(path)
    assert plan.recipe.name == path.stem
    assert plan.recipe.description and plan.report


def test_the_readme_lists_every_recipe() -> None:
    text = (resource("recipes") / "README.md").read_text()
    assert all(f"`{path.stem}`" in text for path in SHIPPED)


def test_the_example_of_the_docs_is_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("more.jsonl").touch()
    example = re.search(r"```yaml\n(.*?)```", (ROOT / "docs/recipes.md").read_text(), re.S)
    assert example
    Path("small.yaml").write_text(example[1])
    assert [step.name for step in planned(Path("small.yaml")).steps] == [
        "samples",
        "kept",
        "sft",
        "actor",
        "eval-actor",
    ]


def test_what_is_imported_ahead_exists() -> None:
    modules = re.findall(r'"(r1data\.[\w.]+)"', (ROOT / "r1data/recipe/preload.py").read_text())
    assert len(modules) >= 3
    assert all((ROOT / f"{module.replace('.', '/')}.py").is_file() for module in modules)


def test_only_commands_that_make_something_are_steps() -> None:
    commands = {n: c.output_kind for n, c in signatures(r1data.cli.app).items()}
    assert commands["sample"] == commands["eval"] == "dataset"
    assert commands["train-sft"] == commands["train-grpo"] == commands["distill"] == "model"
    assert commands["run"] == commands["report"] == commands["inspect"] == "nothing"


PAPER = {
    "lr": "3e-6",
    "beta": "0.001",
    "epsilon": "10",
    "temperature": "1.0",
    "generations": "16",
    "prompts_per_step": "32",
    "steps_per_rollout": "16",
    "max_tokens": "32768",
    "sync_ref_steps": "400",
}
"""Settings of the paper's reinforcement learning, R1 2.2 and App."""


@pytest.mark.parametrize(
    ("recipe", "others"),
    [
        ("0-r1-zero", {"steps": "10400", "max_tokens_later": "65536@8200", "template": "r1-zero"}),
        ("2-reasoning-rl", {"template": "chat"}),
        (
            "4-all-scenarios",
            {"steps": "1700", "general_steps": "400", "temperature": "0.7", "template": "chat"},
        ),
    ],
)
def test_reinforcement_learning_has_the_papers_settings(recipe: str, others: dict[str, str]) -> None:
    (step,) = (
        one for one in planned(resource("recipes") / f"{recipe}.yaml").steps if one.command == "train-grpo"
    )
    words = step.arguments
    for name, value in {**PAPER, **others}.items():
        flag = "--" + name.replace("_", "-")
        assert words[words.index(flag) + 1] == value, name
