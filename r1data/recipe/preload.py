"""Imported by the server of child processes before any step: what the steps would each import again.

Packages that are not installed are passed over; the step that needs one says so. Importing loads code only: no
model, no GPU.
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
    "r1data.training.grpo",
    "r1data.training.sft",
    "r1data.evaluation.evaluate",
)


def warm() -> None:
    """Import them all, without what they have to say about each other's versions."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for module in MODULES:
            try:
                importlib.import_module(module)
            except ModuleNotFoundError as error:
                if (error.name or "").startswith("r1data"):
                    raise


warm()
