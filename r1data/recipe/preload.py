"""Imported once by the server that forks child processes, instead of by every step: the heavy packages.

Packages that are not installed are skipped; a step that needs one reports it. Importing loads code only: no model, no
GPU.
"""

import importlib
import warnings

MODULES = (
    "pyarrow",
    "polars",
    "torch",
    "transformers",
    "trl.trainer.grpo_trainer",
    "trl.trainer.sft_trainer",
    "r1data.training.grpo.run",
    "r1data.training.sft",
    "r1data.evaluation.evaluate",
)


def import_modules() -> None:
    """Imports them all, silencing their warnings about each other's versions."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for module in MODULES:
            try:
                importlib.import_module(module)
            except ModuleNotFoundError as error:
                # One of our own modules that is missing is a bug, not an extra that was not installed.
                if (error.name or "").startswith("r1data"):
                    raise


import_modules()
