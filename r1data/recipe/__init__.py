"""Recipes: named steps with their inputs, the only place where the commands meet.

`load` reads the YAML, `plan` turns it into command lines, `run` runs those and resumes, `record` is `run.json`.
"""
