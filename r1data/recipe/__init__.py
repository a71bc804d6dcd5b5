"""Recipes: named steps with their inputs, the only place where the commands meet.

`load` reads the YAML, `plan` turns it into command lines, `run` runs those and resumes, `record` is `run.json`.
"""

from r1data.recipe.load import Recipe, load
from r1data.recipe.plan import Plan, PlannedStep, build
from r1data.recipe.run import chosen, run

__all__ = ["Plan", "PlannedStep", "Recipe", "build", "chosen", "load", "run"]
