"""The command lines of an ablation: a recipe of its own, made of the steps of the one that is examined.

Every arm has copies of the chain's steps. A copy keeps the options and the seed of its model, so that arms differ in
nothing but the filters; only a training's seed is the one asked for, and its batch follows the arm's rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from r1data.recipe.ablation.arms import Arm
from r1data.recipe.ablation.chain import Chain
from r1data.recipe.ablation.rows import Batches
from r1data.recipe.load import Recipe, RecipeStep, RequiredInput
from r1data.recipe.nodes import Items, Node, Text
from r1data.recipe.nodes import Mapping as MappingNode
from r1data.recipe.plan import PlannedStep
from r1data.recipe.step_options import REFERENCE

BESIDE = ("dropped", "scratch")
"""Options that name a second output, which is the arm's own."""


def filter_name(arm: Arm) -> str:
    return f"{arm.name}.filter"


def build_name(arm: Arm) -> str:
    return f"{arm.name}.build"


def rows_name(arm: Arm, seed: int) -> str:
    return f"{arm.name}.seed-{seed}.rows"


def train_name(arm: Arm, seed: int) -> str:
    return f"{arm.name}.seed-{seed}.train"


def eval_name(arm: Arm, seed: int) -> str:
    return f"{arm.name}.seed-{seed}.eval"


@dataclass(frozen=True)
class ArmSteps:
    """Writes the steps of an ablation's recipe. `reused` is a finished run whose outputs stand for the steps before."""

    recipe: Recipe
    chain: Chain
    before: tuple[PlannedStep, ...]
    folder: Path
    reused: Path | None = None

    def recipe_of(self, steps: Iterable[RecipeStep], rows: Iterable[str] = ()) -> Recipe:
        """The recipe of the steps before, and these; `rows` are datasets in the folder that they read."""
        before = [] if self.reused else [self._written(step.name) for step in self.before]
        steps = (*before, *steps)
        inputs = dict(self.recipe.inputs)
        if self.reused:
            held = f"what `r1 run` of {self.recipe.path} makes"
            inputs |= {
                step.name: RequiredInput(str(self.reused / step.name), held, 1) for step in self.before
            }
        inputs |= {name: RequiredInput(str(self.folder / name), "an arm's rows", 1) for name in rows}
        read = {name for step in steps for node in step.options.values() for name in references(node)}
        return replace(
            self.recipe,
            name=f"{self.recipe.name}-ablation"[:64],
            steps=steps,
            inputs={name: supply for name, supply in inputs.items() if name in read},
            report={},
        )

    def filter(self, arm: Arm) -> RecipeStep:
        step = self.chain.filter
        skip = Items(tuple(Text(name, 1) for name in arm.options.skip), 1)
        changes = {
            "verdict": Text(arm.options.verdict, 1),
            "skip": skip if skip.values else None,
            "dropped": Text(f"${{run}}/{arm.name}.dropped", 1),
        }
        return self._copy(step, filter_name(arm), arm.name, {}, changes)

    def build(self, arm: Arm) -> RecipeStep:
        names = {self.chain.filter.name: filter_name(arm)}
        return self._copy(self.chain.build, build_name(arm), f"{arm.name}.build", names, {})

    def train(self, arm: Arm, seed: int, batches: Batches) -> RecipeStep:
        names = {self.chain.build.name: rows_name(arm, seed)}
        changes: dict[str, Node | None] = {
            "seed": Text(str(seed), 1),
            "batch-size": Text(str(batches.batch), 1),
            "epochs": Text(repr(batches.epochs), 1),
        }
        if batches.micro_batch is not None:
            changes["micro-batch"] = Text(str(batches.micro_batch), 1)
        return self._copy(self.chain.train, train_name(arm, seed), train_name(arm, seed), names, changes)

    def eval(self, arm: Arm, seed: int) -> RecipeStep:
        names = {self.chain.train.name: train_name(arm, seed)}
        return self._copy(self.chain.eval, eval_name(arm, seed), eval_name(arm, seed), names, {})

    def _written(self, name: str) -> RecipeStep:
        return next(step for step in self.recipe.steps if step.name == name)

    def _copy(
        self,
        planned: PlannedStep,
        name: str,
        beside: str,
        names: Mapping[str, str],
        changes: Mapping[str, Node | None],
    ) -> RecipeStep:
        """A step under another name, with other references and options; without a seed of its own, its model's."""
        step = self._written(planned.name)
        texts = {old: f"${{{new}}}" for old, new in names.items()}
        if self.reused:
            texts["run"] = str(self.reused)
        options: dict[str, Node | None] = {
            key.replace("_", "-"): replaced_references(node, texts) for key, node in step.options.items()
        }
        for key in BESIDE:
            if key in options:
                options[key] = Text(f"${{run}}/{beside}.{key}", 1)
        if "seed" not in options and (seed := _value(planned, "--seed")):
            options["seed"] = Text(seed, 1)
        options |= changes
        kept = {key: node for key, node in options.items() if node is not None}
        return RecipeStep(name, step.command, kept, dict.fromkeys(kept, step.line), step.line)


def replaced_references(node: Node, texts: Mapping[str, str]) -> Node:
    """The node with `${name}` replaced for each name in `texts`."""
    if isinstance(node, Text):
        return replace(node, text=REFERENCE.sub(lambda match: texts.get(match[1], match[0]), node.text))
    if isinstance(node, Items):
        return replace(node, values=tuple(replaced_references(child, texts) for child in node.values))
    return replace(
        node, entries={key: replaced_references(child, texts) for key, child in node.entries.items()}
    )


def references(node: Node) -> Iterator[str]:
    """Every name that the node's texts refer to."""
    if isinstance(node, Text):
        yield from REFERENCE.findall(node.text)
        return
    children = node.entries.values() if isinstance(node, MappingNode) else node.values
    for child in children:
        yield from references(child)


def _value(planned: PlannedStep, flag: str) -> str | None:
    """The value of an option in a planned command line."""
    pairs = zip(planned.arguments, planned.arguments[1:], strict=False)
    return next((value for name, value in pairs if name == flag), None)
