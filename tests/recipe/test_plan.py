"""Recipes → command lines, and every mistake refused with its line."""

import time

import pytest

from r1data.errors import UserError
from r1data.recipe.plan import derived_seed
from tests.recipe.recipe_fakes import Planner

GOOD = """\
name: small
seed: 7
vars: {steps: 12, rate: 1e-5}
inputs:
  prompts: {path: data/prompts, holds: prompts with a truth}
steps:
  - miniature problems: {as: problems, rows: 5}
  - gather: {as: kept, input: "${problems}", map: {prompt: question, truth: answer}, language: no}
  - train: {as: r1-zero, input: "${kept}", model: miniature:base, steps: "${steps}", learning_rate: "${rate}",
           merge: no}
  - train: {as: again, input: "${prompts}", model: "${r1-zero}", seed: "${seed}"}
  - join: {as: all, input: ["${kept}", "${run}/more"]}
report:
  r1-zero: r1-zero
"""


def test_a_recipe_becomes_command_lines(planned: Planner) -> None:
    plan = planned(GOOD.replace(', "${run}/more"', ""))
    seed = derived_seed(7, "r1-zero")
    assert [step.line for step in plan.steps] == [
        f"r1 miniature problems --out run/problems --rows 5 --seed {derived_seed(7, 'problems')}",
        "r1 gather run/problems --out run/kept --map prompt=question --map truth=answer --language no",
        "r1 train run/kept --out run/r1-zero --model miniature:base --steps 12 --learning-rate 1e-5 --no-merge "
        f"--seed {seed}",
        "r1 train data/prompts --out run/again --model run/r1-zero --seed 7",
        "r1 join run/kept --out run/all",
    ]
    assert plan.missing_inputs == {"prompts": "data/prompts: prompts with a truth"}
    assert plan.report == {"r1-zero": ["r1-zero"]}


STEPS = "steps:\n  - gather: {as: a, input: data.jsonl}\n"
MISTAKES = {
    "unknown key": ("nmae: x\n" + STEPS, 1, 'unknown key "nmae" (did you mean "name"?)'),
    "unknown command": ("steps:\n  - dance: {}\n", 2, 'unknown command "dance"'),
    "unknown option": (
        STEPS + "  - train:\n      as: t\n      stesp: 3\n",
        5,
        '"stesp" for train (did you mean "steps"?)',
    ),
    "not an integer": (STEPS + '  - train: {input: "${a}", steps: many}\n', 3, '"steps": '),
    "out of range": (STEPS + '  - train: {input: "${a}", learning-rate: -1}\n', 3, '"learning-rate": '),
    "not a switch": (
        STEPS + '  - train: {input: "${a}", merge: 3}\n',
        3,
        '"merge" is "3"; write true or false',
    ),
    "missing option": (STEPS + '  - train: {input: "${a}"}\n', 3, 'train needs "model"'),
    "missing input": (STEPS + "  - train: {model: miniature:base}\n", 3, 'train needs "input"'),
    "missing file": ("steps:\n  - gather: {input: nowhere.jsonl}\n", 2, "no such dataset: nowhere.jsonl"),
    "missing model": (STEPS + '  - train: {input: "${a}", model: ./nowhere}\n', 3, '"model": '),
    "unknown step": (
        STEPS + '  - gather: {as: b, input: "${aa}"}\n',
        3,
        '${aa} names nothing (did you mean "a"?)',
    ),
    "later step": ('steps:\n  - gather: {as: b, input: "${a}"}\n' + STEPS[7:], 2, "${a} is a later step"),
    "itself": ('steps:\n  - gather: {as: b, input: "${b}"}\n', 2, "${b} is this step itself"),
    "same name twice": (STEPS + "  - gather: {as: a, input: data.jsonl}\n", 3, 'the name "a" is taken'),
    "no name and twice": (
        "steps:\n" + "  - gather: {input: data.jsonl}\n" * 2,
        3,
        'the name "gather" is taken',
    ),
    "path as a name": ("steps:\n  - gather: {as: ../a, input: data.jsonl}\n", 2, '"../a" must be'),
    "data as a model": (STEPS + '  - train: {input: "${a}", model: "${a}"}\n', 3, '"a" makes a dataset'),
    "two inputs for one": (
        "steps:\n  - gather: {input: [data.jsonl, data.jsonl]}\n",
        2,
        "takes 1 value(s), not 2",
    ),
    "a pipe": ("steps:\n  - gather: {input: '-'}\n", 2, "can read neither a pipe"),
    "an output": (
        "steps:\n  - gather: {input: data.jsonl, out: x}\n",
        2,
        "a step writes into its own folder",
    ),
    "an option twice": (
        STEPS + '  - train: {input: "${a}", learning-rate: 1, learning_rate: 2}\n',
        3,
        "set twice",
    ),
    "an empty value": ("steps:\n  - gather: {input: data.jsonl, language: }\n", 2, "an empty value"),
    "two commands in a step": ("steps:\n  - gather: {}\n    join: {}\n", 2, "a step is one command"),
    "steps no list": ("steps: {a: b}\n", 1, "`steps:` must be a list"),
    "no steps": ("name: x\n", 1, "`steps:` must be a list"),
    "a list": ("- a\n", 1, "a recipe must be a mapping"),
    "seed": ("seed: one\n" + STEPS, 1, '`seed`: "one" is no whole number'),
    "a role": (STEPS + "report: {r2-zero: a}\n", 3, 'unknown role "r2-zero" (did you mean "r1-zero"?)'),
    "a role's step": (STEPS + "report: {r1-zero: b}\n", 3, 'no step "b"'),
    "duplicate key": ("seed: 1\nseed: 2\n" + STEPS, 2, '"seed" is set twice (first in line 1)'),
    "alias": ("vars: {a: &x 1, b: *x}\n" + STEPS, 1, "no anchors (&) or aliases (*)"),
    "tag": ("name: !!python/name:os.system x\n" + STEPS, 1, "no tags"),
    "depth": ("vars: " + "[" * 50 + "]" * 50 + "\n" + STEPS, 1, "nested more than"),
    "no YAML": ("steps: [\n", 2, "not YAML"),
    "two documents": (STEPS + "---\n" + STEPS, 3, "not YAML"),
    "empty": ("", 1, "the file is empty"),
    "control characters": ("name: \x07\n", 1, "not YAML"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_refused_with_its_line(planned: Planner, case: str) -> None:
    text, line, message = MISTAKES[case]
    with pytest.raises(UserError) as error:
        planned(text)
    assert str(error.value).startswith(f"recipe.yaml:{line}: "), str(error.value)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_billion_laughs_cost_nothing(planned: Planner) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    start = time.perf_counter()
    with pytest.raises(UserError, match="no anchors"):
        planned("\n".join(lines))
    assert time.perf_counter() - start < 1


def test_values_are_what_was_written(planned: Planner) -> None:
    text = "steps:\n  - gather: {input: data.jsonl, language: %s}\n"
    for written in ("no", "on", "010", "1e-5", "1_000", "2024-01-01", "'null'"):
        assert planned(text % written).steps[0].arguments[-1] == written.strip("'")


def test_overrides_reach_steps_and_the_top(planned: Planner) -> None:
    plan = planned(
        GOOD.replace(', "${run}/more"', ""),
        "r1-zero.steps=99",
        "again.steps=1",
        "vars.rate=0.5",
        "inputs.prompts=data.jsonl",
        "seed=3",
        "kept.map=[a=b]",
    )
    lines = [step.line for step in plan.steps]
    assert "--steps 99 --learning-rate 0.5" in lines[2]
    assert lines[3] == "r1 train data.jsonl --out run/again --model run/r1-zero --seed 3 --steps 1"
    assert "--map a=b --language" in lines[1]
    assert plan.seed == 3 and not plan.missing_inputs


@pytest.mark.parametrize(
    "override, message",
    [
        ("b.steps=3", 'no step "b"'),
        ("a.lang=de", '--set: step "a": unknown option "lang" for gather (did you mean "language"?)'),
        ("a", "write it as step.option=value"),
        ("vars.x=1", "no such name"),
        ("a.language=[", "--set"),
        ("seed=x", "--set: `seed`"),
    ],
)
def test_a_wrong_override_is_refused(planned: Planner, override: str, message: str) -> None:
    with pytest.raises(UserError) as error:
        planned(STEPS, override)
    assert message in str(error.value)


def test_defaults_hold_where_a_step_says_nothing(planned: Planner) -> None:
    text = """\
defaults:
  train: {model: miniature:base, steps: 9, learning_rate: 2, input: data.jsonl, seed: 5}
steps:
  - train: {as: a}
  - train: {as: b, learning-rate: 3, model: "${a}"}
"""
    assert [step.line for step in planned(text).steps] == [
        "r1 train data.jsonl --out run/a --model miniature:base --steps 9 --learning-rate 2 --seed 5",
        "r1 train data.jsonl --out run/b --learning-rate 3 --model run/a --steps 9 --seed 5",
    ]
    with pytest.raises(UserError, match=r'^recipe.yaml:2: step "a": unknown option "stesp"'):
        planned(text.replace("steps: 9", "stesp: 9"))
    with pytest.raises(UserError, match='unknown command in defaults "trian"'):
        planned(text.replace("  train: {model", "  trian: {model"))


def test_seeds_differ_by_step_and_follow_from_the_recipes(planned: Planner) -> None:
    text = "steps:\n  - miniature problems: {as: a}\n  - miniature problems: {as: b}\n"
    one, two = planned(text, seed=1), planned(text, seed=2)
    seeds = [step.arguments[-1] for step in (*one.steps, *two.steps)]
    assert len(set(seeds)) == 4
    assert [step.arguments for step in planned(text, seed=1).steps] == [step.arguments for step in one.steps]
